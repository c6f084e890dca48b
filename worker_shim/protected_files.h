// Files that an experiment may not change ("protect" in a study file).
//
// Of plain folders they lie in the experiment's own folder, and their SHA-256 are in the study file
// ("protected", filled in at create and edit): a file that differs is refused. Of worktrees they
// are those of the base commit, and are put back before a score is measured.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/json.h"
#include "worker_shim/plan.h"
#include "worker_shim/workspace.h"

namespace studyhall::worker_shim {

// File -> SHA-256 of the files of `folder` that the globs match. Throws Error(Invalid) naming a
// glob that matches none, Error(Unavailable) for a file that cannot be read.
std::map<std::string, std::string> protected_hashes(const std::filesystem::path& folder,
                                                    const std::vector<std::string>& globs);
// Throws Error(Invalid) naming a glob that matches no file of the base commits.
void check_protected_in_repos(const std::filesystem::path& dir, const std::vector<RepoSpec>& repos,
                              const std::vector<std::string>& globs);

// Of plain folders: a sentence for each protected file that is not what the study file says, with
// both hashes; empty: all are. Throws Error(Unavailable).
std::vector<std::string> altered_files(const Plan& plan);

// Of worktrees: makes every protected file what it is in the base commit, without git's filters,
// and removes what the globs match and the base does not have. Returns what it changed. Throws
// Error(Unavailable).
std::vector<std::string> restore_files(const Plan& plan, const Workspace& workspace);

// {"files": how many, "sha256": of all their names and hashes, "hashes": {file: hash} of few}.
Json protected_evidence(const Plan& plan, const Workspace& workspace);

}  // namespace studyhall::worker_shim
