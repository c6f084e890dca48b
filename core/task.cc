#include "core/task.h"

#include <array>

#include "core/enum_names.h"
#include "core/study_api_json_reader.h"
#include "core/tags.h"

namespace studyhall {

namespace {

constexpr std::array<std::string_view, 5> kStates{"waiting", "running", "done", "failed",
                                                  "cancelled"};

std::vector<AttemptUsage> read_attempts(const JsonField& field) {
  std::vector<AttemptUsage> attempts;
  if (const auto items = field.list("a list of attempts")) {
    for (const JsonField& item : *items) {
      ObjectReader object(item);
      AttemptUsage attempt;
      put(attempt.worker, object.field("worker").string());
      attempt.usage = read_usage(object.field("usage"));
      attempts.push_back(std::move(attempt));
    }
  }
  return attempts;
}

void put_time(Json& json, const char* name, const std::optional<Timestamp>& time) {
  if (time) json[name] = format_utc(*time);
}

}  // namespace

std::string_view to_string(TaskState state) { return enum_name(kStates, state); }

std::optional<TaskState> task_state_from_string(std::string_view name) {
  return enum_from_name<TaskState>(kStates, name);
}

bool is_legal_change(TaskState from, TaskState to) { return !is_finished(from) && from != to; }

Json to_json(const Task& task) {
  Json json = {{"number", task.number},          {"title", task.title},
               {"priority", task.priority},      {"retries", task.retries},
               {"author", task.author},          {"created", format_utc(task.created)},
               {"state", to_string(task.state)}, {"worker", task.worker},
               {"attempt", task.attempt}};
  if (!task.description.empty()) json["description"] = task.description;
  if (!task.tags.empty()) json["tags"] = task.tags;
  if (!task.after.empty()) json["after"] = task.after;
  if (!task.after_trials.empty()) json["after_trials"] = task.after_trials;
  put_time(json, "started", task.started);
  put_time(json, "ended", task.ended);
  put_time(json, "parked_until", task.parked_until);
  if (task.reason) json["reason"] = to_string(*task.reason);
  if (!task.result.is_null()) json["result"] = task.result;
  if (!task.evidence.is_null()) json["evidence"] = task.evidence;
  if (!task.note.empty()) json["note"] = task.note;
  if (task.usage != Usage{}) json["usage"] = to_json(task.usage);
  for (const AttemptUsage& attempt : task.earlier) {
    json["earlier"].push_back({{"worker", attempt.worker}, {"usage", to_json(attempt.usage)}});
  }
  put_queue_terms(json, task.queue);
  if (task.question > 0) json["question"] = task.question;
  return json;
}

Task task_from_json(const Json& json) {
  MessageReader reader(json, "task");
  Task task;
  put(task.number, reader.field("number").required("a number").integer(0));
  put(task.title, reader.field("title").string());
  put(task.description, reader.field("description").string());
  put(task.priority, reader.field("priority").number());
  if (const JsonField tags = reader.field("tags")) task.tags = read_tags(tags);
  task.after = read_numbers(reader.field("after"), "a list of numbers");
  task.after_trials = read_numbers(reader.field("after_trials"), "a list of numbers");
  put(task.retries, reader.field("retries").integer(0));
  put(task.author, reader.field("author").string());
  put(task.created, read_time(reader.field("created")));
  put(task.state,
      read_name(reader.field("state").required("a state"), "a task state", task_state_from_string));
  put(task.worker, reader.field("worker").string());
  put(task.attempt, reader.field("attempt").integer(0));
  task.started = read_time(reader.field("started"));
  task.ended = read_time(reader.field("ended"));
  task.parked_until = read_time(reader.field("parked_until"));
  task.reason = read_name(reader.field("reason"), "a reason", fail_reason_from_string);
  if (const JsonField result = reader.field("result")) task.result = result.json();
  if (const JsonField evidence = reader.field("evidence")) task.evidence = evidence.json();
  put(task.note, reader.field("note").string());
  task.usage = read_usage(reader.field("usage"));
  task.earlier = read_attempts(reader.field("earlier"));
  task.queue = read_queue_terms(reader);
  put(task.question, reader.field("question").integer(0));
  reader.finish_answer();
  return task;
}

}  // namespace studyhall
