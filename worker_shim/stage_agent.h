// A stage that is one fresh Claude Code process on a prompt.
#pragma once

#include <optional>

#include "worker_shim/run_context.h"

namespace studyhall::worker_shim {

// Runs it to its end; what it left as a score becomes run.state.claimed, what it used is counted.
// The outcome, where the run ends with it.
//
// The trial is kept and the stage begun again, with a new session: after a rate limit, once the
// login's pause is over, for which the trial is parked (all workers of the login wait); up to four
// times, after growing waits, where the API was overloaded or away.
std::optional<RunOutcome> run_agent_stage(RunContext& run, const StageSpec& stage);

}  // namespace studyhall::worker_shim
