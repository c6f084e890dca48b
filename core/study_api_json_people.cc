// The JSON forms of what people do to a study besides asking and telling.
#include "core/study_api_json.h"
#include "core/study_api_json_reader.h"

namespace studyhall {

namespace {

constexpr double kLongestPark = 3.2e8;  // about ten years

template <typename Request>
void put_person(Json& json, const Request& request) {
  if (!request.author.empty()) json["author"] = request.author;
}

}  // namespace

Json to_json(const ParkRequest& request) {
  Json json = Json::object();
  if (!request.lease.empty()) json["lease"] = request.lease;
  if (request.until) json["until"] = format_utc(*request.until);
  if (request.for_s) json["for_s"] = *request.for_s;
  if (!request.reason.empty()) json["reason"] = request.reason;
  return json;
}

ParkRequest park_request_from_json(const Json& json) {
  MessageReader reader(json, "park");
  ParkRequest request;
  put(request.lease, reader.field("lease").string());
  const JsonField until = reader.field("until");
  const JsonField for_s = reader.field("for_s");
  request.until = read_time(until);
  request.for_s = for_s.number("seconds: more than 0, at most 3.2e8",
                               [](double x) { return x > 0 && x <= kLongestPark; });
  if (!until && !for_s) until.report_expected("\"until\" or \"for_s\"");
  if (until && for_s) for_s.report("give either \"until\" or \"for_s\", not both");
  put(request.reason, reader.field("reason").string());
  reader.finish_request();
  return request;
}

Json to_json(const PersonalRequest& request) {
  Json json = Json::object();
  if (!request.reason.empty()) json["reason"] = request.reason;
  put_person(json, request);
  return json;
}

PersonalRequest personal_request_from_json(const Json& json) {
  MessageReader reader(json, "request");
  PersonalRequest request;
  put(request.reason, reader.field("reason").string());
  put(request.author, reader.field("author").string());
  reader.finish_request();
  return request;
}

Json to_json(const InsightRequest& request) {
  Json json = {{"text", request.text}};
  put_person(json, request);
  if (request.trial) json["trial"] = *request.trial;
  return json;
}

InsightRequest insight_request_from_json(const Json& json) {
  MessageReader reader(json, "insight");
  InsightRequest request;
  put(request.text, reader.field("text").required("a text").string());
  put(request.author, reader.field("author").string());
  request.trial = reader.field("trial").integer(0);
  reader.finish_request();
  return request;
}

Json to_json(const Insight& insight) {
  Json json = {{"id", insight.id},
               {"text", insight.text},
               {"author", insight.author},
               {"created", format_utc(insight.created)},
               {"retired", insight.retired}};
  if (insight.trial) json["trial"] = *insight.trial;
  return json;
}

Insight insight_from_json(const Json& json) {
  MessageReader reader(json, "insight");
  Insight insight;
  put(insight.id, reader.field("id").required("a number").integer(1));
  put(insight.text, reader.field("text").required("a text").string());
  put(insight.author, reader.field("author").string());
  put(insight.created, read_time(reader.field("created")));
  put(insight.retired, reader.field("retired").boolean());
  insight.trial = reader.field("trial").integer(0);
  reader.finish_answer();
  return insight;
}

Json to_json(const WorkerInfo& worker) {
  Json json = {{"worker", worker.name},       {"first_ask", format_utc(worker.first_ask)},
               {"running", worker.running},   {"done", worker.done},
               {"failures", worker.failures}, {"quarantined_until", nullptr}};
  if (worker.quarantined_until) json["quarantined_until"] = format_utc(*worker.quarantined_until);
  if (worker.tasks > 0) json["tasks"] = worker.tasks;
  return json;
}

WorkerInfo worker_info_from_json(const Json& json) {
  MessageReader reader(json, "worker");
  WorkerInfo worker;
  put(worker.name, reader.field("worker").required("a name").string());
  put(worker.first_ask, read_time(reader.field("first_ask")));
  put(worker.running, reader.field("running").integer(0));
  put(worker.done, reader.field("done").integer(0));
  put(worker.failures, reader.field("failures").integer(0));
  put(worker.tasks, reader.field("tasks").integer(0));
  worker.quarantined_until = read_time(reader.field("quarantined_until"));
  reader.finish_answer();
  return worker;
}

}  // namespace studyhall
