#include "server/replayed_queue.h"

#include <fmt/format.h>

#include <utility>

#include "core/study_api_json.h"
#include "core/study_api_json_reader.h"
#include "server/event_body.h"
#include "server/one_change.h"

namespace studyhall::server {

using storage::Change;

namespace {

WorkRef work_of(const EventBody& body) {
  if (body.has("task")) return {.is_task = true, .number = body.need<std::int64_t>("task")};
  return {.is_task = false, .number = body.number()};
}

// Reads the body as a request without the members `besides`.
template <typename Request>
Request request_of(const Event& event, std::initializer_list<const char*> besides,
                   Request (*from_json)(const Json&)) {
  Json json = event.body;
  for (const char* key : besides) json.erase(key);
  json.erase("request_id");
  try {
    return from_json(json);
  } catch (const Error& error) {
    EventBody(event).refuse(error.what());
  }
}

std::vector<Change> apply_changed(StudyModel& study, const Event& event, const WorkRef& work) {
  auto change = request_of(event, {"number", "task"}, queue_change_from_json);
  change.author = event.author;
  return one(study.change_queued(work, change, event.time));
}

std::vector<Change> apply_imported(StudyModel& study, const Event& event) {
  const EventBody body(event);
  const std::int64_t number = body.number();
  if (number != std::ssize(study.trials())) {
    body.refuse(fmt::format("trial {} does not follow {} trials", number, study.trials().size()));
  }
  Json given = event.body;
  given.erase("number");
  given.erase("request_id");
  const auto results = results_request_from_json({{"results", Json::array({std::move(given)})}});
  const GivenResult& result = results.results.front();
  Trial trial;
  trial.number = number;
  trial.state = result.state;
  trial.config = study.space().partial_from_json(result.params).config;
  trial.values = result.values;
  trial.metrics = result.metrics;
  trial.started = result.started;
  trial.completed = result.completed;
  trial.record.worker = result.worker;
  trial.record.title = result.title;
  trial.record.note = result.note;
  trial.record.usage = result.usage;
  return study.import_result(std::move(trial), event.author, event.time);
}

std::vector<Change> apply_topic(StudyModel& study, const Event& event) {
  auto request = request_of(event, {}, topic_request_from_json);
  request.author = event.author;
  const Config config = study.space().partial_from_json(request.params).config;
  return study.add_topic(request, config, event.time);
}

std::vector<Change> apply_answered(StudyModel& study, const Event& event) {
  const EventBody body(event);
  const auto id = body.need<std::int64_t>("id");
  if (id < 1 || id > std::ssize(study.questions())) body.refuse("there is no such question");
  return one(study.answer_question(
      id, {.text = body.need<std::string>("text"), .author = event.author}, event.time));
}

}  // namespace

QueueTerms terms_of(const Event& event) {
  MessageReader reader(event.body, name_of(event));
  QueueTerms terms = read_queue_terms(reader);
  reader.finish_answer();
  return terms;
}

std::vector<Change> apply_queue_event(StudyModel& study, const Event& event) {
  const EventBody body(event);
  if (event.kind == EventKind::Imported) return apply_imported(study, event);
  if (event.kind == EventKind::TopicAdded) return apply_topic(study, event);
  const WorkRef work = work_of(body);
  const bool wants_running = event.kind != EventKind::QueueChanged;
  const std::string_view state = study.state_of(work);
  if (state != (wants_running ? "running" : "waiting")) {
    body.refuse(fmt::format("{} is {}", to_string(work), state));
  }
  switch (event.kind) {
    case EventKind::QueueChanged:
      return apply_changed(study, event, work);
    case EventKind::QuestionAsked:
      return one(study.ask_question(work, body.need<std::string>("text"), event.time));
    case EventKind::QuestionAnswered:
      return apply_answered(study, event);
    default:
      break;
  }
  Json how{{"worker", body.need<std::string>("worker")}};
  if (body.has("reason")) how["reason"] = body.json()["reason"];
  return one(study.requeue(work.number, EventKind::Requeued, std::move(how), event.author, false,
                           {}, event.time));
}

}  // namespace studyhall::server
