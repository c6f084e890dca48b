// What came of a task, from what its agent left.
#pragma once

#include "worker_shim/run_context.h"

namespace studyhall::worker_shim {

// After the agent ended well. SUMMARY.md and result.json are looked for in the record folder, then
// where the agent ran.
//   result.json has "failed"                    failed for good, for that reason
//   nothing was left, and not a word said       failed, declined
//   else                                        done; `result` is what result.json has (an object;
//                                               anything else as its member "result"), and unless
//                                               it has one "summary": SUMMARY.md, else the agent's
//                                               last words
RunOutcome find_task_result(const RunContext& run);

}  // namespace studyhall::worker_shim
