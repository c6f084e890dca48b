// How long the standing of a study takes for one more result, in a study of many results of which
// some configurations were run three times.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <string>

#include "core/rng.h"
#include "server/standing.h"

namespace studyhall::server {
namespace {

std::shared_ptr<const StudySpec> noisy_spec() {
  return parse_study_spec(Json::parse(R"({"name": "s", "direction": "maximize",
    "params": {"x": {"type": "float", "low": 0, "high": 1}}, "confirm": {"replicates": 2}})"));
}

// Trial `number`: of the first 3 x `replicated`, three in a row share a configuration.
Trial result(std::int64_t number, std::int64_t replicated, std::string& group) {
  const std::int64_t of = number < 3 * replicated ? number / 3 : number;
  Rng merit = Rng::for_trial(1, of);
  Rng noise = Rng::for_trial(2, number);
  Trial trial;
  trial.number = number;
  trial.state = TrialState::Complete;
  trial.config = {merit.uniform()};
  trial.values = {merit.normal() + noise.normal()};
  group = std::to_string(of);
  return trial;
}

void BM_StandingAdd(benchmark::State& state) {
  const std::int64_t results = state.range(0);
  const std::int64_t replicated = state.range(1);
  Standing standing(*noisy_spec());
  TrialTable trials;
  const auto add = [&](const Trial& trial, const std::string& group) {
    trials.put(trial);
    standing.add(trial, group, trials);
  };
  std::string group;
  std::int64_t number = 0;
  for (; number < results; ++number) {
    const Trial trial = result(number, replicated, group);
    add(trial, group);
  }
  if (!standing.leader() || !standing.leader()->mean) {
    state.SkipWithError("three runs of many configurations confirmed none");
    return;
  }
  // The mean over a hundredth more results, with the new fits that they bring.
  for (auto _ : state) {
    const Trial trial = result(number++, replicated, group);
    add(trial, group);
  }
}
BENCHMARK(BM_StandingAdd)
    ->ArgNames({"results", "replicated"})
    ->Args({100, 10})
    ->Args({1'000, 50})
    ->Args({10'000, 500})
    ->Iterations(500)
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace studyhall::server

BENCHMARK_MAIN();
