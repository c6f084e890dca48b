// A stage that is a program, run by the worker itself.
#pragma once

#include <optional>

#include "worker_shim/run_context.h"

namespace studyhall::worker_shim {

// Runs it to its end, handing its progress lines (worker_shim/progress.h) to the pruner. Where the
// study has no score command, what it left as a score becomes run.state.measured; a score file from
// an agent before it is set aside first. The outcome, where the run ends with it.
std::optional<RunOutcome> run_command_stage(RunContext& run, const StageSpec& stage);

}  // namespace studyhall::worker_shim
