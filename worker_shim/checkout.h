// The git worktrees of one run: from the base commits to what the run leaves on its branches.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/json.h"
#include "worker_shim/plan.h"
#include "worker_shim/workspace.h"
#include "worker_shim/worktree.h"

namespace studyhall::worker_shim {

// Everything that would keep the worker from making worktrees: no git, no repository, a base commit
// that it does not have (after fetching, where the study asks for it). Paths as in the study file.
void check_repos(const Plan& plan, std::vector<Problem>& problems);

// Commits to begin from in place of the study's, by repository name.
using Bases = std::map<std::string, std::string>;
// Those that an earlier trial's or task's evidence has as its own ("git"); none of anything else.
Bases bases_after(const Json& evidence);

// Gives the workspace of a worktree study its worktrees, `tree` among its members; one of `bases`
// that a repository does not have is left out. Does nothing for plain folders. Throws
// Error(Unavailable); what was made by then is removed again.
void check_out(const Plan& plan, Workspace& workspace, const Bases& bases = {});
// The workspace of an earlier run, as check_out left it.
Workspace reopen(const std::filesystem::path& dir);

// Commits what is in the worktrees to their branches, where the study has it so. Returns a list of
// {"repo", "name", "base", "branch", "commit", "diff_sha256", "files_changed"}; null for plain
// folders. Throws Error(Unavailable).
Json commit_run(const Plan& plan, const Workspace& workspace, const std::string& message);
// Pushes the branches of an ended run where the study has it so, and lets go of its worktrees: from
// now on they may be removed. Throws Error(Unavailable) if a push fails.
void close_run(const Plan& plan, const Workspace& workspace);

}  // namespace studyhall::worker_shim
