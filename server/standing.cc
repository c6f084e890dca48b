#include "server/standing.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace studyhall::server {

namespace {

LeadChange between(const std::vector<std::int64_t>& before,
                   const std::vector<std::int64_t>& after) {
  LeadChange change;
  std::set_difference(after.begin(), after.end(), before.begin(), before.end(),
                      std::back_inserter(change.joined));
  std::set_difference(before.begin(), before.end(), after.begin(), after.end(),
                      std::back_inserter(change.left));
  return change;
}

std::vector<std::int64_t> numbers_of(const std::optional<LeaderRow>& leader) {
  if (!leader) return {};
  return {leader->number};
}

}  // namespace

Standing::Standing(const StudySpec& spec)
    : directions_(spec.directions), constraints_(spec.constraints.size()) {
  for (const Parameter& p : spec.space.params()) pin_.config.push_back(p.default_or_middle());
}

LeadChange Standing::add(const Trial& trial, const std::string& group) {
  const bool feasible = trial.constraints.size() == constraints_ &&
                        std::none_of(trial.constraints.begin(), trial.constraints.end(),
                                     [](double c) { return c > 0; });
  Run run{trial.number, group, trial.values.front(), feasible};
  if (several()) run.values = trial.values;
  runs_.push_back(run);
  configs_.emplace(run.number, trial.config);
  if (++runs_of_[group] > 1) replicated_ = true;

  LeadChange change;
  if (several()) {
    const std::vector<std::int64_t> before = front_;
    update_front(run);
    change = between(before, front_);
  } else {
    const std::vector<std::int64_t> before = numbers_of(leader_);
    update_leader(run);
    change = between(before, numbers_of(leader_));
    if (!change.joined.empty()) pin_.number = leader_->number;
  }
  const bool pin_moved =
      several() ? !change.joined.empty() || !change.left.empty() : !change.joined.empty();
  if (pin_moved) ++pin_.version;
  for (const std::int64_t number : change.joined) overlay(number, pin_.config);
  return change;
}

Pin Standing::pin(const SearchSpace& space, std::span<const std::size_t> wanted, Rng& rng) const {
  Pin pin = pin_;
  const std::vector<std::int64_t> choice = pinnable(space, wanted);
  if (choice.empty()) return pin;
  pin.number = choice[choice.size() > 1 ? rng.index(choice.size()) : 0];
  overlay(pin.number, pin.config);
  return pin;
}

std::vector<std::int64_t> Standing::pinnable(const SearchSpace& space,
                                             std::span<const std::size_t> wanted) const {
  std::vector<std::int64_t> lead = several() ? front_ : numbers_of(leader_);
  if (wanted.empty() || lead.empty()) return lead;
  const auto one_active = [&](std::int64_t number) {
    const Config& config = configs_.at(number);
    return std::any_of(wanted.begin(), wanted.end(),
                       [&](std::size_t p) { return space.is_active(p, config); });
  };
  std::vector<std::int64_t> choice;
  std::copy_if(lead.begin(), lead.end(), std::back_inserter(choice), one_active);
  if (!choice.empty()) return choice;
  int rank = 0;
  for (const LeaderRow& row : rows()) {
    if (!row.feasible || (rank > 0 && (!several() || row.rank > rank))) break;
    if (!one_active(row.number)) continue;
    rank = row.rank;
    choice.push_back(row.number);
  }
  return choice.empty() ? lead : choice;
}

void Standing::overlay(std::int64_t number, Config& config) const {
  const Config& values = configs_.at(number);
  for (std::size_t p = 0; p < values.size(); ++p) {
    if (!std::isnan(values[p])) config[p] = values[p];
  }
}

void Standing::update_leader(const Run& run) {
  if (replicated_) {
    const std::vector<LeaderRow> all = rows();
    leader_.reset();
    if (!all.empty() && all.front().feasible) leader_ = all.front();
    return;
  }
  if (!run.feasible) return;
  if (leader_ && !better(run.value, leader_->value) &&
      !(run.value == leader_->value && run.number < leader_->number)) {
    return;
  }
  LeaderRow row;
  row.rank = 1;
  row.number = run.number;
  row.runs = {run.number};
  row.value = run.value;
  row.n = 1;
  leader_ = std::move(row);
}

void Standing::update_front(const Run& run) {
  if (replicated_) {
    front_.clear();
    for (const LeaderRow& row : rows()) {
      if (row.feasible && row.rank == 1) front_.push_back(row.number);
    }
    std::sort(front_.begin(), front_.end());
    return;
  }
  if (!run.feasible) return;
  Losses point = losses(run.values, directions_);
  const bool dominated =
      std::any_of(front_losses_.begin(), front_losses_.end(),
                  [&](const auto& member) { return dominates(member.second, point); });
  if (dominated) return;
  std::erase_if(front_losses_, [&](const auto& member) { return dominates(point, member.second); });
  front_losses_.emplace(run.number, std::move(point));
  front_.clear();
  for (const auto& [number, loss] : front_losses_) front_.push_back(number);
}

std::vector<LeaderRow> Standing::rows() const {
  return several() ? pareto_leaderboard(directions_, runs_)
                   : leaderboard(directions_.front(), runs_);
}

bool Standing::better(double a, double b) const {
  return directions_.front() == Direction::Maximize ? a > b : a < b;
}

}  // namespace studyhall::server
