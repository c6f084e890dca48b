// What happened to a study, in order.
//
// A study is a function of its events: server/replay.h makes it again from them alone. So a body
// holds everything that a change was made from; what follows from that (values of constraints, the
// end of dependents) is made again. Numbers of other programs that are not finite stand as "inf",
// "-inf" or "nan". A change that came with a request id has it as "request_id".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/json.h"

namespace studyhall {

// What each body holds stands beside it; every body of a trial's event has its "number".
enum class EventKind {
  Created,  // the resolved study file
  Asked,  // a trial was handed out: params, worker, purpose, attempt, pin, pin_version, as_of (the
          // event up to which its sampler saw the study), sampler, sampler_version, slice, cpu
  Enqueued,  // params, priority, purpose, tags, after, after_tasks, title, description, confirms,
             // hold, wave, for, needs, on_complete, topic
  Told,  // state, values, metrics, reason, cause, note, usage, evidence, worker; lease: which of
         // the trial's leases it came with, from 1 (absent: the server ended the trial);
         // requeued: back to waiting; of, attempt: the late result of that trial's lease
  Reported,   // step, value, prune: the pruner found the trial not worth finishing
  LeaseLost,  // worker, attempt: back to waiting
  Released,   // worker: given back by its holder
  NewBest,    // number, value, mean: this trial now leads
  Stopped,    // reason
  Resumed,
  Deleted,
  Foreign,         // the trial's content, as another program has written it into the database
  Voided,          // reason, from (its state): the trial counts no more
  Parked,          // worker, until, reason: waits out a rate limit
  Unparked,        // worker: goes on
  Quarantined,     // worker, failures, until: gets no trials until then
  WorkerReleased,  // worker: may have trials again
  InsightAdded,    // id, text, trial
  InsightRetired,  // id
  Edited,     // patch: what was changed in the study file; file: what came of it, resolved; reason
  Candidate,  // mean or value, runs, replicates: those about to confirm this trial, reason,
              // exhausted
  Confirmed,  // mean, runs: this trial's configuration stays the best after being run again
  Refuted,    // mean, runs, reason, withdrawn: it does not
  // Of a task; every body has its number as "task".
  TaskAdded,      // title, description, priority, tags, after, after_trials, retries, hold, wave,
                  // for, needs, on_complete
  TaskAsked,      // worker, attempt
  TaskTold,       // state, reason, cause, result, evidence, note, usage, worker; lease, requeued as
                  // told has them
  TaskLeaseLost,  // worker, attempt: back to waiting
  TaskReleased,   // worker: given back by its holder
  TaskParked,     // worker, until, reason: waits out a rate limit
  TaskUnparked,   // worker: goes on
  TaskCancelled,  // from (its state), reason
  // Of a trial ("number") or a task ("task").
  QueueChanged,      // reason, and what was changed of priority, hold, for, wave (null: none)
  QuestionAsked,     // id, text, worker, until (its lease is kept till then)
  QuestionAnswered,  // id, text
  // Of a trial.
  Requeued,  // worker, reason: a person took it from its worker
  Imported,  // a result from elsewhere: params, state, values, metrics, started, completed, worker,
             // title, note, usage
  TopicAdded,  // name, family, hypothesis, success, params, trials; its trials follow
};
std::string_view to_string(EventKind kind);
std::optional<EventKind> event_kind_from_string(std::string_view name);

struct Event {
  std::int64_t sequence = 0;  // 1, 2, ... within the study, without gaps
  Timestamp time;
  std::string author;  // the worker, "server", "foreign", or who a person said to be
  EventKind kind = EventKind::Created;
  Json body;
};

}  // namespace studyhall
