// Pruning by the signed-rank test of F. Wilcoxon, "Individual Comparisons by Ranking Methods"
// (1945), against the best trial: for scores that are a mean over many instances, the step being
// the instance.
#pragma once

#include <vector>

#include "sampler/pruner/pruner.h"

namespace studyhall::sampler::pruner {

bool is_surely_worse(const WilcoxonOptions& options, const Task& task);

// P(rank sum of the positive differences >= what was seen) if they are symmetric about 0; the ranks
// of zeros are split between the signs. Up to 50 differences without a zero: the exact
// distribution, a half of a tied rank sum rounded down (as in SciPy 1.10); else the normal
// approximation, corrected for ties. REQUIRES: not empty, all finite.
double signed_rank_p_greater(const std::vector<double>& differences);

}  // namespace studyhall::sampler::pruner
