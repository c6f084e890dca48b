// What an edit of the study file changes in a study.
#include <utility>

#include "core/space_edit.h"
#include "server/study_model.h"

namespace studyhall::server {

using storage::Change;

std::vector<Change> StudyModel::edit(std::shared_ptr<const StudySpec> spec, const Json& patch,
                                     const std::string& reason, const std::string& author,
                                     Timestamp now) {
  const std::shared_ptr<const StudySpec> from = std::exchange(record_.spec, std::move(spec));
  Json body{{"patch", patch}, {"file", record_.spec->resolved}};
  if (!reason.empty()) body["reason"] = reason;
  std::vector<Change> changes{change(EventKind::Edited, std::move(body), author, now)};
  changes.back().writes.emplace_back(storage::SetSpec{record_.spec});
  refit(*from, changes.back().writes);
  rank_all_noting(now, changes);
  for (std::int64_t number = 0; number < std::ssize(trials_); ++number) {
    const Trial trial = this->trial(number);
    if (trial.state == TrialState::Waiting && trial.fit == Fit::Outside) {
      withdraw_outside(number, now, changes);
    }
  }
  confirm(std::nullopt, now, changes);
  return changes;
}

void StudyModel::refit(const StudySpec& from, std::vector<storage::Write>& writes) {
  hashes_.clear();
  const bool space_changed = !same_space(from, spec());
  const auto constraints_of = [](const StudySpec& spec) {
    return spec.resolved.value("constraints", Json());
  };
  const bool constraints_changed = constraints_of(from) != constraints_of(spec());
  competitors_.reset();
  best_steps_.reset();
  holders_.clear();
  confirming_.clear();
  confirming_begun_ = 0;
  for (std::size_t n = 0; n < trials_.size(); ++n) {
    Trial trial = trials_[n];
    bool rewritten = false;
    if (space_changed) {
      const bool full = from.space.contains(trial.config);
      refit_trial(from, spec(), trial);
      if (trial.state == TrialState::Waiting && full) {
        fill_absent(space(), trial);
        rewritten = trial.fit == Fit::Exact;
      }
    }
    if (constraints_changed && trial.state == TrialState::Complete) {
      trial.constraints = constraint_values(spec(), trial.metrics);
      rewritten = true;
    }
    if (rewritten) writes.emplace_back(storage::UpdateTrial{trial.state, trial});
    if (const auto held = held_of(trial)) holders_.insert(*held, trial.number);
    count_confirming(trial, 1);
    trials_.put(std::move(trial));
  }
  ++holder_changes_;
  blocks_.forget_stored();
}

std::vector<Change> StudyModel::withdraw(std::int64_t number, Timestamp now) {
  std::vector<Change> changes;
  withdraw_outside(number, now, changes);
  confirm(number, now, changes);
  return changes;
}

void StudyModel::withdraw_outside(std::int64_t number, Timestamp now,
                                  std::vector<Change>& changes) {
  Trial lost = trial(number);
  lost.state = TrialState::Fail;
  lost.record.reason = lost.record.confirms < 0 ? FailReason::Cancelled : FailReason::Withdrawn;
  lost.record.note = "its parameters are not in the search space";
  finish_one(std::move(lost), "server", now, Json::object(), changes);
  fail_dependents({.number = number}, now, changes);
}

}  // namespace studyhall::server
