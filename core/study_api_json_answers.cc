#include <cassert>

#include "core/json_object.h"
#include "core/study_api_json.h"
#include "core/study_api_json_reader.h"
#include "core/tags.h"

namespace studyhall {

namespace {

Json to_json(const AskedTrial& trial) {
  Json json = json_object(
      "number", trial.number, "params", trial.params, "lease",
      json_object("token", trial.lease.token, "expires_at", format_utc(trial.lease.expires_at)),
      "attempt", trial.attempt, "purpose", to_string(trial.purpose), "sampler", trial.sampler,
      "pin", trial.pin, "pin_version", trial.pin_version, "seed", trial.seed);
  if (!trial.title.empty()) json["title"] = trial.title;
  if (!trial.description.empty()) json["description"] = trial.description;
  for (const Insight& insight : trial.insights) {
    json["insights"].push_back(studyhall::to_json(insight));
  }
  if (trial.topic) json["topic"] = studyhall::to_json(*trial.topic);
  return json;
}

Lease read_lease(const JsonField& field) {
  Lease lease;
  ObjectReader object(field.required("an object"));
  put(lease.token, object.field("token").string());
  put(lease.expires_at, read_time(object.field("expires_at")));
  return lease;
}

std::vector<Insight> read_insights(const JsonField& field) {
  std::vector<Insight> insights;
  if (const auto items = field.list()) {
    for (const JsonField& item : *items) insights.push_back(insight_from_json(item.json()));
  }
  return insights;
}

AskedTrial read_asked_trial(const JsonField& field) {
  AskedTrial trial;
  ObjectReader object(field);
  put(trial.number, object.field("number").required("a trial number").integer(0));
  if (const JsonField params = object.field("params").required("an object")) {
    trial.params = params.json();
  }
  trial.lease = read_lease(object.field("lease"));
  put(trial.attempt, object.field("attempt").integer(0, 1'000'000));
  put(trial.purpose, read_name(object.field("purpose"), "a purpose", purpose_from_string));
  put(trial.sampler, object.field("sampler").string());
  put(trial.pin, object.field("pin").integer(-1));
  put(trial.pin_version, object.field("pin_version").integer(0));
  put(trial.seed, object.field("seed").integer(0, UINT32_MAX));
  put(trial.title, object.field("title").string());
  put(trial.description, object.field("description").string());
  trial.insights = read_insights(object.field("insights"));
  if (const JsonField topic = object.field("topic")) {
    trial.topic = topic_step_from_json(topic.json());
  }
  return trial;
}

Json to_json(const AskedTask& task) {
  Json json = {
      {"number", task.number},
      {"title", task.title},
      {"description", task.description},
      {"priority", task.priority},
      {"tags", task.tags},
      {"after", task.after},
      {"lease", {{"token", task.lease.token}, {"expires_at", format_utc(task.lease.expires_at)}}},
      {"attempt", task.attempt}};
  for (const Insight& insight : task.insights) {
    json["insights"].push_back(studyhall::to_json(insight));
  }
  return json;
}

AskedTask read_asked_task(const JsonField& field) {
  AskedTask task;
  ObjectReader object(field);
  put(task.number, object.field("number").required("a task number").integer(0));
  put(task.title, object.field("title").string());
  put(task.description, object.field("description").string());
  put(task.priority, object.field("priority").number());
  if (const JsonField tags = object.field("tags")) task.tags = read_tags(tags);
  if (const auto after = object.field("after").list()) {
    for (const JsonField& item : *after) {
      if (const auto number = item.integer(0)) task.after.push_back(*number);
    }
  }
  task.lease = read_lease(object.field("lease"));
  put(task.attempt, object.field("attempt").integer(0, 1'000'000));
  task.insights = read_insights(object.field("insights"));
  return task;
}

}  // namespace

Json to_json(const AskAnswer& answer) {
  assert(answer.status == AskStatus::Trials || answer.status == AskStatus::Wait);
  Json trials = Json::array();
  for (const AskedTrial& trial : answer.trials) trials.push_back(to_json(trial));
  Json json = json_object("trials", std::move(trials));
  for (const AskedTask& task : answer.tasks) json["tasks"].push_back(to_json(task));
  if (answer.status == AskStatus::Wait) {
    json["retry_after_s"] = answer.retry_after_s;
    if (!answer.reason.empty()) json["reason"] = answer.reason;
  }
  return json;
}

AskAnswer ask_answer_from_json(const Json& json) {
  MessageReader reader(json, "answer to ask");
  AskAnswer answer;
  if (const auto trials = reader.field("trials").required("a list of trials").list()) {
    for (const JsonField& trial : *trials) answer.trials.push_back(read_asked_trial(trial));
  }
  if (const auto tasks = reader.field("tasks").list("a list of tasks")) {
    for (const JsonField& task : *tasks) answer.tasks.push_back(read_asked_task(task));
  }
  if (answer.trials.empty() && answer.tasks.empty()) answer.status = AskStatus::Wait;
  put(answer.retry_after_s, reader.field("retry_after_s").number());
  put(answer.reason, reader.field("reason").string());
  reader.finish_answer();
  return answer;
}

Json to_json(const TellAnswer& answer) {
  return json_object("number", answer.number, "state", to_string(answer.state), "already",
                     answer.already, "new_best", answer.new_best, "requeued", answer.requeued);
}

TellAnswer tell_answer_from_json(const Json& json) {
  MessageReader reader(json, "answer to tell");
  TellAnswer answer;
  put(answer.number, reader.field("number").required("a trial number").integer(0));
  put(answer.state, read_name(reader.field("state"), "a trial state", trial_state_from_string));
  put(answer.already, reader.field("already").boolean());
  put(answer.new_best, reader.field("new_best").boolean());
  put(answer.requeued, reader.field("requeued").boolean());
  reader.finish_answer();
  return answer;
}

Json to_json(const BeatAnswer& answer) {
  Json json = {{"prune", answer.prune}, {"stop", answer.stop}};
  if (answer.expires_at != Timestamp{}) json["expires_at"] = format_utc(answer.expires_at);
  return json;
}

BeatAnswer beat_answer_from_json(const Json& json) {
  MessageReader reader(json, "answer to report or heartbeat");
  BeatAnswer answer;
  put(answer.prune, reader.field("prune").required("true or false").boolean());
  put(answer.stop, reader.field("stop").required("true or false").boolean());
  put(answer.expires_at, read_time(reader.field("expires_at")));
  reader.finish_answer();
  return answer;
}

Json to_json(const EnqueueAnswer& answer) {
  return {{"numbers", answer.numbers}, {"already", answer.already}};
}

EnqueueAnswer enqueue_answer_from_json(const Json& json) {
  MessageReader reader(json, "answer to enqueue");
  EnqueueAnswer answer;
  if (const auto numbers = reader.field("numbers").required("a list of numbers").list()) {
    for (const JsonField& item : *numbers) {
      if (const auto number = item.integer(0)) answer.numbers.push_back(*number);
    }
  }
  put(answer.already, reader.field("already").boolean());
  reader.finish_answer();
  return answer;
}

Json to_json(const ImportanceAnswer& answer) {
  Json rows = Json::array();
  for (const ImportanceRow& row : answer.parameters) {
    rows.push_back({{"name", row.name},
                    {"importance", row.importance},
                    {"variance", row.variance},
                    {"trials", row.trials}});
  }
  return {{"importance", std::move(rows)},
          {"trials", answer.trials},
          {"target_trials", answer.target_trials},
          {"informative", answer.informative}};
}

ImportanceAnswer importance_answer_from_json(const Json& json) {
  MessageReader reader(json, "answer to importance");
  ImportanceAnswer answer;
  if (const auto rows = reader.field("importance").required("a list of parameters").list()) {
    for (const JsonField& item : *rows) {
      ObjectReader object(item);
      ImportanceRow row;
      put(row.name, object.field("name").required("a name").string());
      put(row.importance, object.field("importance").required("a number").number());
      put(row.variance, object.field("variance").number());
      put(row.trials, object.field("trials").integer(0));
      answer.parameters.push_back(std::move(row));
    }
  }
  put(answer.trials, reader.field("trials").integer(0));
  put(answer.target_trials, reader.field("target_trials").integer(0));
  put(answer.informative, reader.field("informative").boolean());
  reader.finish_answer();
  return answer;
}

}  // namespace studyhall
