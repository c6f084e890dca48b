// How long a pruner takes for one reported value, in a study whose trials have 20 values each.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/rng.h"
#include "sampler/pruner/pruner.h"

namespace studyhall {
namespace {

constexpr std::int64_t kSteps = 20;

std::vector<Trial> complete_trials(std::int64_t count) {
  std::vector<Trial> trials(static_cast<std::size_t>(count));
  for (std::int64_t n = 0; n < count; ++n) {
    Rng rng = Rng::for_trial(1, n);
    Trial& trial = trials[static_cast<std::size_t>(n)];
    trial.number = n;
    trial.state = TrialState::Complete;
    trial.record.told = n + 1;
    for (std::int64_t step = 0; step < kSteps; ++step) trial.intermediate[step] = rng.normal();
    trial.values = {trial.intermediate.rbegin()->second};
  }
  return trials;
}

void report(benchmark::State& state, const PrunerSpec& pruner) {
  const std::vector<Trial> trials = complete_trials(state.range(0));
  Trial trial;
  trial.number = state.range(0);
  for (std::int64_t step = 0; step <= 9; ++step) trial.intermediate[step] = 100;
  const sampler::pruner::Task task{"bench", Direction::Minimize, trials, trial};
  if (!sampler::pruner::should_prune(pruner, task)) {
    state.SkipWithError("a trial that is worse than all others was to go on");
    return;
  }
  for (auto _ : state) benchmark::DoNotOptimize(sampler::pruner::should_prune(pruner, task));
}

void median(benchmark::State& state) { report(state, {"median", PercentileOptions{}}); }
void successive_halving(benchmark::State& state) {
  report(state, {"successive_halving", HalvingOptions{.min_resource = 9}});
}
void hyperband(benchmark::State& state) {
  report(state, {"hyperband", HyperbandOptions{.min_resource = 9, .max_resource = 9}});
}
void wilcoxon(benchmark::State& state) { report(state, {"wilcoxon", WilcoxonOptions{}}); }

BENCHMARK(median)->ArgName("trials")->Arg(1000)->Arg(10'000)->Arg(100'000);
BENCHMARK(successive_halving)->ArgName("trials")->Arg(1000)->Arg(10'000)->Arg(100'000);
BENCHMARK(hyperband)->ArgName("trials")->Arg(1000)->Arg(10'000)->Arg(100'000);
BENCHMARK(wilcoxon)->ArgName("trials")->Arg(1000)->Arg(10'000)->Arg(100'000);

}  // namespace
}  // namespace studyhall

BENCHMARK_MAIN();
