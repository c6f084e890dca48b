// How the best result of a study got better from trial to trial: the line that lists of studies
// draw.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "core/feasible.h"
#include "core/study_spec.h"
#include "core/trial.h"

namespace studyhall::server {

// The value with which a Trial or TrialOutline can be the best one: the first one of a Complete,
// feasible trial, if finite.
template <typename T>
std::optional<double> feasible_value(const T& trial) {
  if (trial.state != TrialState::Complete || trial.values.empty()) return std::nullopt;
  if (!is_feasible(trial.constraints) || !std::isfinite(trial.values.front())) return std::nullopt;
  return trial.values.front();
}

class BestSteps {
 public:
  explicit BestSteps(Direction direction) : sign_(direction == Direction::Minimize ? 1 : -1) {}

  // A trial in its present state, in any order of the numbers. False where a step has gone and what
  // it hid is not known: the steps must be made anew from all trials.
  bool put(std::int64_t number, std::optional<double> value);

  // Whether the trial is better than all of a lower number.
  [[nodiscard]] bool is_step(std::int64_t number) const { return steps_.count(number) > 0; }

  // The best value up to the end of each of at most `stretches` equal parts of `trials` numbers,
  // from the first result on.
  [[nodiscard]] std::vector<double> line(std::size_t trials, std::size_t stretches) const;

 private:
  double sign_;
  std::map<std::int64_t, double> steps_;  // times sign_; each less than those of lower numbers
};

}  // namespace studyhall::server
