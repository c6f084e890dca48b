#include "sampler/cmaes/run.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <tuple>

namespace studyhall::sampler::cmaes {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

enum Tier { Complete, Pruned, Infeasible, Failed };

bool same_bits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

void rank(const Observation& trial, double sign, Result& result) {
  const auto number = [&](double value) { return std::isnan(value) ? kInfinity : sign * value; };
  if (trial.state == TrialState::Fail) {
    result.tier = Failed;
  } else if (const double violation = trial.violation(); violation > 0) {
    result.tier = Infeasible;
    result.first = violation;
  } else if (trial.state == TrialState::Complete) {
    result.tier = Complete;
    result.first = trial.values.empty() ? kInfinity : number(trial.values.front());
  } else {
    result.tier = Pruned;
    result.first = trial.last_step < 0 ? 1 : -static_cast<double>(trial.last_step);
    result.second = number(trial.last_value);
  }
}

}  // namespace

std::vector<Axis> numeric_axes(const SearchSpace& space, const Slice& slice) {
  std::vector<Axis> axes;
  for (std::size_t p = 0; p < space.size(); ++p) {
    const Parameter& parameter = space.params()[p];
    const Domain& domain = slice.domains[p];
    if (!domain.free || !parameter.is_numeric() || !(domain.low < domain.high)) continue;
    axes.push_back({.position = p, .scale = Scale(parameter, domain)});
  }
  return axes;
}

bool Result::ranks_before(const Result& other) const {
  return std::tie(tier, first, second) < std::tie(other.tier, other.first, other.second);
}

bool Result::same(const Result& other) const {
  return tier == other.tier && same_bits(first, other.first) && same_bits(second, other.second) &&
         std::equal(unit.begin(), unit.end(), other.unit.begin(), other.unit.end(), same_bits);
}

std::vector<Result> results(const History& history, Direction direction, const std::string& key,
                            std::span<const Axis> axes) {
  const double sign = direction == Direction::Minimize ? 1 : -1;
  std::vector<Result> all;
  for (const std::int64_t number : history.finish_order()) {
    const Observation& trial = *history.find(number);
    if (trial.slice != key) continue;
    if (trial.state == TrialState::Fail && !trial.infeasible_config) continue;
    Result result;
    rank(trial, sign, result);
    result.unit.reserve(axes.size());
    for (const Axis& axis : axes) {
      const double value = trial.config[axis.position];
      result.unit.push_back(std::isnan(value) ? kInactive : axis.scale.to_unit(value));
    }
    all.push_back(std::move(result));
  }
  return all;
}

void Run::catch_up(const Eigen::VectorXd& mean, double sigma, int popsize,
                   const std::vector<Result>& all) {
  const bool same_start =
      start.size() == mean.size() && start == mean && same_bits(start_sigma, sigma);
  const bool extends = told.size() <= all.size() &&
                       std::equal(told.begin(), told.end(), all.begin(),
                                  [](const Result& a, const Result& b) { return a.same(b); });
  if (!same_start || !extends) {
    start = mean;
    start_sigma = sigma;
    told.clear();
    const int d = static_cast<int>(mean.size());
    constants = popsize > 0 ? make_constants(d, popsize) : default_constants(d);
    state = initial_state(mean, sigma);
  }
  const std::size_t lambda = static_cast<std::size_t>(constants.lambda);
  while (told.size() + lambda <= all.size()) {
    const std::span<const Result> batch = std::span(all).subspan(told.size(), lambda);
    tell_generation(batch);
    told.insert(told.end(), batch.begin(), batch.end());
  }
}

void Run::tell_generation(std::span<const Result> batch) {
  std::vector<std::size_t> order(batch.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return batch[a].ranks_before(batch[b]); });
  Eigen::MatrixXd X(constants.d, constants.lambda);
  Eigen::VectorXd f(constants.lambda);
  for (int i = 0; i < constants.lambda; ++i) {
    const Result& result = batch[order[static_cast<std::size_t>(i)]];
    for (int a = 0; a < constants.d; ++a) {
      const double unit = result.unit[static_cast<std::size_t>(a)];
      X(a, i) = std::isnan(unit) ? state.mean[a] : unit;
    }
    f[i] = i;
  }
  tell(state, constants, X, f, injection_limits(constants.d));
}

}  // namespace studyhall::sampler::cmaes
