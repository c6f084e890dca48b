// The routes of the queue, of topics, of questions, and of results from elsewhere.
#include "core/study_api_json.h"
#include "server/access.h"
#include "server/routes.h"

namespace studyhall::server {
namespace {

Reply show_queue(StudyApi& api, const Call& call) {
  QueryReader(call).finish();
  Json list = Json::array();
  for (const QueueItem& item : api.queue(call.args[0])) list.push_back(to_json(item));
  return {.body = {{"items", std::move(list)}}};
}

Reply change_queued(StudyApi& api, const Call& call, bool is_task) {
  QueryReader(call).finish();
  QueueChange change = queue_change_from_json(call.json());
  sign(call, change.author);
  api.change_queued(call.args[0], {is_task, call.number(1)}, change);
  return {.body = {{"changed", call.number(1)}}};
}

Reply change_trial(StudyApi& api, const Call& call) { return change_queued(api, call, false); }
Reply change_task(StudyApi& api, const Call& call) { return change_queued(api, call, true); }

Reply requeue(StudyApi& api, const Call& call) {
  QueryReader(call).finish();
  PersonalRequest request = personal_request_from_json(call.json());
  sign(call, request.author);
  api.requeue(call.args[0], call.number(1), request);
  return {.body = {{"requeued", call.number(1)}}};
}

Reply add_topic(StudyApi& api, const Call& call) {
  QueryReader(call).finish();
  TopicRequest request = topic_request_from_json(call.json());
  sign(call, request.author);
  const TopicAnswer answer = api.add_topic(call.args[0], request);
  return {.status = answer.created ? 201 : 200, .body = to_json(answer)};
}

Reply list_topics(StudyApi& api, const Call& call) {
  QueryReader(call).finish();
  Json list = Json::array();
  for (const Topic& topic : api.topics(call.args[0])) list.push_back(to_json(topic));
  return {.body = {{"topics", std::move(list)}}};
}

Reply ask_of_trial(StudyApi& api, const Call& call) {
  QueryReader(call).finish();
  const QuestionRequest request = question_request_from_json(call.json());
  require_own_trial(api, call, request.lease);
  return {.status = 201,
          .body = to_json(api.ask_question(call.args[0], {false, call.number(1)}, request))};
}

Reply ask_of_task(StudyApi& api, const Call& call) {
  QueryReader(call).finish();
  const QuestionRequest request = question_request_from_json(call.json());
  require_own_task(api, call, request.lease);
  return {.status = 201,
          .body = to_json(api.ask_question(call.args[0], {true, call.number(1)}, request))};
}

Reply list_questions(StudyApi& api, const Call& call) {
  QueryReader reader(call);
  QuestionQuery query;
  query.open = reader.integer("open", 0, 0, 1) == 1;
  query.worker = reader.text("worker").value_or("");
  reader.finish();
  Json list = Json::array();
  for (const Question& question : api.questions(call.args[0], query)) {
    list.push_back(to_json(question));
  }
  return {.body = {{"questions", std::move(list)}}};
}

Reply answer_question(StudyApi& api, const Call& call) {
  QueryReader(call).finish();
  AnswerRequest request = answer_request_from_json(call.json());
  sign(call, request.author);
  return {.body = to_json(api.answer_question(call.args[0], call.number(1), request))};
}

Reply add_results(StudyApi& api, const Call& call) {
  QueryReader(call).finish();
  ResultsRequest request = results_request_from_json(call.json());
  sign(call, request.author);
  return {.status = 201, .body = to_json(api.add_results(call.args[0], request))};
}

}  // namespace

void add_queue_routes(Router& router, StudyApi& api) {
  const auto add = [&](std::string_view method, std::string_view pattern,
                       Reply (*route)(StudyApi&, const Call&)) {
    router.add(method, pattern, [&api, route](const Call& call) { return route(api, call); });
  };
  add("GET", "/api/v1/studies/{study}/queue", show_queue);
  add("PATCH", "/api/v1/studies/{study}/trials/{n}/queue", change_trial);
  add("PATCH", "/api/v1/studies/{study}/tasks/{n}/queue", change_task);
  add("POST", "/api/v1/studies/{study}/trials/{n}/requeue", requeue);
  add("GET", "/api/v1/studies/{study}/topics", list_topics);
  add("POST", "/api/v1/studies/{study}/topics", add_topic);
  add("GET", "/api/v1/studies/{study}/questions", list_questions);
  add("POST", "/api/v1/studies/{study}/trials/{n}/questions", ask_of_trial);
  add("POST", "/api/v1/studies/{study}/tasks/{n}/questions", ask_of_task);
  add("POST", "/api/v1/studies/{study}/questions/{n}/answer", answer_question);
  add("POST", "/api/v1/studies/{study}/results", add_results);
}

}  // namespace studyhall::server
