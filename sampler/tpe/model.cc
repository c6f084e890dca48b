#include "sampler/tpe/model.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace studyhall::sampler::tpe {

Candidates draw_candidates(const Densities& densities, std::size_t count, Rng& rng) {
  Candidates result;
  result.points = densities.good.draw(count, rng);
  const std::vector<double> good = densities.good.log_density(result.points);
  const std::vector<double> other = densities.other.log_density(result.points);
  result.order.resize(count);
  std::iota(result.order.begin(), result.order.end(), std::size_t{0});
  std::stable_sort(result.order.begin(), result.order.end(), [&](std::size_t a, std::size_t b) {
    return good[a] - other[a] > good[b] - other[b];
  });
  return result;
}

Model::Model(const SearchSpace& space, const Slice& slice, const History& history,
             bool multivariate)
    : base_(space.size(), kInactive), several_objectives_(history.directions().size() > 1) {
  for (const std::size_t p : space.parents_first()) {
    const Parameter& parameter = space.params()[p];
    const Domain& domain = slice.domains[p];
    if (!domain.free) {
      base_[p] = domain.held;
    } else if (parameter.is_numeric() ? !(domain.low < domain.high) : domain.choices.size() == 1) {
      base_[p] = parameter.is_numeric() ? domain.low : static_cast<double>(domain.choices.front());
    } else {
      auto& axes = multivariate && parameter.when.empty() ? joint_ : single_;
      axes.emplace_back(p, parameter, domain);
    }
  }
  single_densities_.resize(single_.size());
  for (const Observation& trial : history.observations()) {
    if (inside(trial)) trials_.push_back(&trial);
  }
  split_ = split(trials_, history.directions());
}

bool Model::inside(const Observation& trial) const {
  const auto fits = [&](const Axis& axis) {
    const double value = trial.config[axis.position()];
    return std::isnan(value) || axis.contains(value);
  };
  return std::all_of(joint_.begin(), joint_.end(), fits) &&
         std::all_of(single_.begin(), single_.end(), fits);
}

const Densities& Model::joint_densities() {
  if (!joint_densities_) joint_densities_.emplace(estimate(joint_));
  return *joint_densities_;
}

const Densities& Model::single_densities(std::size_t k) {
  std::optional<Densities>& densities = single_densities_[k];
  if (!densities) densities.emplace(estimate(std::span(single_).subspan(k, 1)));
  return *densities;
}

Densities Model::estimate(std::span<const Axis> axes) const {
  return {.good = mixture(axes, split_.below, several_objectives_),
          .other = mixture(axes, split_.above, false)};
}

Mixture Model::mixture(std::span<const Axis> axes, std::span<const std::size_t> trials,
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
