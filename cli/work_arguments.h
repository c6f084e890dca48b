// What the commands that run experiments take alike.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace studyhall::cli {

// Throws Error(Invalid) for what cannot name a worker.
void check_worker_name(const std::string& worker);

// --runs, the folder of the runs, and --dir, that of the experiment's files.
void add_run_folders(CLI::App& command, std::string& runs, std::string& dir);

}  // namespace studyhall::cli
