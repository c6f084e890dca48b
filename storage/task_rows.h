// The rows of studyhall_tasks: a task and its leases, each as JSON; the state beside them is for
// the check of a change, and for people who read the table.
#pragma once

#include <vector>

#include "storage/connection.h"
#include "storage/storage.h"

namespace studyhall::storage {

// What AddTask and UpdateTask do. REQUIRES: within a write transaction.
void add_task(Connection& connection, StudyId study, const TaskRecord& record);
void update_task(Connection& connection, StudyId study, TaskState from, const TaskRecord& record);

// Ascending by number.
std::vector<TaskRecord> read_tasks(Connection& connection, StudyId study);

}  // namespace studyhall::storage
