// Asking the study's pruner.
#pragma once

#include <cstdint>

#include "server/study_model.h"

namespace studyhall::server {

// Whether the running trial `number` would not be worth finishing, had it reported `value` at
// `step`. Costs nothing in a study without a pruner. A run that is to confirm a candidate is always
// worth it: a pruned one would say nothing.
bool wants_pruning(const StudyModel& study, std::int64_t number, std::int64_t step, double value);

}  // namespace studyhall::server
