// Where one trial or task runs: a folder of its own.
//
//   runs/STUDY/                  the study's run folder
//     STOP                       made by a user: workers end after their current trial
//     W1-12/                     worker W1's first run of trial 12; further runs: W1-12.2, ...
//       config.json              the parameters: {"name": value, ...}; or the task
//       run.log                  what the experiment printed; score.log: what the score command did
//       events.jsonl             claude agents' events; prompt.md: what one was asked, in a
//                                pipeline prompt.STAGE.md
//       STATE.json, SUMMARY.md   what became of it (worker_shim/experiment_record.h)
//       tree/                    where it runs, of git worktrees; worktrees.json: which those are
//     W1-task3/                its first run of task 3 (worker_shim/job.h reads these names)
//     results.jsonl, ITERATION_LOG.md   what came of all runs (worker_shim/iteration_log.h)
//     W1-calibration/            a calibration by W1 (worker_shim/calibration.h)
//     .W1.json, .W1.lock         what W1 must not forget, private (worker_shim/journal.h)
//     .home-W1/                  HOME of W1's claude agents
#pragma once

#include <filesystem>
#include <string>

#include "core/json.h"

namespace studyhall::worker_shim {

struct Workspace {
  std::filesystem::path dir;   // absolute; its record
  std::filesystem::path tree;  // of git worktrees: the one, or the folder of several; else empty
  // Where the experiment and the score command run, and where the score file is.
  [[nodiscard]] const std::filesystem::path& place() const { return tree.empty() ? dir : tree; }
  [[nodiscard]] std::filesystem::path config() const { return dir / "config.json"; }
  [[nodiscard]] std::filesystem::path run_log() const { return dir / "run.log"; }
  [[nodiscard]] std::filesystem::path score_log() const { return dir / "score.log"; }
  [[nodiscard]] std::filesystem::path events() const { return dir / "events.jsonl"; }
  [[nodiscard]] std::filesystem::path prompt() const { return dir / "prompt.md"; }
  [[nodiscard]] std::filesystem::path prompt(const std::string& stage) const {
    return dir / ("prompt." + stage + ".md");
  }
  [[nodiscard]] std::string name() const { return dir.filename().string(); }
};

// Makes the next free of the folders NAME, NAME.2, ... for a run, with its config.json. Throws
// Error(Unavailable) with the system's words (disk full, no permission).
Workspace make_workspace(const std::filesystem::path& study_folder, const std::string& name,
                         const Json& config);

}  // namespace studyhall::worker_shim
