// The JSON forms of what is asked and told of tasks.
#include "core/priority.h"
#include "core/study_api_json.h"
#include "core/study_api_json_reader.h"
#include "core/tags.h"

namespace studyhall {

namespace {

constexpr std::int64_t kMaxRetries = 1000;

std::optional<TaskState> told_state(std::string_view name) {
  const auto state = task_state_from_string(name);
  return state == TaskState::Done || state == TaskState::Failed ? state : std::nullopt;
}

std::optional<FailReason> told_reason(std::string_view name) {
  const auto reason = fail_reason_from_string(name);
  return reason && is_told_of_task(*reason) ? reason : std::nullopt;
}

}  // namespace

Json to_json(const TaskRequest& request) {
  Json json = {{"title", request.title}};
  if (!request.description.empty()) json["description"] = request.description;
  if (request.priority != 0) json["priority"] = number_or_name(request.priority);
  if (!request.tags.empty()) json["tags"] = request.tags;
  if (!request.after.empty()) json["after"] = request.after;
  if (!request.after_trials.empty()) json["after_trials"] = request.after_trials;
  if (request.retries) json["retries"] = *request.retries;
  put_queue_terms(json, request.queue);
  if (!request.author.empty()) json["author"] = request.author;
  if (!request.request_id.empty()) json["request_id"] = request.request_id;
  return json;
}

TaskRequest task_request_from_json(const Json& json) {
  MessageReader reader(json, "task");
  TaskRequest request;
  put(request.title, reader.field("title").required("a text").string());
  put(request.description, reader.field("description").string());
  put(request.priority, read_priority(reader.field("priority")));
  if (const JsonField tags = reader.field("tags")) request.tags = read_tags(tags);
  request.after = read_numbers(reader.field("after"), "a list of task numbers");
  request.after_trials = read_numbers(reader.field("after_trials"), "a list of trial numbers");
  if (const auto retries = reader.field("retries").integer(0, kMaxRetries)) {
    request.retries = static_cast<int>(*retries);
  }
  request.queue = read_queue_terms(reader);
  put(request.author, reader.field("author").string());
  put(request.request_id, reader.field("request_id").string());
  reader.finish_request();
  return request;
}

Json to_json(const TaskTell& request) {
  Json json = {{"state", to_string(request.state)}};
  if (request.reason) json["reason"] = to_string(*request.reason);
  if (request.cause) json["cause"] = to_string(*request.cause);
  if (!request.result.is_null()) json["result"] = request.result;
  if (!request.evidence.is_null()) json["evidence"] = request.evidence;
  if (!request.note.empty()) json["note"] = request.note;
  if (request.usage != Usage{}) json["usage"] = to_json(request.usage);
  if (!request.lease.empty()) json["lease"] = request.lease;
  if (!request.request_id.empty()) json["request_id"] = request.request_id;
  return json;
}

TaskTell task_tell_from_json(const Json& json) {
  MessageReader reader(json, "tell");
  TaskTell request;
  put(request.state, read_name(reader.field("state"), "\"done\" or \"failed\"", told_state));
  const JsonField reason = reader.field("reason");
  request.reason = read_name(reason, "\"infra\", \"declined\" or \"cancelled\"", told_reason);
  if (request.reason && request.state != TaskState::Failed) {
    reason.report("goes with \"state\": \"failed\" only");
  }
  const JsonField cause = reader.field("cause");
  request.cause =
      read_name(cause, "\"crash\", \"stall\", \"rate_limit\", \"auth\" or \"server_error\"",
                fault_cause_from_string);
  if (request.cause && request.reason != FailReason::Infra) {
    cause.report("goes with \"reason\": \"infra\" only");
  }
  if (const JsonField result = reader.field("result")) request.result = result.json();
  if (const JsonField evidence = reader.field("evidence")) request.evidence = evidence.json();
  put(request.note, reader.field("note").string());
  request.usage = read_usage(reader.field("usage"));
  put(request.lease, reader.field("lease").string());
  put(request.request_id, reader.field("request_id").string());
  reader.finish_request();
  return request;
}

Json to_json(const TaskTellAnswer& answer) {
  return {{"number", answer.number},
          {"state", to_string(answer.state)},
          {"already", answer.already},
          {"requeued", answer.requeued}};
}

TaskTellAnswer task_tell_answer_from_json(const Json& json) {
  MessageReader reader(json, "answer to tell");
  TaskTellAnswer answer;
  put(answer.number, reader.field("number").required("a task number").integer(0));
  put(answer.state, read_name(reader.field("state"), "a task state", task_state_from_string));
  put(answer.already, reader.field("already").boolean());
  put(answer.requeued, reader.field("requeued").boolean());
  reader.finish_answer();
  return answer;
}

Json to_json(const TaskView& view) {
  Json json = to_json(view.task);
  if (view.lease_expires) json["lease_expires"] = format_utc(*view.lease_expires);
  if (!view.stage.empty()) json["stage"] = view.stage;
  return json;
}

TaskView task_view_from_json(const Json& json) {
  TaskView view;
  view.task = task_from_json(json);
  MessageReader reader(json, "task");
  view.lease_expires = read_time(reader.field("lease_expires"));
  put(view.stage, reader.field("stage").string());
  reader.finish_answer();
  return view;
}

}  // namespace studyhall
