// From what a run left to the result that is told.
#pragma once

#include <memory>

#include "worker_shim/run_context.h"
#include "worker_shim/score.h"

namespace studyhall::worker_shim {

// The study's score file in the workspace.
Score read_score_file(const RunContext& run);
// A search for the study's pattern; null where the score comes from a file.
std::unique_ptr<PatternSearch> score_pattern(const ExperimentSpec& experiment);

// Renames the score file to FILE.before-score: what is read afterwards was written afterwards.
void set_score_file_aside(const RunContext& run);

// The result, after all stages; where an agent claimed something else than was measured, its
// evidence has that as "claimed" and the note says so. With a score command: what that finds, run
// without the API key and with the experiment's time limit to itself, on no score file but its own.
// Else what the last command stage left, attested; where that left nothing, what the agent left,
// claimed.
RunOutcome find_score(RunContext& run);

// Whether a stage has measured a score that is good.
bool has_measured(const RunContext& run);

}  // namespace studyhall::worker_shim
