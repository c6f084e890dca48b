#include "cli/show_commits.h"

#include <fmt/format.h>

#include <filesystem>
#include <string_view>
#include <vector>

#include "cli/text.h"
#include "cli/trial_commits.h"
#include "core/error.h"
#include "worker_shim/worktree.h"

namespace studyhall::cli {

namespace {

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

std::string text_of(const RunCommits& commits, const std::string& study, const TrialView& trial,
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
  const std::filesystem::path folder = std::filesystem::path(runs) / study;
  std::vector<RunCommits> found = commits_in_evidence(trial.record.evidence);
  if (found.empty())
    found = commits_in_workspace(worker_shim::list_workspaces(folder), trial.number);
  if (found.empty())
    throw elsewhere(study, trial,
                    fmt::format("no git worktree is known, neither in the trial's evidence nor in "
                                "{}",
                                folder.string()));
  Json list = Json::array();
  for (const RunCommits& commits : found) {
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
