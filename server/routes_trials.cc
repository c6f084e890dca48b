#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/space.h"
#include "core/study_api_json.h"
#include "server/access.h"
#include "server/routes.h"

namespace studyhall::server {
namespace {

constexpr std::int64_t kMaxInt64 = std::numeric_limits<std::int64_t>::max();
constexpr int kMaxTrials = 10'000;

void refuse_query(const Call& call) { QueryReader(call).finish(); }

Reply ask(StudyApi& api, const Call& call) {
  refuse_query(call);
  const std::string& study = call.args[0];
  AskRequest request = ask_request_from_json(call.json());
  act_as_worker(call, request.worker);
  const AskAnswer answer = api.ask(study, request);
  const Json details{{"reason", answer.reason}};
  switch (answer.status) {
    case AskStatus::Finished:
      return {
          .status = 410,
          .body = error_json(
              "finished", fmt::format("study {} is finished: {}", study, answer.reason), details)};
    case AskStatus::Exhausted:
      return {.status = 409,
              .body = error_json("exhausted",
                                 fmt::format("study {}: every configuration was handed out", study),
                                 details)};
    case AskStatus::Trials:
    case AskStatus::Wait:
      break;
  }
  return {.body = to_json(answer)};
}

Reply tell(StudyApi& api, const Call& call) {
  refuse_query(call);
  const TellRequest request = tell_request_from_json(call.json());
  require_own_trial(api, call, request.lease);
  return {.body = to_json(api.tell(call.args[0], call.number(1), request))};
}

Reply report(StudyApi& api, const Call& call) {
  refuse_query(call);
  const ReportRequest request = report_request_from_json(call.json());
  require_own_trial(api, call, request.lease);
  return {.body = to_json(api.report(call.args[0], call.number(1), request))};
}

Reply heartbeat(StudyApi& api, const Call& call) {
  refuse_query(call);
  const BeatRequest request = beat_request_from_json(call.json());
  require_own_trial(api, call, request.lease);
  return {.body = to_json(api.heartbeat(call.args[0], call.number(1), request))};
}

Reply release(StudyApi& api, const Call& call) {
  refuse_query(call);
  const std::string lease = call.only_string("lease");
  require_own_trial(api, call, lease);
  api.release(call.args[0], call.number(1), lease);
  return {.body = {{"released", call.number(1)}}};
}

Reply enqueue(StudyApi& api, const Call& call) {
  refuse_query(call);
  EnqueueRequest request = enqueue_request_from_json(call.json());
  sign(call, request.author);
  return {.body = to_json(api.enqueue(call.args[0], request))};
}

// The members of a trial's JSON (core/study_api_json.cc).
const std::vector<std::string>& trial_members() {
  static const std::vector<std::string> members{
      "number",      "state",        "value",       "values",    "params",        "feasible",
      "outside",     "metrics",      "started",     "completed", "lease_expires", "intermediate",
      "worker",      "purpose",      "attempt",     "sampler",   "slice",         "pin",
      "pin_version", "as_of",        "told",        "priority",  "prune",         "reason",
      "note",        "usage",        "earlier",     "evidence",  "late",          "foreign",
      "voided",      "parked_until", "tags",        "after",     "after_tasks",   "confirms",
      "version",     "title",        "description", "author",    "hold",          "wave",
      "for",         "needs",        "on_complete", "topic",     "question",      "stage"};
  return members;
}

// The members that `list`, separated by commas, names; the number always.
std::vector<std::string> chosen_members(std::string_view list) {
  std::vector<std::string> chosen{"number"};
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    const std::string name(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
    const std::vector<std::string>& known = trial_members();
    if (std::ranges::find(known, name) == known.end()) {
      const auto nearest = nearest_name(name, known);
      throw Error(
          ErrorCode::Malformed,
          fmt::format("query parameter fields: {} is no member of a trial{}", brief(Json(name)),
                      nearest ? "; did you mean " + *nearest + "?" : ""));
    }
    chosen.push_back(name);
  }
  return chosen;
}

Json only(const std::vector<std::string>& members, const Json& trial) {
  Json out = Json::object();
  for (const std::string& name : members) {
    if (const auto found = trial.find(name); found != trial.end()) out[name] = *found;
  }
  return out;
}

Reply list_trials(StudyApi& api, const Call& call) {
  QueryReader reader(call);
  TrialQuery query;
  query.after = reader.integer("after", -1, -1, kMaxInt64);
  query.limit = static_cast<int>(reader.integer("limit", query.limit, 1, kMaxTrials));
  query.worker = reader.text("worker").value_or("");
  if (const auto name = reader.text("state")) {
    query.state = trial_state_from_string(*name);
    if (!query.state) {
      throw Error(ErrorCode::Malformed,
                  fmt::format("query parameter state: {}, expected waiting, running, complete, "
                              "pruned or failed",
                              brief(Json(*name))));
    }
  }
  const auto fields = reader.text("fields");
  reader.finish();
  const std::vector<std::string> members = fields ? chosen_members(*fields) : trial_members();
  Json list = Json::array();
  for (const TrialView& trial : api.trials(call.args[0], query)) {
    list.push_back(fields ? only(members, to_json(trial)) : to_json(trial));
  }
  return {.body = {{"trials", std::move(list)}}};
}

Reply show_columns(StudyApi& api, const Call& call) {
  QueryReader query(call);
  ColumnsRequest request;
  request.points = query.integer("points", request.points, 0, kMostPoints);
  query.finish();
  return {.body = to_json(api.columns(call.args[0], request))};
}

Reply show_trial(StudyApi& api, const Call& call) {
  refuse_query(call);
  return {.body = to_json(api.trial(call.args[0], call.number(1)))};
}

Reply explain_trial(StudyApi& api, const Call& call) {
  refuse_query(call);
  return {.body = to_json(api.explain(call.args[0], call.number(1)))};
}

}  // namespace

void add_trial_routes(Router& router, StudyApi& api) {
  const auto add = [&](std::string_view method, std::string_view pattern,
                       Reply (*route)(StudyApi&, const Call&)) {
    router.add(method, pattern, [&api, route](const Call& call) { return route(api, call); });
  };
  add("POST", "/api/v1/studies/{study}/ask", ask);
  add("POST", "/api/v1/studies/{study}/enqueue", enqueue);
  add("GET", "/api/v1/studies/{study}/trials", list_trials);
  add("GET", "/api/v1/studies/{study}/columns", show_columns);
  add("GET", "/api/v1/studies/{study}/trials/{n}", show_trial);
  add("GET", "/api/v1/studies/{study}/trials/{n}/explain", explain_trial);
  add("POST", "/api/v1/studies/{study}/trials/{n}/tell", tell);
  add("POST", "/api/v1/studies/{study}/trials/{n}/report", report);
  add("POST", "/api/v1/studies/{study}/trials/{n}/heartbeat", heartbeat);
  add("POST", "/api/v1/studies/{study}/trials/{n}/release", release);
}

}  // namespace studyhall::server
