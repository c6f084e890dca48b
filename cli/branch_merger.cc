#include "cli/branch_merger.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <cerrno>
#include <sstream>

#include "cli/spawn.h"
#include "core/error.h"
#include "worker_shim/files.h"

namespace studyhall::cli {

namespace {

constexpr std::size_t kMostWords = 8000;
constexpr const char* kAuthor = "merge";

std::string line(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

std::filesystem::path make_folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "study-merge-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr)
    throw Error(ErrorCode::Unavailable,
                fmt::format("cannot make {}: {}", pattern, worker_shim::system_words(errno)));
  return pattern;
}

// Where `branch` is checked out; empty: nowhere.
std::string checkout_of(const worker_shim::Git& git, const std::string& branch) {
  std::istringstream lines(git.run({"worktree", "list", "--porcelain"}));
  std::string folder;
  for (std::string text; std::getline(lines, text);) {
    if (text.starts_with("worktree ")) folder = text.substr(9);
    if (text == "branch refs/heads/" + branch) return folder;
  }
  return "";
}

}  // namespace

BranchMerger::BranchMerger(const std::filesystem::path& repo, MergeSettings settings)
    : settings_(std::move(settings)), repo_(repo, kAuthor) {
  const std::string taken = checkout_of(repo_, settings_.into);
  if (!taken.empty() && !settings_.dry_run)
    throw Error(ErrorCode::Conflict,
                fmt::format("{} is checked out in {}, which would be left behind: merge into "
                            "another branch (--into) and then `git merge --ff-only` it there",
                            settings_.into, taken));
  find_base();
  folder_ = make_folder();
  worktree_ =
      worker_shim::add_worktree(repo_, "", folder_ / "tree", commit_, settings_.into + "-merging");
}

BranchMerger::~BranchMerger() {
  try {
    worker_shim::remove_worktree(worktree_, kAuthor);
    static_cast<void>(repo_.try_run({"branch", "--quiet", "-D", "--", worktree_.branch}));
  } catch (const std::exception&) {
    // What is left is found by `git worktree list`.
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void BranchMerger::find_base() {
  const auto there = repo_.commit_id("refs/heads/" + settings_.into);
  is_new_ = !there;
  const auto base = there ? there : repo_.commit_id(settings_.base);
  if (!base)
    throw Error(ErrorCode::NotFound,
                fmt::format("{} has neither a branch {} nor a commit {}", repo_.folder().string(),
                            settings_.into, settings_.base));
  commit_ = *base;
}

MergeResult BranchMerger::merge(const std::string& tip, const std::string& message) {
  const auto wanted = repo_.commit_id(tip);
  if (!wanted)
    throw Error(ErrorCode::NotFound,
                fmt::format("{} has no commit {}", repo_.folder().string(), tip));
  if (repo_.try_run({"merge-base", "--is-ancestor", *wanted, commit_}))
    return {.end = MergeEnd::Already, .commit = commit_};
  const worker_shim::Git git(worktree_.folder, kAuthor, worktree_.git_dir);
  std::string words;
  try {
    static_cast<void>(git.run({"merge", "--no-ff", "--no-commit", "--quiet", *wanted}));
  } catch (const Error& error) {
    words = error.what();
  }
  if (!git.commit_id("MERGE_HEAD"))
    throw Error(ErrorCode::Unavailable, words.empty() ? "git did not begin to merge" : words);
  leave_out_records();
  std::vector<std::string> files = unmerged();
  if (files.empty()) return tested(message);
  std::string shown = git.run({"diff", "--no-color", "--no-ext-diff", "--no-textconv"});
  undo();
  return {.end = MergeEnd::Conflict,
          .commit = commit_,
          .files = std::move(files),
          .words = shown.substr(0, kMostWords)};
}

// A file that both sides have of themselves would be in conflict each time.
void BranchMerger::leave_out_records() const {
  const worker_shim::Git git(worktree_.folder, kAuthor, worktree_.git_dir);
  for (const std::string& record : settings_.records) {
    if (git.try_run({"cat-file", "-e", "HEAD:" + record})) {
      static_cast<void>(git.run({"checkout", "--quiet", "HEAD", "--", record}));
    } else {
      static_cast<void>(git.run({"rm", "--quiet", "--force", "--ignore-unmatch", "--", record}));
    }
  }
}

std::vector<std::string> BranchMerger::unmerged() const {
  const worker_shim::Git git(worktree_.folder, kAuthor, worktree_.git_dir);
  std::istringstream names(git.run({"diff", "--name-only", "--diff-filter=U", "-z"}));
  std::vector<std::string> files;
  for (std::string name; std::getline(names, name, '\0');) files.push_back(name);
  return files;
}

MergeResult BranchMerger::tested(const std::string& message) {
  const worker_shim::Git git(worktree_.folder, kAuthor, worktree_.git_dir);
  static_cast<void>(git.run({"commit", "--quiet", "--no-verify", "-m", message}));
  const std::string made = line(git.run({"rev-parse", "HEAD"}));
  if (!settings_.test.empty()) {
    const ProgramAnswer answer = run_shell(settings_.test, "", worktree_.folder);
    if (answer.status != 0) {
      undo();
      const std::string said = answer.out + answer.err;
      return {.end = MergeEnd::Failed,
              .commit = commit_,
              .words = fmt::format(
                  "exit code {}\n{}", answer.status,
                  said.substr(said.size() > kMostWords ? said.size() - kMostWords : 0))};
    }
    // What the test has left is not of the next merge.
    static_cast<void>(git.run({"reset", "--quiet", "--hard", made}));
    static_cast<void>(git.run({"clean", "--quiet", "-fd"}));
  }
  if (!settings_.dry_run) {
    std::vector<std::string> move{"update-ref", "-m", "study merge", "refs/heads/" + settings_.into,
                                  made};
    // Whoever has moved it meanwhile keeps what is there.
    move.push_back(is_new_ ? std::string(40, '0') : commit_);
    static_cast<void>(repo_.run(move));
    is_new_ = false;
  }
  commit_ = made;
  return {.end = MergeEnd::Merged, .commit = made};
}

void BranchMerger::undo() const {
  const worker_shim::Git git(worktree_.folder, kAuthor, worktree_.git_dir);
  static_cast<void>(git.run({"reset", "--quiet", "--hard", commit_}));
  static_cast<void>(git.run({"clean", "--quiet", "-fd"}));
}

}  // namespace studyhall::cli
