// What a sampler may know of a study: its trials, in number order, and the order in which they
// changed.
//
// A History is built by apply() alone, from the events of a study in their order, so that it can be
// rebuilt as it stood at any event.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/space.h"
#include "core/study_spec.h"
#include "core/trial.h"

namespace studyhall {

// One trial as samplers see it.
struct Observation {
  std::int64_t number = -1;
  TrialState state = TrialState::Running;  // Running, Complete, Pruned or Fail
  bool infeasible_config = false;          // Fail for FailReason::BadConfig: learn from it
  Config config;                           // [space.size()]
  std::vector<double> values;              // [objectives] as told, empty unless Complete
  std::vector<double> constraints;         // [study constraints], > 0 violated
  std::int64_t last_step = -1;             // of the last intermediate value; -1: none
  double last_value = kInactive;           // NaN: none
  std::string slice;                       // key of the slice it was drawn from
  std::string sampler;

  // Sum of the positive constraint values; 0 for a feasible trial.
  [[nodiscard]] double violation() const;
};

class History {
 public:
  explicit History(std::vector<Direction> directions) : directions_(std::move(directions)) {}

  [[nodiscard]] std::span<const Direction> directions() const { return directions_; }

  // Adds an observation or replaces the one of the same number. REQUIRES: number <= size of the
  // study so far; numbers need not arrive in order (a Waiting trial has no observation).
  void apply(Observation observation);
  // Forgets a trial: given back, lost, or voided.
  void remove(std::int64_t number);

  // Ascending by number.
  [[nodiscard]] std::span<const Observation> observations() const { return observations_; }
  [[nodiscard]] const Observation* find(std::int64_t number) const;
  // Numbers of the trials in the order in which they finished (Complete, Pruned, Fail).
  [[nodiscard]] std::span<const std::int64_t> finish_order() const { return finish_order_; }
  // Counts every apply and remove. Two histories of one study with equal revision are equal, so a
  // sampler may key a cache by it; a cache must be ready to be rebuilt when it went backwards.
  [[nodiscard]] std::uint64_t revision() const { return revision_; }

 private:
  std::vector<Direction> directions_;
  std::vector<Observation> observations_;
  std::vector<std::int64_t> finish_order_;
  std::uint64_t revision_ = 0;
};

}  // namespace studyhall
