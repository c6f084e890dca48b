#include "sampler/gp/training.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <queue>

namespace studyhall::sampler::gp {
namespace {

// The median (the upper of two) of all numbers given so far.
class RunningMedian {
 public:
  void add(double value) {
    upper_.push(value);
    lower_.push(upper_.top());
    upper_.pop();
    if (lower_.size() > upper_.size()) {
      upper_.push(lower_.top());
      lower_.pop();
    }
  }
  [[nodiscard]] std::optional<double> median() const {
    if (upper_.empty()) return std::nullopt;
    return upper_.top();
  }

 private:
  std::priority_queue<double> lower_;
  std::priority_queue<double, std::vector<double>, std::greater<>> upper_;
};

std::optional<double> pruned_value(const Observation& trial, double sign,
                                   const RunningMedian& complete) {
  const std::optional<double> median = complete.median();
  if (std::isnan(trial.last_value)) return median;
  const double seen = sign * trial.last_value;
  return median ? std::max(seen, *median) : seen;
}

void add_constraints(const Observation& trial, std::vector<Series>& constraints) {
  if (constraints.size() < trial.constraints.size()) constraints.resize(trial.constraints.size());
  for (std::size_t k = 0; k < trial.constraints.size(); ++k) {
    const double c = trial.constraints[k];
    if (std::isnan(c)) continue;
    constraints[k].push_back({.target = c, .interest = std::abs(c), .config = &trial.config});
  }
}

}  // namespace

Training training(const History& history, Direction direction) {
  const double sign = direction == Direction::Minimize ? 1 : -1;
  Training out;
  RunningMedian complete;
  bool any_failed = false;
  for (const std::int64_t number : history.finish_order()) {
    const Observation& trial = *history.find(number);
    const bool failed = trial.state == TrialState::Fail;
    if (failed && !trial.infeasible_config) continue;
    any_failed = any_failed || failed;
    out.failure.push_back(
        {.target = failed ? 1.0 : -1.0, .interest = failed ? 0.0 : 1.0, .config = &trial.config});
    if (failed) continue;
    std::optional<double> value;
    if (trial.state == TrialState::Pruned) {
      value = pruned_value(trial, sign, complete);
    } else if (!trial.values.empty() && !std::isnan(trial.values.front())) {
      value = sign * trial.values.front();
      complete.add(*value);
    }
    if (value) {
      out.objective.push_back(
          {.target = *value,
           .interest = *value,
           .config = &trial.config,
           .may_lead = trial.state == TrialState::Complete && trial.violation() == 0});
    }
    add_constraints(trial, out.constraints);
  }
  if (!any_failed) out.failure.clear();
  for (const Observation& trial : history.observations()) {
    if (trial.state == TrialState::Running) out.pending.push_back(&trial.config);
  }
  return out;
}

}  // namespace studyhall::sampler::gp
