#include <fmt/format.h>

#include "core/priority.h"
#include "core/study_api_json.h"
#include "core/study_api_json_reader.h"
#include "core/tags.h"

namespace studyhall {

namespace {

constexpr std::int64_t kMaxCount = 1000;
constexpr std::size_t kLongestStage = 64;
constexpr double kMaxLeaseS = 3.2e8;  // about ten years
constexpr std::string_view kValue = "a finite number (NaN and infinities are no values)";
constexpr std::string_view kFinishedStates = "\"complete\", \"pruned\" or \"failed\"";

std::optional<TrialState> finished_state(std::string_view name) {
  const auto state = trial_state_from_string(name);
  return state && is_finished(*state) ? state : std::nullopt;
}

std::optional<FailReason> told_reason(std::string_view name) {
  const auto reason = fail_reason_from_string(name);
  return reason && is_told(*reason) ? reason : std::nullopt;
}

void read_values(MessageReader& reader, TellRequest& request) {
  const JsonField one = reader.field_or_null("value");
  const JsonField several = reader.field_or_null("values");
  const bool may_be_null = request.state != TrialState::Complete;
  const auto is_given = [&](const JsonField& field) {
    return field && !(may_be_null && field.json().is_null());
  };
  if (is_given(one) && is_given(several)) {
    several.report("give either \"value\" or \"values\", not both");
  } else if (is_given(several)) {
    const auto items = several.list("a list of finite numbers");
    if (!items) return;
    for (const JsonField& item : *items) {
      if (const auto value = item.number(kValue)) request.values.push_back(*value);
    }
    if (items->empty() && !may_be_null) several.report_expected("at least one value");
  } else if (is_given(one)) {
    if (const auto value = one.number(kValue)) request.values.push_back(*value);
  } else if (!may_be_null) {
    one.report("missing: a complete trial needs its value (or \"values\"), another its \"state\"");
  }
  if (request.state == TrialState::Fail && (is_given(one) || is_given(several))) {
    (is_given(one) ? one : several).report("a failed trial has no value; leave it out");
  }
}

}  // namespace

Json to_json(const AskRequest& request) {
  Json json = Json::object();
  if (!request.worker.empty()) json["worker"] = request.worker;
  json["count"] = request.count;
  if (request.lease_s) json["lease_s"] = *request.lease_s;
  if (!request.request_id.empty()) json["request_id"] = request.request_id;
  if (request.accepts) json["accepts"] = *request.accepts;
  if (request.wait_s > 0) json["wait_s"] = request.wait_s;
  if (request.want != Want::Trials) json["want"] = to_string(request.want);
  return json;
}

AskRequest ask_request_from_json(const Json& json) {
  MessageReader reader(json, "ask");
  AskRequest request;
  put(request.worker, reader.field("worker").string());
  put(request.count, reader.field("count").integer(1, kMaxCount));
  request.lease_s = reader.field("lease_s").number(
      "seconds: more than 0, at most 3.2e8", [](double x) { return x > 0 && x <= kMaxLeaseS; });
  put(request.request_id, reader.field("request_id").string());
  put(request.wait_s, reader.field("wait_s").number("seconds: 0 to 60", [](double x) {
    return x >= 0 && x <= kMostWaitSeconds;
  }));
  if (const JsonField accepts = reader.field("accepts")) request.accepts = read_tags(accepts);
  put(request.want,
      read_name(reader.field("want"), "\"trials\", \"tasks\" or \"any\"", want_from_string));
  reader.finish_request();
  return request;
}

Json to_json(const TellRequest& request) {
  Json json = Json::object();
  if (request.values.size() == 1) {
    json["value"] = number_or_name(request.values.front());
  } else if (!request.values.empty()) {
    Json values = Json::array();
    for (const double value : request.values) values.push_back(number_or_name(value));
    json["values"] = std::move(values);
  }
  json["state"] = to_string(request.state);
  if (request.reason) json["reason"] = to_string(*request.reason);
  if (request.cause) json["cause"] = to_string(*request.cause);
  if (!request.metrics.empty()) {
    Json metrics = Json::object();
    for (const auto& [name, value] : request.metrics) metrics[name] = number_or_name(value);
    json["metrics"] = std::move(metrics);
  }
  if (request.usage != Usage{}) json["usage"] = to_json(request.usage);
  if (!request.evidence.is_null()) json["evidence"] = request.evidence;
  if (!request.note.empty()) json["note"] = request.note;
  if (!request.lease.empty()) json["lease"] = request.lease;
  if (!request.request_id.empty()) json["request_id"] = request.request_id;
  return json;
}

TellRequest tell_request_from_json(const Json& json) {
  MessageReader reader(json, "tell");
  TellRequest request;
  put(request.state, read_name(reader.field("state"), kFinishedStates, finished_state));
  read_values(reader, request);
  const JsonField reason = reader.field("reason");
  request.reason =
      read_name(reason, "\"config\", \"infra\", \"declined\" or \"cancelled\"", told_reason);
  if (request.reason && request.state != TrialState::Fail) {
    reason.report("goes with \"state\": \"failed\" only");
  }
  const JsonField cause = reader.field("cause");
  request.cause =
      read_name(cause, "\"crash\", \"stall\", \"rate_limit\", \"auth\" or \"server_error\"",
                fault_cause_from_string);
  if (request.cause && request.reason != FailReason::Infra) {
    cause.report("goes with \"reason\": \"infra\" only");
  }
  request.metrics = read_metrics(reader.field("metrics"));
  request.usage = read_usage(reader.field("usage"));
  if (const JsonField evidence = reader.field("evidence")) request.evidence = evidence.json();
  put(request.note, reader.field("note").string());
  put(request.lease, reader.field("lease").string());
  put(request.request_id, reader.field("request_id").string());
  reader.finish_request();
  return request;
}

Json to_json(const BeatRequest& request) {
  Json json{{"lease", request.lease}};
  if (!request.stage.empty()) json["stage"] = request.stage;
  return json;
}

BeatRequest beat_request_from_json(const Json& json) {
  MessageReader reader(json, "heartbeat");
  BeatRequest request;
  put(request.lease, reader.field("lease").string());
  const JsonField stage = reader.field("stage");
  put(request.stage, stage.string());
  if (request.stage.size() > kLongestStage) {
    stage.report(
        fmt::format("found {} bytes, expected at most {}", request.stage.size(), kLongestStage));
  }
  reader.finish_request();
  return request;
}

Json to_json(const ReportRequest& request) {
  Json json = {{"step", request.step}, {"value", number_or_name(request.value)}};
  if (!request.lease.empty()) json["lease"] = request.lease;
  return json;
}

ReportRequest report_request_from_json(const Json& json) {
  MessageReader reader(json, "report");
  ReportRequest request;
  put(request.step, reader.field_or_null("step").required("an integer of at least 0").integer(0));
  put(request.value, reader.field_or_null("value").required(kValue).number(kValue));
  put(request.lease, reader.field("lease").string());
  reader.finish_request();
  return request;
}

Json to_json(const EnqueueRequest& request) {
  Json json = {{"params", request.params}};
  if (request.priority != 0) json["priority"] = number_or_name(request.priority);
  if (request.count != 1) json["count"] = request.count;
  if (!request.tags.empty()) json["tags"] = request.tags;
  if (!request.after.empty()) json["after"] = request.after;
  if (!request.after_tasks.empty()) json["after_tasks"] = request.after_tasks;
  if (!request.title.empty()) json["title"] = request.title;
  if (!request.description.empty()) json["description"] = request.description;
  put_queue_terms(json, request.queue);
  if (!request.author.empty()) json["author"] = request.author;
  if (request.again) json["again"] = true;
  if (!request.request_id.empty()) json["request_id"] = request.request_id;
  return json;
}

EnqueueRequest enqueue_request_from_json(const Json& json) {
  MessageReader reader(json, "enqueue");
  EnqueueRequest request;
  if (const JsonField params = reader.field("params")) {
    if (params.json().is_object()) {
      request.params = params.json();
    } else {
      params.report_expected("an object of parameters and values");
    }
  }
  put(request.priority, read_priority(reader.field("priority")));
  put(request.count, reader.field("count").integer(1, kMaxCount));
  put(request.request_id, reader.field("request_id").string());
  if (const JsonField tags = reader.field("tags")) request.tags = read_tags(tags);
  request.after = read_numbers(reader.field("after"), "a list of trial numbers");
  request.after_tasks = read_numbers(reader.field("after_tasks"), "a list of task numbers");
  put(request.title, reader.field("title").string());
  put(request.description, reader.field("description").string());
  request.queue = read_queue_terms(reader);
  put(request.author, reader.field("author").string());
  put(request.again, reader.field("again").boolean());
  reader.finish_request();
  return request;
}

}  // namespace studyhall
