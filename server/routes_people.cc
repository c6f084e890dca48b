#include "core/study_api_json.h"
#include "server/access.h"
#include "server/routes.h"

namespace studyhall::server {
namespace {

void refuse_query(const Call& call) { QueryReader(call).finish(); }

PersonalRequest person(const Call& call) {
  refuse_query(call);
  PersonalRequest request = personal_request_from_json(call.json());
  sign(call, request.author);
  return request;
}

Reply edit_study(StudyApi& api, const Call& call) {
  QueryReader query(call);
  EditRequest request;
  request.author = query.text("author").value_or("");
  request.reason = query.text("reason").value_or("");
  query.finish();
  sign(call, request.author);
  request.patch = call.json(Comments::Allow);
  return {.body = to_json(api.edit_study(call.args[0], request))};
}

Reply park(StudyApi& api, const Call& call) {
  refuse_query(call);
  const ParkRequest request = park_request_from_json(call.json());
  require_own_trial(api, call, request.lease);
  return {.body = to_json(api.park(call.args[0], call.number(1), request))};
}

Reply void_trial(StudyApi& api, const Call& call) {
  api.void_trial(call.args[0], call.number(1), person(call));
  return {.body = {{"voided", call.number(1)}}};
}

Reply list_workers(StudyApi& api, const Call& call) {
  refuse_query(call);
  Json list = Json::array();
  for (const WorkerInfo& worker : api.workers(call.args[0])) list.push_back(to_json(worker));
  return {.body = {{"workers", std::move(list)}}};
}

Reply release_worker(StudyApi& api, const Call& call) {
  api.release_worker(call.args[0], call.args[1], person(call));
  return {.body = {{"released", call.args[1]}}};
}

Reply add_insight(StudyApi& api, const Call& call) {
  refuse_query(call);
  InsightRequest request = insight_request_from_json(call.json());
  sign(call, request.author);
  return {.status = 201, .body = to_json(api.add_insight(call.args[0], request))};
}

Reply list_insights(StudyApi& api, const Call& call) {
  QueryReader query(call);
  const bool all = query.integer("all", 0, 0, 1) == 1;
  query.finish();
  Json list = Json::array();
  for (const Insight& insight : api.insights(call.args[0], all)) list.push_back(to_json(insight));
  return {.body = {{"insights", std::move(list)}}};
}

Reply retire_insight(StudyApi& api, const Call& call) {
  api.retire_insight(call.args[0], call.number(1), person(call));
  return {.body = {{"retired", call.number(1)}}};
}

}  // namespace

void add_people_routes(Router& router, StudyApi& api) {
  const auto add = [&](std::string_view method, std::string_view pattern,
                       Reply (*route)(StudyApi&, const Call&)) {
    router.add(method, pattern, [&api, route](const Call& call) { return route(api, call); });
  };
  add("PATCH", "/api/v1/studies/{study}", edit_study);
  add("POST", "/api/v1/studies/{study}/trials/{n}/park", park);
  add("POST", "/api/v1/studies/{study}/trials/{n}/void", void_trial);
  add("GET", "/api/v1/studies/{study}/workers", list_workers);
  add("POST", "/api/v1/studies/{study}/workers/{worker}/release", release_worker);
  add("GET", "/api/v1/studies/{study}/insights", list_insights);
  add("POST", "/api/v1/studies/{study}/insights", add_insight);
  add("POST", "/api/v1/studies/{study}/insights/{n}/retire", retire_insight);
}

}  // namespace studyhall::server
