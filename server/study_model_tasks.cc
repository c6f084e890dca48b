// What becomes of the tasks of a study, and of what waits for a task or trial that failed.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "server/study_model.h"

namespace studyhall::server {

using storage::Change;
using storage::LeaseRecord;
using storage::TaskRecord;

namespace {

constexpr double kRetryAfterSeconds = 5;

bool contains(const std::vector<std::int64_t>& numbers, std::int64_t number) {
  return std::ranges::find(numbers, number) != numbers.end();
}

Json event_body(const Task& ended, EventKind kind, TaskState from, const Json& how) {
  Json body{{"task", ended.number}};
  if (kind == EventKind::TaskCancelled) {
    body["from"] = to_string(from);
    if (!ended.note.empty()) body["reason"] = ended.note;
    return body;
  }
  body["state"] = to_string(ended.state);
  body["worker"] = ended.worker;
  if (ended.reason) body["reason"] = to_string(*ended.reason);
  if (!ended.result.is_null()) body["result"] = ended.result;
  if (!ended.evidence.is_null()) body["evidence"] = ended.evidence;
  if (!ended.note.empty()) body["note"] = ended.note;
  if (ended.usage != Usage{}) body["usage"] = to_json(ended.usage);
  body.update(how);
  return body;
}

}  // namespace

const Task& StudyModel::task(std::int64_t number) const {
  if (number < 0 || number >= tasks_.size()) {
    throw Error(ErrorCode::NotFound, fmt::format("study \"{}\" has no task {} (it has {} tasks)",
                                                 record_.name, number, tasks_.size()));
  }
  return tasks_.task(number);
}

bool StudyModel::is_ready(const Task& task) const {
  return std::ranges::all_of(
             task.after, [&](std::int64_t n) { return tasks_.task(n).state == TaskState::Done; }) &&
         std::ranges::all_of(task.after_trials, [&](std::int64_t n) {
           const TrialState state = trial(n).state;
           return state == TrialState::Complete || state == TrialState::Pruned;
         });
}

std::optional<std::int64_t> StudyModel::first_task(const Taker& taker) const {
  return tasks_.first_waiting(taker.accepts, [&](const Task& task) { return may_go(task, taker); });
}

std::optional<AskAnswer> StudyModel::closed_to_tasks(const std::string& worker,
                                                     Timestamp now) const {
  if (!record_.stopped.empty()) {
    AskAnswer answer;
    answer.status = AskStatus::Finished;
    answer.reason = "stopped: " + record_.stopped;
    return answer;
  }
  std::optional<AskAnswer> closed = budget_.closed_to_tasks(spec(), worker, now);
  if (closed && closed->status == AskStatus::Finished) return closed;
  if (auto held_back = quarantine_of(worker, now)) return held_back;
  return closed;
}

std::optional<AskAnswer> StudyModel::wait_for_tasks(const std::string& worker,
                                                    std::span<const std::string> accepts,
                                                    Timestamp now) const {
  const bool runs = count(TrialState::Running) > 0 || !tasks_.in(TaskState::Running).empty();
  if (!runs || !tasks_.has_open(accepts)) return std::nullopt;
  const auto closed = closed_to_tasks(worker, now);
  if (closed && closed->status == AskStatus::Finished) return std::nullopt;
  AskAnswer answer;
  answer.status = AskStatus::Wait;
  answer.retry_after_s = kRetryAfterSeconds;
  answer.reason = "no trial is left, but tasks are open";
  return answer;
}

void StudyModel::note_worker(const std::string& name, Timestamp now, Change& change) {
  if (workers_.contains(name)) return;
  WorkerRecord worker;
  worker.name = name;
  worker.first_ask = now;
  change.writes.emplace_back(storage::PutFact{to_fact(worker)});
  workers_.emplace(name, worker);
  budget_.start(name, now);
}

Change StudyModel::add_task(const TaskRequest& request, int retries, Timestamp now) {
  Task task;
  task.number = tasks_.size();
  task.title = request.title;
  task.description = request.description;
  task.priority = request.priority;
  task.tags = request.tags;
  task.after = request.after;
  task.after_trials = request.after_trials;
  task.retries = retries;
  task.author = request.author;
  task.queue = request.queue;
  task.created = now;
  Json body{{"task", task.number},
            {"title", task.title},
            {"priority", task.priority},
            {"retries", task.retries}};
  if (!task.description.empty()) body["description"] = task.description;
  if (!task.tags.empty()) body["tags"] = task.tags;
  if (!task.after.empty()) body["after"] = task.after;
  if (!task.after_trials.empty()) body["after_trials"] = task.after_trials;
  put_queue_terms(body, task.queue);
  Change out = change(EventKind::TaskAdded, std::move(body), task.author, now);
  TaskRecord record{std::move(task)};
  out.writes.emplace_back(storage::AddTask{record});
  place_task(std::move(record));
  return out;
}

Change StudyModel::hand_out_task(std::int64_t number, LeaseRecord lease, Timestamp now) {
  TaskRecord record = tasks_.record(number);
  Task& task = record.task;
  task.state = TaskState::Running;
  task.worker = lease.worker;
  task.attempt += 1;
  task.started = now;
  lease.number = number;
  lease.attempt = task.attempt;
  Change out = change(EventKind::TaskAsked,
                      {{"task", number}, {"worker", task.worker}, {"attempt", task.attempt}},
                      task.worker, now);
  note_worker(task.worker, now, out);
  record.leases.push_back(std::move(lease));
  out.writes.emplace_back(storage::UpdateTask{TaskState::Waiting, record});
  place_task(std::move(record));
  return out;
}

std::vector<Change> StudyModel::end_task(Task ended, EventKind kind, const std::string& token,
                                         const Json& how, const std::string& author,
                                         Timestamp now) {
  std::vector<Change> changes;
  const std::int64_t number = ended.number;
  end_one_task(std::move(ended), kind, token, how, author, now, changes);
  fail_dependents({.is_task = true, .number = number}, now, changes);
  follow_up({.is_task = true, .number = number}, now, changes);
  return changes;
}

void StudyModel::end_one_task(Task ended, EventKind kind, const std::string& token, const Json& how,
                              const std::string& author, Timestamp now,
                              std::vector<Change>& changes) {
  TaskRecord record = tasks_.record(ended.number);
  const TaskState from = record.task.state;
  ended.ended = now;
  ended.parked_until.reset();
  ended.question = 0;
  for (LeaseRecord& lease : record.leases) {
    lease.current = false;
    if (!token.empty() && lease.token == token) lease.told_as = ended.number;
  }
  changes.push_back(change(kind, event_body(ended, kind, from, how), author, now));
  record.task = std::move(ended);
  changes.back().writes.emplace_back(storage::UpdateTask{from, record});
  place_task(std::move(record));
}

Change StudyModel::requeue_task(std::int64_t number, EventKind kind, Json body,
                                const std::string& author, bool same_attempt, const Usage& used,
                                Timestamp now) {
  TaskRecord record = tasks_.record(number);
  Task& task = record.task;
  const TaskState from = task.state;
  if (used != Usage{}) {
    task.earlier.push_back({author, used});
    body["usage"] = to_json(used);
  }
  task.state = TaskState::Waiting;
  task.started.reset();
  task.parked_until.reset();
  task.question = 0;
  if (same_attempt) --task.attempt;
  for (LeaseRecord& lease : record.leases) lease.current = false;
  body["task"] = number;
  Change out = change(kind, std::move(body), author, now);
  out.writes.emplace_back(storage::UpdateTask{from, record});
  place_task(std::move(record));
  return out;
}

Change StudyModel::park_task(std::int64_t number, Timestamp until, const std::string& reason,
                             Timestamp now) {
  TaskRecord record = tasks_.record(number);
  record.task.parked_until = until;
  Json body{{"task", number}, {"worker", record.task.worker}, {"until", format_utc(until)}};
  if (!reason.empty()) body["reason"] = reason;
  Change out = change(EventKind::TaskParked, std::move(body), record.task.worker, now);
  place_task(std::move(record));
  tasks_.extend_lease(number, now);
  out.writes.emplace_back(storage::UpdateTask{TaskState::Running, tasks_.record(number)});
  return out;
}

Change StudyModel::unpark_task(std::int64_t number, Timestamp now) {
  TaskRecord record = tasks_.record(number);
  record.task.parked_until.reset();
  Change out = change(EventKind::TaskUnparked, {{"task", number}, {"worker", record.task.worker}},
                      record.task.worker, now);
  place_task(std::move(record));
  tasks_.extend_lease(number, now);
  out.writes.emplace_back(storage::UpdateTask{TaskState::Running, tasks_.record(number)});
  return out;
}

void StudyModel::place_task(TaskRecord record) {
  const std::int64_t number = record.task.number;
  if (number < tasks_.size()) {
    budget_.remove(tasks_.task(number));
    rules_.remove(tasks_.task(number));
  }
  tasks_.place(std::move(record));
  budget_.add(tasks_.task(number));
  rules_.add(tasks_.task(number));
  if (tasks_.task(number).state != TaskState::Done) return;
  for (const std::int64_t waiting : trials_after({.is_task = true, .number = number})) {
    const Trial& dependent = trial(waiting);
    line_up(dependent);
  }
}

bool StudyModel::has_failed(const Ended& ended) const {
  if (!ended.is_task) return trial(ended.number).state == TrialState::Fail;
  const TaskState state = tasks_.task(ended.number).state;
  return state == TaskState::Failed || state == TaskState::Cancelled;
}

std::vector<std::int64_t> StudyModel::trials_after(const Ended& ended) const {
  std::vector<std::int64_t> waiting;
  if (ended.is_task) {
    std::ranges::copy_if(after_tasks_, std::back_inserter(waiting), [&](std::int64_t number) {
      return contains(trial(number).record.after_tasks, ended.number);
    });
  } else if (const auto found = dependents_.find(ended.number); found != dependents_.end()) {
    std::ranges::copy_if(found->second, std::back_inserter(waiting), [&](std::int64_t number) {
      return trial(number).state == TrialState::Waiting;
    });
  }
  return waiting;
}

std::vector<std::int64_t> StudyModel::tasks_after(const Ended& ended) const {
  std::vector<std::int64_t> waiting;
  std::ranges::copy_if(
      tasks_.in(TaskState::Waiting), std::back_inserter(waiting), [&](std::int64_t number) {
        const Task& task = tasks_.task(number);
        return contains(ended.is_task ? task.after : task.after_trials, ended.number);
      });
  return waiting;
}

void StudyModel::fail_dependents(Ended first, Timestamp now, std::vector<Change>& changes) {
  std::vector<Ended> failed{first};
  while (!failed.empty()) {
    const Ended cause = failed.back();
    failed.pop_back();
    if (!has_failed(cause)) continue;
    const bool cancelled = cause.is_task && tasks_.task(cause.number).state == TaskState::Cancelled;
    const std::string note =
        fmt::format("{} {}, which it was to follow, {}", cause.is_task ? "task" : "trial",
                    cause.number, cancelled ? "was cancelled" : "failed");
    for (const std::int64_t dependent : trials_after(cause)) {
      Trial lost = trial(dependent);
      lost.state = TrialState::Fail;
      lost.record.reason = FailReason::Dependency;
      lost.record.note = note;
      finish_one(std::move(lost), "server", now, Json::object(), changes);
      failed.push_back({.number = dependent});
    }
    for (const std::int64_t dependent : tasks_after(cause)) {
      Task lost = tasks_.task(dependent);
      lost.state = TaskState::Failed;
      lost.reason = FailReason::Dependency;
      lost.note = note;
      end_one_task(std::move(lost), EventKind::TaskTold, "", Json::object(), "server", now,
                   changes);
      failed.push_back({.is_task = true, .number = dependent});
    }
  }
}

}  // namespace studyhall::server
