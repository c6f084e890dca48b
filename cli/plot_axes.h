// Axes of parameters. On a picture a number in the logarithm is its decimal logarithm, a choice its
// position; the labels say what they stand for.
#pragma once

#include <span>
#include <string>

#include "cli/plot_data.h"

namespace studyhall::cli {

struct AxisRange {
  double low = 0;
  double high = 1;  // above low
};

// NaN for what has no place on the axis.
double coordinate(const PlotParam& param, double value);

// Of the coordinates of parameter `p` in the trials, with a margin on both sides.
AxisRange axis_range(const PlotData& data, std::size_t p);

// Range, labels and title of axis "x" or "y"; `characters` of labels have room along it.
std::string axis_lines(const std::string& axis, const PlotParam& param, AxisRange range,
                       std::size_t characters);

// Range of the colours: between the 5th and the 95th percentile of the results' values, so that a
// few bad ones do not take all the colours.
AxisRange colour_range(const PlotData& data);

// Quantile `share` of `values` in ascending order, interpolated. REQUIRES: not empty.
double quantile(std::span<const double> sorted, double share);

}  // namespace studyhall::cli
