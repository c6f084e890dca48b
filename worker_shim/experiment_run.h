// One trial's or task's run: its stages one after the other, then the score or result.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "core/study_api.h"
#include "worker_shim/beat.h"
#include "worker_shim/plan.h"
#include "worker_shim/prompt.h"
#include "worker_shim/run_outcome.h"
#include "worker_shim/run_state.h"
#include "worker_shim/workspace.h"

namespace studyhall::worker_shim {

struct RunHooks {
  // After each stage but the last, so that another process can go on from there. May be empty.
  std::function<void(const RunState& state)> stage_done;
  // Progress, one line at a time. May be empty.
  std::function<void(const std::string& line)> say;
  // What a prompt says of the study now. May be empty.
  std::function<PromptFacts()> prompt_facts;
};

// Runs the job by its plan (a task's: worker_shim/task_prompt.h) in `workspace` from
// state.stages_done on to its end; no process of it is left then. Never throws Error: what goes
// wrong is the outcome.
RunOutcome run_experiment(const Plan& plan, const Job& job, const Workspace& workspace,
                          const std::string& run_id, RunState state, Beat& beat,
                          const std::atomic<bool>& interrupted, const RunHooks& hooks);

}  // namespace studyhall::worker_shim
