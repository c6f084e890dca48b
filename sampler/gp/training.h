// What a history says to Gaussian processes: one series of measurements for each quantity, in the
// order in which trials finished, so that a series only ever grows at its end.
#pragma once

#include <cstddef>
#include <vector>

#include "core/history.h"

namespace studyhall::sampler::gp {

struct Measurement {
  double target = 0;
  double interest = 0;             // smaller: rather kept where not all are
  const Config* config = nullptr;  // in the history
  bool may_lead = false;           // complete and feasible
};
using Series = std::vector<Measurement>;

struct Training {
  // Values to be minimised, of complete trials and pruned ones. A pruned trial counts as the worse
  // of its last value and the median of the trials complete by then: it was stopped since it did
  // not look better. Infinite values stay so.
  Series objective;
  // Of each constraint of the study that any trial was measured against, > 0 violated.
  std::vector<Series> constraints;
  // 1 of trials whose configuration failed, -1 of complete and pruned ones; empty without failures.
  Series failure;
  std::vector<const Config*> pending;  // running, ascending by number
};

// The pointers are into `history`.
Training training(const History& history, Direction direction);

}  // namespace studyhall::sampler::gp
