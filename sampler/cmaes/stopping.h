// When a run has found what it can find, so that a restart elsewhere is worth more.
//
// After N. Hansen, "The CMA Evolution Strategy: A Tutorial", arXiv:1604.00772v1, appendix B.3, and
// N. Hansen, "Benchmarking a BI-Population CMA-ES on the BBOB-2009 Function Testbed", GECCO 2009.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "sampler/cmaes/mixed.h"

namespace studyhall::sampler::cmaes {

// Best and median value of each generation told; +infinity for what has no value.
struct Progress {
  std::vector<double> best;
  std::vector<double> median;
};

// The name of the test that is met ("TolFun", "TolX", "ConditionCov", "TolXUp", "NoEffect",
// "Stagnation"); empty: go on. `start_sigma`: of generation 0.
std::string_view stop(const Mixed& mixed, std::span<const Axis> axes, double start_sigma,
                      const Progress& progress);

// Whether the medians of the last three generations are above their best values by at most
// `difference`.
bool is_level(const Progress& progress, double difference);

// Whether the last three generations had no value, or were behind `best` by more than three times
// what their medians were above their best values: what such a run can still gain will hardly bring
// it there.
bool is_hopeless(const Progress& progress, double best);

}  // namespace studyhall::sampler::cmaes
