// Which trials count as good, as Optuna 5 splits them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>
#include <vector>

#include "core/history.h"

namespace studyhall::sampler::tpe {

// Where a complete or pruned trial stands among such trials, the best first: feasible complete ones
// by value, then feasible pruned ones by (largest step, value at it), then infeasible ones by their
// violation; ties by number.
struct Rank {
  enum class Tier { Complete, Pruned, Infeasible };
  Tier tier = Tier::Complete;
  double first = 0;
  double second = 0;
  std::int64_t number = -1;

  bool operator==(const Rank& other) const = default;
  bool operator<(const Rank& other) const {
    return std::tie(tier, first, second, number) <
           std::tie(other.tier, other.first, other.second, other.number);
  }
};
// REQUIRES: the trial is Complete or Pruned, of one objective.
Rank rank_of(const Observation& trial, Direction direction);

// Positions in the span given to split(), ascending by trial number.
struct Split {
  std::vector<std::size_t> below;  // the good ones
  std::vector<std::size_t> above;  // all others, running ones included
};

// How many of n finished trials are good with one objective: 10 %, rounded up, at most 25.
std::size_t gamma(std::size_t n);

// The gamma(n) best by rank of the n complete and pruned trials are below; with several objectives
// feasible complete ones rank by non-domination and hypervolume (sampler/tpe/split_multi.h).
// Running trials are above, so that workers asking at once stay apart. Trials that failed for their
// configuration are above too and do not count in n: Optuna leaves them out and so proposes them
// again. Other failures are left out.
//
// REQUIRES: trials ascend by number.
Split split(std::span<const Observation* const> trials, std::span<const Direction> directions);

// Weight of each of n observations, oldest first: 1 for the last 25, rising linearly from 1/n
// before them.
std::vector<double> default_weights(std::size_t n);

}  // namespace studyhall::sampler::tpe
