#include "core/experiment_spec.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <regex>

#include "core/environment_spec.h"
#include "core/experiment_parts.h"
#include "core/study_file_parts.h"
#include "core/study_file_refusals.h"

namespace studyhall {

namespace {

constexpr std::size_t kMaxPatternBytes = 1000;
constexpr double kUnsaid = -1;  // of a stage's stall_min

bool is_json_pointer(std::string_view text) {
  if (!text.empty() && text.front() != '/') return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '~') continue;
    if (i + 1 == text.size() || (text[i + 1] != '0' && text[i + 1] != '1')) return false;
  }
  return true;
}

// A file below the folder that it is relative to.
bool is_inner_path(std::string_view path) {
  if (path.empty() || path.front() == '/' || has_nul(path)) return false;
  std::size_t begin = 0;
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    if (path.substr(begin, end - begin) == "..") return false;
    begin = end + 1;
  }
  return true;
}

class ExperimentReader {
 public:
  ExperimentReader(const JsonField& field, const SearchSpace& space, std::size_t objectives)
      : object_(field), space_(space), objectives_(objectives) {}

  ExperimentSpec read() {
    read_agent();
    if (const auto dir = object_.field("dir").string("a folder")) {
      if (has_nul(*dir)) object_.field("dir").report_expected("a folder");
      spec_.dir = *dir;
    }
    read_claude_member();
    read_task_prompt();
    spec_.context = read_context(object_.field("context"));
    spec_.stall_min = read_minutes(object_.field("stall_min"));
    read_pipeline();
    read_score(object_.field("score"));
    spec_.env = read_environment(object_.field("env"));
    if (auto names = read_variable_names(object_.field("pass_env"))) {
      spec_.pass_env = std::move(*names);
    }
    spec_.time_limit_min = read_minutes(object_.field("time_limit_min")).value_or(0);
    const auto positive = [](double x) { return x > 0; };
    spec_.reference_min = object_.field("reference_min").number("minutes > 0", positive);
    spec_.max_output_mb = object_.field("max_output_mb").number("megabytes > 0", positive);
    spec_.max_disk_gb = object_.field("max_disk_gb").number("gigabytes > 0", positive);
    spec_.retries =
        static_cast<int>(object_.field("retries").integer(0, 1000).value_or(spec_.retries));
    spec_.workspace = read_workspace(object_.field("workspace"));
    spec_.resources = read_resources(object_);
    read_protected();
    close_refusing(object_);
    return std::move(spec_);
  }

 private:
  void read_agent() {
    const JsonField field = object_.field("agent");
    constexpr std::string_view kAgents = "\"command\" or \"claude\"";
    const auto agent = field.string(kAgents);
    if (!agent) return;
    if (*agent == "claude") {
      spec_.agent = AgentKind::Claude;
    } else if (*agent != "command") {
      field.report_expected(kAgents);
    }
  }

  void refuse_for_agent(const JsonField& field, std::string_view agent) const {
    if (!field) return;
    field.report(fmt::format("goes with \"agent\": \"{}\" only, and the agent is \"{}\"", agent,
                             spec_.agent == AgentKind::Claude ? "claude" : "command"));
  }

  void read_claude_member() {
    const JsonField claude = object_.field("claude");
    if (spec_.agent == AgentKind::Command) {
      refuse_for_agent(claude, "claude");
    } else {
      spec_.claude = read_claude(claude);
    }
  }

  void read_task_prompt() {
    const JsonField prompt = object_.field("task_prompt");
    if (spec_.agent == AgentKind::Command) {
      refuse_for_agent(prompt, "claude");
    } else if (prompt) {
      spec_.task_prompt = read_template(prompt);
    }
  }

