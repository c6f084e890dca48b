#include "cli/trial_commits.h"

#include "worker_shim/worktree.h"

namespace studyhall::cli {

std::vector<RunCommits> commits_in_workspace(
    const std::vector<worker_shim::WorkspaceInfo>& workspaces, std::int64_t trial) {
  std::vector<RunCommits> found;
  for (const auto& workspace : workspaces) {
    if (workspace.is_task || workspace.number != trial || workspace.branch.empty()) continue;
    found.clear();
    for (const auto& worktree : worker_shim::load_worktrees(workspace.dir))
      found.push_back({worktree.name, worktree.repo.string(), worktree.base,
                       "refs/heads/" + worktree.branch, worktree.branch});
  }
  return found;
}

std::vector<RunCommits> commits_in_evidence(const Json& evidence) {
  std::vector<RunCommits> found;
  if (!evidence.is_object() || !evidence.contains("git") || !evidence["git"].is_array()) return {};
  for (const Json& item : evidence["git"]) {
    if (!item.is_object()) continue;
    found.push_back({item.value("name", ""), item.value("repo", ""), item.value("base", ""),
                     item.value("commit", ""), item.value("branch", "")});
  }
  return found;
}

}  // namespace studyhall::cli
