#include "sampler/tpe/split.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "sampler/tpe/split_multi.h"

namespace studyhall::sampler::tpe {
namespace {

constexpr std::size_t kMostBelow = 25;
constexpr std::size_t kFullWeight = 25;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Ranked {
  int tier;  // 0 feasible complete, 1 feasible pruned, 2 infeasible
  double first;
  double second;
  std::size_t position;

  bool operator<(const Ranked& other) const {
    return std::tie(tier, first, second, position) <
           std::tie(other.tier, other.first, other.second, other.position);
  }
};

Ranked ranked(const Observation& trial, std::size_t position, double sign) {
  const auto number = [&](double value) { return std::isnan(value) ? kInfinity : sign * value; };
  if (const double violation = trial.violation(); !(violation <= 0)) {
    return {.tier = 2,
            .first = std::isnan(violation) ? kInfinity : violation,
            .second = 0,
            .position = position};
  }
  if (trial.state == TrialState::Complete) {
    const double value = trial.values.empty() ? kInactive : trial.values.front();
    return {.tier = 0, .first = number(value), .second = 0, .position = position};
  }
  if (trial.last_step < 0) return {.tier = 1, .first = 1, .second = 0, .position = position};
  return {.tier = 1,
          .first = -static_cast<double>(trial.last_step),
          .second = number(trial.last_value),
          .position = position};
}

// Puts those of the feasible complete trials before the others that are the `count` best by rank.
void order_by_rank(std::span<const Observation* const> trials,
                   std::span<const Direction> directions, std::size_t count,
                   std::vector<Ranked>& finished) {
  std::vector<Ranked*> complete;
  std::vector<Losses> points;
  for (Ranked& trial : finished) {
    if (trial.tier != 0) continue;
    complete.push_back(&trial);
    Losses point = losses(trials[trial.position]->values, directions);
    point.resize(directions.size(), kInfinity);
    std::replace_if(
        point.begin(), point.end(), [](double loss) { return std::isnan(loss); }, kInfinity);
    points.push_back(std::move(point));
  }
  for (Ranked* trial : complete) trial->first = 1;
  for (const std::size_t i : best_by_rank(points, std::min(count, points.size()))) {
    complete[i]->first = 0;
  }
}

}  // namespace

std::size_t gamma(std::size_t n) { return std::min((n + 9) / 10, kMostBelow); }

Split split(std::span<const Observation* const> trials, std::span<const Direction> directions) {
  const double sign = directions.front() == Direction::Minimize ? 1 : -1;
  std::vector<Ranked> finished;
  std::vector<char> is_above(trials.size(), 0);
  for (std::size_t i = 0; i < trials.size(); ++i) {
    const TrialState state = trials[i]->state;
    if (state == TrialState::Complete || state == TrialState::Pruned) {
      finished.push_back(ranked(*trials[i], i, sign));
      is_above[i] = 1;
    } else {
      is_above[i] = state == TrialState::Running || trials[i]->infeasible_config;
    }
  }
  const bool several = directions.size() > 1;
  const std::size_t count = several ? gamma_multi(finished.size()) : gamma(finished.size());
  if (several) order_by_rank(trials, directions, count, finished);
  std::partial_sort(finished.begin(), finished.begin() + static_cast<std::ptrdiff_t>(count),
                    finished.end());

  Split result;
  for (std::size_t k = 0; k < count; ++k) {
    result.below.push_back(finished[k].position);
    is_above[finished[k].position] = 0;
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
