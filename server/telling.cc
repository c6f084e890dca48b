#include "server/telling.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/error.h"

namespace studyhall::server {

using storage::LeaseRecord;

namespace {

constexpr int kDefaultRetries = 2;
constexpr Duration kLongestPark = std::chrono::hours(30 * 24);

std::string name_of(const StudyModel& study, std::int64_t number) {
  return fmt::format("trial {} of study \"{}\"", number, study.record().name);
}

// The lease that `token` names among those of the trial.
LeaseRecord find_lease(const StudyModel& study, std::int64_t number, const std::string& token) {
  return lease_named(study.leases(number), token, name_of(study, number));
}

void check_values(const StudyModel& study, const TellRequest& request,
                  std::vector<Problem>& problems) {
  const std::size_t objectives = study.spec().directions.size();
  const bool wanted = request.state == TrialState::Complete;
  const bool allowed = wanted || request.state == TrialState::Pruned;
  if (request.values.empty() ? wanted : !allowed || request.values.size() != objectives) {
    problems.push_back({"/values", fmt::format("found {} values, expected {} for state \"{}\"",
                                               request.values.size(), allowed ? objectives : 0,
                                               to_string(request.state))});
  }
  for (const double value : request.values) {
    if (!std::isfinite(value)) {
      problems.push_back({"/value", fmt::format("found {}, expected a finite number; a run without "
                                                "a score is state \"failed\"",
                                                value)});
    }
  }
}

void check_metrics(const StudyModel& study, const TellRequest& request,
                   std::vector<Problem>& problems) {
  for (const auto& [metric, value] : request.metrics) {
    if (metric == "worker") {
      problems.push_back({"/metrics/worker",
                          "is the attribute that names the worker; choose "
                          "another name for the metric"});
    }
    if (!std::isfinite(value)) {
      problems.push_back(
          {"/metrics/" + metric, fmt::format("found {}, expected a finite number", value)});
    }
  }
  if (request.state != TrialState::Complete) return;
  for (const MetricConstraint& constraint : study.spec().constraints) {
    if (request.metrics.contains(constraint.metric)) continue;
    problems.push_back({"/metrics/" + constraint.metric,
                        "is absent, expected a number: a constraint of the study needs it"});
  }
}

void check(const StudyModel& study, std::int64_t number, const TellRequest& request) {
  const std::vector<Problem> problems = result_problems(study, request);
  if (!problems.empty()) {
    throw Error::from_problems(ErrorCode::Invalid, "the result of " + name_of(study, number),
                               problems);
  }
}

FailReason reason_of(const TellRequest& request) {
  return request.reason.value_or(FailReason::BadConfig);
}

FaultCause cause_of(const TellRequest& request) {
  return request.cause.value_or(FaultCause::Crash);
}

bool same_content(const Trial& trial, const TellRequest& request) {
  if (trial.state != request.state) return false;
  if (trial.state == TrialState::Fail) return trial.record.reason == reason_of(request);
  return trial.values == request.values && trial.metrics == request.metrics;
}

// What the event says besides the result: with which of the trial's leases, from 1, and its cause.
Json how_told(const StudyModel& study, std::int64_t number, const LeaseRecord& lease,
              const TellRequest& request) {
  const std::vector<LeaseRecord>& leases = study.leases(number);
  const auto at = std::ranges::find(leases, lease.token, &LeaseRecord::token);
  Json how{{"lease", at - leases.begin() + 1}};
  if (request.cause) how["cause"] = to_string(*request.cause);
  return how;
}

// The trial as the request makes it.
Trial result_of(const Trial& trial, const TellRequest& request) {
  Trial result = trial;
  result.state = request.state;
  result.values = request.values;
  result.metrics = request.metrics;
  result.record.note = request.note;
  result.record.usage = request.usage;
  result.record.evidence = request.evidence;
  if (request.state == TrialState::Fail) result.record.reason = reason_of(request);
  return result;
}

bool goes_back(const StudyModel& study, const Trial& trial, const TellRequest& request) {
  if (request.state != TrialState::Fail || reason_of(request) == FailReason::BadConfig) {
    return false;
  }
  return reason_of(request) == FailReason::Cancelled || !is_own_fault(cause_of(request)) ||
         trial.record.attempt <= retries(study.spec());
}

// What the end of an attempt says of its worker; nullopt: nothing.
std::optional<bool> works(const TellRequest& request) {
  if (request.state != TrialState::Fail) return true;
  if (reason_of(request) == FailReason::Cancelled) return std::nullopt;
  if (reason_of(request) != FailReason::Infra) return true;
  if (!is_own_fault(cause_of(request))) return std::nullopt;
  return false;
}

void judge(StudyModel& study, const std::string& worker, const TellRequest& request, Timestamp now,
           std::vector<storage::Change>& changes) {
  if (const auto verdict = works(request)) study.judge_worker(worker, *verdict, now, changes);
}

// Whether the configuration of a trial came into the lead: what is told may also only put others
// out.
bool leads(const StudyModel& study, std::int64_t number,
           const std::vector<storage::Change>& changes) {
  const auto is_same = [&](const Json& other) {
    return study.trial(other.get<std::int64_t>()).config == study.trial(number).config;
  };
  return std::any_of(changes.begin(), changes.end(), [&](const storage::Change& change) {
    if (!change.event || change.event->kind != EventKind::NewBest) return false;
    const Json& body = change.event->body;
    if (!body.contains("joined")) return is_same(body["number"]);
    return std::any_of(body["joined"].begin(), body["joined"].end(), is_same);
  });
}

TellOutcome already(const Trial& trial, const TellRequest& request) {
  TellOutcome outcome;
  outcome.answer = {trial.number, request.state, true, false, trial.state == TrialState::Waiting};
  return outcome;
}

TellOutcome tell_done(StudyModel& study, const Trial& trial, const LeaseRecord& lease,
                      const TellRequest& request, Timestamp now) {
  if (trial.record.voided > 0) {
    throw Error(ErrorCode::Conflict,
                name_of(study, trial.number) + " was voided; its result is not taken");
  }
  const std::int64_t told_as = lease.told_as;
  const Trial& told = told_as < 0 ? trial : study.trial(told_as);
  const bool late = told_as < 0;
  if (late && request.state != TrialState::Complete) return already(trial, request);
  if (!late) {
    if (same_content(told, request)) return already(told, request);
    throw Error(ErrorCode::Conflict,
                fmt::format("{} is done with another result ({}); nothing was changed",
                            name_of(study, told.number), to_string(told.state)));
  }
  const std::int64_t original = trial.number;
  const std::int64_t number = std::ssize(study.trials());
  Trial result = result_of(trial, request);
  result.record.worker = lease.worker;
  result.record.attempt = lease.attempt;
  result.record.reason.reset();
  result.intermediate.clear();
  TellOutcome outcome;
  outcome.changes = study.add_replicate(original, std::move(result), lease.worker, now,
                                        how_told(study, original, lease, request));
  study.mark_told(original, lease.token, number);
  outcome.answer = {number, request.state, false, leads(study, number, outcome.changes), false};
  judge(study, lease.worker, request, now, outcome.changes);
  return outcome;
}

}  // namespace

std::vector<Problem> result_problems(const StudyModel& study, const TellRequest& request) {
  std::vector<Problem> problems;
  if (!is_finished(request.state)) {
    problems.push_back({"/state", fmt::format("found \"{}\", expected complete, pruned or failed",
                                              to_string(request.state))});
  } else {
    check_values(study, request, problems);
  }
  check_metrics(study, request, problems);
  if (request.reason && request.state != TrialState::Fail) {
    problems.push_back({"/reason", "is only for state \"failed\""});
  }
  if (request.reason && !is_told(*request.reason)) {
    problems.push_back({"/reason", fmt::format("found \"{}\", expected config, infra, declined or "
                                               "cancelled",
                                               to_string(*request.reason))});
  }
  if (request.cause && request.reason != FailReason::Infra) {
    problems.push_back({"/cause", "is only for reason \"infra\""});
  }
  return problems;
}

const LeaseRecord& lease_named(const std::vector<LeaseRecord>& leases, const std::string& token,
                               const std::string& what) {
  if (leases.empty()) {
    throw Error(ErrorCode::Conflict, what + " was never handed out, so it has no result to tell");
  }
  if (token.empty()) {
    if (leases.size() == 1) return leases.front();
    throw Error(
        ErrorCode::Conflict,
        fmt::format("{} has had {} leases: say which is yours (\"lease\")", what, leases.size()));
  }
  for (const LeaseRecord& lease : leases) {
    if (lease.token == token) return lease;
  }
  throw Error(ErrorCode::Conflict,
              fmt::format("lease \"{}\" was never issued for {}", token, what));
}

int retries(const StudySpec& spec) {
  return spec.experiment ? spec.experiment->retries : kDefaultRetries;
}

TellOutcome tell(StudyModel& study, std::int64_t number, const TellRequest& request,
                 Timestamp now) {
  const Trial& trial = study.trial(number);
  const LeaseRecord lease = find_lease(study, number, request.lease);
  check(study, number, request);
  if (is_finished(trial.state)) return tell_done(study, trial, lease, request, now);

  TellOutcome outcome;
  outcome.answer.number = number;
  outcome.answer.state = request.state;
  if (goes_back(study, trial, request)) {
    if (!lease.current) return already(trial, request);
    Json body{{"state", to_string(request.state)},
              {"reason", to_string(reason_of(request))},
              {"note", request.note},
              {"requeued", true}};
    body.update(how_told(study, number, lease, request));
    const std::string worker = lease.worker;
    outcome.changes.push_back(
        study.requeue(number, EventKind::Told, std::move(body), worker, false, request.usage, now));
    judge(study, worker, request, now, outcome.changes);
    outcome.answer.requeued = true;
    return outcome;
  }
  Trial result = result_of(trial, request);
  result.record.worker = lease.worker;
  outcome.changes =
      study.finish(std::move(result), lease.worker, now, how_told(study, number, lease, request));
  study.mark_told(number, lease.token, number);
  outcome.answer.new_best = leads(study, number, outcome.changes);
  judge(study, lease.worker, request, now, outcome.changes);
  return outcome;
}

Timestamp parked_until(const ParkRequest& request, Timestamp now) {
  const Timestamp until =
      request.until ? *request.until : now + seconds_to_duration(request.for_s.value_or(0));
  if (request.until.has_value() == request.for_s.has_value() || until <= now ||
      until > now + kLongestPark) {
    throw Error(
        ErrorCode::Invalid,
        fmt::format("park: until {}: expected \"until\" or \"for_s\", a time after now, {}, "
                    "and at most 30 days ahead",
                    format_utc(until), format_utc(now)));
  }
  return until;
}

ParkOutcome park(StudyModel& study, std::int64_t number, const ParkRequest& request,
                 Timestamp now) {
  const Timestamp until = parked_until(request, now);
  const LeaseRecord held = find_lease(study, number, request.lease);
  ParkOutcome outcome;
  outcome.answer.stop = !held.current || study.trial(number).state != TrialState::Running;
  if (outcome.answer.stop) {
    outcome.answer.expires_at = held.expires_at;
    return outcome;
  }
  outcome.change = study.park(number, until, request.reason, now);
  outcome.answer.expires_at = study.current_lease(number)->expires_at;
  outcome.answer.prune = study.trial(number).record.prune;
  return outcome;
}

BeatAnswer beat(StudyModel& study, std::int64_t number, const std::string& lease, Timestamp now) {
  const Trial& trial = study.trial(number);
  const LeaseRecord held = find_lease(study, number, lease);
  BeatAnswer answer;
  if (!held.current || trial.state != TrialState::Running) {
    answer.stop = true;
    answer.expires_at = held.expires_at;
    return answer;
  }
  const Duration length = held.length;
  study.extend_lease(number, now);
  answer.expires_at = now + length;
  answer.prune = trial.record.prune;
  return answer;
}

void lose_lease(StudyModel& study, std::int64_t number, Timestamp now,
                std::vector<storage::Change>& changes) {
  const Trial trial = study.trial(number);
  if (trial.record.attempt <= retries(study.spec())) {
    changes.push_back(
        study.requeue(number, EventKind::LeaseLost,
                      {{"worker", trial.record.worker}, {"attempt", trial.record.attempt}},
                      "server", false, {}, now));
  } else {
    Trial lost = trial;
    lost.state = TrialState::Fail;
    lost.record.reason = FailReason::Infra;
    lost.record.note = fmt::format("lost its lease {} times", trial.record.attempt);
    for (storage::Change& change : study.finish(std::move(lost), "server", now)) {
      changes.push_back(std::move(change));
    }
  }
  study.judge_worker(trial.record.worker, false, now, changes);
}

std::vector<storage::Change> expire_leases(StudyModel& study, Timestamp now) {
  std::vector<storage::Change> changes;
  for (const std::int64_t number : study.expired(now)) lose_lease(study, number, now, changes);
  return changes;
}

}  // namespace studyhall::server
