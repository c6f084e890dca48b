// Tasks as people read them.
#pragma once

#include <string>
#include <vector>

#include "cli/session.h"
#include "cli/table.h"
#include "core/study_api.h"

namespace studyhall::cli {

// A task a row.
Table task_table(const std::vector<TaskView>& tasks);
void show_task(const Session& session, const std::string& study, const TaskView& view);
// Tasks that were handed out, and what to do then; nothing for none.
void print_asked_tasks(const Session& session, const std::string& study,
                       const std::vector<AskedTask>& tasks);

}  // namespace studyhall::cli
