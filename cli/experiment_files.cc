#include "cli/experiment_files.h"

#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/workspace_spec.h"
#include "worker_shim/git.h"
#include "worker_shim/protected_files.h"

namespace studyhall::cli {

namespace {

std::string text_of(const Json& object, const char* name, const std::string& fallback = "") {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : fallback;
}

bool is_true(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

bool is_worktree(const Json& experiment) {
  const auto workspace = experiment.find("workspace");
  return workspace != experiment.end() && workspace->is_object() &&
         text_of(*workspace, "kind") == "worktree";
}

// `repo` is the object with "repo" and "base"; nothing where there is no "repo".
void resolve_repo(Json& repo, const std::string& name, const std::filesystem::path& dir, bool fetch,
                  std::vector<RepoSpec>& repos) {
  if (!repo.is_object() || text_of(repo, "repo").empty()) return;
  RepoSpec spec{name, text_of(repo, "repo"), text_of(repo, "base", "HEAD"), ""};
  const worker_shim::Git git((dir / spec.path).lexically_normal(), "study");
  if (!repo.contains("base_commit")) {
    if (fetch) git.fetch();
    const auto commit = git.commit_id(spec.base);
    if (!commit) {
      throw Error(ErrorCode::Invalid, fmt::format("experiment.workspace: {} has no revision \"{}\"",
                                                  git.folder().string(), spec.base));
    }
    repo["base_commit"] = *commit;
  }
  spec.commit = text_of(repo, "base_commit");
  repos.push_back(std::move(spec));
}

std::vector<RepoSpec> resolve_repos(Json& workspace, const std::filesystem::path& dir) {
  std::vector<RepoSpec> repos;
  const bool fetch = is_true(workspace, "fetch");
  const auto several = workspace.find("repos");
  if (several == workspace.end() || !several->is_object()) {
    resolve_repo(workspace, "", dir, fetch, repos);
    return repos;
  }
  for (auto& [name, repo] : several->items()) resolve_repo(repo, name, dir, fetch, repos);
  return repos;
}

std::vector<std::string> globs_of(const Json& experiment) {
  std::vector<std::string> globs;
  const auto protect = experiment.find("protect");
  if (protect == experiment.end() || !protect->is_array()) return globs;
  for (const Json& glob : *protect) {
    if (glob.is_string()) globs.push_back(glob.get<std::string>());
  }
  return globs;
}

bool touches(const Json& patch, const char* name) {
  return patch.is_object() && patch.contains(name);
}

// What is to be resolved again leaves the file.
void forget_base(Json& workspace) {
  if (!workspace.is_object()) return;
  workspace.erase("base_commit");
  const auto repos = workspace.find("repos");
  if (repos == workspace.end() || !repos->is_object()) return;
  for (auto& [name, repo] : repos->items()) {
    if (repo.is_object()) repo.erase("base_commit");
  }
}

}  // namespace

void resolve_experiment_files(Json& experiment) {
  if (!experiment.is_object()) return;
  const std::filesystem::path dir = text_of(experiment, "dir");
  const std::vector<std::string> globs = globs_of(experiment);
  if (is_worktree(experiment)) {
    experiment.erase("protected");
    const std::vector<RepoSpec> repos = resolve_repos(experiment["workspace"], dir);
    if (!repos.empty()) worker_shim::check_protected_in_repos(dir, repos, globs);
    return;
  }
  experiment.erase("protected");
  if (!globs.empty()) experiment["protected"] = worker_shim::protected_hashes(dir, globs);
}

void resolve_edited_files(const Json& file, Json& patch) {
  if (!patch.is_object() || !patch.contains("experiment")) return;
  const Json& change = patch["experiment"];
  const bool moves_base = touches(change, "workspace") || touches(change, "dir");
  if (!moves_base && !touches(change, "protect")) return;
  Json before = file.value("experiment", Json::object());
  Json after = before;
  after.merge_patch(change);
  if (moves_base && after.contains("workspace")) {
    if (!change.value("workspace", Json::object()).contains("base_commit")) {
      forget_base(after["workspace"]);
    }
  }
  resolve_experiment_files(after);
  const auto protected_files = after.find("protected");
  patch["experiment"]["protected"] =
      protected_files == after.end() ? Json(nullptr) : *protected_files;
  if (!after.contains("protected") && !before.contains("protected")) {
    patch["experiment"].erase("protected");
  }
  // A file that is protected no more must leave the hashes, which a merge would keep.
  if (after.contains("protected") && before.contains("protected")) {
    for (const auto& [name, hash] : before["protected"].items()) {
      if (!after["protected"].contains(name)) patch["experiment"]["protected"][name] = nullptr;
    }
  }
  if (!is_worktree(after)) {
    if (is_worktree(before) && touches(change, "workspace")) {
      patch["experiment"]["workspace"]["base_commit"] = nullptr;
    }
    return;
  }
  const Json& workspace = after["workspace"];
  if (workspace.contains("base_commit")) {
    patch["experiment"]["workspace"]["base_commit"] = workspace["base_commit"];
  }
  if (!workspace.contains("repos")) return;
  for (const auto& [name, repo] : workspace["repos"].items()) {
    if (repo.is_object() && repo.contains("base_commit")) {
      patch["experiment"]["workspace"]["repos"][name]["base_commit"] = repo["base_commit"];
    }
  }
}

}  // namespace studyhall::cli
