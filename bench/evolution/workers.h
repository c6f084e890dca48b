// CMA-ES with many workers at once, in simulated time: what a result that comes late is worth.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "bench/evolution/functions.h"
#include "core/json.h"

namespace studyhall::bench {

enum class Rule {
  // The sampler "cmaes" as it is: every result counts, whatever generation it was drawn from.
  Every,
  // As Optuna has it: the first lambda results drawn from the present generation make it up, all
  // others are thrown away. The same strategy otherwise, without restarts.
  Generation,
};

struct Race {
  Rule rule = Rule::Every;
  Json options = Json::object();  // of the sampler; Generation takes "popsize" alone
  int workers = 1;
  // Standard deviation of the logarithm of a trial's duration; its median is 1.
  double spread = 0.5;
  std::int64_t most = 0;  // results after which it is given up
};

// For each of `targets`, descending shares of the value at the start: the results told when one was
// at or below it first, `most` where none was. A function of the arguments.
std::vector<std::int64_t> results_needed(const Function& function, const Race& race,
                                         std::span<const double> targets, std::uint64_t seed);

// The least value told within each of `budgets`, ascending, as a share of the value at the start.
std::vector<double> values_reached(const Function& function, const Race& race,
                                   std::span<const std::int64_t> budgets, std::uint64_t seed);

}  // namespace studyhall::bench
