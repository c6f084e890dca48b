// Words that the commands below `study task` share.
#pragma once

#include <string>

#include "cli/commands.h"
#include "cli/session.h"

namespace studyhall::cli {

inline constexpr const char* kTaskGroup = "Actions";

// What the actions on one task share.
struct TaskArguments {
  std::string study;
  std::int64_t number = -1;
  std::string lease;
  std::string reason;
  std::string author;
};

// The positionals STUDY and NUMBER.
void add_task_number(CLI::App& command, TaskArguments& target);
CLI::Option* add_text(CLI::App& command, const std::string& name, std::string& target,
                      const std::string& description);

// ask, tell, heartbeat, release.
void add_task_work(CLI::App& task, Session& session);
// import.
void add_task_import(CLI::App& task, Session& session);

}  // namespace studyhall::cli
