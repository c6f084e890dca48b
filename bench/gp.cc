// How long the Gaussian process sampler takes for a suggestion: on average, and where it fits anew.

#include <benchmark/benchmark.h>
#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "core/history.h"
#include "sampler/random.h"
#include "sampler/sampler.h"

namespace studyhall {
namespace {

// Six numbers (two in logarithms), two integers and two choices.
SearchSpace mixed_space() {
  std::vector<Parameter> params;
  for (int i = 0; i < 10; ++i) {
    Parameter parameter;
    parameter.name = "p" + std::to_string(i);
    parameter.low = i < 2 ? 1e-4 : 0;
    parameter.high = i < 2 ? 1 : 20;
    parameter.log = i < 2;
    if (i == 6 || i == 7) {
      parameter.kind = ParamKind::Int;
      parameter.step = 1;
    }
    if (i >= 8) {
      parameter.kind = ParamKind::Categorical;
      parameter.choices = {"a", "b", "c", "d"};
    }
    params.push_back(std::move(parameter));
  }
  return SearchSpace(std::move(params), {});
}

double value_of(const Config& config) {
  double sum = std::pow(std::log10(config[0]) + 2, 2) + (config[8] == 2 ? 0 : 1);
  for (std::size_t p = 2; p < 8; ++p) sum += std::pow(config[p] / 20 - 0.4, 2);
  return sum;
}

Observation told(std::int64_t number, Config config, double noise) {
  Observation trial;
  trial.number = number;
  trial.state = TrialState::Complete;
  trial.values = {value_of(config) + noise};
  trial.config = std::move(config);
  return trial;
}

double thread_ms() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return 1e3 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec);
}

// Asks and tells of 20 trials after so many random ones, over and over: an iteration is all 20. Of
// single asks: mean_ms, and max_ms with the fit that falls among the 20.
void BM_Gp(benchmark::State& state) {
  const SearchSpace space = mixed_space();
  const Slice slice = whole_space(space);
  History start({Direction::Minimize});
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    Rng rng = Rng::for_trial(1, i);
    Config config = sampler::draw_uniform(space, slice, rng);
    start.apply(told(i, std::move(config), 0.05 * rng.normal()));
  }
  const sampler::Task task{
      .space = space, .slice = slice, .admissible = [](const Config&) { return true; }};
  SamplerSpec spec;
  spec.name = "gp";
  constexpr std::int64_t kAsks = 20;
  std::vector<double> times;
  for (auto _ : state) {
    const auto gp = sampler::make_sampler(spec);
    History history = start;
    for (std::int64_t i = state.range(0); i < state.range(0) + kAsks; ++i) {
      Rng rng = Rng::for_trial(2, i);
      const double before = thread_ms();
      const auto next = gp->suggest(task, history, rng);
      times.push_back(thread_ms() - before);
      if (!next || next->sampler != "gp" || !slice.contains(space, next->config)) {
        state.SkipWithError("the suggestion is not the process's or not in the space");
        return;
      }
      history.apply(told(i, next->config, 0.05 * rng.normal()));
    }
  }
  double sum = 0;
  for (const double time : times) sum += time;
  state.counters["mean_ms"] = sum / static_cast<double>(times.size());
  state.counters["max_ms"] = *std::max_element(times.begin(), times.end());
}
BENCHMARK(BM_Gp)
    ->ArgName("trials")
    ->Arg(10)
    ->Arg(50)
    ->Arg(100)
    ->Arg(250)
    ->Arg(1000)
    ->Arg(10'000)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace studyhall

BENCHMARK_MAIN();
