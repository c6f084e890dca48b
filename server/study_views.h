// A study's state in the form that users see.
#pragma once

#include <vector>

#include "core/study_api.h"
#include "server/study_model.h"

namespace studyhall::server {

StudyInfo view_study(const StudyModel& study, Timestamp now);
// By name.
std::vector<WorkerInfo> view_workers(const StudyModel& study);
TrialView view_trial(const StudyModel& study, const Trial& trial);
// The `top` best rows, with several objectives the first of the front; 0: all.
std::vector<BestRow> view_best(const StudyModel& study, int top);

}  // namespace studyhall::server
