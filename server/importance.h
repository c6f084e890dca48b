// Parameter importance of a study, in two steps: what is read from it under its lock, and the work.
#pragma once

#include <memory>
#include <vector>

#include "core/study_api.h"
#include "sampler/importance.h"
#include "server/study_model.h"

namespace studyhall::server {

struct ImportanceTask {
  std::shared_ptr<const StudySpec> spec;
  WorkerRegion region;
  sampler::ImportanceTrials trials;
  sampler::ImportanceOptions options;
};

// Copies the complete trials. Left out: those that another program wrote with parameters that are
// not the study's. One without the values of the study's constraints ranks as infeasible. Throws
// Error(NotFound) for a worker that the study file does not name, Error(Invalid) for an objective
// or quantiles out of range.
ImportanceTask importance_task(const StudyModel& study, const ImportanceRequest& request);

ImportanceAnswer importance_answer(const ImportanceTask& task);

}  // namespace studyhall::server
