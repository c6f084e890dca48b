// What the run of a trial left on its git branch.
#pragma once

#include <string>

#include "cli/session.h"
#include "core/study_api.h"

namespace studyhall::cli {

// Prints the commits since the base, and what they changed, of each of the trial's worktrees. Found
// by the trial's evidence, else by its newest workspace in RUNS/STUDY. Throws Error(NotFound)
// saying on which machine to look: repositories are where the worker is.
void show_commits(const Session& session, const std::string& study, const TrialView& trial,
                  const std::string& runs, bool log, bool diff);

}  // namespace studyhall::cli
