#include "core/workspace_spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/study_file_refusals.h"
#include "core/study_spec.h"

namespace studyhall {

namespace {

constexpr std::array<std::string_view, 3> kPolicies{"all", "best", "none"};
constexpr std::string_view kCommitId =
    "the id of a commit, which `study create` and `study edit` fill in";

bool is_commit_id(std::string_view text) {
  return (text.size() == 40 || text.size() == 64) &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// Nothing that git could take for an option.
bool is_word(std::string_view text) {
  return !text.empty() && text.front() != '-' && text.find('\0') == std::string_view::npos;
}

std::string read_word(const JsonField& field, std::string_view expected, std::string fallback) {
  const auto text = field.string(expected);
  if (!text) return fallback;
  if (!is_word(*text)) field.report_expected(expected);
  return *text;
}

// One of two words.
bool read_choice(const JsonField& field, std::string_view yes, std::string_view no, bool fallback) {
  const std::string expected = fmt::format("\"{}\" or \"{}\"", yes, no);
  const auto text = field.string(expected);
  if (!text) return fallback;
  if (*text != yes && *text != no) field.report_expected(expected);
  return *text == yes;
}

RepoSpec read_repo(ObjectReader& object, const JsonField& path, std::string name) {
  RepoSpec repo;
  repo.name = std::move(name);
  repo.path = read_word(path.required("the folder of a git repository"),
                        "the folder of a git repository", "");
  repo.base = read_word(object.field("base"), "a revision such as \"main\"", "HEAD");
  const JsonField commit = object.field("base_commit").required(kCommitId);
  repo.commit = commit.string(kCommitId).value_or("");
  if (commit && !is_commit_id(repo.commit)) commit.report_expected(kCommitId);
  return repo;
}

void read_repos(const JsonField& field, std::vector<RepoSpec>& repos) {
  const auto members = field.members("an object of folder names and repositories");
  if (!members) return;
  if (members->empty()) field.report_expected("at least one repository");
  for (const auto& [name, member] : *members) {
    if (!is_valid_name(name)) {
      member.report(
          fmt::format("{} cannot name a folder: expected 1 to 64 of A-Z a-z 0-9 . _ -, "
                      "not beginning with '.' or '-'",
                      brief(Json(name))));
    }
    ObjectReader object(member, "{\"repo\": FOLDER, \"base\": REVISION}");
    if (!object.is_object()) continue;
    repos.push_back(read_repo(object, object.field("repo"), name));
    close_refusing(object);
  }
}

}  // namespace

std::string_view to_string(KeepPolicy policy) {
  return kPolicies[static_cast<std::size_t>(policy)];
}

std::optional<KeepPolicy> keep_policy_from_string(std::string_view name) {
  const auto* const found = std::find(kPolicies.begin(), kPolicies.end(), name);
  if (found == kPolicies.end()) return std::nullopt;
  return static_cast<KeepPolicy>(found - kPolicies.begin());
}

WorkspaceSpec read_workspace(const JsonField& field) {
  WorkspaceSpec spec;
  if (!field) return spec;
  ObjectReader object(field);
  if (!object.is_object()) return spec;
  spec.kind = read_choice(object.field("kind"), "worktree", "directory", false)
                  ? WorkspaceKind::Worktree
                  : WorkspaceKind::Directory;
  const JsonField keep = object.field("keep");
  if (const auto name = keep.string("\"all\", \"best\" or \"none\"")) {
    const auto policy = keep_policy_from_string(*name);
    if (!policy) keep.report_expected("\"all\", \"best\" or \"none\"");
    spec.keep = policy.value_or(spec.keep);
  }
  spec.max_total_gb =
      object.field("max_total_gb").number("a number > 0", [](double x) { return x > 0; });

  const JsonField repo = object.field("repo");
  const JsonField repos = object.field("repos");
  if (spec.kind == WorkspaceKind::Worktree) {
    if (repos) {
      if (repo) repo.report("does not go with \"repos\": name it there");
      read_repos(repos, spec.repos);
    } else {
      spec.repos.push_back(read_repo(object, repo, ""));
    }
    spec.commit = read_choice(object.field("commit"), "branch", "never", true);
    spec.fetch = object.field("fetch").boolean().value_or(false);
    const JsonField push = object.field("push");
    spec.push = read_word(push, "the name of a remote", "");
    if (push && !spec.commit) push.report("needs \"commit\": \"branch\": there is nothing to push");
  } else {
    for (const char* name : {"repo", "repos", "base", "base_commit", "commit", "fetch", "push"}) {
      if (const JsonField member = object.field(name)) {
        member.report("goes with \"kind\": \"worktree\" only");
      }
    }
  }
  close_refusing(object);
  return spec;
}

Json resolve_workspace(const WorkspaceSpec& workspace, const Json& given) {
  Json json = given;
  const bool is_worktree = workspace.kind == WorkspaceKind::Worktree;
  json["kind"] = is_worktree ? "worktree" : "directory";
  json["keep"] = to_string(workspace.keep);
  if (!is_worktree) return json;
  for (const RepoSpec& repo : workspace.repos) {
    (repo.name.empty() ? json : json["repos"][repo.name])["base"] = repo.base;
  }
  json["commit"] = workspace.commit ? "branch" : "never";
  return json;
}

}  // namespace studyhall
