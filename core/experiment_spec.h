// How a worker runs one trial ("experiment" in a study file).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/json.h"
#include "core/space.h"

namespace studyhall {

enum class AgentKind { Command, Claude };

struct ClaudeSpec {
  std::string model;  // empty: the CLI's default
  int max_turns = 80;
  std::optional<double> max_cost_usd;
  std::vector<std::string> tools{"Bash", "Read", "Edit", "Write", "Glob", "Grep"};
};

// Where the score is read from. Exactly one of `file` (with `values`) and `pattern`.
struct ScoreSpec {
  std::vector<std::string> command;           // run by the worker after the experiment; empty: none
  std::string file;                           // relative to the workspace; "result.json" by default
  std::vector<std::string> values{"/score"};  // [objectives] JSON pointers into `file`
  std::map<std::string, std::string> metrics;  // metric -> JSON pointer into `file`
  std::string pattern;  // regular expression, last match on the output; a group per objective
};

struct ExperimentSpec {
  AgentKind agent = AgentKind::Command;
  // Folder that relative paths of commands and prompts are resolved against; filled in at create by
  // the command line with the study file's own folder.
  std::string dir;
  std::vector<std::string> command;  // argv; {name} inside an argument is replaced, no shell
  std::string prompt;                // file, relative to dir
  ClaudeSpec claude;
  ScoreSpec score;
  std::map<std::string, std::string> env;
  std::vector<std::string> pass_env{"PATH", "LANG"};
  double time_limit_min = 0;  // 0: none
  int retries = 2;
};

// Checks the member `json` at `path` of a study file with `objectives` directions over `space`
// ({name} placeholders must be parameters or one of trial, worker, seed, config, workspace, dir),
// appending to `problems`. Fields that are legal but not in this build (stages, worktree
// workspaces, protect, ...) are problems by name.
std::optional<ExperimentSpec> parse_experiment_spec(const Json& json, const std::string& path,
                                                    const SearchSpace& space,
                                                    std::vector<Problem>& problems,
                                                    std::size_t objectives = 1);

}  // namespace studyhall
