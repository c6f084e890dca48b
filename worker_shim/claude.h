// Starting Claude Code without a person: one process for one trial.
//
// Flags, variables and their behaviour as observed with @anthropic-ai/claude-code 2.1.329.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/experiment_spec.h"
#include "worker_shim/plan.h"
#include "worker_shim/process.h"

namespace studyhall::worker_shim {

// The CLI: STUDY_CLAUDE of this process's environment, else "claude" on the experiment's PATH.
// Throws Error(Invalid) saying where it was looked for.
std::filesystem::path find_claude(const ExperimentSpec& experiment);

// HOME of the worker's agents, made if it is not there, for this user alone: a login made once in
// it goes on working.
std::filesystem::path claude_home(const Plan& plan);

// What is handed over in files; empty: nothing.
struct ClaudeFiles {
  std::filesystem::path system_prompt;
  std::filesystem::path mcp;
};

// The conversation of one process.
struct ClaudeSession {
  std::string id;
  bool resumes = false;  // goes on with one that was
};

// The arguments; the prompt comes on stdin, since the flags that take lists would swallow it.
std::vector<std::string> claude_arguments(const ClaudeSpec& claude, const StageSpec& stage,
                                          const ClaudeSession& session, const ClaudeFiles& files);

// `environment` with what the CLI needs: HOME and CLAUDE_CONFIG_DIR in `home`, CLAUDE_CODE_TMPDIR,
// the login and ANTHROPIC_BASE_URL of this process, and few retries, no updates, no telemetry and
// the tools' time limit unless `environment` says otherwise.
Environment claude_environment(Environment environment, const std::filesystem::path& home,
                               const std::filesystem::path& tmp, const ClaudeSpec& claude);

// `environment` without the variables that let a program spend the user's money.
Environment without_credentials(Environment environment);

// A random UUID: a session id must be new for each run.
std::string new_session_id();

// A folder with a short path (the CLI puts a socket there), removed when this goes.
class ShortTempDir {
 public:
  ShortTempDir();
  ~ShortTempDir();
  ShortTempDir(const ShortTempDir&) = delete;
  ShortTempDir& operator=(const ShortTempDir&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace studyhall::worker_shim
