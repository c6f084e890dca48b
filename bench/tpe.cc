// How long TPE takes for a suggestion and for learning a result, and in how much memory.

#include <benchmark/benchmark.h>
#include <malloc.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/history.h"
#include "sampler/random.h"
#include "sampler/sampler.h"

namespace studyhall {
namespace {

// Ten parameters at a time: four continuous (one in logarithms), four integers (one in logarithms),
// two categorical.
SearchSpace mixed_space(std::int64_t count) {
  std::vector<Parameter> params;
  for (std::int64_t i = 0; i < count; ++i) {
    Parameter parameter;
    parameter.name = "p" + std::to_string(i);
    const std::int64_t kind = i % 10;
    parameter.low = kind == 3 || kind == 7 ? 1 : 0;
    parameter.high = kind < 4 ? 10 : 40;
    parameter.log = kind == 3 || kind == 7;
    if (kind >= 4) {
      parameter.kind = ParamKind::Int;
      parameter.step = 1;
    }
    if (kind >= 8) {
      parameter.kind = ParamKind::Categorical;
      parameter.choices = {"a", "b", "c", "d"};
    }
    params.push_back(std::move(parameter));
  }
  return SearchSpace(std::move(params), {});
}

History random_history(const SearchSpace& space, const Slice& slice, std::int64_t trials) {
  History history({Direction::Minimize});
  for (std::int64_t i = 0; i < trials; ++i) {
    Rng rng = Rng::for_trial(1, i);
    Observation trial;
    trial.number = i;
    trial.state = TrialState::Complete;
    trial.config = sampler::draw_uniform(space, slice, rng);
    trial.values = {rng.normal()};
    history.apply(std::move(trial));
  }
  return history;
}

double allocated_bytes() {
  const struct mallinfo2 info = mallinfo2();
  return static_cast<double>(info.uordblks) + static_cast<double>(info.hblkhd);
}

// An ask, and with `tells` a tell of what was asked, from a history of so many trials. bytes: what
// history and model take for each of them.
void BM_Tpe(benchmark::State& state, const char* mode, bool tells) {
  const double before = allocated_bytes();
  const SearchSpace space = mixed_space(state.range(1));
  const Slice slice = whole_space(space);
  History history = random_history(space, slice, state.range(0));
  const sampler::Task task{
      .space = space, .slice = slice, .admissible = [](const Config&) { return true; }};
  SamplerSpec spec;
  spec.name = "tpe";
  spec.options = {{"mode", mode}};
  const std::unique_ptr<sampler::Sampler> tpe = sampler::make_sampler(spec);

  // The last trial is asked and told again and again, so that the history keeps its length.
  std::int64_t draw = 0;
  const auto ask = [&] {
    Rng rng = Rng::for_trial(1, state.range(0) + draw++);
    std::optional<sampler::Suggestion> suggestion = tpe->suggest(task, history, rng);
    if (!tells || !suggestion) return suggestion;
    Observation trial;
    trial.number = state.range(0);
    trial.config = suggestion->config;
    history.apply(trial);
    trial.state = TrialState::Complete;
    trial.values = {rng.normal()};
    history.apply(std::move(trial));
    return suggestion;
  };
  const std::optional<sampler::Suggestion> first = ask();
  if (!first || first->sampler != "tpe" || !slice.contains(space, first->config)) {
    state.SkipWithError("the suggestion is not TPE's or not in the space");
    return;
  }
  state.counters["bytes"] =
      (allocated_bytes() - before) / static_cast<double>(history.observations().size());
  for (auto _ : state) benchmark::DoNotOptimize(ask());
}
BENCHMARK_CAPTURE(BM_Tpe, default_ask, "default", false)
    ->ArgNames({"trials", "params"})
    ->ArgsProduct({{100, 1000, 10'000, 100'000, 1'000'000}, {10}})
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(BM_Tpe, default, "default", true)
    ->ArgNames({"trials", "params"})
    ->ArgsProduct({{100, 1000, 10'000, 100'000, 1'000'000}, {10}})
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(BM_Tpe, optuna5, "optuna5", true)
    ->ArgNames({"trials", "params"})
    ->ArgsProduct({{100, 1000, 10'000}, {10}})
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace studyhall

BENCHMARK_MAIN();
