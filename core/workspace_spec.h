// Where the runs of an experiment take place ("experiment.workspace" in a study file).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json_field.h"

namespace studyhall {

enum class WorkspaceKind {
  Directory,  // an empty folder for each run
  Worktree,   // a git worktree, on a branch of its own, for each run
};

// Which workspaces stay once their runs have ended; the record of a run and its branch always do.
enum class KeepPolicy {
  All,
  Best,  // of the trials that lead
  None,
};
std::string_view to_string(KeepPolicy policy);  // "all", "best", "none"
std::optional<KeepPolicy> keep_policy_from_string(std::string_view name);

// A repository that each run has a worktree of.
struct RepoSpec {
  std::string name;    // folder of its worktree below the workspace; empty: the only repository
  std::string path;    // relative to experiment.dir
  std::string base;    // revision, as the user wrote it
  std::string commit;  // full id of what `base` was at create or edit; runs begin from this
};

struct WorkspaceSpec {
  WorkspaceKind kind = WorkspaceKind::Directory;
  KeepPolicy keep = KeepPolicy::All;
  std::vector<RepoSpec> repos;           // of Worktree, at least one
  std::optional<double> max_total_gb{};  // 2^30 bytes, of all workspaces of a study on one machine
  bool commit = true;                    // what a run leaves goes to its branch
  bool fetch = false;  // before `base` is looked up, and where a commit is missing
  std::string push;    // remote that branches are pushed to; empty: none
};

// Checks the member "workspace" (absent: a directory).
WorkspaceSpec read_workspace(const JsonField& field);
// The "workspace" that was given, with every default filled in.
Json resolve_workspace(const WorkspaceSpec& workspace, const Json& given);

}  // namespace studyhall
