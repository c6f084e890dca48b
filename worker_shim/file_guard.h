// Sees to it, before a score is measured, that the files it depends on are what they should be.
#pragma once

#include <optional>

#include "worker_shim/run_context.h"

namespace studyhall::worker_shim {

// Puts protected files of worktrees back, after what the run left was committed, and notes which
// had been changed. Of plain folders there is nothing to put back: the outcome says which files are
// not what the study file says. Throws Error(Unavailable).
std::optional<RunOutcome> guard_files(RunContext& run);

}  // namespace studyhall::worker_shim
