#include "server/standing.h"

#include <algorithm>
#include <cmath>

namespace studyhall::server {

Standing::Standing(const StudySpec& spec)
    : direction_(spec.directions.front()), constraints_(spec.constraints.size()) {
  for (const Parameter& p : spec.space.params()) pin_.config.push_back(p.default_or_middle());
}

void Standing::add(const Trial& trial, const std::string& group) {
  const bool feasible = trial.constraints.size() == constraints_ &&
                        std::none_of(trial.constraints.begin(), trial.constraints.end(),
                                     [](double c) { return c > 0; });
  const Run run{trial.number, group, trial.values.front(), feasible};
  runs_.push_back(run);
  configs_.emplace(run.number, trial.config);
  if (++runs_of_[group] > 1) replicated_ = true;

  const std::int64_t before = leader_ ? leader_->number : -1;
  update_leader(run);
  if (!leader_ || leader_->number == before) return;
  pin_.number = leader_->number;
  ++pin_.version;
  const Config& config = configs_.at(leader_->number);
  for (std::size_t p = 0; p < config.size(); ++p) {
    if (!std::isnan(config[p])) pin_.config[p] = config[p];
  }
}

Pin Standing::pin_with(const SearchSpace& space, std::span<const std::size_t> wanted) const {
  const auto one_active = [&](std::span<const double> config) {
    return std::any_of(wanted.begin(), wanted.end(),
                       [&](std::size_t p) { return space.is_active(p, config); });
  };
  if (wanted.empty() || one_active(pin_.config)) return pin_;
  for (const LeaderRow& row : rows()) {
    if (!row.feasible) break;
    const Config& config = configs_.at(row.number);
    if (!one_active(config)) continue;
    Pin pin = pin_;
    pin.number = row.number;
    for (std::size_t p = 0; p < config.size(); ++p) {
      if (!std::isnan(config[p])) pin.config[p] = config[p];
    }
    return pin;
  }
  return pin_;
}

void Standing::update_leader(const Run& run) {
  if (replicated_) {
    const std::vector<LeaderRow> all = rows();
    leader_.reset();
    if (!all.empty() && all.front().feasible) leader_ = all.front();
    return;
  }
  if (!run.feasible || (leader_ && !better(run.value, leader_->value))) return;
  LeaderRow row;
  row.rank = 1;
  row.number = run.number;
  row.runs = {run.number};
  row.value = run.value;
  row.n = 1;
  leader_ = std::move(row);
}

std::vector<LeaderRow> Standing::rows() const { return leaderboard(direction_, runs_); }

bool Standing::better(double a, double b) const {
  return direction_ == Direction::Maximize ? a > b : a < b;
}

}  // namespace studyhall::server
