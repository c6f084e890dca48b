#include "sampler/cmaes/results.h"

#include <cmath>
#include <limits>
#include <tuple>

namespace studyhall::sampler::cmaes {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

enum Tier { Complete, Pruned, Infeasible, Failed };

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

bool Result::ranks_before(const Result& other) const {
  return std::tie(tier, first, second) < std::tie(other.tier, other.first, other.second);
}

double Result::value() const { return tier == Complete ? first : kInfinity; }

std::optional<Result> result_of(const Observation& trial, Direction direction,
                                const Coordinates& coordinates) {
  if (trial.state == TrialState::Running) return std::nullopt;
  if (trial.state == TrialState::Fail && !trial.infeasible_config) return std::nullopt;
  Result result;
  rank(trial, direction == Direction::Minimize ? 1 : -1, result);
  result.candidate.number = trial.number;
  for (const Axis& axis : coordinates.axes) {
    const double value = trial.config[axis.position()];
    result.candidate.unit.push_back(std::isnan(value) ? kInactive : axis.to_unit(value));
  }
  for (const Choice& choice : coordinates.choices) {
    result.candidate.chosen.push_back(choice.index_of(trial.config[choice.position]));
  }
  return result;
}

}  // namespace studyhall::sampler::cmaes
