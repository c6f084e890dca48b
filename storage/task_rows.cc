#include "storage/task_rows.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/json.h"
#include "storage/group_check.h"

namespace studyhall::storage {

namespace {

Json to_json(const std::vector<LeaseRecord>& leases) {
  Json list = Json::array();
  for (const LeaseRecord& lease : leases) {
    list.push_back({{"token", lease.token},
                    {"worker", lease.worker},
                    {"attempt", lease.attempt},
                    {"length_us", lease.length.count()},
                    {"expires_us", lease.expires_at.time_since_epoch().count()},
                    {"current", lease.current},
                    {"told_as", lease.told_as}});
  }
  return list;
}

std::vector<LeaseRecord> leases_from_json(const Json& list, std::int64_t number) {
  std::vector<LeaseRecord> leases;
  for (const Json& json : list) {
    leases.push_back({.number = number,
                      .token = json.at("token").get<std::string>(),
                      .worker = json.at("worker").get<std::string>(),
                      .attempt = json.at("attempt").get<int>(),
                      .length = Duration(json.at("length_us").get<std::int64_t>()),
                      .expires_at = Timestamp(Duration(json.at("expires_us").get<std::int64_t>())),
                      .current = json.at("current").get<bool>(),
                      .told_as = json.at("told_as").get<std::int64_t>()});
  }
  return leases;
}

TaskState stored_state(const std::string& name) {
  const auto state = task_state_from_string(name);
  if (!state) throw Error(ErrorCode::Corrupt, fmt::format("a task of unknown state \"{}\"", name));
  return *state;
}

}  // namespace

void add_task(Connection& connection, StudyId study, const TaskRecord& record) {
  {
    Query count =
        connection.query("SELECT count(*) FROM studyhall_tasks WHERE study_id = ?1", study);
    count.next();
    check_next_task(record.task, count.integer(0));
  }
  connection
      .query(
          "INSERT INTO studyhall_tasks (study_id, number, state, body, leases) "
          "VALUES (?1, ?2, ?3, ?4, ?5)",
          study, record.task.number, to_string(record.task.state),
          dump_json(studyhall::to_json(record.task)), dump_json(to_json(record.leases)))
      .run();
}

void update_task(Connection& connection, StudyId study, TaskState from, const TaskRecord& record) {
  const std::int64_t number = record.task.number;
  {
    Query row = connection.query(
        "SELECT state FROM studyhall_tasks WHERE study_id = ?1 AND number = ?2", study, number);
    if (!row.next()) throw no_such_task(study, number);
    check_task_change(number, stored_state(std::string(row.text(0))), from, record.task.state);
  }
  connection
      .query(
          "UPDATE studyhall_tasks SET state = ?3, body = ?4, leases = ?5 "
          "WHERE study_id = ?1 AND number = ?2",
          study, number, to_string(record.task.state), dump_json(studyhall::to_json(record.task)),
          dump_json(to_json(record.leases)))
      .run();
}

std::vector<TaskRecord> read_tasks(Connection& connection, StudyId study) {
  std::vector<TaskRecord> tasks;
  Query row = connection.query(
      "SELECT number, body, leases FROM studyhall_tasks WHERE study_id = ?1 ORDER BY number",
      study);
  while (row.next()) {
    const std::int64_t number = row.integer(0);
    try {
      tasks.push_back({task_from_json(parse_json(row.text(1), "a stored task")),
                       leases_from_json(parse_json(row.text(2), "stored leases"), number)});
    } catch (const std::exception& error) {
      throw Error(ErrorCode::Corrupt, fmt::format("task {}: {}", number, error.what()));
    }
  }
  return tasks;
}

}  // namespace studyhall::storage
