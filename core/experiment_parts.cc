#include "core/experiment_parts.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>

#include "core/study_file_parts.h"
#include "core/study_file_refusals.h"
#include "core/study_spec.h"

namespace studyhall {

namespace {

constexpr double kMaxMinutes = 525'600;  // a year
constexpr std::size_t kMostStages = 20;
constexpr std::size_t kMostContextItems = 1000;
constexpr auto kPlaceholders =
    std::to_array<std::string_view>({"trial", "worker", "seed", "config", "workspace", "dir"});

bool is_identifier(std::string_view name) {
  const auto is_letter = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
  };
  return !name.empty() && is_letter(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

// What stands between braces in one argument and could be meant as a placeholder.
std::vector<std::string> placeholders(std::string_view argument) {
  std::vector<std::string> names;
  std::size_t open = argument.find('{');
  while (open != std::string_view::npos) {
    const std::size_t end = argument.find_first_of("{}", open + 1);
    if (end == std::string_view::npos) break;
    if (argument[end] == '}') names.emplace_back(argument.substr(open + 1, end - open - 1));
    open = argument.find('{', end);
  }
  return names;
}

// Braces that hold no name of ours may be meant as they are ("{}", "{print $1}").
void check_placeholder(const JsonField& field, const SearchSpace& space, const std::string& name) {
  const bool is_ours =
      std::find(kPlaceholders.begin(), kPlaceholders.end(), name) != kPlaceholders.end();
  const bool is_param = space.find(name).has_value();
  if (is_ours && is_param) {
    field.report(fmt::format(
        "{{{0}}} is both a parameter and a name that every trial has; rename the parameter", name));
  }
  if (is_ours || is_param || !is_identifier(name)) return;
  std::vector<std::string> known(kPlaceholders.begin(), kPlaceholders.end());
  for (const Parameter& param : space.params()) known.push_back(param.name);
  const auto nearest = nearest_name(name, known);
  field.report(fmt::format("{{{}}} is no parameter and none of {}{}", name,
                           fmt::join(kPlaceholders, ", "),
                           nearest ? "; the nearest one is {" + *nearest + "}" : ""));
}

// A list of strings that may stand on a command line after a flag.
std::optional<std::vector<std::string>> read_tools(const JsonField& tools) {
  auto names = tools.strings();
  if (!names) return std::nullopt;
  const auto items = tools.list();
  for (const JsonField& item : *items) {
    const auto& name = item.json().get_ref<const std::string&>();
    if (name.empty() || name.front() == '-' || has_nul(name)) {
      item.report_expected("the name of a tool");
    }
  }
  return names;
}

Json read_mcp(const JsonField& field) {
  constexpr std::string_view kExpected =
      "an object of MCP servers: {\"name\": {\"command\": .., \"args\": [..]}} or {\"name\": "
      "{\"type\": \"http\", \"url\": ..}}";
  const auto servers = field.members(kExpected);
  if (!servers) return Json::object();
  for (const auto& [name, server] : *servers) {
    if (!is_valid_name(name)) {
      server.report(fmt::format("{} is no name for a server: expected 1 to 64 of A-Z a-z 0-9 . _ -",
                                brief(Json(name))));
    }
    if (!server.json().is_object()) server.report_expected("an object with \"command\" or \"url\"");
  }
  return field.json();
}

void read_caps(ObjectReader& object, int& max_turns, std::optional<double>& max_cost_usd,
               std::optional<std::int64_t>& max_tokens) {
  max_turns = static_cast<int>(object.field("max_turns").integer(1, 100'000).value_or(max_turns));
  max_cost_usd =
      object.field("max_cost_usd").number("a number > 0", [](double x) { return x > 0; });
  max_tokens = object.field("max_tokens").integer(1);
}

StageSpec read_stage(const JsonField& field, AgentKind agent, const SearchSpace& space) {
  StageSpec stage;
  ObjectReader object(field, "an object with \"name\" and \"prompt\" or \"command\"");
  if (!object.is_object()) return stage;
  const JsonField name = object.field("name");
  constexpr std::string_view kName = "a name: 1 to 64 of A-Z a-z 0-9 . _ -";
  if (const auto text = name.required(kName).string(kName)) {
    if (!is_valid_name(*text)) name.report_expected(kName);
    stage.name = *text;
  }
  const JsonField prompt = object.field("prompt");
  const JsonField command = object.field("command");
  if (prompt && command) {
    command.report("does not go with \"prompt\": a stage is one of them");
  } else if (!prompt && !command) {
    field.report("expected \"prompt\" or \"command\", found neither");
  }
  if (command) stage.command = read_argv(command, space);
  if (prompt) {
    if (agent != AgentKind::Claude) prompt.report("goes with \"agent\": \"claude\" only");
    stage.prompt = read_template(prompt);
    read_caps(object, stage.max_turns, stage.max_cost_usd, stage.max_tokens);
  }
  for (const char* cap : {"max_turns", "max_cost_usd", "max_tokens"}) {
    const JsonField limit = object.field(cap);
    if (limit && !prompt) limit.report("goes with \"prompt\" only");
  }
  stage.time_limit_min = read_minutes(object.field("time_limit_min")).value_or(0);
  stage.stall_min = read_minutes(object.field("stall_min")).value_or(-1);  // -1: not said
  close_refusing(object);
  return stage;
}

}  // namespace

std::vector<std::string> read_argv(const JsonField& field, const SearchSpace& space) {
  constexpr std::string_view kExpected = "a list: the program and its arguments";
  const auto argv = field.strings(kExpected);
  if (!argv) return {};
  if (argv->empty() || argv->front().empty()) field.report_expected(kExpected);
  const auto items = field.list();
  for (std::size_t i = 0; i < argv->size(); ++i) {
    if (has_nul((*argv)[i])) (*items)[i].report_expected("an argument without NUL characters");
    for (const std::string& name : placeholders((*argv)[i])) {
      check_placeholder((*items)[i], space, name);
    }
  }
  return *argv;
}

std::optional<double> read_minutes(const JsonField& field) {
  return field.number("minutes: 0 (none) to 525600, a year",
                      [](double x) { return x >= 0 && x <= kMaxMinutes; });
}

std::string read_template(const JsonField& field) {
  constexpr std::string_view kExpected = "the file with the prompt";
  const auto file = field.string(kExpected);
  if (file && (file->empty() || has_nul(*file))) field.report_expected(kExpected);
  return file.value_or("");
}

std::string read_model(const JsonField& field) {
  constexpr std::string_view kExpected = "the name of a model";
  const auto name = field.string(kExpected);
  if (name && (name->empty() || name->front() == '-' || has_nul(*name))) {
    field.report_expected(kExpected);
  }
  return name.value_or("");
}

ClaudeSpec read_claude(const JsonField& field) {
  ClaudeSpec claude;
  if (!field) return claude;
  ObjectReader object(field);
  if (const JsonField model = object.field("model")) claude.model = read_model(model);
  read_caps(object, claude.max_turns, claude.max_cost_usd, claude.max_tokens);
  const JsonField tools = object.field("tools");
  if (auto names = read_tools(tools)) claude.tools = std::move(*names);
  claude.tool_limit_min = object.field("tool_limit_min")
                              .number("minutes: more than 0, at most 1440, a day",
                                      [](double x) { return x > 0 && x <= 1440; })
                              .value_or(claude.tool_limit_min);
  if (const JsonField system = object.field("system_prompt")) {
    claude.system_prompt = read_template(system);
  }
  claude.mcp = read_mcp(object.field("mcp"));
  claude.project_settings = object.field("project_settings").boolean().value_or(false);
  claude.allow_web = object.field("allow_web").boolean().value_or(false);
  for (const std::string& tool : claude.tools) {
    if (claude.allow_web || (!tool.starts_with("WebFetch") && !tool.starts_with("WebSearch"))) {
      continue;
    }
    tools.report(fmt::format("{} reaches the web: it goes with \"allow_web\": true", tool));
  }
  close_refusing(object);
  return claude;
}

ContextSpec read_context(const JsonField& field) {
  ContextSpec context;
  if (!field) return context;
  ObjectReader object(field);
  context.language = object.field("language").string().value_or("");
  context.build = object.field("build").string().value_or("");
  context.test = object.field("test").string().value_or("");
  const auto read_list = [&](const char* name) {
    const JsonField list = object.field(name);
    auto items = list.strings().value_or(std::vector<std::string>());
    if (items.size() > kMostContextItems) {
      list.report(
          fmt::format("expected at most {} items, found {}", kMostContextItems, items.size()));
    }
    return items;
  };
  context.rules = read_list("rules");
  context.key_files = read_list("key_files");
  close_refusing(object);
  return context;
}

std::vector<StageSpec> read_stages(const JsonField& field, AgentKind agent,
                                   const SearchSpace& space) {
  std::vector<StageSpec> stages;
  const auto items = field.list("a list of stages");
  if (!items) return stages;
  if (items->empty() || items->size() > kMostStages) {
    field.report(fmt::format("expected 1 to {} stages, found {}", kMostStages, items->size()));
    return stages;
  }
  std::set<std::string> names;
  bool has_prompt = false;
  for (const JsonField& item : *items) {
    stages.push_back(read_stage(item, agent, space));
    const StageSpec& stage = stages.back();
    has_prompt = has_prompt || stage.is_agent();
    if (!stage.name.empty() && !names.insert(stage.name).second) {
      item.report(fmt::format("a second stage named {}", brief(Json(stage.name))));
    }
  }
  if (agent == AgentKind::Claude && !has_prompt) {
    field.report("the agent is \"claude\", and no stage has a \"prompt\"");
  }
  return stages;
}

}  // namespace studyhall
