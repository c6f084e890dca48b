#include "sampler/tpe/split.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sampler/tpe/split_multi.h"

namespace studyhall::sampler::tpe {
namespace {

constexpr std::size_t kMostBelow = 25;
constexpr std::size_t kFullWeight = 25;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Ranked {
  Rank rank;
  std::size_t position;
};

}  // namespace

Rank rank_of(const Observation& trial, Direction direction) {
  const double sign = direction == Direction::Minimize ? 1 : -1;
  const auto key = [&](double value) { return std::isnan(value) ? kInfinity : sign * value; };
  const double violation = trial.violation();
  if (!(violation <= 0)) {
    const double most = std::isnan(violation) ? kInfinity : violation;
    return {.tier = Rank::Tier::Infeasible, .first = most, .number = trial.number};
  }
  if (trial.state == TrialState::Complete) {
    return {.first = key(trial.values.empty() ? kInactive : trial.values.front()),
            .number = trial.number};
  }
  if (trial.last_step < 0) return {.tier = Rank::Tier::Pruned, .first = 1, .number = trial.number};
  return {.tier = Rank::Tier::Pruned,
          .first = -static_cast<double>(trial.last_step),
          .second = key(trial.last_value),
          .number = trial.number};
}

namespace {

// Puts those of the feasible complete trials before the others that are the `count` best by rank.
void order_by_rank(std::span<const Observation* const> trials,
                   std::span<const Direction> directions, std::size_t count,
                   std::vector<Ranked>& finished) {
  std::vector<Ranked*> complete;
  std::vector<Losses> points;
  for (Ranked& trial : finished) {
    if (trial.rank.tier != Rank::Tier::Complete) continue;
    complete.push_back(&trial);
    Losses point = losses(trials[trial.position]->values, directions);
    point.resize(directions.size(), kInfinity);
    std::replace_if(
        point.begin(), point.end(), [](double loss) { return std::isnan(loss); }, kInfinity);
    points.push_back(std::move(point));
  }
  for (Ranked* trial : complete) trial->rank.first = 1;
  for (const std::size_t i : best_by_rank(points, std::min(count, points.size()))) {
    complete[i]->rank.first = 0;
  }
}

}  // namespace

std::size_t gamma(std::size_t n) { return std::min((n + 9) / 10, kMostBelow); }

Split split(std::span<const Observation* const> trials, std::span<const Direction> directions) {
  std::vector<Ranked> finished;
  std::vector<bool> is_above(trials.size(), false);
  for (std::size_t i = 0; i < trials.size(); ++i) {
    const TrialState state = trials[i]->state;
    if (state == TrialState::Complete || state == TrialState::Pruned) {
      finished.push_back({.rank = rank_of(*trials[i], directions.front()), .position = i});
      is_above[i] = true;
    } else {
      is_above[i] = state == TrialState::Running || trials[i]->infeasible_config;
    }
  }
  const bool several = directions.size() > 1;
  const std::size_t count = several ? gamma_multi(finished.size()) : gamma(finished.size());
  if (several) order_by_rank(trials, directions, count, finished);
  std::partial_sort(finished.begin(), finished.begin() + static_cast<std::ptrdiff_t>(count),
                    finished.end(),
                    [](const Ranked& a, const Ranked& b) { return a.rank < b.rank; });

  Split result;
  for (std::size_t k = 0; k < count; ++k) {
    result.below.push_back(finished[k].position);
    is_above[finished[k].position] = false;
  }
  std::sort(result.below.begin(), result.below.end());
  for (std::size_t i = 0; i < trials.size(); ++i) {
    if (is_above[i]) result.above.push_back(i);
  }
  return result;
}

std::vector<double> default_weights(std::size_t n) {
  std::vector<double> weights(n, 1.0);
  if (n <= kFullWeight) return weights;
  const std::size_t ramp = n - kFullWeight;
  const double first = 1 / static_cast<double>(n);
  for (std::size_t i = 0; i < ramp; ++i) {
    const double part = ramp > 1 ? static_cast<double>(i) / static_cast<double>(ramp - 1) : 0;
    weights[i] = first + (1 - first) * part;
  }
  return weights;
}

}  // namespace studyhall::sampler::tpe
