// What happened to a study, in order. A study is a function of its events.
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
  Created,    // the resolved study file
  Asked,      // params, worker, purpose, attempt, sampler, pin, as_of: a trial was handed out
  Enqueued,   // params, priority
  Told,       // state, values, metrics, reason
  Reported,   // step, value
  LeaseLost,  // worker, attempt: back to waiting
  Released,   // worker: given back by its holder
  NewBest,    // value: this trial now leads
  Stopped,    // reason
  Resumed,
  Deleted,
  Foreign,         // what another program wrote into the database: the trial's content
  Voided,          // reason, from (its state): the trial counts no more
  Parked,          // worker, until, reason: waits out a rate limit
  Unparked,        // worker: goes on
  Quarantined,     // worker, failures, until: gets no trials until then
  WorkerReleased,  // worker: may have trials again
  InsightAdded,    // id, text, trial
  InsightRetired,  // id
  Edited,          // patch: what was changed in the study file
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
