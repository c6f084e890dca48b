// What a tell, a beat, a parking or a cancelling means for a task, decided by the lease that comes
// with it: as server/telling.h has it for trials, but for results that come too late. There is no
// replicate of a task: who lost its lease is refused once another has done the task.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/study_api.h"
#include "server/study_model.h"
#include "server/telling.h"

namespace studyhall::server {

struct TaskTellOutcome {
  TaskTellAnswer answer;
  std::vector<storage::Change> changes;  // empty: nothing to write
};

// Takes a result, exactly once:
//   a lease never issued for this task                  Error(Conflict)
//   the task is open, whatever its lease                taken
//   told before by this lease's holder, same content    `already`; other content: Error(Conflict)
//   another has ended it, or it was cancelled           a failure is `already`; Error(Conflict)
// A failure of reason infra or declined sends the task back to waiting, up to its retries; one that
// a person or the API is to blame for without using them up. Throws Error(Invalid) for a state,
// reason or cause that cannot be told.
TaskTellOutcome tell_task(StudyModel& study, std::int64_t number, const TaskTell& request,
                          Timestamp now);
ParkOutcome park_task(StudyModel& study, std::int64_t number, const ParkRequest& request,
                      Timestamp now);
BeatAnswer beat_task(StudyModel& study, std::int64_t number, const std::string& lease,
                     Timestamp now);
// Back to waiting, or, where it has used its retries, failed (infra). Counts against its worker.
void lose_task_lease(StudyModel& study, std::int64_t number, Timestamp now,
                     std::vector<storage::Change>& changes);
// Empty: it was cancelled before. Throws Error(Conflict) for a task that is done or failed.
std::vector<storage::Change> cancel_task(StudyModel& study, std::int64_t number,
                                         const std::string& reason, const std::string& author,
                                         Timestamp now);

}  // namespace studyhall::server
