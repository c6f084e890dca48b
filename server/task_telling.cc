#include "server/task_telling.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/error.h"

namespace studyhall::server {

using storage::Change;
using storage::LeaseRecord;

namespace {

std::string name_of(const StudyModel& study, std::int64_t number) {
  return fmt::format("task {} of study \"{}\"", number, study.record().name);
}

// Throws Error(NotFound) for an unknown task.
const LeaseRecord& find_lease(const StudyModel& study, std::int64_t number,
                              const std::string& token) {
  static_cast<void>(study.task(number));
  return lease_named(study.tasks().record(number).leases, token, name_of(study, number));
}

void check(const StudyModel& study, std::int64_t number, const TaskTell& request) {
  std::vector<Problem> problems;
  if (request.state != TaskState::Done && request.state != TaskState::Failed) {
    problems.push_back(
        {"/state", fmt::format("found \"{}\", expected done or failed", to_string(request.state))});
  }
  if (request.reason && request.state != TaskState::Failed) {
    problems.push_back({"/reason", "is only for state \"failed\""});
  } else if (request.reason && !is_told_of_task(*request.reason)) {
    problems.push_back(
        {"/reason", fmt::format("found \"{}\", expected infra, declined or cancelled",
                                to_string(*request.reason))});
  }
  if (request.cause && request.reason != FailReason::Infra) {
    problems.push_back({"/cause", "is only for reason \"infra\""});
  }
  if (!problems.empty()) {
    throw Error::from_problems(ErrorCode::Invalid, "the result of " + name_of(study, number),
                               problems);
  }
}

bool is_blameless(const TaskTell& request) {
  return request.reason == FailReason::Cancelled ||
         (request.cause && !is_own_fault(*request.cause));
}

bool goes_back(const Task& task, const TaskTell& request) {
  return request.reason && (is_blameless(request) || task.attempt <= task.retries);
}

void judge(StudyModel& study, const std::string& worker, const TaskTell& request, Timestamp now,
           std::vector<Change>& changes) {
  if (is_blameless(request)) return;
  study.judge_worker(worker, request.reason != FailReason::Infra, now, changes);
}

TaskTellOutcome already(const Task& task, const TaskTell& request) {
  TaskTellOutcome outcome;
  outcome.answer = {task.number, request.state, true, task.state == TaskState::Waiting};
  return outcome;
}

TaskTellOutcome tell_ended(const StudyModel& study, const Task& task, const LeaseRecord& lease,
                           const TaskTell& request) {
  const bool own = lease.told_as >= 0;
  const bool same =
      task.state == request.state && task.reason == request.reason && task.result == request.result;
  if (own ? same : request.state == TaskState::Failed) return already(task, request);
  throw Error(ErrorCode::Conflict,
              fmt::format("{} is {}{}; nothing was changed", name_of(study, task.number),
                          to_string(task.state),
                          own                                     ? " with another result"
                          : task.state == TaskState::Cancelled    ? ""
                          : task.worker.empty() || !lease.current ? " by another attempt"
                                                                  : " by " + task.worker));
}

// With which of the task's leases it was told, from 1, and the cause.
Json how_told(const StudyModel& study, const LeaseRecord& lease, const TaskTell& request) {
  const auto& leases = study.tasks().record(lease.number).leases;
  const auto at = std::ranges::find(leases, lease.token, &LeaseRecord::token);
  Json how{{"lease", at - leases.begin() + 1}};
  if (request.cause) how["cause"] = to_string(*request.cause);
  return how;
}

}  // namespace

TaskTellOutcome tell_task(StudyModel& study, std::int64_t number, const TaskTell& request,
                          Timestamp now) {
  const Task& task = study.task(number);
  const LeaseRecord lease = find_lease(study, number, request.lease);
  check(study, number, request);
  if (is_finished(task.state)) return tell_ended(study, task, lease, request);

  TaskTellOutcome outcome;
  outcome.answer = {number, request.state, false, false};
  Json how = how_told(study, lease, request);
  if (goes_back(task, request)) {
    if (!lease.current) return already(task, request);
    how["state"] = to_string(request.state);
    how["reason"] = to_string(*request.reason);
    how["note"] = request.note;
    how["requeued"] = true;
    outcome.changes.push_back(study.requeue_task(number, EventKind::TaskTold, std::move(how),
                                                 lease.worker, false, request.usage, now));
    outcome.answer.requeued = true;
  } else {
    Task ended = task;
    ended.state = request.state;
    ended.worker = lease.worker;
    ended.reason = request.reason;
    ended.result = request.result;
    ended.evidence = request.evidence;
    ended.note = request.note;
    ended.usage = request.usage;
    outcome.changes =
        study.end_task(std::move(ended), EventKind::TaskTold, lease.token, how, lease.worker, now);
  }
  judge(study, lease.worker, request, now, outcome.changes);
  return outcome;
}

ParkOutcome park_task(StudyModel& study, std::int64_t number, const ParkRequest& request,
                      Timestamp now) {
  const Timestamp until = parked_until(request, now);
  const LeaseRecord held = find_lease(study, number, request.lease);
  ParkOutcome outcome;
  outcome.answer.stop = !held.current;
  outcome.answer.expires_at = held.expires_at;
  if (outcome.answer.stop) return outcome;
  outcome.change = study.park_task(number, until, request.reason, now);
  outcome.answer.expires_at = study.tasks().current_lease(number)->expires_at;
  return outcome;
}

BeatAnswer beat_task(StudyModel& study, std::int64_t number, const std::string& lease,
                     Timestamp now) {
  const LeaseRecord held = find_lease(study, number, lease);
  BeatAnswer answer;
  answer.stop = !held.current;
  answer.expires_at = held.expires_at;
  if (answer.stop) return answer;
  study.extend_task_lease(number, now);
  answer.expires_at = now + held.length;
  return answer;
}

void lose_task_lease(StudyModel& study, std::int64_t number, Timestamp now,
                     std::vector<Change>& changes) {
  const Task task = study.task(number);
  if (task.attempt <= task.retries) {
    changes.push_back(study.requeue_task(number, EventKind::TaskLeaseLost,
                                         {{"worker", task.worker}, {"attempt", task.attempt}},
                                         "server", false, {}, now));
  } else {
    Task lost = task;
    lost.state = TaskState::Failed;
    lost.reason = FailReason::Infra;
    lost.note = fmt::format("lost its lease {} times", task.attempt);
    for (Change& change :
         study.end_task(std::move(lost), EventKind::TaskTold, "", Json::object(), "server", now)) {
      changes.push_back(std::move(change));
    }
  }
  study.judge_worker(task.worker, false, now, changes);
}

std::vector<Change> cancel_task(StudyModel& study, std::int64_t number, const std::string& reason,
                                const std::string& author, Timestamp now) {
  Task cancelled = study.task(number);
  if (cancelled.state == TaskState::Cancelled) return {};
  if (is_finished(cancelled.state)) {
    throw Error(ErrorCode::Conflict,
                fmt::format("{} is {} already; nothing was changed", name_of(study, number),
                            to_string(cancelled.state)));
  }
  cancelled.state = TaskState::Cancelled;
  cancelled.note = reason;
  return study.end_task(std::move(cancelled), EventKind::TaskCancelled, "", Json::object(), author,
                        now);
}

}  // namespace studyhall::server
