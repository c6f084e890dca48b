// Pruning by the signed-rank test of F. Wilcoxon, "Individual Comparisons by Ranking Methods"
// (1945), against the best trial: for scores that are a mean over many instances, the step being
// the instance.
#pragma once

#include "sampler/pruner/pruner.h"

namespace studyhall::sampler::pruner {

bool is_surely_worse(const WilcoxonOptions& options, const Task& task);

}  // namespace studyhall::sampler::pruner
