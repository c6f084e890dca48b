// bench_noise: what leaderboards claim of noisy studies, against the truth (doc/noise.md).
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "bench/noise/noisy_study.h"
#include "bench/quality/problems.h"

namespace studyhall::bench {
namespace {

struct Options {
  std::vector<std::string> problems{"sphere_5d"};
  std::vector<std::string> samplers{"random", "tpe"};
  std::vector<double> spreads{0.3, 1, 3};
  std::vector<std::int64_t> trials{40, 100, 200};
  int studies = 100;
  int replicates = 2;
  int workers = 1;
};

void run(const Options& options) {
  fmt::print(
      "problem        sampler spread trials |   led     bias         means   raw best     | "
      "covered: "
      "leader all  | regret   raw | confirming withdrawn\n");
  for (const std::string& name : options.problems) {
    const TestProblem& problem = problem_named(name);
    for (const std::string& sampler : options.samplers) {
      for (const double spread : options.spreads) {
        for (const std::int64_t trials : options.trials) {
          std::vector<NoisyOutcome> outcomes;
          for (int seed = 0; seed < options.studies; ++seed) {
            outcomes.push_back(run_noisy_study(
                {&problem, sampler, spread, trials, options.replicates, options.workers},
                1 + static_cast<std::uint64_t>(seed)));
          }
          const NoisySummary s = summarise(outcomes);
          fmt::print(
              "{:14} {:7} {:6.2g} {:6} | {:3}/{:3} {:+.2f} +- {:.2f} {:+.2f}  {:+.2f} +- {:.2f} |  "
              " "
              "{:5.1f} %  {:5.1f} % |  {:5.2f} {:5.2f} |  {:5.1f}   {:5.1f}\n",
              name, sampler, spread, trials, s.led, s.studies, s.bias, s.bias_error, s.mean_bias,
              s.raw_bias, s.raw_bias_error, 100 * s.leader_coverage, 100 * s.coverage, s.regret,
              s.raw_regret, s.confirming, s.withdrawn);
          std::fflush(stdout);
        }
      }
    }
  }
}

}  // namespace
}  // namespace studyhall::bench

int main(int argc, char** argv) {
  studyhall::bench::Options options;
  CLI::App app(
      "Runs noisy studies through the real service and compares what their leaderboards claim with "
      "the truth. Biases and regrets are in standard deviations of the noise.");
  app.add_option("--problem", options.problems, "of bench_quality")->delimiter(',');
  app.add_option("--sampler", options.samplers)->delimiter(',');
  app.add_option("--spread", options.spreads, "sd of the truth of uniform draws, in noise sds")
      ->delimiter(',');
  app.add_option("--trials", options.trials)->delimiter(',');
  app.add_option("--studies", options.studies, "of each setting");
  app.add_option("--replicates", options.replicates);
  app.add_option("--workers", options.workers, "trials that run at once");
  CLI11_PARSE(app, argc, argv);
  try {
    studyhall::bench::run(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_noise: {}\n", error.what());
    return 1;
  }
  return 0;
}
