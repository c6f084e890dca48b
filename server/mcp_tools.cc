#include "server/mcp_tools.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "core/error.h"
#include "core/json_field.h"
#include "server/embedded.h"

namespace studyhall::server {
namespace {

struct Tool {
  std::string_view name;
  std::string_view method;
  std::string_view below;  // what follows /studies, with {study} and {n} for "study" and "number"
  std::string_view of_number;  // the same where "number" is given; empty: as `below`
};

constexpr Tool kTools[] = {
    {"list_studies", "GET", "", ""},
    {"show", "GET", "/{study}", "/{study}/trials/{n}"},
    {"ask", "POST", "/{study}/ask", ""},
    {"tell", "POST", "/{study}/trials/{n}/tell", ""},
    {"report", "POST", "/{study}/trials/{n}/report", ""},
    {"best", "GET", "/{study}/best", ""},
    {"trials", "GET", "/{study}/trials", ""},
    {"importance", "GET", "/{study}/importance", ""},
    {"explain", "GET", "/{study}/trials/{n}/explain", ""},
    {"enqueue", "POST", "/{study}/enqueue", ""},
    {"queue", "GET", "/{study}/queue", ""},
    {"add_topic", "POST", "/{study}/topics", ""},
    {"topics", "GET", "/{study}/topics", ""},
    {"add_task", "POST", "/{study}/tasks", ""},
    {"tasks", "GET", "/{study}/tasks", ""},
    {"ask_question", "POST", "/{study}/trials/{n}/questions", ""},
    {"insights", "GET", "/{study}/insights", ""},
    {"add_insight", "POST", "/{study}/insights", ""},
    {"stop", "POST", "/{study}/stop", ""},
};

const Tool* find_tool(std::string_view name) {
  const auto* const found = std::find_if(std::begin(kTools), std::end(kTools),
                                         [&](const Tool& tool) { return tool.name == name; });
  return found == std::end(kTools) ? nullptr : found;
}

std::string encode_segment(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    encoded += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

// `pattern` with the values of its parameters, which are taken out of `arguments`.
std::string fill_path(std::string_view tool, std::string pattern, Json& arguments) {
  std::vector<Problem> problems;
  const auto fill = [&](std::string_view parameter, const char* name, const auto& text_of) {
    const std::size_t place = pattern.find(parameter);
    if (place == std::string::npos) return;
    const auto found = arguments.find(name);
    const JsonField field(found == arguments.end() ? nullptr : &*found, member_path("", name),
                          &problems);
    pattern.replace(place, parameter.size(), encode_segment(text_of(field)));
    arguments.erase(name);
  };
  fill("{study}", "study", [](const JsonField& field) {
    const auto text = field.required("the name of a study").string("the name of a study");
    if (text && text->empty()) field.report_expected("the name of a study");
    return text.value_or("");
  });
  fill("{n}", "number", [](const JsonField& field) {
    const auto number = field.required("the number of a trial").integer(0);
    return std::to_string(number.value_or(0));
  });
  if (!problems.empty()) {
    throw Error::from_problems(ErrorCode::Malformed, fmt::format("arguments of {}", tool),
                               problems);
  }
  return pattern;
}

}  // namespace

const Json& mcp_tools() {
  static const Json kList = parse_json(kMcpToolsJson, "mcp_tools.json");
  return kList;
}

bool has_mcp_tool(std::string_view name) { return find_tool(name) != nullptr; }

RouteCall mcp_tool_call(std::string_view name, const Json& arguments) {
  const Tool& tool = *find_tool(name);
  Json rest = arguments;
  const bool numbered = !tool.of_number.empty() && rest.contains("number");
  if (numbered && rest.at("number").is_null()) rest.erase("number");
  const std::string_view below = numbered && rest.contains("number") ? tool.of_number : tool.below;

  RouteCall result;
  result.target = fill_path(name, fmt::format("/api/v1/studies{}", below), rest);
  result.call.method = tool.method;
  if (tool.method != "GET") {
    result.call.body = dump_json(rest);
    return result;
  }
  for (const auto& [key, value] : rest.items()) {
    if (value.is_null()) continue;
    result.call.query.emplace(key, value.is_string() ? value.get<std::string>() : dump_json(value));
  }
  return result;
}

}  // namespace studyhall::server
