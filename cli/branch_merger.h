// Landing branches on one branch of a repository, in a git worktree of its own.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "worker_shim/worktree.h"

namespace studyhall::cli {

enum class MergeEnd {
  Merged,
  Already,   // the branch holds it
  Conflict,  // `files`
  Failed,    // the test
};

struct MergeResult {
  MergeEnd end = MergeEnd::Merged;
  std::string commit;                // of the branch merged into, afterwards
  std::vector<std::string> files{};  // in conflict
  std::string words{};  // the conflict as git shows it; the end of what the test printed
};

struct MergeSettings {
  std::string into;  // a branch; made at `base` where there is none
  std::string base;
  std::string test;                    // a command line; empty: none
  std::vector<std::string> records{};  // files that runs leave about themselves: not landed
  bool dry_run = false;                // the branch stays where it is
};

class BranchMerger {
 public:
  // Throws Error(Invalid) for a folder that is in no repository, Error(Conflict) naming the folder
  // where `into` is checked out: moving it would leave that folder behind.
  BranchMerger(const std::filesystem::path& repo, MergeSettings settings);
  ~BranchMerger();
  BranchMerger(const BranchMerger&) = delete;
  BranchMerger& operator=(const BranchMerger&) = delete;

  // Merges `tip` (a commit or branch), runs the test, and only then moves the branch. After a
  // conflict or a failed test all is as before. Throws Error(NotFound) if there is no such commit,
  // Error(Unavailable) where git fails.
  MergeResult merge(const std::string& tip, const std::string& message);

  [[nodiscard]] const std::string& commit() const { return commit_; }

 private:
  void find_base();
  [[nodiscard]] std::vector<std::string> unmerged() const;
  void leave_out_records() const;
  void undo() const;
  MergeResult tested(const std::string& message);

  MergeSettings settings_;
  worker_shim::Git repo_;
  std::filesystem::path folder_;  // holds the worktree
  worker_shim::Worktree worktree_;
  std::string commit_;  // of the branch
  bool is_new_ = false;
};

}  // namespace studyhall::cli
