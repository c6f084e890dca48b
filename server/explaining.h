// Who made a suggestion, and why: the study is made again from its events up to the one that the
// sampler saw last, and the sampler asked again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/study_api.h"
#include "server/study_model.h"
#include "storage/storage.h"

namespace studyhall::server {

// What of the study as it is now an explanation needs.
struct ExplainTask {
  storage::StudyId study = 0;
  TrialView trial;
  std::vector<std::string> parameters;  // in the order of the study file
  std::optional<std::int64_t> first;    // earliest other trial of the same configuration
};
// Throws Error(NotFound) for an unknown trial.
ExplainTask explain_task(const StudyModel& study, std::int64_t number);

// Reads the events of the study from storage alone. What cannot be made again, or comes out
// otherwise than it was handed out, is not explained: `doubt` tells why.
Explanation explain(storage::Storage& storage, const ExplainTask& task);

}  // namespace studyhall::server
