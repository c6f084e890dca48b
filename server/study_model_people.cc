// The changes of a study that people make, and what is held against its workers.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>

#include "core/error.h"
#include "core/study_api_json.h"
#include "server/study_model.h"

namespace studyhall::server {

using storage::Change;

namespace {

constexpr Duration kActive = std::chrono::hours(24);
constexpr Duration kProbeRuns = std::chrono::seconds(30);

AskAnswer wait_until(Timestamp until, Timestamp now, std::string reason) {
  AskAnswer answer;
  answer.status = AskStatus::Wait;
  answer.retry_after_s = std::max(1.0, to_seconds(until - now));
  answer.reason = std::move(reason);
  return answer;
}

storage::Fact to_fact(const Insight& insight) {
  return {kInsightFact, std::to_string(insight.id), to_json(insight)};
}

}  // namespace

std::vector<Change> StudyModel::void_trial(std::int64_t number, const std::string& reason,
                                           const std::string& author, Timestamp now) {
  Trial voided = trial(number);
  const TrialState from = voided.state;
  Json body{{"number", number}, {"from", to_string(from)}};
  if (!reason.empty()) body["reason"] = reason;
  std::vector<Change> changes{change(EventKind::Voided, std::move(body), author, now)};
  voided.state = TrialState::Fail;
  voided.record.reason = FailReason::Voided;
  voided.record.voided = last_sequence_;
  if (voided.record.told == 0) voided.record.told = last_sequence_;
  if (!voided.completed) voided.completed = now;
  voided.record.parked_until.reset();
  voided.record.question = 0;
  voided.record.prune = false;
  if (!reason.empty()) voided.record.note = reason;
  changes.back().writes.emplace_back(storage::UpdateTrial{from, voided});
  std::erase(foreign_, number);
  place(std::move(voided));
  close_leases(number);
  learn(number);
  if (from == TrialState::Complete || from == TrialState::Fail) rank_all_noting(now, changes);
  fail_dependents({.number = number}, now, changes);
  confirm(std::nullopt, now, changes);
  return changes;
}

void StudyModel::rank_all_noting(Timestamp now, std::vector<Change>& changes) {
  const std::vector<std::int64_t> before = in_the_lead();
  rank_all();
  const std::vector<std::int64_t> after = in_the_lead();
  LeadChange lead;
  std::ranges::set_difference(after, before, std::back_inserter(lead.joined));
  std::ranges::set_difference(before, after, std::back_inserter(lead.left));
  note_lead(lead, now, changes);
}

Change StudyModel::park(std::int64_t number, Timestamp until, const std::string& reason,
                        Timestamp now) {
  Trial parked = trial(number);
  parked.record.parked_until = until;
  Json body{{"number", number}, {"worker", parked.record.worker}, {"until", format_utc(until)}};
  if (!reason.empty()) body["reason"] = reason;
  Change out = change(EventKind::Parked, std::move(body), parked.record.worker, now);
  out.writes.emplace_back(storage::UpdateTrial{TrialState::Running, parked});
  place(std::move(parked));
  extend_lease(number, now);
  return out;
}

Change StudyModel::unpark(std::int64_t number, Timestamp now) {
  Trial back = trial(number);
  back.record.parked_until.reset();
  Change out = change(EventKind::Unparked, {{"number", number}, {"worker", back.record.worker}},
                      back.record.worker, now);
  out.writes.emplace_back(storage::UpdateTrial{TrialState::Running, back});
  place(std::move(back));
  extend_lease(number, now);
  return out;
}

void StudyModel::judge_worker(const std::string& worker, bool works, Timestamp now,
                              std::vector<Change>& changes) {
  const auto found = workers_.find(worker);
  if (worker.empty() || found == workers_.end()) return;
  WorkerRecord& record = found->second;
  if (works) {
    const bool was_quarantined = record.quarantined_until.has_value();
    if (!record.clear()) return;
    if (was_quarantined) {
      quarantined_.erase(worker);
      changes.push_back(change(EventKind::WorkerReleased, {{"worker", worker}}, "server", now));
    }
  } else if (record.fail(now)) {
    quarantined_.insert(worker);
    changes.push_back(change(EventKind::Quarantined,
                             {{"worker", worker},
                              {"failures", record.failures},
                              {"until", format_utc(*record.quarantined_until)}},
                             "server", now));
  }
  changes.back().writes.emplace_back(storage::PutFact{server::to_fact(record)});
}

std::optional<Change> StudyModel::release_worker(const std::string& worker,
                                                 const std::string& author, Timestamp now) {
  WorkerRecord& record = workers_.at(worker);
  if (!record.clear()) return std::nullopt;
  quarantined_.erase(worker);
  Change out = change(EventKind::WorkerReleased, {{"worker", worker}}, author, now);
  out.writes.emplace_back(storage::PutFact{server::to_fact(record)});
  return out;
}

std::optional<AskAnswer> StudyModel::quarantine_of(const std::string& worker, Timestamp now) const {
  if (quarantined_.empty()) return std::nullopt;
  if (quarantined_.contains(worker)) {
    const WorkerRecord& record = workers_.at(worker);
    const Timestamp until = *record.quarantined_until;
    if (now < until) {
      return wait_until(until, now,
                        fmt::format("worker {} is quarantined: {} failures of its own in a row; "
                                    "one trial as a probe is due at {}",
                                    worker, record.failures, format_utc(until)));
    }
    if (!budget_.is_busy(worker)) return std::nullopt;
    return wait_until(now + kProbeRuns, now,
                      fmt::format("worker {} is quarantined, and its probe still runs", worker));
  }
  Timestamp first_probe = Timestamp::max();
  for (const std::string& name : quarantined_) {
    first_probe = std::min(first_probe, *workers_.at(name).quarantined_until);
  }
  if (first_probe <= now || !most_workers_fail(now)) return std::nullopt;
  return wait_until(first_probe, now,
                    fmt::format("most workers fail at once ({} are quarantined): all wait until {}",
                                quarantined_.size(), format_utc(first_probe)));
}

bool StudyModel::most_workers_fail(Timestamp now) const {
  if (quarantined_.size() < 2) return false;
  std::size_t active = 0;
  for (const auto& [name, record] : workers_) {
    if (name.empty()) continue;
    const std::optional<Timestamp> ended = budget_.last_end(name);
    const bool lately = (ended && now - *ended < kActive) ||
                        (record.last_failure && now - *record.last_failure < kActive);
    if (lately || budget_.is_busy(name)) ++active;
  }
  return 2 * quarantined_.size() > active;
}

Change StudyModel::add_insight(const InsightRequest& request, Timestamp now) {
  Insight insight;
  insight.id = std::ssize(insights_) + 1;
  insight.text = request.text;
  insight.author = request.author;
  insight.trial = request.trial;
  insight.created = now;
  Json body{{"id", insight.id}, {"text", insight.text}};
  if (insight.trial) body["trial"] = *insight.trial;
  Change out = change(EventKind::InsightAdded, std::move(body), insight.author, now);
  out.writes.emplace_back(storage::PutFact{to_fact(insight)});
  insights_.push_back(std::move(insight));
  return out;
}

Change StudyModel::retire_insight(std::int64_t id, const std::string& author, Timestamp now) {
  Insight& insight = insights_.at(static_cast<std::size_t>(id - 1));
  insight.retired = true;
  Change out = change(EventKind::InsightRetired, {{"id", id}}, author, now);
  out.writes.emplace_back(storage::PutFact{to_fact(insight)});
  return out;
}

}  // namespace studyhall::server
