#include <fmt/format.h>

#include <limits>

#include "core/study_api_json.h"
#include "server/access.h"
#include "server/routes.h"

namespace studyhall::server {
namespace {

constexpr std::int64_t kMaxInt64 = std::numeric_limits<std::int64_t>::max();
constexpr int kMaxTasks = 10'000;

void refuse_query(const Call& call) { QueryReader(call).finish(); }

Reply add_task(StudyApi& api, const Call& call) {
  refuse_query(call);
  TaskRequest request = task_request_from_json(call.json());
  sign(call, request.author);
  return {.status = 201, .body = {{"number", api.add_task(call.args[0], request)}}};
}

Reply list_tasks(StudyApi& api, const Call& call) {
  QueryReader reader(call);
  TaskQuery query;
  query.after = reader.integer("after", -1, -1, kMaxInt64);
  query.limit = static_cast<int>(reader.integer("limit", query.limit, 1, kMaxTasks));
  query.worker = reader.text("worker").value_or("");
  if (const auto name = reader.text("state")) {
    query.state = task_state_from_string(*name);
    if (!query.state) {
      throw Error(ErrorCode::Malformed,
                  fmt::format("query parameter state: {}, expected waiting, running, done, failed "
                              "or cancelled",
                              brief(Json(*name))));
    }
  }
  reader.finish();
  Json list = Json::array();
  for (const TaskView& task : api.tasks(call.args[0], query)) list.push_back(to_json(task));
  return {.body = {{"tasks", std::move(list)}}};
}

Reply show_task(StudyApi& api, const Call& call) {
  refuse_query(call);
  return {.body = to_json(api.task(call.args[0], call.number(1)))};
}

Reply tell_task(StudyApi& api, const Call& call) {
  refuse_query(call);
  const TaskTell request = task_tell_from_json(call.json());
  require_own_task(api, call, request.lease);
  return {.body = to_json(api.tell_task(call.args[0], call.number(1), request))};
}

Reply heartbeat_task(StudyApi& api, const Call& call) {
  refuse_query(call);
  const BeatRequest request = beat_request_from_json(call.json());
  require_own_task(api, call, request.lease);
  return {.body = to_json(api.heartbeat_task(call.args[0], call.number(1), request))};
}

Reply park_task(StudyApi& api, const Call& call) {
  refuse_query(call);
  const ParkRequest request = park_request_from_json(call.json());
  require_own_task(api, call, request.lease);
  return {.body = to_json(api.park_task(call.args[0], call.number(1), request))};
}

Reply release_task(StudyApi& api, const Call& call) {
  refuse_query(call);
  const std::string lease = call.only_string("lease");
  require_own_task(api, call, lease);
  api.release_task(call.args[0], call.number(1), lease);
  return {.body = {{"released", call.number(1)}}};
}

Reply cancel_task(StudyApi& api, const Call& call) {
  refuse_query(call);
  PersonalRequest request = personal_request_from_json(call.json());
  sign(call, request.author);
  api.cancel_task(call.args[0], call.number(1), request);
  return {.body = {{"cancelled", call.number(1)}}};
}

}  // namespace

void add_task_routes(Router& router, StudyApi& api) {
  const auto add = [&](std::string_view method, std::string_view pattern,
                       Reply (*route)(StudyApi&, const Call&)) {
    router.add(method, pattern, [&api, route](const Call& call) { return route(api, call); });
  };
  add("POST", "/api/v1/studies/{study}/tasks", add_task);
  add("GET", "/api/v1/studies/{study}/tasks", list_tasks);
  add("GET", "/api/v1/studies/{study}/tasks/{n}", show_task);
  add("POST", "/api/v1/studies/{study}/tasks/{n}/tell", tell_task);
  add("POST", "/api/v1/studies/{study}/tasks/{n}/heartbeat", heartbeat_task);
  add("POST", "/api/v1/studies/{study}/tasks/{n}/park", park_task);
  add("POST", "/api/v1/studies/{study}/tasks/{n}/release", release_task);
  add("POST", "/api/v1/studies/{study}/tasks/{n}/cancel", cancel_task);
}

}  // namespace studyhall::server
