// Running would-be bests again before they lead (doc/noise.md).
#include <fmt/format.h>

#include <algorithm>

#include "core/study_api_json_reader.h"
#include "server/confirming.h"
#include "server/study_model.h"

namespace studyhall::server {

using storage::Change;

namespace {

constexpr std::size_t kChallengers = 16;  // looked at for one with a run left to give it

std::string words_of(const LeaderRow& row) {
  return row.mean ? fmt::format("posterior mean {:.6g}", *row.mean)
                  : fmt::format("value {:.6g}", row.value);
}

Json facts_of(const LeaderRow& row) {
  Json body{{"number", row.number}};
  body[row.mean ? "mean" : "value"] = number_or_name(row.mean.value_or(row.value));
  body["runs"] = row.n;
  return body;
}

}  // namespace

void StudyModel::count_confirming(const Trial& trial, int sign) {
  if (trial.record.confirms < 0) return;
  const FailReason reason = trial.record.reason.value_or(FailReason::BadConfig);
  const bool failed = trial.state == TrialState::Fail;
  if (!failed && !trial.record.late) confirming_begun_ += sign;
  if (trial.fit != Fit::Exact || !space().contains(trial.config)) return;
  Confirming& of = confirming_[hash_of(trial.config)];
  if (!is_finished(trial.state)) {
    if (sign > 0) {
      of.open.insert(trial.number);
    } else {
      of.open.erase(trial.number);
    }
  }
  if (trial.state == TrialState::Pruned ||
      (failed && is_told(reason) && reason != FailReason::BadConfig)) {
    of.lost += sign;
  }
}

const std::string& StudyModel::hash_of(const Config& config) const {
  return hashes_.of(space(), config);
}

std::string StudyModel::hash_of(const Trial& trial) const {
  const std::optional<Digest> held = holders_.held_by(trial.number);
  return held ? to_hex(*held) : hash_of(trial.config);
}

bool StudyModel::reaches_target(double value) const {
  if (!spec().target) return false;
  const bool maximize = spec().directions.front() == Direction::Maximize;
  return maximize ? value >= *spec().target : value <= *spec().target;
}

bool StudyModel::is_kept_for_confirming() const {
  return server::is_kept_for_confirming(spec(), budget_.done() + count(TrialState::Running));
}

void StudyModel::confirm(std::optional<std::int64_t> told, Timestamp now,
                         std::vector<Change>& changes) {
  if (told) note_verdict(*told, now, changes);
  withdraw_hopeless(now, changes);
  const std::optional<LeaderRow>& best = standing_.best();
  if (spec().confirm.replicates == 0 || !best || best->confirmed) return;
  const std::int64_t runs = lacking(*best, reaches_target(best->value));
  if (runs == 0) return;
  const auto& leader = standing_.leader();
  begin_confirming(
      *best, runs,
      leader ? fmt::format("its {} is the best; trial {}, which leads, has {}", words_of(*best),
                           leader->number, words_of(*leader))
             : fmt::format("its {} is the best, and nothing is confirmed yet", words_of(*best)),
      now, changes);
}

void StudyModel::note_verdict(std::int64_t told, Timestamp now, std::vector<Change>& changes) {
  if (trial(told).record.confirms < 0 || trial(told).fit != Fit::Exact) return;
  const std::optional<LeaderRow> row = standing_.board().find(hash_of(trial(told).config));
  if (!row || row->confirmed_by != told) return;
  const auto& best = standing_.best();
  const bool leads = best && best->number == row->number;
  Json body = facts_of(*row);
  if (!leads) {
    body["reason"] = !row->feasible ? std::string("it breaks a constraint")
                     : best ? fmt::format("trial {} is better: {}", best->number, words_of(*best))
                            : std::string("nothing is feasible");
  }
  changes.push_back(
      change(leads ? EventKind::Confirmed : EventKind::Refuted, std::move(body), "server", now));
}

bool StudyModel::has_hope(const std::string& hash) const {
  const std::optional<LeaderRow>& best = standing_.best();
  if (spec().confirm.replicates == 0 || !best) return false;
  const std::optional<LeaderRow> row = standing_.board().find(hash);
  if (!row || !row->feasible) return false;
  if (row->confirmed) return row->number == best->number && is_kept_for_confirming();
  return row->number == best->number ||
         standing_.board().probability_better(*row, *best) >= kHopeless;
}

void StudyModel::withdraw_hopeless(Timestamp now, std::vector<Change>& changes) {
  std::vector<std::pair<std::int64_t, std::string>> waiting;  // what it confirms, its hash
  for (const auto& [hash, of] : confirming_) {
    for (const std::int64_t number : of.open) {
      if (trial(number).state != TrialState::Waiting || has_hope(hash)) continue;
      waiting.emplace_back(trial(number).record.confirms, hash);
      break;
    }
  }
  std::sort(waiting.begin(), waiting.end());
  for (const auto& [candidate, hash] : waiting) {
    std::vector<std::int64_t> withdrawn;
    const std::set<std::int64_t> open = confirming_.at(hash).open;
    for (const std::int64_t number : open) {
      Trial lost = trial(number);
      if (lost.state != TrialState::Waiting) continue;
      lost.state = TrialState::Fail;
      lost.record.reason = FailReason::Withdrawn;
      lost.record.note = fmt::format("trial {} needs no confirming any more", candidate);
      finish_one(std::move(lost), "server", now, Json::object(), changes);
      withdrawn.push_back(number);
    }
    const std::optional<LeaderRow> row = standing_.board().find(hash);
    if (row && row->confirmed && row->feasible) continue;
    Json body = row ? facts_of(*row) : Json{{"number", candidate}};
    body["reason"] = !row             ? "it is no result of the study any more"
                     : !row->feasible ? "it breaks a constraint"
                                      : "it is all but sure that another one is better";
    body["withdrawn"] = withdrawn;
    changes.push_back(change(EventKind::Refuted, std::move(body), "server", now));
  }
}

std::int64_t StudyModel::lacking(const LeaderRow& row, bool urgent) const {
  const int wanted = spec().confirm.replicates;
  const std::string hash = hash_of(trial(row.number).config);
  if (is_given_up(hash)) return 0;
  const std::int64_t lacks = 1 + wanted - row.n - open_runs(hash);
  const std::int64_t begun = budget_.done() + count(TrialState::Running);
  const std::int64_t left =
      confirming_allowed(spec(), budget_.done(), begun, urgent) - confirming_begun_;
  // A candidate that cannot be confirmed whole is left alone until the last trials.
  const bool whole = left >= lacks || server::is_kept_for_confirming(spec(), begun);
  return whole ? std::clamp<std::int64_t>(lacks, 0, std::max<std::int64_t>(left, 0)) : 0;
}

std::vector<Change> StudyModel::confirm_contender(bool exhausted, Timestamp now) {
  std::vector<Change> changes;
  const std::optional<LeaderRow>& best = standing_.best();
  if (spec().confirm.replicates == 0 || !best) return changes;
  if (should_confirm_best_again()) {
    const LeaderRow row = *best;
    begin_confirming(row, 1,
                     fmt::format("its {} is the best, and others come close: {} runs are few to "
                                 "tell it from luck",
                                 words_of(row), row.n),
                     now, changes);
    return changes;
  }
  for (const LeaderRow& row : standing_.board().unconfirmed(kChallengers)) {
    const double chance = standing_.board().probability_better(row, *best);
    if (row.number != best->number && chance < kHopeless) continue;
    const std::int64_t runs = lacking(row, exhausted);
    if (runs == 0) continue;
    begin_confirming(row, runs,
                     fmt::format("its {} is the best of those not confirmed, and it is better than "
                                 "trial {} with probability {:.2f}",
                                 words_of(row), best->number, chance),
                     now, changes);
    if (exhausted) changes.front().event->body["exhausted"] = true;
    break;
  }
  return changes;
}

bool StudyModel::should_confirm_best_again() const {
  const LeaderRow& best = *standing_.best();
  const std::string hash = hash_of(trial(best.number).config);
  const std::int64_t begun = budget_.done() + count(TrialState::Running);
  if (is_given_up(hash) || !best.confirmed || !server::is_kept_for_confirming(spec(), begun))
    return false;
  if (confirming_allowed(spec(), budget_.done(), begun, false) <= confirming_begun_) return false;
  double rivals = 0;
  for (const LeaderRow& row : standing_.board().rows(kChallengers)) {
    if (row.number == best.number || !row.feasible) continue;
    if (standing_.board().probability_better(row, best) < kNoRival) continue;
    rivals += static_cast<double>(row.n) * row.n;
  }
  const auto runs = static_cast<double>(best.n + open_runs(hash));
  return runs * runs < kLeaderWeight * rivals;
}

bool StudyModel::is_given_up(const std::string& hash) const {
  const auto of = confirming_.find(hash);
  return of != confirming_.end() && of->second.lost > spec().confirm.replicates;
}

std::int64_t StudyModel::open_runs(const std::string& hash) const {
  return std::ranges::count_if(holders_.all(digest_of(hash)), [&](std::int64_t number) {
    return !is_finished(trials_.state(static_cast<std::size_t>(number)));
  });
}

void StudyModel::begin_confirming(const LeaderRow& row, std::int64_t runs,
                                  const std::string& reason, Timestamp now,
                                  std::vector<Change>& changes) {
  Json body = facts_of(row);
  std::vector<std::int64_t> numbers;
  for (std::int64_t i = 0; i < runs; ++i) numbers.push_back(std::ssize(trials_) + i);
  body["replicates"] = numbers;
  body["reason"] = reason;
  changes.push_back(change(EventKind::Candidate, std::move(body), "server", now));
  for (const std::int64_t number : numbers) {
    Trial replicate;
    replicate.number = number;
    replicate.state = TrialState::Waiting;
    replicate.config = trial(row.number).config;
    replicate.record.purpose = Purpose::Replicate;
    replicate.record.confirms = row.number;
    Change out = change(EventKind::Enqueued,
                        {{"number", number},
                         {"params", space().to_json(replicate.config)},
                         {"priority", 0},
                         {"purpose", to_string(Purpose::Replicate)},
                         {"confirms", row.number}},
                        "server", now);
    out.writes.emplace_back(storage::AddTrial{replicate});
    changes.push_back(std::move(out));
    place(std::move(replicate));
  }
}

}  // namespace studyhall::server
