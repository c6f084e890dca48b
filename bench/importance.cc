// How long parameter importance takes for a study of 10 mixed parameters, on one core.

#include <benchmark/benchmark.h>

#include <cmath>
#include <cstddef>
#include <numeric>
#include <string>
#include <vector>

#include "core/rng.h"
#include "core/study_spec.h"
#include "sampler/importance.h"
#include "sampler/unit_cube.h"

namespace studyhall {
namespace {

const SearchSpace& ten_mixed() {
  static const auto spec = parse_study_spec(Json::parse(R"({"name": "bench",
    "direction": "minimize", "params": {
      "x": {"type": "float", "low": -5, "high": 10},
      "y": {"type": "float", "low": 0, "high": 1},
      "lr": {"type": "float", "low": 1e-5, "high": 0.1, "log": true},
      "decay": {"type": "float", "low": 1e-6, "high": 1, "log": true},
      "dropout": {"type": "float", "low": 0, "high": 0.9, "step": 0.1},
      "layers": {"type": "int", "low": 1, "high": 12},
      "seeds": {"type": "int", "low": 0, "high": 1000},
      "width": {"type": "int", "low": 1, "high": 1024, "log": true},
      "kind": {"type": "categorical", "choices": ["a", "b", "c", "d"]},
      "flag": {"type": "categorical", "choices": [true, false]}}})"));
  return spec->space;
}

sampler::ImportanceTrials random_trials(std::int64_t count) {
  const SearchSpace& space = ten_mixed();
  const Slice whole = whole_space(space);
  sampler::ImportanceTrials trials(space.size());
  for (std::int64_t n = 0; n < count; ++n) {
    Rng rng = Rng::for_trial(1, n);
    Config config;
    for (std::size_t p = 0; p < space.size(); ++p) {
      const Parameter& param = space.params()[p];
      config.push_back(param.is_numeric()
                           ? sampler::Scale(param, whole.domains[p]).from_unit(rng.uniform())
                           : std::floor(rng.uniform() * static_cast<double>(param.choices.size())));
    }
    trials.add(config, std::abs(std::log10(config[2]) + 3) + 0.1 * rng.normal(), 0);
  }
  return trials;
}

void importance(benchmark::State& state) {
  const SearchSpace& space = ten_mixed();
  const Slice whole = whole_space(space);
  std::vector<std::size_t> all(space.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  const sampler::ImportanceTrials trials = random_trials(state.range(0));
  const auto compute = [&] { return sampler::parameter_importance(space, whole, all, trials); };
  if (compute().parameters.front().parameter != 2) {
    state.SkipWithError("lr, which alone decides, was to be the most important");
    return;
  }
  for (auto _ : state) benchmark::DoNotOptimize(compute());
}

BENCHMARK(importance)
    ->ArgName("trials")
    ->Arg(100)
    ->Arg(1000)
    ->Arg(10'000)
    ->Arg(100'000)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace studyhall

BENCHMARK_MAIN();
