#include "worker_shim/checkout.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/hash.h"

namespace studyhall::worker_shim {
namespace {

const WorkspaceSpec& spec_of(const Plan& plan) { return plan.experiment().workspace; }

std::filesystem::path repo_folder(const Plan& plan, const RepoSpec& repo) {
  return (plan.dir / repo.path).lexically_normal();
}

void fetch_missing(const Plan& plan, const Git& git, const RepoSpec& repo) {
  if (spec_of(plan).fetch && !git.commit_id(repo.commit)) git.fetch();
}

std::int64_t lines_in(const std::string& text) {
  return std::count(text.begin(), text.end(), '\n');
}

std::string path_of(const RepoSpec& repo) {
  return "/experiment/workspace/" + (repo.name.empty() ? "repo" : "repos/" + repo.name);
}

}  // namespace

void check_repos(const Plan& plan, std::vector<Problem>& problems) {
  for (const RepoSpec& repo : spec_of(plan).repos) {
    try {
      const Git git(repo_folder(plan, repo), plan.worker);
      fetch_missing(plan, git, repo);
      if (git.commit_id(repo.commit)) continue;
      problems.push_back(
          {path_of(repo), fmt::format("{} has no commit {}, the base of the study (\"{}\"){}",
                                      git.folder().string(), repo.commit, repo.base,
                                      spec_of(plan).fetch
                                          ? ", nor have its remotes"
                                          : "; fetch it, or have workers do so: \"fetch\": true")});
    } catch (const Error& error) {
      problems.push_back({path_of(repo), error.what()});
    }
  }
}

Bases bases_after(const Json& evidence) {
  Bases bases;
  const Json git = evidence.is_object() ? evidence.value("git", Json()) : Json();
  if (!git.is_array()) return bases;
  for (const Json& item : git) {
    if (!item.is_object()) continue;
    if (const std::string commit = item.value("commit", ""); !commit.empty()) {
      bases[item.value("name", "")] = commit;
    }
  }
  return bases;
}

void check_out(const Plan& plan, Workspace& workspace, const Bases& bases) {
  if (spec_of(plan).kind != WorkspaceKind::Worktree) return;
  const std::filesystem::path tree = workspace.dir / "tree";
  std::vector<Worktree> made;
  try {
    for (const RepoSpec& repo : spec_of(plan).repos) {
      const Git git(repo_folder(plan, repo), plan.worker);
      fetch_missing(plan, git, repo);
      const auto other = bases.find(repo.name);
      const auto base = other == bases.end() ? std::nullopt : git.commit_id(other->second);
      made.push_back(add_worktree(git, repo.name, repo.name.empty() ? tree : tree / repo.name,
                                  base.value_or(repo.commit),
                                  branch_name(plan.study->name, workspace.name())));
      save_worktrees(workspace.dir, made);
    }
  } catch (const Error&) {
    for (const Worktree& worktree : made) remove_worktree(worktree, plan.worker);
    throw;
  }
  workspace.tree = tree;
}

Workspace reopen(const std::filesystem::path& dir) {
  Workspace workspace{dir, {}};
  if (!load_worktrees(dir).empty()) workspace.tree = dir / "tree";
  return workspace;
}

Json commit_run(const Plan& plan, const Workspace& workspace, const std::string& message) {
  const std::vector<Worktree> worktrees = load_worktrees(workspace.dir);
  if (worktrees.empty()) return nullptr;
  Json list = Json::array();
  for (const Worktree& worktree : worktrees) {
    const Git git(worktree.repo, plan.worker);
    const std::string commit =
        spec_of(plan).commit
            ? commit_worktree(worktree, plan.worker, message)
            : git.commit_id("refs/heads/" + worktree.branch).value_or(worktree.base);
    const std::string names = git.run({"diff", "--name-only", worktree.base, commit});
    list.push_back({{"repo", worktree.repo.string()},
                    {"base", worktree.base},
                    {"branch", worktree.branch},
                    {"commit", commit},
                    {"diff_sha256", sha256_hex(worktree_diff(git, worktree.base, commit))},
                    {"files_changed", lines_in(names)}});
    if (!worktree.name.empty()) list.back()["name"] = worktree.name;
  }
  return list;
}

void close_run(const Plan& plan, const Workspace& workspace) {
  for (const Worktree& worktree : load_worktrees(workspace.dir)) {
    const Git git(worktree.repo, plan.worker);
    static_cast<void>(git.try_run({"worktree", "unlock", "--", worktree.folder.string()}));
    if (!spec_of(plan).push.empty()) git.push(spec_of(plan).push, worktree.branch);
  }
}

}  // namespace studyhall::worker_shim
