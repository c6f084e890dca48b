// Runs our samplers on test problems, as the server does, in simulated time.
#pragma once

#include <cstdint>
#include <ostream>
#include <vector>

#include "bench/quality/results.h"
#include "bench/quality/test_problem.h"

namespace studyhall::bench {

struct RunOptions {
  Json sampler;  // as a study file's "sampler"
  std::string label;
  std::int64_t first_seed = 0;
  std::int64_t last_seed = 0;  // inclusive
  std::int64_t trials = 0;
  bool start_at_default = false;  // trial 0 is the middle of the space
  // Above 1: the parameters are dealt to so many workers, each of which moves its own alone and
  // holds the others at the incumbent, all of the time; at least as many trials run at once.
  int blocks = 1;
  int workers = 0;  // trials that run at once; 0: as the problem has it
  int threads = 1;
};

// The budgets at which a run of `trials` is judged: 20, 25, 50, 100, 200, 400, 1000 as far as they
// go, and `trials` itself.
std::vector<std::int64_t> budgets(std::int64_t trials);

// One run: `problem.workers` workers ask, each asks again when its trial's duration is over. The
// incumbent is the first feasible trial with the least observed value; it is judged by its true
// value. While nothing feasible is in, the regret is that of the worst of 50 random draws. A run
// that has handed out everything there is ends early and keeps its last incumbent. The rows are a
// function of the arguments, but for ask_seconds.
std::vector<Result> run_once(const TestProblem& problem, const RunOptions& options,
                             std::int64_t seed);

// Every problem with every seed, in this order whatever the number of threads. Tells `progress` of
// each problem that is done.
std::vector<Result> run_suite(const std::vector<const TestProblem*>& suite,
                              const RunOptions& options, std::ostream& progress);

}  // namespace studyhall::bench
