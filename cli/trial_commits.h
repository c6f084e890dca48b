// What the run of a trial left on git branches, and where.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/json.h"
#include "worker_shim/run_folder.h"

namespace studyhall::cli {

// From `base` to `tip` in one repository.
struct RunCommits {
  std::string name;  // of the repository, of several
  std::string repo;
  std::string base;
  std::string tip;     // a commit or a branch
  std::string branch;  // empty where it is not known
};

// Of evidence that has "git", as worker_shim/checkout.h makes it; else none.
std::vector<RunCommits> commits_in_evidence(const Json& evidence);

// Of each worktree of the trial's newest workspace; none where no workspace has one.
std::vector<RunCommits> commits_in_workspace(
    const std::vector<worker_shim::WorkspaceInfo>& workspaces, std::int64_t trial);

}  // namespace studyhall::cli
