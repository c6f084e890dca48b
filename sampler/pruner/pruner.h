// Whether a trial is worth finishing, told from its intermediate values and those of the others.
//
// The rules are Optuna 5's (optuna/pruners); where a rule of Optuna's depends on what a process
// remembers, the header that has it says what is done instead. Pure functions of the trials.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string_view>

#include "core/pruner_spec.h"
#include "core/study_spec.h"
#include "core/trial.h"

namespace studyhall::sampler::pruner {

struct Task {
  std::string_view study;  // its name
  Direction direction = Direction::Minimize;
  std::span<const Trial> trials;  // of the study; the one of trial.number is not looked at
  const Trial& trial;             // running, with the value just reported
};

// Whether to end task.trial at its last step.
bool should_prune(const PrunerSpec& pruner, const Task& task);

// Whether `a` is better than `b`.
bool is_better(Direction direction, double a, double b);

// Whether no step but the last lies in the last one's interval or after it; the first interval
// begins at `n_warmup_steps`. REQUIRES: not empty, the last step is at least n_warmup_steps.
bool is_first_in_interval(const std::map<std::int64_t, double>& values, std::int64_t n_warmup_steps,
                          std::int64_t interval_steps);

// The trial with values that was complete before all others of its kind; nullptr: there is none.
const Trial* first_complete(std::span<const Trial> trials);

}  // namespace studyhall::sampler::pruner
