// One trial: a configuration, what became of it, and who ran it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/json.h"
#include "core/queue.h"
#include "core/space.h"

namespace studyhall {

// Optuna's states, and its names for them in storage.
enum class TrialState { Waiting, Running, Complete, Pruned, Fail };

// "waiting", "running", "complete", "pruned", "failed".
std::string_view to_string(TrialState state);
// nullopt for a name that is not one ("fail" and upper case are understood).
std::optional<TrialState> trial_state_from_string(std::string_view name);

// Waiting -> Running -> Complete | Pruned | Fail; Running -> Waiting (given back or lost); Waiting
// -> Complete | Pruned | Fail (the result of a lost lease comes late, or it was removed from the
// queue); Complete | Pruned -> Fail (voided). Nothing else leaves a finished state.
bool is_legal_change(TrialState from, TrialState to);
inline bool is_finished(TrialState state) {
  return state != TrialState::Waiting && state != TrialState::Running;
}

// Why a trial failed.
enum class FailReason {
  BadConfig,   // the configuration is at fault: never retried, learned as infeasible
  Infra,       // the worker is at fault: retried elsewhere
  Declined,    // the agent ended without running it
  Cancelled,   // a person interrupted it
  Dependency,  // a trial or task that it was to wait for failed for good
  Voided,      // a person declared it void: no result, and its configuration may be tried again
  Withdrawn,   // a run that was to confirm a candidate and is needed no more
};
// "config", "infra", "declined", "cancelled", "dependency", "voided", "withdrawn".
std::string_view to_string(FailReason reason);
std::optional<FailReason> fail_reason_from_string(std::string_view name);
// Whether a worker may tell it; Dependency, Voided and Withdrawn are the server's own.
inline bool is_told(FailReason reason) {
  return reason != FailReason::Dependency && reason != FailReason::Voided &&
         reason != FailReason::Withdrawn;
}

// What kept a worker from its trial (FailReason::Infra). The last three are no fault of its own.
enum class FaultCause { Crash, Stall, RateLimit, Auth, ServerError };
// "crash", "stall", "rate_limit", "auth", "server_error".
std::string_view to_string(FaultCause cause);
std::optional<FaultCause> fault_cause_from_string(std::string_view name);
inline bool is_own_fault(FaultCause cause) {
  return cause == FaultCause::Crash || cause == FaultCause::Stall;
}

// What an asked trial is for.
// Imported: a result from elsewhere, outside the budget.
enum class Purpose { Suggested, Enqueued, Replicate, Retry, Imported };
std::string_view to_string(Purpose purpose);
std::optional<Purpose> purpose_from_string(std::string_view name);

// What a trial used, told by its worker; absent figures were not measured.
struct Usage {
  std::optional<double> cost_usd;
  std::optional<std::int64_t> turns;
  std::optional<std::int64_t> tokens;
  std::optional<double> seconds;
  bool operator==(const Usage&) const = default;
};
Json to_json(const Usage& usage);

// What an attempt had used that did not end its trial.
struct AttemptUsage {
  std::string worker;
  Usage usage;
  bool operator==(const AttemptUsage&) const = default;
};

// Where a trial came from and what is known of its run, besides Optuna's own columns. Kept in one
// system attribute.
struct TrialRecord {
  std::string worker;  // who holds or ran it; empty while never asked
  Purpose purpose = Purpose::Suggested;
  int attempt = 0;               // 1 at the first ask
  std::string sampler;           // "tpe", "random", "default", ...; empty for enqueued values
  std::string slice;             // key of the slice it was drawn from
  std::int64_t pin = -1;         // number of the trial the held values were taken from; -1: none
  std::int64_t pin_version = 0;  // counts the pin's changes
  std::int64_t as_of = 0;        // sequence of the last event the sampler saw
  std::int64_t told = 0;         // sequence of the event that finished it; 0: not finished
  double priority = 0;           // waiting trials: higher first
  bool prune = false;            // the pruner found it not worth finishing
  std::optional<FailReason> reason;   // of Fail
  std::string note;                   // the worker's words on how it ended
  Usage usage;                        // of the attempt that ended it
  std::vector<AttemptUsage> earlier;  // of attempts that were sent back
  Json evidence;                      // how the score was measured; null: claimed only
  bool late = false;  // the result of a lost lease, kept beside the trial's own: outside the budget
  std::string foreign;  // digest of what another program wrote, as last taken in; empty: nothing
  std::int64_t voided = 0;                // sequence of the event that voided it; 0: not voided
  std::optional<Timestamp> parked_until;  // running: its worker waits out a rate limit
  std::vector<std::string> tags;          // sorted: only for workers that accept them all
  std::vector<std::int64_t> after;  // trials that must have ended well before it is handed out
  std::vector<std::int64_t> after_tasks;  // tasks that must have been done before
  std::int64_t confirms = -1;  // run by the service to confirm this trial's configuration
  std::string version;         // of the experiment it ran under (core/experiment_version.h)
  std::string title;           // words for people and agents
  std::string description;
  std::string author;         // who put it into the queue or brought it in; empty: nobody did
  QueueTerms queue;           // what it is bound to while it waits
  std::int64_t question = 0;  // running: its agent waits for the answer to this one; 0: to none
  bool operator==(const TrialRecord&) const = default;
};
Json to_json(const TrialRecord& record);
// Reads what to_json wrote; unknown members are ignored, absent ones keep their defaults.
TrialRecord trial_record_from_json(const Json& json);

// How a trial's parameters stand to the space as it is now: studies are edited while they run.
enum class Fit {
  Exact,  // `config` is what the trial runs
  Near,   // `config` lies in the space, but the trial has another value of a parameter that is not
          // active there any more: samplers learn from it, it leads nothing and blocks nothing
  Outside,  // a value is not one of the space's: the trial is history only
};

struct Trial {
  std::int64_t number = -1;
  TrialState state = TrialState::Waiting;
  // [space.size()]. Waiting trials: NaN also where no value was given and the sampler will choose.
  Config config;
  // {"name": value} as it was handed out, where that is not what `config` says; else null.
  Json ran;
  Fit fit = Fit::Exact;
  std::vector<double> values;       // [objectives], empty unless told
  std::vector<double> constraints;  // [study constraints], > 0 violated; empty unless complete
  std::map<std::string, double> metrics;        // user attributes that are numbers
  std::map<std::int64_t, double> intermediate;  // step -> value
  std::optional<Timestamp> started;             // when it was (last) asked
  std::optional<Timestamp> completed;
  TrialRecord record;
};

}  // namespace studyhall
