// A git worktree and a branch for one run, and what a run leaves there.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "worker_shim/git.h"

namespace studyhall::worker_shim {

struct Worktree {
  std::string name;               // of its repository in the study file; empty: the only one
  std::filesystem::path folder;   // absolute
  std::filesystem::path repo;     // the repository's own folder, absolute
  std::filesystem::path git_dir;  // where the repository keeps what belongs to the worktree
  std::string base;               // commit id that it began from
  std::string branch;
};

// The branches of a study are below "study/STUDY/"; where that cannot be a branch, '-' stands for
// each '.' of it.
std::string branch_name(std::string_view study, std::string_view workspace);

// Makes the worktree at `folder` (which must not exist) on a new branch at `base`: `branch`, or
// where there is one of that name already, the first free one of BRANCH-2, BRANCH-3, ... It is
// locked, so that no `git worktree prune` takes it, until remove_worktree or unlock_worktree.
// Several processes may do so in one repository at once. Throws Error(Unavailable).
Worktree add_worktree(const Git& git, std::string name, const std::filesystem::path& folder,
                      const std::string& base, const std::string& branch);

// Commits everything in the worktree that its .gitignore files do not exclude, on top of whatever
// is checked out there, and moves the branch to it; no new commit if there is no change. Works
// whatever state a run has left index, HEAD and branches in. Returns the id of the branch's commit.
// Throws Error(Unavailable).
std::string commit_worktree(const Worktree& worktree, const std::string& author,
                            const std::string& message);

// Whether the worktree has changes that no branch holds. A folder that is no worktree any more has
// none.
bool has_uncommitted(const Worktree& worktree, const std::string& author);

// Removes the worktree's folder and what the repository knows of it; the branch stays. Does nothing
// where there is none. Throws Error(Unavailable).
void remove_worktree(const Worktree& worktree, const std::string& author);

// From base to commit, as git prints them.
std::string worktree_diff(const Git& git, const std::string& base, const std::string& commit);
std::string worktree_log(const Git& git, const std::string& base, const std::string& commit);

// WORKSPACE/worktrees.json: the worktrees of a workspace, for whoever comes after its run.
void save_worktrees(const std::filesystem::path& workspace, const std::vector<Worktree>& worktrees);
// Empty if there is no such file. Throws Error(Malformed) naming it.
std::vector<Worktree> load_worktrees(const std::filesystem::path& workspace);

}  // namespace studyhall::worker_shim