  // "stages", else the one stage of "prompt" or "command".
  void read_pipeline() {
    const JsonField stages = object_.field("stages");
    const JsonField command = object_.field("command");
    const JsonField prompt = object_.field("prompt");
    if (stages) {
      for (const JsonField& other : {command, prompt}) {
        if (other) other.report("does not go with \"stages\"");
      }
      spec_.stages = read_stages(stages, spec_.agent, space_);
    } else {
      StageSpec stage;
      stage.name = "run";
      stage.stall_min = kUnsaid;
      if (spec_.agent == AgentKind::Command) {
        stage.command =
            read_argv(command.required("a list: the program and its arguments"), space_);
        refuse_for_agent(prompt, "claude");
      } else {
        refuse_for_agent(command, "command");
        stage.prompt = read_template(prompt.required("the file with the prompt"));
      }
      spec_.stages.push_back(std::move(stage));
    }
    for (StageSpec& stage : spec_.stages) fill_in(stage);
  }

  // What a stage leaves out is the experiment's. A program of an hour may be silent for all of it,
  // so that beside prompts "stall_min" does not reach commands.
  void fill_in(StageSpec& stage) const {
    const ClaudeSpec& claude = spec_.claude;
    if (stage.is_agent()) {
      if (stage.stall_min < 0) stage.stall_min = spec_.stall_min.value_or(kDefaultStallMin);
      if (stage.max_turns == 0) stage.max_turns = claude.max_turns;
      if (!stage.max_cost_usd) stage.max_cost_usd = claude.max_cost_usd;
      if (!stage.max_tokens) stage.max_tokens = claude.max_tokens;
    } else if (stage.stall_min < 0) {
      stage.stall_min = spec_.agent == AgentKind::Command ? spec_.stall_min.value_or(0) : 0;
    }
  }

  void read_score(const JsonField& field) {
    ScoreSpec& score = spec_.score;
    score.file = "result.json";
    if (objectives_ > 1) field.required("an object with \"values\": where each objective is read");
    if (!field) return;
    ObjectReader object(field);
    if (const JsonField command = object.field("command"))
      score.command = read_argv(command, space_);
    const JsonField pattern = object.field("pattern");
    const JsonField file = object.field("file");
    const JsonField value = object.field("value");
    const JsonField values = object.field("values");
    const JsonField metrics = object.field("metrics");
    const JsonField time_metrics = object.field("time_metrics");
    if (pattern) {
      for (const JsonField& other : {file, value, values, metrics, time_metrics}) {
        if (other) other.report("does not go with \"pattern\": the score is read from one place");
      }
      score.file.clear();
      score.values.clear();
      read_pattern(pattern);
    } else {
      if (const auto name = file.string("a file in the workspace")) {
        if (!is_inner_path(*name)) {
          file.report_expected("a file in the workspace: relative, without \"..\"");
        }
        score.file = *name;
      }
      read_values(value, values);
      read_metrics(metrics);
      read_time_metrics(time_metrics);
    }
    read_demands(object);
    close_refusing(object);
  }

  // What a score must be to count.
  void read_demands(ObjectReader& object) {
    ScoreSpec& score = spec_.score;
    const JsonField require = object.field("require");
    if (const auto text = require.string("\"attested\"")) {
      if (*text != "attested") require.report_expected("\"attested\"");
      score.attested = true;
      if (spec_.agent == AgentKind::Claude && score.command.empty()) {
        require.report("needs score.command: without it only the agent vouches for a score");
      }
    }
    constexpr std::string_view kRange = "[low, high]: two numbers, low first";
    const JsonField range = object.field("range");
    const auto bounds = range.list(kRange);
    if (!bounds) return;
    std::vector<double> numbers;
    for (const JsonField& bound : *bounds) {
      if (const auto number = bound.number()) numbers.push_back(*number);
    }
    if (bounds->size() != 2 || numbers.size() != 2 || numbers[0] > numbers[1]) {
      range.report_expected(kRange);
      return;
    }
    score.range = {numbers[0], numbers[1]};
  }

