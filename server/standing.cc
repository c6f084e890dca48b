#include "server/standing.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "core/feasible.h"

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

bool is_attested(const Trial& trial) {
  const Json& evidence = trial.record.evidence;
  return evidence.is_object() && evidence.value("kind", Json()) == "attested";
}

// Puts the trial's active values into `config`.
void overlay(const TrialTable& trials, std::int64_t number, Config& config) {
  const Config values = trials.config(static_cast<std::size_t>(number));
  for (std::size_t p = 0; p < values.size(); ++p) {
    if (!std::isnan(values[p])) config[p] = values[p];
  }
}

std::vector<std::int64_t> numbers_of(const std::optional<LeaderRow>& leader) {
  if (!leader) return {};
  return {leader->number};
}

}  // namespace

Standing::Standing(const StudySpec& spec)
    : directions_(spec.directions),
      constraints_(spec.constraints.size()),
      attested_only_(spec.experiment && spec.experiment->score.attested),
      pin_observed_(spec.sampler.options.value("incumbent", "") == "observed"),
      rule_{spec.confirm.replicates},
      version_(spec.experiment_version),
      board_(spec.directions.front(), rule_) {
  for (const Parameter& p : spec.space.params()) pin_.config.push_back(p.default_or_middle());
}

LeadChange Standing::add(const Trial& trial, const std::string& group, const TrialTable& trials) {
  Run run;
  run.number = trial.number;
  run.group = group;
  run.failed = trial.state == TrialState::Fail;
  if (attested_only_ && !run.failed && !is_attested(trial)) return {};
  if (!run.failed) {
    run.value = trial.values.front();
    run.feasible = trial.constraints.size() == constraints_ && is_feasible(trial.constraints);
    if (trial.constraints.size() == constraints_) run.constraints = trial.constraints;
    if (several()) run.values = trial.values;
  }
  const std::string& version = trial.record.version;
  if (!version.empty() && version != version_) {
    if (!several()) add_older(run, version, trials);
    return {};
  }
  if (!several()) return add_to_board(run, trials);
  return run.failed ? LeadChange{} : add_to_front(run, trials);
}

LeadChange Standing::add_to_front(const Run& run, const TrialTable& trials) {
  runs_.push_back(run);
  if (++runs_of_[run.group] > 1) replicated_ = true;
  const std::vector<std::int64_t> before = front_;
  update_front(run);
  LeadChange change = between(before, front_);
  if (!change.joined.empty() || !change.left.empty()) ++pin_.version;
  for (const std::int64_t number : change.joined) overlay(trials, number, pin_.config);
  return change;
}

LeadChange Standing::add_to_board(const Run& run, const TrialTable& trials) {
  board_.add(run);
  const std::vector<std::int64_t> before = numbers_of(leader_);
  best_ = board_.best();
  leader_ = best_ && best_->confirmed ? best_ : board_.leader();
  if (pin_observed_ && is_best_run(run)) best_run_ = run;
  if (best_) move_pin(best_run_ ? best_run_->number : best_->number, trials);
  return between(before, numbers_of(leader_));
}

bool Standing::is_best_run(const Run& run) const {
  if (run.failed || !run.feasible) return false;
  if (!best_run_) return true;
  return directions_.front() == Direction::Minimize ? run.value < best_run_->value
                                                    : run.value > best_run_->value;
}

void Standing::add_older(const Run& run, const std::string& version, const TrialTable& trials) {
  auto found = std::find_if(older_.begin(), older_.end(),
                            [&](const OlderVersion& older) { return older.version == version; });
  if (found == older_.end()) {
    older_.push_back({version, Leaderboard(directions_.front(), rule_)});
    found = older_.end() - 1;
  }
  found->board.add(run);
  if (best_) return;
  if (const auto best = found->board.best()) move_pin(best->number, trials);
}

void Standing::move_pin(std::int64_t number, const TrialTable& trials) {
  if (pin_.number == number) return;
  pin_.number = number;
  ++pin_.version;
  overlay(trials, number, pin_.config);
}

Pin Standing::pin(const SearchSpace& space, const TrialTable& trials,
                  std::span<const std::size_t> wanted, Rng& rng) const {
  Pin pin = pin_;
  const std::vector<std::int64_t> choice = pinnable(space, trials, wanted);
  if (choice.empty()) return pin;
  pin.number = choice[choice.size() > 1 ? rng.index(choice.size()) : 0];
  overlay(trials, pin.number, pin.config);
  return pin;
}

std::vector<std::int64_t> Standing::pinnable(const SearchSpace& space, const TrialTable& trials,
                                             std::span<const std::size_t> wanted) const {
  std::vector<std::int64_t> lead = front_;
  if (!several() && pin_.number >= 0) lead = {pin_.number};
  if (wanted.empty() || lead.empty()) return lead;
  const auto one_active = [&](std::int64_t number) {
    const Config config = trials.config(static_cast<std::size_t>(number));
    return std::any_of(wanted.begin(), wanted.end(),
                       [&](std::size_t p) { return space.is_active(p, config); });
  };
  std::vector<std::int64_t> choice;
  std::copy_if(lead.begin(), lead.end(), std::back_inserter(choice), one_active);
  if (!choice.empty()) return choice;
  if (!several()) {
    const std::optional<LeaderRow> best = board_.best(one_active);
    return best ? std::vector{best->number} : lead;
  }
  int rank = 0;
  for (const LeaderRow& row : rows()) {
    if (!row.feasible || (rank > 0 && row.rank > rank)) break;
    if (!one_active(row.number)) continue;
    rank = row.rank;
    choice.push_back(row.number);
  }
  return choice.empty() ? lead : choice;
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

std::vector<LeaderRow> Standing::rows(std::size_t top) const {
  return several() ? pareto_leaderboard(directions_, runs_) : board_.rows(top);
}

}  // namespace studyhall::server
