// Pictures of what ran when, of how good the results are, and of what they depend on.
#pragma once

#include <span>
#include <string>

#include "cli/gnuplot.h"
#include "cli/plot_data.h"
#include "core/study_api.h"

namespace studyhall::cli {

// A bar for each trial from its start to its end, or to `now` while it runs, in a row of its
// worker; trials of a worker that overlap have rows of their own. REQUIRES: a trial has begun.
std::string timeline_script(const PlotData& data, Timestamp now, Picture kind);

// The share of the feasible results that are no greater than a value: of all, and of each worker
// where there are several. REQUIRES: data has feasible results.
std::string edf_script(const PlotData& data, Picture kind);

// A bar for each parameter. REQUIRES: rows is not empty.
std::string importance_script(const std::string& title, std::span<const ImportanceRow> rows,
                              Picture kind);

// What the results of a table depend on, as sampler/importance.h has it, over the hull of the
// values in it.
std::vector<ImportanceRow> importance_of(const PlotData& data);

}  // namespace studyhall::cli
