#include "sampler/tpe/tpe_sampler.h"

#include <algorithm>
#include <vector>

#include "sampler/random.h"
#include "sampler/tpe/model.h"

namespace studyhall::sampler::tpe {
namespace {

constexpr int kRounds = 10;
constexpr int kStartupTries = 100;

std::size_t told(const History& history) {
  const auto observations = history.observations();
  return static_cast<std::size_t>(
      std::count_if(observations.begin(), observations.end(), [](const Observation& trial) {
        return trial.state == TrialState::Complete || trial.state == TrialState::Pruned;
      }));
}

// One set of candidates per model, drawn when first needed, and configurations put together from
// them: the first from the best candidate of each, later ones from worse and worse.
class Round {
 public:
  Round(const SearchSpace& space, Model& model, std::size_t candidates, Rng& rng)
      : space_(space),
        model_(model),
        candidates_(candidates),
        rng_(rng),
        single_(model.single().size()) {
    if (!model.joint().empty()) joint_ = draw_candidates(model.joint_densities(), candidates, rng);
  }

  // The configuration of the joint candidate that is `rank` places from the best; each parameter
  // modelled alone takes one of its own rank + 1 best. REQUIRES: rank < candidates.
  Config configuration(std::size_t rank) {
    Config config = model_.base();
    for (std::size_t a = 0; a < model_.joint().size(); ++a) {
      config[model_.joint()[a].position()] = joint_.points.row(joint_.order[rank])[a];
    }
    for (std::size_t k = 0; k < single_.size(); ++k) {
      const std::size_t p = model_.single()[k].position();
      if (!space_.is_active(p, config)) continue;
      if (!single_[k]) {
        single_[k] = draw_candidates(model_.single_densities(k), candidates_, rng_);
      }
      const std::size_t own_rank = rank == 0 ? 0 : rng_.index(rank + 1);
      config[p] = single_[k]->points.row(single_[k]->order[own_rank])[0];
    }
    space_.deactivate(config);
    return config;
  }

 private:
  const SearchSpace& space_;
  Model& model_;
  std::size_t candidates_;
  Rng& rng_;
  Candidates joint_;
  std::vector<std::optional<Candidates>> single_;
};

}  // namespace

std::optional<Suggestion> TpeSampler::suggest(const Task& task, const History& history, Rng& rng) {
  if (told(history) < options_.startup) {
    std::optional<Config> config = draw_admissible(task, kStartupTries, rng);
    if (!config) return std::nullopt;
    return Suggestion{.config = std::move(*config), .sampler = "random"};
  }
  Model model(task.space, task.slice, history,
              options_.multivariate.value_or(history.directions().size() == 1));
  for (int i = 0; i < kRounds; ++i) {
    Round round(task.space, model, options_.candidates, rng);
    for (std::size_t rank = 0; rank < options_.candidates; ++rank) {
      Config config = round.configuration(rank);
      if (task.admissible(config)) return Suggestion{.config = std::move(config), .sampler = "tpe"};
    }
  }
  return std::nullopt;
}

}  // namespace studyhall::sampler::tpe
