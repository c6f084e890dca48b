// The events of tasks, applied by the changes that made them.
#pragma once

#include <vector>

#include "core/event.h"
#include "server/study_model.h"

namespace studyhall::server {

// What `event` did to `study`, made again. Throws Error(Corrupt) for one that cannot follow those
// before it. REQUIRES: an event of a task.
std::vector<storage::Change> apply_task_event(StudyModel& study, const Event& event);

}  // namespace studyhall::server
