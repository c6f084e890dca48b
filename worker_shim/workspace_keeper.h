// The workspaces of one worker, from their making to their removal.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/clock.h"
#include "core/study_api.h"
#include "worker_shim/beat.h"
#include "worker_shim/checkout.h"
#include "worker_shim/job.h"
#include "worker_shim/plan.h"
#include "worker_shim/workspace.h"

namespace studyhall::worker_shim {

class WorkspaceKeeper {
 public:
  // All must outlive this. REQUIRES: the worker's lock is held (worker_shim/journal.h).
  WorkspaceKeeper(StudyApi& api, const Plan& plan, const Clock& clock, Say say)
      : api_(api), plan_(plan), clock_(clock), say_(std::move(say)) {}

  // A new one, with its worktrees: at the study's base, or where the last trial of its topic ended.
  // Throws Error(Unavailable).
  [[nodiscard]] Workspace make(const Job& job) const;
  // At the end of a run: commits what it left, `words` as the message, pushes and unlocks its
  // worktrees, and adds {"git": [...]} to `evidence`. What fails is said; the worktree stays then.
  void close(const Workspace& workspace, const std::string& words, Json& evidence) const;

  // Closes what earlier processes of this worker have left open, marking it as interrupted: that
  // one workspace, or all but the one that is `held`.
  void settle(const std::filesystem::path& workspace) const;
  void settle_all(const std::filesystem::path& held) const;

  // Removes what the study's policy and disk limit do not keep. What fails is said.
  void prune() const;
  // Why there is no room for a further run; empty: there is.
  [[nodiscard]] std::string no_room() const;

 private:
  [[nodiscard]] Bases bases_of(const Job& job) const;
  [[nodiscard]] std::optional<std::uintmax_t> max_bytes() const;

  StudyApi& api_;
  const Plan& plan_;
  const Clock& clock_;
  Say say_;
};

}  // namespace studyhall::worker_shim
