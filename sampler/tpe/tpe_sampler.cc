#include "sampler/tpe/tpe_sampler.h"

#include <algorithm>

#include "sampler/random.h"
#include "sampler/single_objective.h"
#include "sampler/tpe/model.h"

namespace studyhall::sampler::tpe {
namespace {

constexpr std::size_t kRounds = 10;
constexpr int kStartupTries = 100;

std::size_t told(const History& history) {
  const auto observations = history.observations();
  return static_cast<std::size_t>(
      std::count_if(observations.begin(), observations.end(), [](const Observation& trial) {
        return trial.state == TrialState::Complete || trial.state == TrialState::Pruned;
      }));
}

// `config` with the parameters that are modelled alone drawn where they are active, each the best
// of `candidates` draws.
Config complete(const SearchSpace& space, Model& model, Config config, std::size_t candidates,
                Rng& rng) {
  for (std::size_t k = 0; k < model.single().size(); ++k) {
    const std::size_t p = model.single()[k].position();
    if (!space.is_active(p, config)) continue;
    const Candidates drawn = draw_candidates(model.single_densities(k), candidates, rng);
    config[p] = drawn.points.row(drawn.order.front())[0];
  }
  space.deactivate(config);
  return config;
}

std::optional<Config> one_round(const Task& task, Model& model, std::size_t joint_candidates,
                                std::size_t single_candidates, Rng& rng) {
  if (model.joint().empty()) {
    Config config = complete(task.space, model, model.base(), single_candidates, rng);
    return task.admissible(config) ? std::optional(std::move(config)) : std::nullopt;
  }
  const Candidates drawn = draw_candidates(model.joint_densities(), joint_candidates, rng);
  for (const std::size_t k : drawn.order) {
    Config config = model.base();
    for (std::size_t a = 0; a < model.joint().size(); ++a) {
      config[model.joint()[a].position()] = drawn.points.row(k)[a];
    }
    config = complete(task.space, model, std::move(config), single_candidates, rng);
    if (task.admissible(config)) return config;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Suggestion> TpeSampler::suggest(const Task& task, const History& history, Rng& rng) {
  const Direction direction = only_direction(history, "tpe");
  if (told(history) < options_.startup) {
    std::optional<Config> config = draw_admissible(task, kStartupTries, rng);
    if (!config) return std::nullopt;
    return Suggestion{.config = std::move(*config), .sampler = "random"};
  }
  Model model(task.space, task.slice, history, direction, options_.multivariate);
  for (std::size_t round = 0; round < kRounds; ++round) {
    const std::size_t single = std::max<std::size_t>(1, options_.candidates >> round);
    std::optional<Config> config = one_round(task, model, options_.candidates, single, rng);
    if (config) return Suggestion{.config = std::move(*config), .sampler = "tpe"};
  }
  return std::nullopt;
}

}  // namespace studyhall::sampler::tpe
