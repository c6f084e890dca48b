// The loop of one worker: ask, run the trial or task, read what came of it, tell, next.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/artifact_api.h"
#include "core/clock.h"
#include "core/study_api.h"
#include "worker_shim/machine_load.h"
#include "worker_shim/research_options.h"

namespace studyhall::worker_shim {

struct WorkOptions {
  std::string study;
  std::string worker;
  std::string role{};  // of the study file's; empty: none
  // Absent: the role's, else both of a study of agents, trials of one of commands.
  std::optional<Want> want{};
  std::filesystem::path runs = "runs";   // jobs run in runs/STUDY/WORKER-NUMBER
  std::filesystem::path experiment_dir;  // overrides experiment.dir; empty: as in the study file
  std::string server_url;                // passed to the experiment as STUDY_SERVER; may be empty
  bool once = false;                     // one trial or task
  int max_trials = 0;                    // of both together; 0: no limit
  std::chrono::milliseconds beat_every{30'000};
  std::chrono::seconds lease{300};
  std::chrono::milliseconds grace{5000};  // between SIGTERM and SIGKILL of an experiment
  // Unit of every wait after something went wrong: 1 to 30 of it while the server does not answer,
  // 5 to 600 after failures that are this worker's own fault, 60 to 3,600 after a rate limit.
  std::chrono::milliseconds backoff{1000};
  std::vector<int> cpus{};  // processors of its runs, over the study file's; empty: as that says
  std::function<void(const std::string& line)> say;  // progress, one line at a time; may be empty
  // What the machine's processors did; a test has its own.
  ReadProcessors read_processors = processor_times;
  // Set: it does rounds of research in its role, which the study file need not have.
  std::optional<ResearchOptions> research{};
  ArtifactApi* artifacts = nullptr;  // where to keep files of each run; null: nowhere
};

enum class WorkEnd {
  Done,      // --once or --max-trials reached
  Finished,  // the study hands out no more: stopped, target met, budget used, exhausted
  Stopped,   // a STOP file, SIGINT or SIGTERM
};

struct WorkSummary {
  WorkEnd end = WorkEnd::Done;
  std::string reason;  // the study's words, or where the STOP file is
  int completed = 0;   // these three of trials
  int pruned = 0;
  int failed = 0;
  int tasks_done = 0;
  int tasks_failed = 0;
};

// RUNS/STUDY/STOP.WORKER.
std::filesystem::path stop_file_of(const std::filesystem::path& study_folder,
                                   const std::string& worker);

// Works until there is an end. `interrupted` is set by the caller's signal handler: the run under
// way is ended with its whole process tree and its job told as cancelled.
//
// A file RUNS/STUDY/STOP ends the work of every worker after its current job, one named
// STOP.WORKER (stop_file_of) that worker's; one that is there at the start ends it at once, and is
// never removed here.
//
// Nothing that a run found is lost: a result is kept on disk and told until it is answered, with
// one request id. An interruption while the server does not answer leaves it to the next start of
// this worker with the same `runs`, which tells it first; so does its death, whose unfinished job
// the next start runs again if the lease still holds, from the stage that was under way in the same
// folder, or where that was the first in a fresh one; else gives up, saying so.
//
// Throws Error(Invalid) for a study without an experiment, an experiment that cannot start (command
// or prompt not found), a Claude Code CLI without a valid key or model (the trial is given back
// first); Error(NotFound) for an unknown study; Error(Conflict) if this worker is already at work
// in `runs`; Error(Unavailable) if `runs` cannot be written at the start. A server that does not
// answer is waited for, not thrown.
WorkSummary work(StudyApi& api, const Clock& clock, const WorkOptions& options,
                 const std::atomic<bool>& interrupted);

}  // namespace studyhall::worker_shim
