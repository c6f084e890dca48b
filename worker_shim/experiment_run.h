// One trial's run: the experiment, then the score command, then the score.
#pragma once

#include <atomic>
#include <string>

#include "core/study_api.h"
#include "worker_shim/beat.h"
#include "worker_shim/plan.h"
#include "worker_shim/workspace.h"

namespace studyhall::worker_shim {

// How a run ended, and what that means for the trial:
//
//   a finite score, every metric that a constraint needs        complete
//   the beat's answer said prune                                 pruned
//   the worker was interrupted, the beat's answer said stop,     failed, cancelled
//     or someone else ended the experiment (SIGTERM, SIGINT, SIGHUP)
//   time limit, exit code, signal (SIGKILL: perhaps memory),     failed, config
//     no score or a bad one, all of a plain command
//   the program cannot start, its supervisor was killed, the     failed, infra
//     workspace cannot be written (disk full)
//   an agent ended without leaving a score, or with a score that failed, declined
//     only it vouches for and that is none; used up its turns or cost; refused
//   a score command of an agent's trial ran and found no number  failed, config
//   rate limit, API overloaded or unreachable                    given back, after a pause
//   key or login refused, a model or flag that cannot work       given back, the worker ends
enum class RunVerdict { Tell, GiveBack };

struct RunOutcome {
  RunVerdict verdict = RunVerdict::Tell;
  TellRequest tell;        // state, values, reason, metrics, usage, evidence and note
  bool fatal = false;      // given back: no trial can run here
  double pause_units = 0;  // given back: units of WorkOptions::backoff to wait before the next ask
  std::string words;       // given back: why
};

// Runs the trial in `workspace` to its end; no process of it is left then. A score command replaces
// whatever score file the experiment left (kept as FILE.before-score), runs without the API key,
// and has the experiment's time limit to itself. Never throws Error: what goes wrong is the
// outcome.
RunOutcome run_experiment(const Plan& plan, const AskedTrial& trial, const Workspace& workspace,
                          const std::string& run_id, Beat& beat,
                          const std::atomic<bool>& interrupted);

}  // namespace studyhall::worker_shim
