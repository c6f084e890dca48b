// How long the experiment takes on this machine.
#pragma once

#include <atomic>
#include <filesystem>
#include <vector>

#include "core/study_api.h"
#include "worker_shim/worker.h"

namespace studyhall::worker_shim {

struct Calibration {
  std::vector<double> minutes;      // of the commands of each run
  std::filesystem::path workspace;  // of the last one
  [[nodiscard]] double median() const;
};

// Runs the study's default configuration `runs` times as worker options.worker would, one after the
// other, in runs/STUDY/WORKER-calibration: commands and score command alone, as the time of a
// claude experiment's prompts is not the machine's. No trial is asked for and nothing told;
// worktrees and their branches are removed again.
//
// Throws Error(Invalid) as work() does, for a study whose experiment has prompts only, and for a
// run that gives no score (with its words); Error(Conflict) while the worker is at work in
// options.runs; Error(Unavailable) if interrupted.
Calibration calibrate(StudyApi& api, const WorkOptions& options, int runs,
                      const std::atomic<bool>& interrupted);

}  // namespace studyhall::worker_shim
