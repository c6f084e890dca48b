#include "sampler/tpe/exact_model.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace studyhall::sampler::tpe {

ExactModel::ExactModel(const SearchSpace& space, const Slice& slice, const History& history,
                       Grouping grouping)
    : parameters_(group_parameters(space, slice, grouping)),
      several_objectives_(history.directions().size() > 1) {
  for (const std::vector<std::size_t>& group : parameters_) {
    std::vector<Axis>& axes = axes_.emplace_back();
    for (const std::size_t p : group) axes.emplace_back(p, space.params()[p], slice.domains[p]);
  }
  densities_.resize(axes_.size());
  for (const Observation& trial : history.observations()) {
    if (inside(trial)) trials_.push_back(&trial);
  }
  split_ = split(trials_, history.directions());
}

bool ExactModel::inside(const Observation& trial) const {
  const auto fits = [&](const Axis& axis) {
    const double value = trial.config[axis.position()];
    return std::isnan(value) || axis.contains(value);
  };
  return std::all_of(axes_.begin(), axes_.end(), [&](const std::vector<Axis>& group) {
    return std::all_of(group.begin(), group.end(), fits);
  });
}

std::size_t ExactModel::results() const {
  return static_cast<std::size_t>(
      std::count_if(trials_.begin(), trials_.end(), [](const Observation* trial) {
        return trial->state == TrialState::Complete || trial->state == TrialState::Pruned;
      }));
}

const Densities& ExactModel::densities(std::size_t group) {
  std::optional<Densities>& densities = densities_[group];
  if (!densities) {
    densities.emplace(Densities{.good = mixture(axes_[group], split_.below, several_objectives_),
                                .other = mixture(axes_[group], split_.above, false)});
  }
  return *densities;
}

Candidates ExactModel::draw(std::size_t group, std::size_t count, Rng& rng) {
  const Densities& d = densities(group);
  Points points = d.good.draw(count, rng);
  std::vector<double> good = d.good.log_density(points);
  std::vector<double> other = d.other.log_density(points);
  std::vector<double> scores(count);
  for (std::size_t k = 0; k < count; ++k) scores[k] = good[k] - other[k];
  return {.values = std::move(points.values),
          .order = best_first(scores),
          .log_good = std::move(good),
          .log_other = std::move(other)};
}

Mixture ExactModel::mixture(std::span<const Axis> axes, std::span<const std::size_t> trials,
                            bool uniform) const {
  std::vector<std::size_t> active;
  active.reserve(trials.size());
  for (const std::size_t i : trials) {
    const Config& config = trials_[i]->config;
    const bool has_all = std::none_of(axes.begin(), axes.end(), [&](const Axis& axis) {
      return std::isnan(config[axis.position()]);
    });
    if (has_all) active.push_back(i);
  }
  std::vector<std::vector<double>> columns(axes.size());
  for (std::size_t a = 0; a < axes.size(); ++a) {
    columns[a].reserve(active.size() + 1);
    for (const std::size_t i : active) {
      columns[a].push_back(axes[a].coordinate(trials_[i]->config[axes[a].position()]));
    }
  }
  return Mixture(
      axes, std::move(columns),
      uniform ? std::vector<double>(active.size(), 1.0) : default_weights(active.size()));
}

}  // namespace studyhall::sampler::tpe
