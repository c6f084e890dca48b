#include "server/pruning.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <vector>

#include "sampler/pruner/pruner.h"

namespace studyhall::server {

bool wants_pruning(const StudyModel& study, std::int64_t number, std::int64_t step, double value) {
  const StudySpec& spec = study.spec();
  if (spec.pruner.name == "none" || study.trial(number).record.confirms >= 0) return false;
  Trial trial = study.trial(number);
  trial.intermediate[step] = value;
  const auto outside = [](const Trial& other) { return other.fit == Fit::Outside; };
  std::vector<Trial> inside;
  std::span<const Trial> trials = study.trials();
  if (std::any_of(trials.begin(), trials.end(), outside)) {
    std::remove_copy_if(trials.begin(), trials.end(), std::back_inserter(inside), outside);
    trials = inside;
  }
  return sampler::pruner::should_prune(
      spec.pruner, {study.record().name, spec.directions.front(), trials, trial});
}

}  // namespace studyhall::server
