// The loop of one worker: ask, run the experiment, read the score, tell, next.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "core/clock.h"
#include "core/study_api.h"

namespace studyhall::worker_shim {

struct WorkOptions {
  std::string study;
  std::string worker;
  std::filesystem::path runs = "runs";   // trials run in runs/STUDY/WORKER-NUMBER
  std::filesystem::path experiment_dir;  // overrides experiment.dir; empty: as in the study file
  std::string server_url;                // passed to the experiment as STUDY_SERVER; may be empty
  bool once = false;                     // one trial
  int max_trials = 0;                    // 0: no limit
  std::chrono::seconds beat_every{30};
  std::chrono::seconds lease{300};
  std::function<void(const std::string& line)> say;  // progress, one line at a time; may be empty
};

enum class WorkEnd {
  Done,      // --once or --max-trials reached
  Finished,  // the study hands out no more: stopped, target met, budget used, exhausted
  Stopped,   // a STOP file, SIGINT or SIGTERM
};

struct WorkSummary {
  WorkEnd end = WorkEnd::Done;
  std::string reason;  // the study's words, or where the STOP file is
  int completed = 0;
  int failed = 0;
};

// Works until there is an end. `interrupted` is set by the caller's signal handler: the run under
// way is ended with its whole process tree and the trial told as cancelled.
//
// Throws Error(Invalid) for a study without an experiment, an experiment that cannot start (command
// or prompt not found); Error(NotFound) for an unknown study. A server that does not answer is
// waited for, not thrown.
WorkSummary work(StudyApi& api, const Clock& clock, const WorkOptions& options,
                 const std::atomic<bool>& interrupted);

}  // namespace studyhall::worker_shim
