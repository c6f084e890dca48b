#include "cli/proposer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace studyhall::cli {

namespace {

constexpr std::array<std::string_view, 5> kOthers{"ask", "tell", "report", "ask_question", "stop"};
constexpr std::array<std::string_view, 4> kSigned{"enqueue", "add_topic", "add_task",
                                                  "add_insight"};
constexpr int kDefaultTopicTrials = 5;
constexpr const char* kTools = "/result/tools";

template <typename Names>
bool is_among(const Names& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

server::McpAnswer refuse(const Json& message, const std::string& why) {
  server::McpAnswer answer;
  answer.message = {
      {"jsonrpc", "2.0"},
      {"id", message.value("id", Json())},
      {"result",
       {{"content", Json::array({{{"type", "text"}, {"text", why}}})}, {"isError", true}}}};
  return answer;
}

std::string tool_of(const Json& params) {
  return params.is_object() && params.contains("name") && params["name"].is_string()
             ? params["name"].get<std::string>()
             : std::string();
}

int number_at(const Json& params, const char* name, int absent) {
  const Json::json_pointer path(std::string("/arguments/") + name);
  if (!params.contains(path) || !params[path].is_number_integer()) return absent;
  return static_cast<int>(std::clamp<std::int64_t>(params[path].get<std::int64_t>(), 1, 1'000'000));
}

}  // namespace

int Proposer::wanted(const Json& params) {
  const std::string tool = tool_of(params);
  if (tool == "enqueue") return number_at(params, "count", 1);
  if (tool == "add_topic") return number_at(params, "trials", kDefaultTopicTrials);
  return tool == "add_task" ? 1 : 0;
}

int Proposer::added(const Json& params, const Json& answer) {
  const Json::json_pointer content("/result/structuredContent");
  if (wanted(params) == 0 || !answer.contains(content)) return 0;
  const Json& result = answer[content];
  if (!result.is_object() || result.contains("error") || result.value("already", false)) return 0;
  if (result.contains("numbers")) return static_cast<int>(result["numbers"].size());
  return result.contains("number") ? 1 : 0;
}

server::McpAnswer Proposer::answer(const std::string& text) {
  Json message = Json::parse(text, nullptr, false);
  const std::string method =
      message.is_object() && message.contains("method") && message["method"].is_string()
          ? message["method"].get<std::string>()
          : std::string();
  if (method == "tools/list") {
    server::McpAnswer answer = mcp_.answer(text);
    if (!answer.message || !answer.message->contains(Json::json_pointer(kTools))) return answer;
    Json kept = Json::array();
    for (const Json& tool : (*answer.message)["result"]["tools"]) {
      if (!is_among(kOthers, tool.value("name", ""))) kept.push_back(tool);
    }
    (*answer.message)["result"]["tools"] = std::move(kept);
    return answer;
  }
  if (method != "tools/call" || !message.contains("params")) return mcp_.answer(text);
  Json& params = message["params"];
  const std::string tool = tool_of(params);
  if (is_among(kOthers, tool)) {
    return refuse(message,
                  fmt::format("{} only proposes: {} is for workers and people", author_, tool));
  }
  if (used_ + wanted(params) > quota_) {
    return refuse(
        message, fmt::format("the quota is {} trials and tasks in this round, {} of which {} used: "
                             "this would add {}",
                             quota_, used_, used_ == 1 ? "is" : "are", wanted(params)));
  }
  const bool can_sign = !params.contains("arguments") || params["arguments"].is_object();
  if (is_among(kSigned, tool) && can_sign) params["arguments"]["author"] = author_;
  server::McpAnswer answer = mcp_.answer(message.dump());
  if (answer.message) used_ += added(params, *answer.message);
  return answer;
}

}  // namespace studyhall::cli
