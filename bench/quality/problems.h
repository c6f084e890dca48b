// The suite: every problem that samplers are judged on.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/quality/test_problem.h"

namespace studyhall::bench {

// All of them, in the order of reports. Made at the first call; thread-safe.
const std::vector<TestProblem>& problems();

// Throws Error(NotFound) with the nearest known name.
const TestProblem& problem_named(const std::string& name);

struct Selection {
  std::optional<std::string> regex{};  // found anywhere in the name
  std::optional<std::string> group{};
  std::optional<bool> holdout{};
};
// In the order of the suite. Throws Error(Invalid) for a regular expression that is none, an
// unknown group, or when nothing is left.
std::vector<const TestProblem*> select(const Selection& selection);

// Of each file problems_GROUP.cc; `spec` is filled in by problems().
std::vector<TestProblem> continuous_problems();
std::vector<TestProblem> scaled_problems();
std::vector<TestProblem> mixed_problems();
std::vector<TestProblem> conditional_problems();
std::vector<TestProblem> constrained_problems();
std::vector<TestProblem> discrete_problems();
// Noisy and parallel variants of `base`.
std::vector<TestProblem> variant_problems(const std::vector<TestProblem>& base);

// {"x0": {"type": "float", "low": low, "high": high}, ...}
Json box(std::size_t dimensions, double low, double high);
// {"x0": x[0], ...}
Json box_point(const std::vector<double>& x);

}  // namespace studyhall::bench
