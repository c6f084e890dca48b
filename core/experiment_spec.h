// How a worker runs one trial ("experiment" in a study file).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/json.h"
#include "core/resource_spec.h"
#include "core/space.h"
#include "core/workspace_spec.h"

namespace studyhall {

enum class AgentKind { Command, Claude };

struct ClaudeSpec {
  std::string model;  // empty: the CLI's default
  int max_turns = 80;
  std::optional<double> max_cost_usd;
  std::optional<std::int64_t> max_tokens;
  std::vector<std::string> tools{"Bash", "Read", "Edit", "Write", "Glob", "Grep"};
  double tool_limit_min = 60;  // what one tool call may take
  // A template file relative to dir, added to the CLI's own system prompt; empty: none.
  std::string system_prompt;
  Json mcp = Json::object();      // MCP servers by name, as the CLI's own configuration has them
  bool project_settings = false;  // the workspace's CLAUDE.md, skills and commands are loaded
  bool allow_web = false;         // the tools WebFetch and WebSearch are given
};

// One step of a trial's run: an agent with a prompt, or a program.
struct StageSpec {
  std::string name;                  // unique; "run" where the study file lists no stages
  std::string prompt;                // a template file, relative to dir; empty: a command
  std::vector<std::string> command;  // argv; {name} inside an argument is replaced, no shell
  double time_limit_min = 0;         // 0: only the experiment's own
  double stall_min = 0;              // ended after so long without an event or output; 0: never
  int max_turns = 0;                 // these three of a prompt
  std::optional<double> max_cost_usd;
  std::optional<std::int64_t> max_tokens;

  [[nodiscard]] bool is_agent() const { return !prompt.empty(); }
};

// What agents should know of the code they work on; reaches every template.
struct ContextSpec {
  std::string language;
  std::string build;  // commands, as one would type them
  std::string test;
  std::vector<std::string> rules;
  std::vector<std::string> key_files;
};

// Where the score is read from. Exactly one of `file` (with `values`) and `pattern`.
struct ScoreSpec {
  std::vector<std::string> command;           // run by the worker after the experiment; empty: none
  std::string file;                           // relative to the workspace; "result.json" by default
  std::vector<std::string> values{"/score"};  // [objectives] JSON pointers into `file`
  std::map<std::string, std::string> metrics;  // metric -> JSON pointer into `file`
  std::vector<std::string> time_metrics;       // those of `metrics` that are times
  std::string pattern;  // regular expression, last match on the output; a group per objective
  std::optional<std::pair<double, double>> range;  // that every value must lie in
  bool attested = false;  // only a score that the worker measured itself may lead

  // Whether results have the metric: one that is read, or a time normalised.
  [[nodiscard]] bool gives(const std::string& metric) const;
};

// The metric that has a time metric divided by WorkerSpec::time_ratio.
std::string normalised_name(const std::string& time_metric);

struct ExperimentSpec {
  AgentKind agent = AgentKind::Command;  // Claude: at least one stage has a prompt
  // Folder that relative paths of commands and prompts are resolved against; filled in at create by
  // the command line with the study file's own folder.
  std::string dir;
  std::vector<StageSpec> stages;  // at least one; "prompt" or "command" is a pipeline of one
  ClaudeSpec claude;
  // A template file relative to dir: what an agent is asked that gets a task; empty: the built-in
  // one (worker_shim/task_prompt.h).
  std::string task_prompt;
  ContextSpec context;
  ScoreSpec score;
  std::map<std::string, std::string> env;
  std::vector<std::string> pass_env{"PATH", "LANG"};
  double time_limit_min = 0;  // of all stages together; 0: none
  // What the commands of the default configuration take on the machine that others are measured by.
  std::optional<double> reference_min;
  std::optional<double> stall_min;      // as given; every stage has its own
  std::optional<double> max_output_mb;  // that one stage may print
  std::optional<double> max_disk_gb;    // that a trial's workspace may hold
  int retries = 2;
  WorkspaceSpec workspace;
  ResourceSpec resources;            // a worker's own (WorkerSpec) go before these
  std::vector<std::string> protect;  // globs of files that the experiment may not change
  // SHA-256 of the files that `protect` matched in `dir` at create or edit; empty with worktrees,
  // whose base commit says the same.
  std::map<std::string, std::string> protected_files;

  // Caps of one trial, of all its stages together; nullopt, or 0 minutes: none.
  [[nodiscard]] std::optional<double> max_cost_usd() const;
  [[nodiscard]] std::optional<std::int64_t> max_turns() const;
  [[nodiscard]] std::optional<std::int64_t> max_tokens() const;
  [[nodiscard]] double longest_min() const;
};

// Of prompts where nothing else is said.
inline constexpr double kDefaultStallMin = 15;

// Checks the member `json` at `path` of a study file with `objectives` directions over `space`
// ({name} placeholders must be parameters or one of trial, worker, seed, config, workspace, dir),
// appending to `problems`. Fields that are legal but not in this build are problems by name.
std::optional<ExperimentSpec> parse_experiment_spec(const Json& json, const std::string& path,
                                                    const SearchSpace& space,
                                                    std::vector<Problem>& problems,
                                                    std::size_t objectives = 1);

}  // namespace studyhall
