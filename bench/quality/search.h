// A long search for the least value of a problem that has no closed form.
#pragma once

#include <cstdint>

#include "bench/quality/test_problem.h"

namespace studyhall::bench {

struct Found {
  double value = 0;
  Config config;
};

// The best of `starts` evolution strategies (one parent, one child, step sizes by the 1/5 rule),
// each from the best of 200 uniform draws and of `evaluations` evaluations. Compares by violation
// first, then by value. A function of its arguments.
Found search_optimum(const TestProblem& problem, int starts, std::int64_t evaluations);

}  // namespace studyhall::bench
