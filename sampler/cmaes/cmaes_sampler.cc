#include "sampler/cmaes/cmaes_sampler.h"

#include <algorithm>
#include <cmath>

#include "sampler/random.h"
#include "sampler/single_objective.h"

namespace studyhall::sampler::cmaes {
namespace {

constexpr int kTries = 100;

Eigen::VectorXd start_of(const SearchSpace& space, std::span<const Axis> axes) {
  const Config usual = space.default_config();
  Eigen::VectorXd mean(static_cast<Eigen::Index>(axes.size()));
  for (std::size_t a = 0; a < axes.size(); ++a) {
    const std::size_t p = axes[a].position;
    const double value = std::isnan(usual[p]) ? space.params()[p].default_or_middle() : usual[p];
    mean[static_cast<Eigen::Index>(a)] = axes[a].scale.to_unit(value);
  }
  return mean;
}

bool inside(const Eigen::VectorXd& x) { return (x.array() >= 0).all() && (x.array() <= 1).all(); }

// A candidate in the unit cube: drawn again up to 10 d times, then clipped.
Eigen::VectorXd ask_inside(const State& state, Rng& rng) {
  Eigen::VectorXd x = ask(state, rng);
  for (Eigen::Index i = 0; i < 10 * x.size() && !inside(x); ++i) x = ask(state, rng);
  return x.cwiseMax(0).cwiseMin(1);
}

}  // namespace

std::optional<Suggestion> CmaEsSampler::suggest(const Task& task, const History& history,
                                                Rng& rng) {
  const Direction direction = only_direction(history, "cmaes");
  const std::vector<Axis> axes = numeric_axes(task.space, task.slice);
  if (axes.empty()) {
    std::optional<Config> config = draw_admissible(task, kTries, rng);
    if (!config) return std::nullopt;
    return Suggestion{.config = std::move(*config), .sampler = "random"};
  }
  Run& run = runs_[task.slice.key];
  run.catch_up(start_of(task.space, axes), options_.sigma, options_.popsize,
               results(history, direction, task.slice.key, axes));

  for (int i = 0; i < kTries; ++i) {
    Config config = draw_values(task.space, task.slice, rng);
    const Eigen::VectorXd x = ask_inside(run.state, rng);
    for (std::size_t a = 0; a < axes.size(); ++a) {
      config[axes[a].position] = axes[a].scale.from_unit(x[static_cast<Eigen::Index>(a)]);
    }
    task.space.deactivate(config);
    if (task.admissible(config)) return Suggestion{.config = std::move(config), .sampler = "cmaes"};
  }
  return std::nullopt;
}

}  // namespace studyhall::sampler::cmaes