  // "value" with one objective, "values" with several.
  void read_values(const JsonField& value, const JsonField& values) {
    if (objectives_ == 1) {
      if (values) values.report("is for several objectives, and this study has one; use \"value\"");
      if (const auto pointer = read_pointer(value)) spec_.score.values = {*pointer};
      return;
    }
    const std::string expected =
        fmt::format("{} JSON pointers, one for each objective", objectives_);
    if (value) {
      value.report(
          fmt::format("is for one objective, and this study has {}; use \"values\"", objectives_));
      return;
    }
    const auto items = values.required(expected).list(expected);
    if (!items) return;
    if (items->size() != objectives_) {
      values.report(fmt::format("expected {}, found {}", expected, items->size()));
    }
    spec_.score.values.clear();
    for (const JsonField& item : *items) {
      spec_.score.values.push_back(read_pointer(item).value_or(""));
    }
  }

  void read_pattern(const JsonField& field) {
    const std::string expected =
        objectives_ == 1
            ? "a regular expression with one group"
            : fmt::format("a regular expression with {} groups, one for each objective",
                          objectives_);
    const auto pattern = field.string(expected);
    if (!pattern) return;
    spec_.score.pattern = *pattern;
    if (pattern->size() > kMaxPatternBytes || has_nul(*pattern)) {
      field.report(
          fmt::format("expected at most {} bytes, found {}", kMaxPatternBytes, pattern->size()));
      return;
    }
    try {
      const std::regex expression(*pattern, std::regex::ECMAScript);
      if (expression.mark_count() != objectives_) {
        field.report(fmt::format("expected {}: ( ) around the score, found {} groups in {}",
                                 expected, expression.mark_count(), brief(field.json())));
      }
    } catch (const std::regex_error& error) {
      field.report(
          fmt::format("expected {}, found {}: {}", expected, brief(field.json()), error.what()));
    }
  }

  [[nodiscard]] static std::optional<std::string> read_pointer(const JsonField& field) {
    constexpr std::string_view kExpected = "a JSON pointer such as \"/score\"";
    auto pointer = field.string(kExpected);
    if (pointer && !is_json_pointer(*pointer)) field.report_expected(kExpected);
    return pointer;
  }

  void read_metrics(const JsonField& field) {
    const auto members = field.members("an object of metrics and JSON pointers");
    if (!members) return;
    for (const auto& [name, item] : *members) {
      if (name.empty()) item.report("a metric needs a name");
      if (const auto pointer = read_pointer(item)) spec_.score.metrics[name] = *pointer;
    }
  }

  void read_time_metrics(const JsonField& field) {
    const auto names = field.strings("a list of metrics that are times");
    if (!names) return;
    const auto& metrics = spec_.score.metrics;
    const auto items = field.list();
    for (const JsonField& item : *items) {
      const std::string name = item.json().get<std::string>();
      if (!metrics.contains(name)) item.report_expected("one of the names in \"metrics\"");
      if (metrics.contains(normalised_name(name))) {
        item.report(fmt::format("{} is a metric already: that name is for the normalised {}",
                                brief(Json(normalised_name(name))), name));
      }
    }
    spec_.score.time_metrics = *names;
  }

  // Files are what they are where the study is made, which is not where this may run.
  void read_protected() {
    const JsonField protect = object_.field("protect");
    if (auto globs = protect.strings("a list of files such as \"evaluate.py\" or \"data/**\"")) {
      const auto items = protect.list();
      for (const JsonField& item : *items) {
        if (!is_inner_path(item.json().get<std::string>())) {
          item.report_expected("files of the experiment: relative, without \"..\"");
        }
      }
      spec_.protect = std::move(*globs);
    }
    const bool hashed = !spec_.protect.empty() && spec_.workspace.kind == WorkspaceKind::Directory;
    const JsonField hashes = object_.field("protected");
    constexpr std::string_view kExpected =
        "the SHA-256 of each file, which `study create` and `study edit` fill in";
    if (hashed) hashes.required(kExpected);
    const auto members = hashes.members(kExpected);
    if (!members) return;
    if (!hashed) hashes.report("goes with \"protect\" and plain folders only");
    for (const auto& [file, hash] : *members) {
      const std::string text = hash.string(kExpected).value_or("");
      if (text.size() != 64 || text.find_first_not_of("0123456789abcdef") != std::string::npos) {
        hash.report_expected("a SHA-256: 64 of 0-9 a-f");
      }
      spec_.protected_files[file] = text;
    }
  }

