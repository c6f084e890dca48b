// A black-box problem with a known optimum, for judging samplers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/json.h"
#include "core/study_spec.h"

namespace studyhall::bench {

struct Outcome {
  double value = 0;             // without noise; smaller is better
  std::vector<double> metrics;  // [constraints], in their order in the study file
};

struct TestProblem {
  std::string name;    // "rastrigin_5d"; a variant adds "_noise15" or "_q8"
  std::string group;   // "continuous", "scaled", "mixed", ... (README.md)
  std::string source;  // of the formula
  bool holdout = false;
  int workers = 1;   // trials that run at once
  double noise = 0;  // sd of an observation, as a share of Yardstick::middle - optimum
  Json study;        // "params", perhaps "require" and "constraints", as in a study file
  // REQUIRES of its argument: an internal configuration that `spec->space` contains.
  std::function<Outcome(std::span<const double>)> evaluate;
  double optimum = 0;  // the least value of a feasible configuration
  Json minimiser;      // a configuration with that value, as users write it
  // `study`, parsed.
  std::shared_ptr<const StudySpec> spec;
};

// A study file for `problem`, as parse_study_spec takes it.
Json study_file(const TestProblem& problem, const Json& sampler, std::uint64_t seed);

// Whether `outcome` keeps all constraints of the problem, and by how much it breaks each (> 0).
std::vector<double> violations(const TestProblem& problem, const Outcome& outcome);
bool is_feasible(const TestProblem& problem, const Outcome& outcome);

// What uniform draws reach: the scale of regret. Medians over kYardstickRuns runs of 50 draws.
struct Yardstick {
  double best = 0;    // of the best feasible value among the 50
  double worst = 0;   // of the worst value, feasible or not
  double middle = 0;  // median value of all draws
};
inline constexpr int kYardstickRuns = 101;

// Computed at the first call for a problem (some ten milliseconds), then remembered. Thread-safe.
const Yardstick& yardstick(const TestProblem& problem);

// (value - optimum) / (yardstick best - optimum), at least 0.
double normalised_regret(const TestProblem& problem, double value);

// Standard deviation of the noise on an observation, in units of the value.
double noise_sd(const TestProblem& problem);

// The same for every program that takes part: what trial `number` of run `seed` observes where the
// true value is `value`, and how long it takes (lognormal, median 1, sigma 0.5 of the logarithm).
double observed(const TestProblem& problem, std::uint64_t seed, std::int64_t number, double value);
double duration(const TestProblem& problem, std::uint64_t seed, std::int64_t number);

// The seed of a sampler in run `seed`: differs between problems, so that equal seeds do not give
// equal start designs everywhere.
std::uint64_t study_seed(const TestProblem& problem, std::uint64_t seed);

}  // namespace studyhall::bench
