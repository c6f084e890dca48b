// What an attempt at a trial or task did, in a few lines, for the prompt of the next one.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "worker_shim/job.h"
#include "worker_shim/plan.h"
#include "worker_shim/workspace.h"

namespace studyhall::worker_shim {

// Kept in the study's run folder until the job is done, so that any worker with that folder finds
// it. What cannot be read or written counts as absent: a prompt without it is a prompt still.
class AttemptReport {
 public:
  AttemptReport(const Plan& plan, const Job& job);

  // Why it ended, where, what it did (of git worktrees: branch, commits since the base, changes;
  // of a folder with a repository of its own the latest commits; else files), its last words and
  // the end of its log.
  void write(const Workspace& workspace, const std::string& why,
             const std::string& last_words) const;
  void drop() const;
  // nullopt: there is none.
  [[nodiscard]] std::optional<std::string> read() const;

 private:
  const Plan& plan_;
  std::filesystem::path file_;
};

}  // namespace studyhall::worker_shim
