#include "sampler/auto_sampler.h"

#include <fmt/format.h>

namespace studyhall::sampler {

AutoSampler::Choice AutoSampler::choose(const History& history, Rng& rng) {
  if (history.directions().size() > 1) return {tpe_, "tpe for several objectives"};
  if (history.finish_order().size() < options_.gp_results) {
    return {gp_, fmt::format("gp for the first {} results", options_.gp_results)};
  }
  if (options_.tpe_every > 0 && rng.index(options_.tpe_every) == 0) {
    return {tpe_, fmt::format("tpe for one in {} after {} results", options_.tpe_every,
                              options_.gp_results)};
  }
  return {cmaes_, fmt::format("cmaes after {} results", options_.gp_results)};
}

std::optional<Suggestion> AutoSampler::suggest(const Task& task, const History& history, Rng& rng) {
  const Choice choice = choose(history, rng);
  std::optional<Suggestion> suggestion = choice.sampler.suggest(task, history, rng);
  if (suggestion) suggestion->why = fmt::format("auto has {}: {}", choice.rule, suggestion->why);
  return suggestion;
}

}  // namespace studyhall::sampler
