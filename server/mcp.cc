#include "server/mcp.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "core/error.h"
#include "core/space.h"
#include "server/access.h"
#include "server/mcp_tools.h"
#include "server/routes.h"

namespace studyhall::server {
namespace {

// The newest first. Those before 2025-06-18 had batches, which nobody sends.
constexpr std::string_view kVersions[] = {"2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"};

// JSON-RPC 2.0, section 5.1; the last is the protocol's own.
constexpr int kParseError = -32700;
constexpr int kInvalidRequest = -32600;
constexpr int kMethodNotFound = -32601;
constexpr int kInvalidParams = -32602;
constexpr int kInternalError = -32603;
constexpr int kResourceNotFound = -32002;

constexpr std::string_view kUriBegin = "study://";
constexpr std::string_view kUriEnd = "/best";

constexpr std::string_view kInstructions =
    "Studyhall searches hyperparameters. Work on a study in a loop: `ask` hands out a trial with "
    "its parameters and a lease; run the experiment with exactly these parameters; `tell` its "
    "value (or that it failed) with the lease token. `best` is the leaderboard; a row's mean and "
    "interval say more than its single value. `enqueue` proposes a configuration of your own, "
    "`add_insight` tells the agents of later trials what you found out.";

// What a request comes to.
struct Outcome {
  Json result;
  int fault = 0;  // not 0: an error with this code
  std::string message = {};
  Json data = nullptr;
};

Outcome fault(int code, std::string message, Json data = nullptr) {
  return {nullptr, code, std::move(message), std::move(data)};
}

McpAnswer to_answer(const Json& id, const Outcome& outcome) {
  McpAnswer answer;
  answer.message = Json{{"jsonrpc", "2.0"}, {"id", id}};
  if (outcome.fault == 0) {
    (*answer.message)["result"] = outcome.result;
    return answer;
  }
  Json error{{"code", outcome.fault}, {"message", outcome.message}};
  if (!outcome.data.is_null()) error["data"] = outcome.data;
  (*answer.message)["error"] = std::move(error);
  answer.malformed = outcome.fault == kParseError || outcome.fault == kInvalidRequest;
  return answer;
}

bool is_id(const Json& id) { return id.is_string() || id.is_number(); }

// What makes `message` no JSON-RPC message; empty: it is one.
std::string flaw_of(const Json& message) {
  if (message.is_array()) return "a batch: the protocol has one message at a time since 2025-06-18";
  if (!message.is_object()) return fmt::format("{}: expected an object", brief(message));
  const auto version = message.find("jsonrpc");
  if (version == message.end() || *version != "2.0") return "expected \"jsonrpc\": \"2.0\"";
  const auto id = message.find("id");
  if (id != message.end() && !is_id(*id))
    return fmt::format("id {}: expected a string or a number", brief(*id));
  const auto method = message.find("method");
  if (method == message.end()) {
    const bool is_response = message.contains("result") || message.contains("error");
    return is_response ? "" : "expected a \"method\"";
  }
  return method->is_string() ? "" : fmt::format("method {}: expected a string", brief(*method));
}

Json resource(const std::string& study) {
  return {{"uri", fmt::format("{}{}{}", kUriBegin, study, kUriEnd)},
          {"name", study + "/best"},
          {"title", fmt::format("Leaderboard of {}", study)},
          {"mimeType", "application/json"}};
}

// One request on its way.
class Request {
 public:
  Request(const Router& router, const Caller* caller, const Json& params)
      : router_(router), caller_(caller), params_(params) {}

  Outcome run(const std::string& method);
  std::optional<InnerCall> take_inner() { return std::move(inner_); }

 private:
  using Run = Outcome (Request::*)();
  struct Method {
    std::string_view name;
    Run run;
  };

  Outcome initialize();
  Outcome ping() { return {Json::object()}; }
  Outcome list_tools();
  Outcome call_tool();
  Outcome list_resources();
  Outcome list_templates();
  Outcome read_resource();

