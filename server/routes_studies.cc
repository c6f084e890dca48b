#include <limits>

#include "core/study_api_json.h"
#include "server/routes.h"

namespace studyhall::server {
namespace {

constexpr std::int64_t kBestRows = 10;
constexpr std::int64_t kNotGiven = -1;

void refuse_query(const Call& call) { QueryReader(call).finish(); }

Reply list_studies(StudyApi& api, const Call& call) {
  refuse_query(call);
  Json list = Json::array();
  for (const StudyInfo& info : api.studies()) list.push_back(to_json(info));
  return {.body = {{"studies", std::move(list)}}};
}

Reply create_study(StudyApi& api, const Call& call) {
  refuse_query(call);
  if (call.body.empty()) {
    throw Error(ErrorCode::Malformed, "request body: empty, expected a study file");
  }
  return {.status = 201, .body = to_json(api.create_study(call.json(Comments::Allow)))};
}

Reply show_study(StudyApi& api, const Call& call) {
  refuse_query(call);
  return {.body = to_json(api.study(call.args[0]))};
}

Reply delete_study(StudyApi& api, const Call& call) {
  refuse_query(call);
  api.delete_study(call.args[0]);
  return {.body = {{"deleted", call.args[0]}}};
}

Reply stop_study(StudyApi& api, const Call& call) {
  refuse_query(call);
  std::string reason = call.only_string("reason");
  if (reason.empty()) reason = "stopped on request";
  api.stop_study(call.args[0], reason);
  return {.body = {{"stopped", call.args[0]}, {"reason", reason}}};
}

Reply resume_study(StudyApi& api, const Call& call) {
  refuse_query(call);
  api.resume_study(call.args[0]);
  return {.body = {{"resumed", call.args[0]}}};
}

// A front is shown whole: none of its rows is better than another.
Reply list_best(StudyApi& api, const Call& call) {
  QueryReader query(call);
  std::int64_t top = query.integer("top", kNotGiven, 0, std::numeric_limits<int>::max());
  query.finish();
  if (top == kNotGiven) top = api.study(call.args[0]).front_size ? 0 : kBestRows;
  Json list = Json::array();
  for (const BestRow& row : api.best(call.args[0], static_cast<int>(top))) {
    list.push_back(to_json(row));
  }
  return {.body = {{"best", std::move(list)}}};
}

Reply show_importance(StudyApi& api, const Call& call) {
  QueryReader query(call);
  ImportanceRequest request;
  request.worker = query.text("worker").value_or("");
  request.objective = static_cast<int>(
      query.integer("objective", request.objective, 0, std::numeric_limits<int>::max()));
  request.target_quantile = query.number("target_quantile", request.target_quantile);
  request.region_quantile = query.number("region_quantile", request.region_quantile);
  query.finish();
  return {.body = to_json(api.importance(call.args[0], request))};
}

}  // namespace

void add_study_routes(Router& router, StudyApi& api) {
  const auto add = [&](std::string_view method, std::string_view pattern,
                       Reply (*route)(StudyApi&, const Call&)) {
    router.add(method, pattern, [&api, route](const Call& call) { return route(api, call); });
  };
  add("GET", "/api/v1/studies", list_studies);
  add("POST", "/api/v1/studies", create_study);
  add("GET", "/api/v1/studies/{study}", show_study);
  add("DELETE", "/api/v1/studies/{study}", delete_study);
  add("POST", "/api/v1/studies/{study}/stop", stop_study);
  add("POST", "/api/v1/studies/{study}/resume", resume_study);
  add("GET", "/api/v1/studies/{study}/best", list_best);
  add("GET", "/api/v1/studies/{study}/importance", show_importance);
}

}  // namespace studyhall::server
