// Making a study again from its events: with the random sampler, which costs next to nothing, and
// with TPE, every suggestion of which is drawn again.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "server/replay.h"
#include "server/study_service.h"
#include "storage/memory_storage.h"

namespace studyhall::server {
namespace {

std::unique_ptr<storage::Storage> told_study(std::int64_t trials, const std::string& sampler) {
  auto storage = storage::make_memory_storage();
  const SystemClock clock;
  StudyService service(*storage, clock);
  Json params;
  for (int p = 0; p < 9; ++p) {
    params["x" + std::to_string(p)] = {{"type", "float"}, {"low", 0}, {"high", 1}};
  }
  service.create_study({{"name", "s"},
                        {"direction", "minimize"},
                        {"seed", 1},
                        {"sampler", sampler},
                        {"params", std::move(params)}});
  for (std::int64_t n = 0; n < trials; ++n) {
    const AskedTrial trial = service.ask("s", {}).trials.front();
    TellRequest told;
    double sum = 0;
    for (const Json& value : trial.params) sum += value.get<double>();
    told.values = {sum};
    service.tell("s", trial.number, told);
  }
  return storage;
}

void replay_study(benchmark::State& state, const std::string& sampler) {
  const auto storage = told_study(state.range(0), sampler);
  ReplayReport report;
  for (auto _ : state) report = replay(*storage, "s");
  if (!report.equal() || report.suggestions.equal != state.range(0)) {
    state.SkipWithError("the replay differs");
  }
}

void BM_ReplayRandom(benchmark::State& state) { replay_study(state, "random"); }
BENCHMARK(BM_ReplayRandom)
    ->ArgName("trials")
    ->Arg(1'000)
    ->Arg(10'000)
    ->Arg(100'000)
    ->Unit(benchmark::kMillisecond);

void BM_ReplayTpe(benchmark::State& state) { replay_study(state, "tpe"); }
BENCHMARK(BM_ReplayTpe)
    ->ArgName("trials")
    ->Arg(1'000)
    ->Arg(10'000)
    ->Arg(100'000)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace studyhall::server

BENCHMARK_MAIN();
