#include "sampler/gp/gp_sampler.h"

#include <algorithm>
#include <utility>

#include "sampler/gp/beliefs.h"
#include "sampler/gp/encoding.h"
#include "sampler/gp/training.h"
#include "sampler/single_objective.h"

namespace studyhall::sampler::gp {
namespace {

constexpr double kEverywhere = 0.5;  // the radius of the whole slice

}  // namespace

std::optional<Suggestion> GpSampler::suggest(const Task& task, const History& history, Rng& rng) {
  const Direction direction = only_direction(history, "gp");
  const Training data = training(history, direction);
  const std::size_t told = std::max(data.objective.size(), data.failure.size());
  const std::size_t startup =
      options_.startup > 0 ? options_.startup : start_trials(task.space, task.slice);
  if (told < startup) return start_.suggest(task, history, direction, rng);

  const Encoding encoding(task.space);
  Beliefs beliefs(task, encoding, data);
  constraints_.resize(std::max(constraints_.size(), data.constraints.size()));
  for (std::size_t k = 0; k < data.constraints.size(); ++k) {
    beliefs.bound(constraints_[k], data.constraints[k]);
  }
  beliefs.bound(failure_, data.failure);
  beliefs.improve(objective_, data.objective);
  if (!beliefs.any()) return start_.suggest(task, history, direction, rng);

  std::vector<Config> centers = beliefs.centers();
  if (centers.empty()) {
    centers.push_back(best_so_far(task.space, task.slice, history, direction));
  }
  const double radius = trust_radius(told, movable_parameters(task.space, task.slice));
  std::optional<Config> config;
  if (radius < kEverywhere) {
    const Slice near = trust_region(task.space, task.slice, centers.front(), radius);
    const Task nearby{task.space, near, task.admissible, task.seed};
    config = search_.maximise(nearby, encoding, beliefs.acquisition(), centers, rng);
  }
  // The region may be used up.
  if (!config) config = search_.maximise(task, encoding, beliefs.acquisition(), centers, rng);
  if (!config) return std::nullopt;
  return Suggestion{.config = std::move(*config), .sampler = "gp"};
}

}  // namespace studyhall::sampler::gp
