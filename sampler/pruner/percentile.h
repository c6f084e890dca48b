// The median stopping rule and its relatives: Golovin et al., "Google Vizier", KDD 2017, section
// 3.2.1.
#pragma once

#include <vector>

#include "sampler/pruner/pruner.h"

namespace studyhall::sampler::pruner {

bool is_below_percentile(const PercentileOptions& options, const Task& task);

// The percentile of `values` by linear interpolation between order statistics, in numpy's order of
// operations. REQUIRES: not empty, no NaN; 0 <= percentile <= 100.
double percentile_of(std::vector<double> values, double percentile);

}  // namespace studyhall::sampler::pruner
