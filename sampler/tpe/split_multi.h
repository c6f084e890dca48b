// Which trials of several objectives count as good, as Optuna 5 chooses them.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/pareto.h"

namespace studyhall::sampler::tpe {

// How many of n finished trials are good with several objectives: 10 %, rounded up.
std::size_t gamma_multi(std::size_t n);

// Positions of the `count` best points, ascending: whole non-domination ranks while they fit, of
// the next rank those that hypervolume_subset() chooses with reference_point(). REQUIRES: count <=
// points.size().
std::vector<std::size_t> best_by_rank(std::span<const Losses> points, std::size_t count);

}  // namespace studyhall::sampler::tpe
