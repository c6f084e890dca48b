#include "worker_shim/claude_events.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "core/error.h"
#include "worker_shim/text.h"

namespace studyhall::worker_shim {
namespace {

constexpr std::size_t kLongestWords = 500;
constexpr std::size_t kLongestEvent = 64'000'000;

std::string text_at(const Json& json, const char* name) {
  const auto member = json.find(name);
  return member != json.end() && member->is_string() ? member->get<std::string>() : std::string();
}

std::optional<double> number_at(const Json& json, const char* name) {
  const auto member = json.find(name);
  if (member == json.end() || !member->is_number()) return std::nullopt;
  const auto number = member->get<double>();
  return std::isfinite(number) && number >= 0 ? std::optional(number) : std::nullopt;
}

std::optional<std::int64_t> token_count(const Json& usage) {
  std::optional<std::int64_t> sum;
  for (const char* name : {"input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens",
                           "output_tokens"}) {
    if (const auto count = number_at(usage, name)) {
      sum = sum.value_or(0) + static_cast<std::int64_t>(*count);
    }
  }
  return sum;
}

bool is_true(const Json& json, const char* name) {
  const auto member = json.find(name);
  return member != json.end() && member->is_boolean() && member->get<bool>();
}

std::string errors_of(const Json& result) {
  std::string text = text_at(result, "result");
  if (const auto errors = result.find("errors"); errors != result.end() && errors->is_array()) {
    for (const Json& error : *errors) {
      if (!error.is_string()) continue;
      if (!text.empty()) text += "; ";
      text += error.get<std::string>();
    }
  }
  return printable(text, kLongestWords);
}

ClaudeVerdict without_result(const ClaudeEvents& events, const ProcessEnd& end,
                             const std::string& errors) {
  const std::string words = fmt::format("claude ended without a result ({}){}{}", describe(end),
                                        errors.empty() ? "" : ":\n", errors);
  // A shell between us and the CLI reports a signal as 128 + its number.
  const bool signalled =
      end.kind == EndKind::Signalled || end.kind == EndKind::Lost || end.code > 128;
  if (signalled || events.began()) return {ClaudeEnd::Crash, words};
  // Left with 0 and nothing said: it was not given what it needs to begin.
  return {ClaudeEnd::Config, words};
}

ClaudeVerdict api_failure(const ClaudeEvents& events) {
  const Json& result = events.result();
  const std::string reason = text_at(result, "terminal_reason");
  const std::string stop = text_at(result, "stop_reason");
  const std::string& error = events.api_error();
  const int status = static_cast<int>(number_at(result, "api_error_status").value_or(0));
  const std::string words =
      fmt::format("claude: {}{}", errors_of(result),
                  status > 0 ? fmt::format(" (API status {})", status) : std::string());
  if (status == 429 || error == "rate_limit") return {ClaudeEnd::RateLimited, words};
  if (status == 401 || status == 403 || error == "authentication_failed" ||
      error == "billing_error") {
    return {ClaudeEnd::Auth, words};
  }
  if (stop == "refusal" || error == "max_output_tokens") return {ClaudeEnd::Refused, words};
  if (status == 400 || status == 404 || status == 413 || reason == "prompt_too_long" ||
      error == "model_not_found" || error == "invalid_request") {
    return {ClaudeEnd::Config, words};
  }
  return {ClaudeEnd::Retryable, words};
}

}  // namespace

ClaudeEvents::ClaudeEvents()
    : lines_(kLongestEvent, LongLine::Drop, [this](std::string_view line) { read(line); }) {}

void ClaudeEvents::read(std::string_view line) {
  const Json event = Json::parse(line, nullptr, false);
  if (!event.is_object()) return;
  const std::string type = text_at(event, "type");
  const std::string subtype = text_at(event, "subtype");
  if (type == "result") {
    result_ = event;
  } else if (type == "assistant") {
    const std::string error = text_at(event, "error");
    if (!error.empty()) api_error_ = error;
    if (error.empty() && event.contains("message")) read_message(event["message"]);
  } else if (type == "user" && event.contains("message")) {
    read_tool_results(event["message"]);
  } else if (type == "system" && subtype == "init") {
    began_ = true;
    read_init(event);
  } else if (type == "system" && subtype == "permission_denied") {
    ++denials_;
  } else if (type == "system" && subtype == "api_retry") {
    retried_ = true;
    if (text_at(event, "error") == "authentication_failed") auth_refused_ = true;
  }
}

void ClaudeEvents::read_init(const Json& event) {
  const auto servers = event.find("mcp_servers");
  if (servers == event.end() || !servers->is_array()) return;
  for (const Json& server : *servers) {
    if (server.is_object() && text_at(server, "status") == "failed") {
      failed_servers_.push_back(text_at(server, "name"));
    }
  }
}

// One event comes for each block of a message.
void ClaudeEvents::read_message(const Json& message) {
  if (!message.is_object()) return;
  if (const std::string id = text_at(message, "id"); id.empty() || id != message_id_) {
    ++turns_;
    tokens_ += std::exchange(message_tokens_, 0);
    message_id_ = id;
  }
  if (const auto usage = message.find("usage"); usage != message.end() && usage->is_object()) {
    message_tokens_ = std::max(message_tokens_, token_count(*usage).value_or(0));
  }
  const auto content = message.find("content");
  if (content == message.end() || !content->is_array()) return;
  for (const Json& block : *content) {
    if (!block.is_object()) continue;
    if (text_at(block, "type") == "tool_use") {
      running_tools_[text_at(block, "id")] = text_at(block, "name");
    } else if (const std::string text = text_at(block, "text"); !text.empty()) {
      last_text_ = text;
    }
  }
}

void ClaudeEvents::read_tool_results(const Json& message) {
  if (!message.is_object()) return;
  const auto content = message.find("content");
  if (content == message.end() || !content->is_array()) return;
  for (const Json& block : *content) {
    if (block.is_object()) running_tools_.erase(text_at(block, "tool_use_id"));
  }
}

std::string ClaudeEvents::final_text() const {
  return result_.is_object() ? text_at(result_, "result") : last_text_;
}

Usage ClaudeEvents::usage() const {
  Usage usage;
  if (!result_.is_object()) {
    if (turns_ > 0) usage.turns = turns_;
    if (tokens_ + message_tokens_ > 0) usage.tokens = tokens_ + message_tokens_;
    return usage;
  }
  usage.cost_usd = number_at(result_, "total_cost_usd");
  if (const auto turns = number_at(result_, "num_turns")) {
    usage.turns = static_cast<std::int64_t>(*turns);
  }
  const auto counts = result_.find("usage");
  if (counts != result_.end() && counts->is_object()) usage.tokens = token_count(*counts);
  return usage;
}

ClaudeVerdict classify(const ClaudeEvents& events, const ProcessEnd& end,
                       const std::string& errors) {
  if (events.auth_refused()) {
    return {ClaudeEnd::Auth, "claude: the API refused the key or login (authentication_failed)"};
  }
  const Json& result = events.result();
  if (!result.is_object()) return without_result(events, end, errors);
  const std::string subtype = text_at(result, "subtype");
  if (subtype == "error_max_turns" || subtype == "error_max_budget_usd") {
    return {ClaudeEnd::Budget, "claude: " + errors_of(result)};
  }
  if (subtype == "error_max_structured_output_retries") {
    return {ClaudeEnd::BadOutput, "claude: " + errors_of(result)};
  }
  if (text_at(result, "terminal_reason").starts_with("aborted_")) {
    return {ClaudeEnd::Cancelled, "claude was interrupted"};
  }
  if (is_true(result, "is_error")) return api_failure(events);
  std::string words;
  if (events.denials() > 0) words = fmt::format("{} tool calls were denied", events.denials());
  if (!events.failed_servers().empty()) {
    words += fmt::format("{}MCP servers that failed: {}", words.empty() ? "" : "; ",
                         fmt::join(events.failed_servers(), ", "));
  }
  return {ClaudeEnd::Ok, words};
}

}  // namespace studyhall::worker_shim
