// bench_pagmo: CMA-ES of pagmo beside ours: candidates drawn and learned from in a second of
// processor time, and how many are needed. One thread each.

#include <fmt/format.h>
#include <time.h>

#include <cstdio>
#include <pagmo/algorithm.hpp>
#include <pagmo/algorithms/cmaes.hpp>
#include <pagmo/population.hpp>
#include <pagmo/problem.hpp>
#include <string>
#include <vector>

#include "bench/evolution/functions.h"
#include "core/rng.h"
#include "sampler/cmaes/cma.h"

namespace studyhall::bench {
namespace {

constexpr double kTarget = 1e-8;
constexpr std::int64_t kMost = 400'000;

double process_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// What pagmo asks of a problem; the box is so wide that it does not matter.
struct Problem {
  Function function;
  [[nodiscard]] pagmo::vector_double fitness(const pagmo::vector_double& x) const {
    return {function.value(x)};
  }
  [[nodiscard]] std::pair<pagmo::vector_double, pagmo::vector_double> get_bounds() const {
    return {pagmo::vector_double(function.d, -100), pagmo::vector_double(function.d, 100)};
  }
};

struct Score {
  std::int64_t candidates = 0;  // of all runs
  int solved = 0;
  double seconds = 0;
};

// Populations of ours' size drawn about the middle of the cube with sd 0.3, which are pagmo's first
// generation; memory keeps the distribution between calls, one generation each.
void pagmo_run(const Function& function, unsigned seed, Score& score) {
  const int lambda = sampler::cmaes::default_constants(static_cast<int>(function.d)).lambda;
  const double begin = process_seconds();
  pagmo::population population(pagmo::problem(Problem{function}), 0, seed);
  Rng rng = Rng::for_trial(seed, 0);
  for (int i = 0; i < lambda; ++i) {
    pagmo::vector_double x(function.d);
    for (double& v : x) v = 0.5 + 0.3 * rng.normal();
    population.push_back(x);
  }
  // sigma0 0.3 of a unit; tolerances that never stop it.
  pagmo::algorithm algorithm(pagmo::cmaes(1, -1, -1, -1, -1, 0.3, 0, 0, true, false, seed));
  std::int64_t candidates = lambda;
  double least = population.champion_f()[0];
  while (least >= kTarget && candidates < kMost) {
    population = algorithm.evolve(population);
    candidates += lambda;
    least = population.champion_f()[0];
  }
  score.seconds += process_seconds() - begin;
  score.candidates += candidates;
  score.solved += least < kTarget ? 1 : 0;
}

void our_run(const Function& function, unsigned seed, bool diagonal, Score& score) {
  using namespace sampler::cmaes;
  const int d = static_cast<int>(function.d);
  const double begin = process_seconds();
  const Constants full = default_constants(d);
  const Constants k = diagonal ? make_diagonal_constants(d, full.lambda) : full;
  const Eigen::VectorXd mean = Eigen::VectorXd::Constant(d, 0.5);
  State s = diagonal ? initial_diagonal_state(mean, 0.3, Eigen::VectorXd::Ones(d))
                     : initial_state(mean, 0.3);
  Rng rng = Rng::for_trial(seed, 1);
  Eigen::MatrixXd X(d, k.lambda);
  Eigen::VectorXd f(k.lambda);
  std::int64_t candidates = 0;
  double least = function.start;
  while (least >= kTarget && candidates < kMost) {
    for (int i = 0; i < k.lambda; ++i) {
      X.col(i) = ask(s, rng);
      f[i] = function.value(Point(X.col(i).data(), function.d));
    }
    least = std::min(least, f.minCoeff());
    tell(s, k, X, f);
    candidates += k.lambda;
  }
  score.seconds += process_seconds() - begin;
  score.candidates += candidates;
  score.solved += least < kTarget ? 1 : 0;
}

void print(const Function& function, const char* who, int runs, const Score& score) {
  fmt::print("| {} | {} | {} | {:.0f} | {:.0f} | {} of {} |\n", function.name, function.d, who,
             static_cast<double>(score.candidates) / score.seconds,
             static_cast<double>(score.candidates) / runs, score.solved, runs);
  std::fflush(stdout);
}

}  // namespace
}  // namespace studyhall::bench

// The dimensions to compare in; 10, 40 and 200 without any.
int main(int argc, char** argv) {
  using namespace studyhall::bench;
  fmt::print("until {:g}, at most {} candidates\n\n", kTarget, kMost);
  fmt::print("| function | d | | candidates/s | needed | solved |\n|---|---:|---|---:|---:|---|\n");
  std::vector<std::size_t> dimensions;
  for (int i = 1; i < argc; ++i) dimensions.push_back(std::stoul(argv[i]));
  if (dimensions.empty()) dimensions = {10, 40, 200};
  for (const char* name : {"sphere", "ellipsoid"}) {
    for (const std::size_t d : dimensions) {
      const Function function = function_named(name, d);
      const int runs = d < 200 ? 3 : 1;
      Score full;
      Score diagonal;
      Score pagmo;
      for (unsigned seed = 0; seed < static_cast<unsigned>(runs); ++seed) {
        our_run(function, seed, false, full);
        our_run(function, seed, true, diagonal);
        pagmo_run(function, seed, pagmo);
      }
      print(function, "full", runs, full);
      print(function, "diagonal", runs, diagonal);
      print(function, "pagmo", runs, pagmo);
    }
  }
  return 0;
}
