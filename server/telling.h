// What a tell, a report or a beat means for a study, decided by the lease that comes with it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/study_api.h"
#include "server/study_model.h"

namespace studyhall::server {

struct TellOutcome {
  TellAnswer answer;
  std::vector<storage::Change> changes;  // empty: nothing to write
};

// Takes a result into `study`, exactly once:
//   a lease never issued for this trial                 Error(Conflict)
//   the trial is open, whatever its lease               taken
//   told before by this lease's holder, same content    `already`; other content: Error(Conflict)
//   the trial is done, the lease was superseded         kept as a new replicate trial, outside the
//   budget
// A failure that is not the configuration's sends the trial back to waiting, up to its retries; one
// that a person or the API is to blame for without using them up. What the worker did counts for or
// against it (server/worker_record.h).
// Throws Error(Invalid) for a result that breaks a rule of the study, changing nothing.
TellOutcome tell(StudyModel& study, std::int64_t number, const TellRequest& request, Timestamp now);

// What is wrong with a result by the rules of the study; empty: nothing.
std::vector<Problem> result_problems(const StudyModel& study, const TellRequest& request);

struct ParkOutcome {
  BeatAnswer answer;
  std::optional<storage::Change> change;  // absent: nothing to write
};
// Parks a running trial; `stop` when it is no longer held under this lease. Throws Error(Invalid)
// for a time that is past or more than 30 days ahead, Error(Conflict) for a lease never issued for
// this trial.
ParkOutcome park(StudyModel& study, std::int64_t number, const ParkRequest& request, Timestamp now);

// When the parking that is asked for ends. Throws Error(Invalid) as park() does.
Timestamp parked_until(const ParkRequest& request, Timestamp now);

// The lease of `token` among `leases`, those of `what` ("trial 7 of study \"s\""); empty: the only
// one. Throws Error(Conflict) as tell() does.
const storage::LeaseRecord& lease_named(const std::vector<storage::LeaseRecord>& leases,
                                        const std::string& token, const std::string& what);

// New attempts after failures of workers.
int retries(const StudySpec& spec);

// Whether whoever holds `lease` (empty: allowed while the trial has had only one) should go on.
// `prune` repeats what a report of this attempt found. Extends a current lease. Throws
// Error(Conflict) for a lease never issued for this trial.
BeatAnswer beat(StudyModel& study, std::int64_t number, const std::string& lease, Timestamp now);

// Ends the running trial's lease: back to waiting, or, where it has used its retries, failed
// (infra). Counts against its worker.
void lose_lease(StudyModel& study, std::int64_t number, Timestamp now,
                std::vector<storage::Change>& changes);
// The same for every trial whose lease ran out.
std::vector<storage::Change> expire_leases(StudyModel& study, Timestamp now);

}  // namespace studyhall::server
