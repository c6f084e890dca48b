// Starting programs that are none of an experiment's.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace studyhall::cli {

// Starts `program` in a session of its own, without a terminal, reading nothing, what it prints
// appended to `log` (made for this user alone); it outlives this process. No descriptor of ours
// but 0 to 2 reaches it. `ready` becomes its descriptor 3 unless it is negative. Throws
// Error(Unavailable).
pid_t start_detached(const std::filesystem::path& program, std::vector<std::string> argv,
                     const std::filesystem::path& directory, const std::filesystem::path& log,
                     int ready = -1);

struct ProgramAnswer {
  int status = -1;  // exit code; 128 + the signal that ended it
  std::string out;
  std::string err;
};

// Runs a short program to its end, with this process's environment; daemons that it leaves go on.
// It reads `input`, and runs in `directory` (empty: this process's). Throws Error(Unavailable) if
// it cannot be started.
ProgramAnswer run_to_end(const std::filesystem::path& program, std::vector<std::string> argv,
                         const std::string& input = "",
                         const std::filesystem::path& directory = {});

// The same of a command line that the user of this program gave, as the shell reads it.
ProgramAnswer run_shell(const std::string& command, const std::string& input = "",
                        const std::filesystem::path& directory = {});

// Of this process.
std::filesystem::path own_program();
// Along PATH of this process; nullopt if there is none.
std::optional<std::filesystem::path> program_on_path(const std::string& name);

}  // namespace studyhall::cli
