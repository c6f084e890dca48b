// What a worker would do, without doing it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/study_api.h"
#include "worker_shim/worker.h"

namespace studyhall::worker_shim {

struct HandPrompt {
  std::string text;                 // the first prompt of the experiment, filled in
  std::filesystem::path workspace;  // made for the trial
};

// The prompt of a trial that a person will run in an interactive session. A study whose experiment
// has no prompt gets its configuration and insights. Throws what render_prompt and make_workspace
// throw.
HandPrompt prompt_by_hand(StudyApi& api, const WorkOptions& options, const AskedTrial& trial);

// What work() would run, with which login and limits, a line each; asks for no trial. Throws what
// work() throws at its start.
std::vector<std::string> dry_run(StudyApi& api, const WorkOptions& options);

}  // namespace studyhall::worker_shim
