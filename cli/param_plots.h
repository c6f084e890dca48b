// Pictures of how values depend on parameters.
#pragma once

#include <span>
#include <string>

#include "cli/gnuplot.h"
#include "cli/plot_data.h"

namespace studyhall::cli {

// A panel for each of `params` (positions): the values of the results over it, later ones darker,
// infeasible ones hollow and grey. REQUIRES: data has results, params is not empty.
std::string slice_script(const PlotData& data, std::span<const std::size_t> params, Picture kind);

// The value and each of `params` as an upright axis, each feasible result as a line through its
// values, better ones darker and over the others. A line ends where a parameter is not active.
// REQUIRES: data has feasible results.
std::string parallel_script(const PlotData& data, std::span<const std::size_t> params,
                            Picture kind);

// Colours: the local mean of the feasible results' values over parameters a and b, whatever their
// other parameters are (a Gaussian kernel, kContourWidth of each range wide). Points: the results.
// REQUIRES: data has feasible results.
inline constexpr double kContourWidth = 0.08;
std::string contour_script(const PlotData& data, std::size_t a, std::size_t b, Picture kind);

// The results over parameters a and b, coloured by rank: the best has rank 1. REQUIRES: data has
// feasible results.
std::string rank_script(const PlotData& data, std::size_t a, std::size_t b, Picture kind);

}  // namespace studyhall::cli
