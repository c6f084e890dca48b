// The JSON forms of the queue, of topics, of questions, and of results from elsewhere.
#include <fmt/format.h>

#include "core/priority.h"
#include "core/study_api_json.h"
#include "core/study_api_json_reader.h"
#include "core/tags.h"

namespace studyhall {

namespace {

constexpr std::string_view kValue = "a finite number";

void put_work(Json& json, const WorkRef& work) {
  json[work.is_task ? "task" : "trial"] = work.number;
}

WorkRef read_work(MessageReader& reader) {
  WorkRef work;
  const auto task = reader.field("task").integer(0);
  const auto trial = reader.field("trial").integer(0);
  work.is_task = task.has_value();
  put(work.number, task ? task : trial);
  return work;
}

GivenResult read_given_result(const JsonField& field) {
  GivenResult result;
  ObjectReader object(field);
  const JsonField params = object.field("params").required("an object of parameters and values");
  if (params && params.json().is_object()) {
    result.params = params.json();
  } else if (params) {
    params.report_expected("an object of parameters and values");
  }
  put(result.state, read_name(object.field("state"), "a trial state", trial_state_from_string));
  const JsonField one = object.field("value");
  const JsonField several = object.field("values");
  if (one && several) several.report("give either \"value\" or \"values\", not both");
  if (const auto value = one.number(kValue)) result.values.push_back(*value);
  if (const auto items = several.list("a list of finite numbers")) {
    for (const JsonField& item : *items) {
      if (const auto value = item.number(kValue)) result.values.push_back(*value);
    }
  }
  result.metrics = read_metrics(object.field("metrics"));
  result.started = read_time(object.field("started"));
  result.completed = read_time(object.field("completed"));
  put(result.worker, object.field("worker").string());
  put(result.title, object.field("title").string());
  put(result.note, object.field("note").string());
  result.usage = read_usage(object.field("usage"));
  object.close();
  return result;
}

Json to_json(const GivenResult& result) {
  Json json{{"params", result.params}, {"state", to_string(result.state)}};
  for (const double value : result.values) json["values"].push_back(number_or_name(value));
  for (const auto& [name, value] : result.metrics) json["metrics"][name] = number_or_name(value);
  if (result.started) json["started"] = format_utc(*result.started);
  if (result.completed) json["completed"] = format_utc(*result.completed);
  if (!result.worker.empty()) json["worker"] = result.worker;
  if (!result.title.empty()) json["title"] = result.title;
  if (!result.note.empty()) json["note"] = result.note;
  if (result.usage != Usage{}) json["usage"] = to_json(result.usage);
  return json;
}

}  // namespace

Json to_json(const QueueItem& item) {
  Json json{{"kind", item.work.is_task ? "task" : "trial"},
            {"number", item.work.number},
            {"title", item.title},
            {"priority", number_or_name(item.priority)},
            {"tags", item.tags}};
  if (!item.params.is_null()) json["params"] = item.params;
  put_queue_terms(json, item.terms);
  if (!item.author.empty()) json["author"] = item.author;
  json["after_trials"] = item.after_trials;
  json["after_tasks"] = item.after_tasks;
  if (item.retried) json["retried"] = true;
  json["ready"] = item.waits_for.empty();
  json["waits_for"] = Json::array();
  for (const Hindrance& hindrance : item.waits_for) {
    json["waits_for"].push_back({{"why", to_string(hindrance.why)}, {"text", hindrance.text}});
  }
  return json;
}

QueueItem queue_item_from_json(const Json& json) {
  MessageReader reader(json, "item of the queue");
  QueueItem item;
  const auto kind = reader.field("kind").required("\"trial\" or \"task\"").string();
  item.work.is_task = kind == "task";
  put(item.work.number, reader.field("number").required("a number").integer(0));
  put(item.title, reader.field("title").string());
  put(item.priority, read_number_or_name(reader.field("priority")));
  if (const JsonField tags = reader.field("tags")) item.tags = read_tags(tags);
  if (const JsonField params = reader.field("params")) item.params = params.json();
  item.terms = read_queue_terms(reader);
  put(item.author, reader.field("author").string());
  item.after_trials = read_numbers(reader.field("after_trials"), "a list of trial numbers");
  item.after_tasks = read_numbers(reader.field("after_tasks"), "a list of task numbers");
  put(item.retried, reader.field("retried").boolean());
  if (const auto reasons = reader.field("waits_for").list()) {
    for (const JsonField& field : *reasons) {
      ObjectReader object(field);
      Hindrance hindrance;
      put(hindrance.why, read_name(object.field("why"), "why it waits", wait_reason_from_string));
      put(hindrance.text, object.field("text").string());
      item.waits_for.push_back(std::move(hindrance));
    }
  }
  reader.finish_answer();
  return item;
}

Json to_json(const QueueChange& change) {
  Json json = Json::object();
  if (change.priority) json["priority"] = number_or_name(*change.priority);
  if (change.hold) json["hold"] = *change.hold;
  if (change.worker) json["for"] = change.worker->empty() ? Json(nullptr) : Json(*change.worker);
  if (change.wave) json["wave"] = *change.wave < 0 ? Json(nullptr) : Json(*change.wave);
  if (!change.author.empty()) json["author"] = change.author;
  if (!change.reason.empty()) json["reason"] = change.reason;
  return json;
}

QueueChange queue_change_from_json(const Json& json) {
  MessageReader reader(json, "change of the queue");
  QueueChange change;
  change.priority = read_priority(reader.field("priority"));
  change.hold = reader.field("hold").boolean();
  if (const JsonField worker = reader.field_or_null("for")) {
    change.worker = worker.json().is_null() ? std::string() : worker.string();
  }
  if (const JsonField wave = reader.field_or_null("wave")) {
    change.wave = -1;
    if (!wave.json().is_null()) put(*change.wave, wave.integer(0, kMostWaves));
  }
  put(change.author, reader.field("author").string());
  put(change.reason, reader.field("reason").string());
  reader.finish_request();
  return change;
}

Json to_json(const TopicRequest& request) {
  Json json{{"name", request.name}, {"params", request.params}, {"trials", request.trials}};
  if (!request.family.empty()) json["family"] = request.family;
  if (!request.hypothesis.empty()) json["hypothesis"] = request.hypothesis;
  if (!request.success.empty()) json["success"] = request.success;
  if (request.priority != 0) json["priority"] = number_or_name(request.priority);
  if (!request.tags.empty()) json["tags"] = request.tags;
  if (!request.worker.empty()) json["for"] = request.worker;
  if (request.hold) json["hold"] = true;
  if (request.anyway) json["anyway"] = true;
  if (!request.author.empty()) json["author"] = request.author;
  return json;
}

TopicRequest topic_request_from_json(const Json& json) {
  MessageReader reader(json, "topic");
  TopicRequest request;
  put(request.name, reader.field("name").required("a name").string());
  put(request.family, reader.field("family").string());
  put(request.hypothesis, reader.field("hypothesis").string());
  put(request.success, reader.field("success").string());
  if (const JsonField params = reader.field("params")) {
    if (params.json().is_object()) {
      request.params = params.json();
    } else {
      params.report_expected("an object of parameters and values");
    }
  }
  put(request.trials, reader.field("trials").integer(1, kMostTrialsOfTopic));
  put(request.priority, read_priority(reader.field("priority")));
  if (const JsonField tags = reader.field("tags")) request.tags = read_tags(tags);
  put(request.worker, reader.field("for").string());
  put(request.hold, reader.field("hold").boolean());
  put(request.anyway, reader.field("anyway").boolean());
  put(request.author, reader.field("author").string());
  reader.finish_request();
  return request;
}

Json to_json(const Topic& topic) {
  Json json{{"name", topic.name},
            {"family", topic.family},
            {"hypothesis", topic.hypothesis},
            {"success", topic.success},
            {"params", topic.params},
            {"numbers", topic.numbers},
            {"open", topic.open},
            {"worker", topic.worker},
            {"author", topic.author},
            {"created", format_utc(topic.created)}};
  if (topic.best_number) json["best_number"] = *topic.best_number;
  if (topic.best_value) json["best_value"] = number_or_name(*topic.best_value);
  return json;
}

Topic topic_from_json(const Json& json) {
  MessageReader reader(json, "topic");
  Topic topic;
  put(topic.name, reader.field("name").required("a name").string());
  put(topic.family, reader.field("family").string());
  put(topic.hypothesis, reader.field("hypothesis").string());
  put(topic.success, reader.field("success").string());
  if (const JsonField params = reader.field("params")) topic.params = params.json();
  topic.numbers = read_numbers(reader.field("numbers"), "a list of trial numbers");
  put(topic.open, reader.field("open").boolean());
  put(topic.worker, reader.field("worker").string());
  topic.best_number = reader.field("best_number").integer(0);
  topic.best_value = read_number_or_name(reader.field("best_value"));
  put(topic.author, reader.field("author").string());
  put(topic.created, read_time(reader.field("created")));
  reader.finish_answer();
  return topic;
}

Json to_json(const TopicAnswer& answer) {
  Json json{{"created", answer.created}, {"numbers", answer.numbers}, {"similar", Json::array()}};
  for (const SimilarTopic& similar : answer.similar) {
    Json item = to_json(similar.topic);
    item["why"] = similar.why;
    json["similar"].push_back(std::move(item));
  }
  return json;
}

TopicAnswer topic_answer_from_json(const Json& json) {
  MessageReader reader(json, "answer to topic");
  TopicAnswer answer;
  put(answer.created, reader.field("created").boolean());
  answer.numbers = read_numbers(reader.field("numbers"), "a list of trial numbers");
  if (const auto items = reader.field("similar").list()) {
    for (const JsonField& item : *items) {
      SimilarTopic similar;
      similar.topic = topic_from_json(item.json());
      put(similar.why, ObjectReader(item).field("why").string());
      answer.similar.push_back(std::move(similar));
    }
  }
  reader.finish_answer();
  return answer;
}

Json to_json(const TopicStep& step) {
  Json json{{"name", step.name},       {"family", step.family}, {"hypothesis", step.hypothesis},
            {"success", step.success}, {"index", step.index},   {"of", step.of}};
  if (step.after >= 0) json["after"] = step.after;
  return json;
}

TopicStep topic_step_from_json(const Json& json) {
  MessageReader reader(json, "topic");
  TopicStep step;
  put(step.name, reader.field("name").string());
  put(step.family, reader.field("family").string());
  put(step.hypothesis, reader.field("hypothesis").string());
  put(step.success, reader.field("success").string());
  put(step.index, reader.field("index").integer(1, 1'000'000));
  put(step.of, reader.field("of").integer(1, 1'000'000));
  put(step.after, reader.field("after").integer(0));
  reader.finish_answer();
  return step;
}

Json to_json(const Question& question) {
  Json json{{"id", question.id}};
  put_work(json, question.work);
  json["worker"] = question.worker;
  json["text"] = question.text;
  json["asked"] = format_utc(question.asked);
  json["state"] = to_string(question.state);
  if (question.answered) {
    json["answer"] = question.answer;
    json["answered"] = format_utc(*question.answered);
    json["author"] = question.author;
  }
  return json;
}

Question question_from_json(const Json& json) {
  MessageReader reader(json, "question");
  Question question;
  put(question.id, reader.field("id").required("a number").integer(1));
  question.work = read_work(reader);
  put(question.worker, reader.field("worker").string());
  put(question.text, reader.field("text").required("a text").string());
  put(question.asked, read_time(reader.field("asked")));
  put(question.state,
      read_name(reader.field("state"), "a question's state", question_state_from_string));
  put(question.answer, reader.field("answer").string());
  question.answered = read_time(reader.field("answered"));
  put(question.author, reader.field("author").string());
  reader.finish_answer();
  return question;
}

Json to_json(const QuestionRequest& request) {
  Json json{{"text", request.text}};
  if (!request.lease.empty()) json["lease"] = request.lease;
  return json;
}

QuestionRequest question_request_from_json(const Json& json) {
  MessageReader reader(json, "question");
  QuestionRequest request;
  put(request.text, reader.field("text").required("a text").string());
  put(request.lease, reader.field("lease").string());
  reader.finish_request();
  return request;
}

Json to_json(const AnswerRequest& request) {
  Json json{{"text", request.text}};
  if (!request.author.empty()) json["author"] = request.author;
  return json;
}

AnswerRequest answer_request_from_json(const Json& json) {
  MessageReader reader(json, "answer");
  AnswerRequest request;
  put(request.text, reader.field("text").required("a text").string());
  put(request.author, reader.field("author").string());
  reader.finish_request();
  return request;
}

Json to_json(const ResultsRequest& request) {
  Json json{{"results", Json::array()}};
  for (const GivenResult& result : request.results) json["results"].push_back(to_json(result));
  if (!request.author.empty()) json["author"] = request.author;
  if (!request.request_id.empty()) json["request_id"] = request.request_id;
  return json;
}

ResultsRequest results_request_from_json(const Json& json) {
  MessageReader reader(json, "results");
  ResultsRequest request;
  const JsonField results = reader.field("results").required("a list of results");
  if (const auto items = results.list("a list of results")) {
    if (items->size() > kMostResults) {
      results.report(fmt::format("found {}, expected at most {}", items->size(), kMostResults));
    } else {
      for (const JsonField& item : *items) request.results.push_back(read_given_result(item));
    }
  }
  put(request.author, reader.field("author").string());
  put(request.request_id, reader.field("request_id").string());
  reader.finish_request();
  return request;
}

Json to_json(const ResultsAnswer& answer) { return {{"numbers", answer.numbers}}; }

ResultsAnswer results_answer_from_json(const Json& json) {
  MessageReader reader(json, "answer to results");
  ResultsAnswer answer;
  answer.numbers = read_numbers(reader.field("numbers"), "a list of trial numbers");
  reader.finish_answer();
  return answer;
}

}  // namespace studyhall
