// The commands of the program, by group. Each add_*_commands hangs its subcommands below `root`;
// what one of them does is left in session.action.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <string>

#include "cli/session.h"

namespace studyhall::cli {

void add_server_commands(CLI::App& root, Session& session);
void add_mcp_command(CLI::App& root, Session& session);
void add_study_commands(CLI::App& root, Session& session);
void add_trial_commands(CLI::App& root, Session& session);
void add_queue_commands(CLI::App& root, Session& session);
// queue.
void add_waiting_commands(CLI::App& root, Session& session);
void add_topic_command(CLI::App& root, Session& session);
void add_people_commands(CLI::App& root, Session& session);
void add_task_command(CLI::App& root, Session& session);
void add_result_commands(CLI::App& root, Session& session);
void add_artifacts_command(CLI::App& root, Session& session);
void add_importance_command(CLI::App& root, Session& session);
void add_explain_command(CLI::App& root, Session& session);
// work, prompt.
void add_work_commands(CLI::App& root, Session& session);
void add_logs_command(CLI::App& root, Session& session);
// launch, restart, pause, attach, cleanup.
void add_fleet_commands(CLI::App& root, Session& session);
void add_calibrate_command(CLI::App& root, Session& session);
void add_workspaces_command(CLI::App& root, Session& session);
void add_watch_commands(CLI::App& root, Session& session);
void add_costs_command(CLI::App& root, Session& session);
void add_top_command(CLI::App& root, Session& session);
void add_wait_command(CLI::App& root, Session& session);
void add_compose_command(CLI::App& root, Session& session);
void add_replay_command(CLI::App& root, Session& session);
void add_token_command(CLI::App& root, Session& session);
// backup, check, migrate, audit.
void add_upkeep_commands(CLI::App& root, Session& session);
void add_completion_command(CLI::App& root, Session& session);

struct CommandText {
  const char* group;
  const char* name;
  const char* description;
  const char* examples;  // one command a line
};

// A subcommand with the options that go with every command, --help and --version.
CLI::App& add_command(CLI::App& root, Session& session, const CommandText& text);

// A positional or an option ("number", "--limit") that is a whole number of at least `least`.
CLI::Option* add_integer(CLI::App& command, const std::string& name, std::int64_t& target,
                         std::int64_t least, const std::string& description);
// The required positional STUDY.
CLI::Option* add_study_name(CLI::App& command, std::string& target);

}  // namespace studyhall::cli