  ObjectReader object_;
  const SearchSpace& space_;
  std::size_t objectives_;
  ExperimentSpec spec_;
};

// The sum of what the prompts may use; nullopt if one of them has no cap.
template <typename Cap>
auto sum_of_prompts(const std::vector<StageSpec>& stages, const Cap& cap) {
  decltype(cap(stages.front())) sum;
  for (const StageSpec& stage : stages) {
    if (!stage.is_agent()) continue;
    const auto one = cap(stage);
    if (!one) return decltype(sum)();
    sum = sum.value_or(0) + *one;
  }
  return sum;
}

}  // namespace

std::string normalised_name(const std::string& time_metric) { return time_metric + "_normalised"; }

bool ScoreSpec::gives(const std::string& metric) const {
  return metrics.contains(metric) ||
         std::any_of(time_metrics.begin(), time_metrics.end(),
                     [&](const std::string& time) { return normalised_name(time) == metric; });
}

std::optional<double> ExperimentSpec::max_cost_usd() const {
  return sum_of_prompts(stages, [](const StageSpec& stage) { return stage.max_cost_usd; });
}

std::optional<std::int64_t> ExperimentSpec::max_turns() const {
  return sum_of_prompts(
      stages, [](const StageSpec& stage) { return std::optional<std::int64_t>(stage.max_turns); });
}

std::optional<std::int64_t> ExperimentSpec::max_tokens() const {
  return sum_of_prompts(stages, [](const StageSpec& stage) { return stage.max_tokens; });
}

double ExperimentSpec::longest_min() const {
  if (time_limit_min > 0) return time_limit_min;
  double sum = 0;
  for (const StageSpec& stage : stages) {
    if (stage.time_limit_min == 0) return 0;
    sum += stage.time_limit_min;
  }
  return sum;
}

std::optional<ExperimentSpec> parse_experiment_spec(const Json& json, const std::string& path,
                                                    const SearchSpace& space,
                                                    std::vector<Problem>& problems,
                                                    std::size_t objectives) {
  const std::size_t before = problems.size();
  const JsonField field(&json, path, &problems);
  if (!json.is_object()) {
    field.report_expected("an object");
    return std::nullopt;
  }
  ExperimentSpec spec = ExperimentReader(field, space, objectives).read();
  if (problems.size() != before) return std::nullopt;
  return spec;
}

Json resolve_experiment(const ExperimentSpec& experiment, const Json& given) {
  Json json = given;
  json["agent"] = experiment.agent == AgentKind::Claude ? "claude" : "command";
  if (experiment.agent == AgentKind::Claude) {
    Json& claude = json["claude"];
    claude["max_turns"] = experiment.claude.max_turns;
    claude["tools"] = experiment.claude.tools;
  }
  Json& score = json["score"];
  if (experiment.score.pattern.empty()) {
    score["file"] = experiment.score.file;
    if (experiment.score.values.size() == 1) {
      score["value"] = experiment.score.values.front();
    } else {
      score["values"] = experiment.score.values;
    }
  }
  json["pass_env"] = experiment.pass_env;
  if (!json.contains("time_limit_min")) json["time_limit_min"] = 0;
  if (experiment.agent == AgentKind::Claude && !json.contains("stall_min")) {
    json["stall_min"] = kDefaultStallMin;
  }
  json["retries"] = experiment.retries;
  json["workspace"] = resolve_workspace(
      experiment.workspace, json.contains("workspace") ? json["workspace"] : Json::object());
  return json;
}

}  // namespace studyhall
