// Work of a study that has no score: to implement, to document, to look into. Tasks wait in the
// queue of the trials and are leased as trials are; they have numbers of their own and are no part
// of history, leaderboard or statistics.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/json.h"
#include "core/queue.h"
#include "core/trial.h"

namespace studyhall {

enum class TaskState {
  Waiting,
  Running,
  Done,
  Failed,     // for good
  Cancelled,  // by a person
};
// "waiting", "running", "done", "failed", "cancelled".
std::string_view to_string(TaskState state);
std::optional<TaskState> task_state_from_string(std::string_view name);

// Waiting -> Running | Done | Failed | Cancelled; Running -> Waiting | Done | Failed | Cancelled.
bool is_legal_change(TaskState from, TaskState to);
inline bool is_finished(TaskState state) {
  return state != TaskState::Waiting && state != TaskState::Running;
}

// Why a task failed, where it is not the task that cannot be done: Infra, Declined and Cancelled
// are told by its worker (core/trial.h), Dependency is the server's.
inline bool is_told_of_task(FailReason reason) {
  return is_told(reason) && reason != FailReason::BadConfig;
}

struct Task {
  std::int64_t number = -1;  // 0, 1, ... within the study, apart from the trials' numbers
  std::string title;
  std::string description;
  double priority = 0;                     // higher first (core/priority.h)
  std::vector<std::string> tags;           // sorted: only for workers that accept them all
  std::vector<std::int64_t> after;         // tasks that must be done before it is handed out
  std::vector<std::int64_t> after_trials;  // trials that must be complete or pruned before
  int retries = 0;                         // new attempts after failures of its workers
  std::string author;                      // who added it
  Timestamp created;
  TaskState state = TaskState::Waiting;
  std::string worker;                // who holds or had it last; empty while never asked
  int attempt = 0;                   // 1 at the first ask
  std::optional<Timestamp> started;  // when it was (last) asked
  std::optional<Timestamp> ended;
  std::optional<Timestamp> parked_until;  // running: its worker waits out a rate limit
  std::optional<FailReason> reason;       // of Failed; absent: the task cannot be done
  Json result;                            // what came of it, in the worker's form; null: nothing
  Json evidence;                          // how to check that
  std::string note;                       // words on how it ended
  Usage usage;                            // of the attempt that ended it
  std::vector<AttemptUsage> earlier;      // of attempts that were sent back
  QueueTerms queue;                       // what it is bound to while it waits; no topic
  std::int64_t question = 0;              // as of a trial (core/trial.h)
  bool operator==(const Task&) const = default;
};
Json to_json(const Task& task);
// Reads what to_json wrote; unknown members are ignored, absent ones keep their defaults. Throws
// Error(Malformed) for anything else.
Task task_from_json(const Json& json);

struct TaskRequest {
  std::string title;
  std::string description{};
  double priority = 0;
  std::vector<std::string> tags{};
  std::vector<std::int64_t> after{};         // tasks
  std::vector<std::int64_t> after_trials{};  // fails (dependency) once one of either has failed
  std::optional<int> retries{};              // 0 to 1000; absent: the experiment's, else 2
  std::string author{};                      // empty: "user"
  std::string request_id{};                  // empty: not idempotent
  QueueTerms queue{};                        // without a topic
};

struct TaskTell {
  TaskState state = TaskState::Done;   // Done or Failed
  std::optional<FailReason> reason{};  // of Failed: Infra, Declined, Cancelled; absent: for good
  std::optional<FaultCause> cause{};   // of Infra; absent: Crash
  Json result{};
  Json evidence{};
  std::string note{};
  Usage usage{};
  std::string lease{};  // empty: allowed while the task has had only one
  std::string request_id{};
};

struct TaskTellAnswer {
  std::int64_t number = -1;
  TaskState state = TaskState::Done;
  bool already = false;   // the same result had been told before
  bool requeued = false;  // waits again
};

struct TaskQuery {
  std::int64_t after = -1;  // numbers above this
  int limit = 1000;         // 1 to 10000
  std::optional<TaskState> state{};
  std::string worker{};  // empty: any
};

// A task as users see it.
struct TaskView {
  Task task;
  std::optional<Timestamp> lease_expires{};  // of a running task
  std::string stage{};  // where its worker was at its last heartbeat; empty: it did not say
};

}  // namespace studyhall
