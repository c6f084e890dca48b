#include "sampler/auto_sampler.h"

namespace studyhall::sampler {

Sampler& AutoSampler::choose(const History& history, Rng& rng) {
  if (history.directions().size() > 1) return tpe_;
  if (history.finish_order().size() < options_.gp_results) return gp_;
  if (rng.index(options_.tpe_every) == 0) return tpe_;
  return cmaes_;
}

std::optional<Suggestion> AutoSampler::suggest(const Task& task, const History& history, Rng& rng) {
  return choose(history, rng).suggest(task, history, rng);
}

}  // namespace studyhall::sampler
