// The rules that every backend holds a change to, so that all refuse the same.
#pragma once

#include <cstdint>

#include "core/event.h"
#include "core/study_spec.h"
#include "core/trial.h"
#include "storage/storage.h"

namespace studyhall::storage {

// The user attribute that names a trial's worker; no metric may have this name.
inline constexpr const char* kWorkerAttribute = "worker";

// Throws Error(Invalid) for a study without a spec or without directions.
void check_new_study(const StudyRecord& study);

// Throws Error(Invalid) for what Optuna's tables cannot hold: a value that is NaN, a complete trial
// without its values, a number of values or parameters that is not the study's, a metric named
// "worker".
void check_trial(const Trial& trial, const StudySpec& spec);

// Throws Error(Conflict) unless `trial` is the next of a study that has `count` trials.
void check_next_number(const Trial& trial, std::int64_t count);

// Throws Error(Conflict) unless `stored` is `from` and may become `to`.
void check_state_change(std::int64_t number, TrialState stored, TrialState from, TrialState to);

// The same of tasks.
void check_next_task(const Task& task, std::int64_t count);
void check_task_change(std::int64_t number, TaskState stored, TaskState from, TaskState to);

// Throws Error(Conflict) unless `event` follows `last`, the study's last sequence.
void check_next_event(const Event& event, std::int64_t last);

Error no_such_study(StudyId study);
Error no_such_trial(StudyId study, std::int64_t number);
Error no_such_task(StudyId study, std::int64_t number);
Error name_taken(const std::string& name);
Error request_taken(const std::string& request_id);
Error study_without_spec(StudyId study);
// For a change whose writes do not go with its study: a CreateStudy in a study that is there, or
// anything before the CreateStudy of a new one.
Error misplaced_write(StudyId study);

}  // namespace studyhall::storage
