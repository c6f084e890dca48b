#include "server/pruning.h"

#include "sampler/pruner/pruner.h"

namespace studyhall::server {

bool wants_pruning(const StudyModel& study, std::int64_t number, std::int64_t step, double value) {
  const StudySpec& spec = study.spec();
  if (spec.pruner.name == "none") return false;
  Trial trial = study.trial(number);
  if (trial.record.confirms >= 0) return false;
  trial.intermediate[step] = value;
  return sampler::pruner::should_prune(
      spec.pruner, {study.record().name, spec.directions.front(), study.competitors(), trial});
}

}  // namespace studyhall::server
