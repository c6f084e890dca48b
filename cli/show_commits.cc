#include "cli/show_commits.h"

#include <fmt/format.h>

#include <filesystem>
#include <string_view>
#include <vector>

#include "cli/text.h"
#include "core/error.h"
#include "worker_shim/run_folder.h"
#include "worker_shim/worktree.h"

namespace studyhall::cli {

namespace {

struct Commits {
  std::string name;  // of the repository, of several
  std::string repo;
  std::string base;
  std::string tip;  // a commit or a branch
};

std::vector<Commits> from_evidence(const Json& evidence) {
  std::vector<Commits> found;
  if (!evidence.is_object() || !evidence.contains("git") || !evidence["git"].is_array()) return {};
  for (const Json& item : evidence["git"]) {
    if (!item.is_object()) continue;
    found.push_back({item.value("name", ""), item.value("repo", ""), item.value("base", ""),
                     item.value("commit", "")});
  }
  return found;
}

std::vector<Commits> from_workspace(const std::filesystem::path& folder, std::int64_t number) {
  std::vector<Commits> found;
  for (const auto& workspace : worker_shim::list_workspaces(folder)) {
    if (workspace.is_task || workspace.number != number || workspace.branch.empty()) continue;
    found.clear();
    for (const auto& worktree : worker_shim::load_worktrees(workspace.dir))
      found.push_back(
          {worktree.name, worktree.repo.string(), worktree.base, "refs/heads/" + worktree.branch});
  }
  return found;
}

// On a terminal, text of others must not steer it.
void print(const Session& session, std::string_view text) {
  if (!session.env.out_is_terminal) {
    session.out << text;
    return;
  }
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    session.out << printable(text.substr(0, end)) << '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

Error elsewhere(const std::string& study, const TrialView& trial, const std::string& why) {
  const std::string& worker = trial.record.worker;
  return Error(ErrorCode::NotFound,
               fmt::format("{}: trial {} of {} was run by {}; what it changed can be shown where "
                           "that worker's repository is, with --runs naming the folder of its runs",
                           why, trial.number, study, worker.empty() ? "nobody yet" : worker));
}

std::string text_of(const Commits& commits, const std::string& study, const TrialView& trial,
                    bool log, bool diff) {
  try {
    const worker_shim::Git git(commits.repo, "study");
    const auto base = git.commit_id(commits.base);
    const auto tip = git.commit_id(commits.tip);
    if (!base || !tip)
      throw elsewhere(
          study, trial,
          fmt::format("{} has no commit {}", commits.repo, base ? commits.tip : commits.base));
    std::string text;
    if (log) text += worker_shim::worktree_log(git, *base, *tip);
    if (diff) text += worker_shim::worktree_diff(git, *base, *tip);
    return text;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::Invalid) throw;
    throw elsewhere(study, trial, error.what());
  }
}

}  // namespace

void show_commits(const Session& session, const std::string& study, const TrialView& trial,
                  const std::string& runs, bool log, bool diff) {
  std::vector<Commits> found = from_evidence(trial.record.evidence);
  const std::filesystem::path folder = std::filesystem::path(runs) / study;
  if (found.empty()) found = from_workspace(folder, trial.number);
  if (found.empty())
    throw elsewhere(study, trial,
                    fmt::format("no git worktree is known, neither in the trial's evidence nor in "
                                "{}",
                                folder.string()));
  Json list = Json::array();
  for (const Commits& commits : found) {
    const std::string text = text_of(commits, study, trial, log, diff);
    if (session.json) {
      list.push_back({{"repo", commits.repo},
                      {"base", commits.base},
                      {"commit", commits.tip},
                      {"text", text}});
      continue;
    }
    if (found.size() > 1) session.out << fmt::format("--- {} ---\n", printable(commits.name));
    print(session, text.empty() ? "nothing was changed\n" : text);
  }
  if (session.json) session.print_json({{"trial", trial.number}, {"repos", list}});
}

}  // namespace studyhall::cli
