// A stage that is one fresh Claude Code process on a prompt.
#pragma once

#include <optional>

#include "worker_shim/run_context.h"

namespace studyhall::worker_shim {

// Runs it to its end; what it left as a score becomes run.state.claimed, what it used is counted.
// The outcome, where the run ends with it.
std::optional<RunOutcome> run_agent_stage(RunContext& run, const StageSpec& stage);

}  // namespace studyhall::worker_shim