  // Lists come whole, so that a cursor is none of ours.
  [[nodiscard]] std::optional<Outcome> refuse_cursor() const;
  // The member `name` of the params where it is a string.
  [[nodiscard]] std::optional<std::string> text(const char* name) const;
  Reply call(Call call, const std::string& target);
  Reply get(const std::string& target);

  const Router& router_;
  const Caller* caller_;
  const Json& params_;
  std::optional<InnerCall> inner_;
};

Outcome Request::run(const std::string& method) {
  static constexpr Method kMethods[] = {
      {"initialize", &Request::initialize},
      {"ping", &Request::ping},
      {"tools/list", &Request::list_tools},
      {"tools/call", &Request::call_tool},
      {"resources/list", &Request::list_resources},
      {"resources/templates/list", &Request::list_templates},
      {"resources/read", &Request::read_resource},
  };
  const auto* const found = std::find_if(std::begin(kMethods), std::end(kMethods),
                                         [&](const Method& known) { return known.name == method; });
  if (found == std::end(kMethods)) {
    return fault(kMethodNotFound, fmt::format("no method {}", brief(Json(method))));
  }
  if (!params_.is_object()) {
    return fault(kInvalidParams, fmt::format("params {}: expected an object", brief(params_)));
  }
  return (this->*found->run)();
}

std::optional<std::string> Request::text(const char* name) const {
  const auto found = params_.find(name);
  if (found == params_.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

std::optional<Outcome> Request::refuse_cursor() const {
  const auto cursor = params_.find("cursor");
  if (cursor == params_.end() || cursor->is_null()) return std::nullopt;
  return fault(kInvalidParams, fmt::format("cursor {}: lists come whole", brief(*cursor)));
}

Reply Request::call(Call call, const std::string& target) {
  call.caller = caller_;
  InnerCall inner{call.method, target, 0};
  Reply reply = router_.handle(std::move(call), target);
  inner.status = reply.status;
  inner_ = std::move(inner);
  return reply;
}

Reply Request::get(const std::string& target) {
  Call reading;
  reading.method = "GET";
  return call(std::move(reading), target);
}

Outcome Request::initialize() {
  const auto asked = text("protocolVersion");
  if (!asked) return fault(kInvalidParams, "protocolVersion: expected a string");
  return {{{"protocolVersion", McpServer::speaks(*asked) ? *asked : std::string(kVersions[0])},
           {"capabilities", {{"tools", Json::object()}, {"resources", Json::object()}}},
           {"serverInfo",
            {{"name", "studyhall"}, {"title", "Studyhall"}, {"version", STUDYHALL_VERSION}}},
           {"instructions", kInstructions}}};
}

Outcome Request::list_tools() {
  if (const auto refusal = refuse_cursor()) return *refusal;
  return {{{"tools", mcp_tools()}}};
}

Outcome Request::call_tool() {
  const auto name = text("name");
  if (!name) return fault(kInvalidParams, "name: expected the name of a tool");
  if (!has_mcp_tool(*name)) {
    std::vector<std::string> known;
    for (const Json& tool : mcp_tools()) known.push_back(tool.at("name"));
    const auto near = nearest_name(*name, known);
    return fault(kInvalidParams, fmt::format("no tool {}{}", brief(Json(*name)),
                                             near ? fmt::format("; did you mean {}?", *near) : ""));
  }
  const Json arguments = params_.value("arguments", Json::object());
  if (!arguments.is_object()) {
    return fault(kInvalidParams, fmt::format("arguments {}: expected an object", brief(arguments)));
  }
  Reply reply;
  try {
    RouteCall route = mcp_tool_call(*name, arguments);
    reply = call(std::move(route.call), route.target);
  } catch (const Error&) {
    reply = reply_to_current_exception();
  }
  const bool refused = reply.status >= 400;
  const std::string words =
      refused ? reply.body.at("error").at("message").get<std::string>() : dump_json(reply.body);
  Json result{{"content", Json::array({Json{{"type", "text"}, {"text", words}}})},
              {"structuredContent", std::move(reply.body)}};
  if (refused) result["isError"] = true;
  return {std::move(result)};
}

Outcome Request::list_resources() {
  if (const auto refusal = refuse_cursor()) return *refusal;
  Json resources = Json::array();
  if (caller_ != nullptr && caller_->token != nullptr && !caller_->token->study.empty()) {
    resources.push_back(resource(caller_->token->study));
    return {{{"resources", std::move(resources)}}};
  }
  const Reply reply = get("/api/v1/studies");
  if (reply.status >= 400) return fault(kInternalError, reply.body.at("error").at("message"));
  for (const Json& study : reply.body.at("studies"))
    resources.push_back(resource(study.at("name")));
  return {{{"resources", std::move(resources)}}};
}

Outcome Request::list_templates() {
  if (const auto refusal = refuse_cursor()) return *refusal;
  Json leaderboard = {{"uriTemplate", fmt::format("{}{{study}}{}", kUriBegin, kUriEnd)},
                      {"name", "best"},
                      {"title", "Leaderboard of a study"},
                      {"description",
                       "The ten best configurations of a study, best first; with several "
                       "objectives its Pareto front."},
                      {"mimeType", "application/json"}};
  return {{{"resourceTemplates", Json::array({std::move(leaderboard)})}}};
}

Outcome Request::read_resource() {
  const auto uri = text("uri");
  if (!uri) return fault(kInvalidParams, "uri: expected a string");
  const Json data{{"uri", *uri}};
  std::string_view study = *uri;
  const bool is_ours = study.starts_with(kUriBegin) && study.ends_with(kUriEnd) &&
                       study.size() > kUriBegin.size() + kUriEnd.size();
  if (!is_ours) {
    return fault(
        kResourceNotFound,
        fmt::format("no resource {}; expected {}NAME{}", brief(Json(*uri)), kUriBegin, kUriEnd),
        data);
  }
  study.remove_prefix(kUriBegin.size());
  study.remove_suffix(kUriEnd.size());
  const Reply reply = get(fmt::format("/api/v1/studies/{}{}", study, kUriEnd));
  if (reply.status >= 400) {
    return fault(reply.status == 404 ? kResourceNotFound : kInternalError,
                 reply.body.at("error").at("message"), data);
  }
  Json contents = {
      {"uri", *uri}, {"mimeType", "application/json"}, {"text", dump_json(reply.body)}};
  return {{{"contents", Json::array({std::move(contents)})}}};
}

}  // namespace

McpServer::McpServer(StudyApi& api) {
  add_study_routes(router_, api);
  add_trial_routes(router_, api);
  add_event_routes(router_, api);
  add_people_routes(router_, api);
  add_task_routes(router_, api);
  add_queue_routes(router_, api);
  router_.set_guard(authorise);
}

bool McpServer::speaks(std::string_view version) {
  return std::find(std::begin(kVersions), std::end(kVersions), version) != std::end(kVersions);
}

McpAnswer McpServer::answer(const std::string& text, const Caller* caller) const {
  Call sent;
  sent.body = text;
  Json message;
  try {
    message = sent.json();
  } catch (const Error& error) {
    return to_answer(nullptr, fault(kParseError, error.what()));
  }
  Json id = nullptr;
  if (message.is_object() && message.contains("id") && is_id(message["id"])) id = message["id"];
  if (const std::string flaw = flaw_of(message); !flaw.empty()) {
    return to_answer(id, fault(kInvalidRequest, flaw));
  }
  if (id.is_null() || !message.contains("method")) return {};

  const Json params = message.value("params", Json::object());
  Request request(router_, caller, params);
  McpAnswer answer = to_answer(id, request.run(message.at("method")));
  answer.inner = request.take_inner();
  return answer;
}

}  // namespace studyhall::server
