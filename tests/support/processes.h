// Looking for processes that should not be there any more.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace studyhall::testing {

// Pids of the processes, zombies aside, whose environment contains `text`: what a run started keeps
// the run's workspace in its environment, wherever it was reparented to.
std::vector<pid_t> processes_with(const std::string& text);

// Children of this process that nobody has waited for, zombies included, and their descendants.
std::vector<pid_t> descendants();

// Waits until `file` exists and is not empty, without a bound (the test's own time limit is one),
// and returns its content.
std::string wait_for_file(const std::filesystem::path& file);

// The whole file; empty if there is none.
std::string slurp(const std::filesystem::path& file);
void spit(const std::filesystem::path& file, const std::string& text);
// spit() with permission to execute.
void write_script(const std::filesystem::path& file, const std::string& text);

}  // namespace studyhall::testing
