// What a sampler may know of a study: its trials, in number order, and the order in which they
// changed.
//
// A History is built by apply() alone, from the events of a study in their order, so that it can be
// rebuilt as it stood at any event.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/interned.h"
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
  Interned slice;                          // key of the slice it was drawn from
  Interned sampler;

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
  // A moment in the life of one History: what a cache keeps, to be brought up to date later.
  struct Mark {
    std::uint64_t life = 0;
    std::uint64_t change = 0;
    bool operator==(const Mark&) const = default;
  };
  [[nodiscard]] Mark mark() const { return {life_.id, change_}; }
  // Numbers given to apply and remove since `mark`, oldest first, repeats included; nullopt where
  // that is more than the 65,536 that are remembered at least, or a mark of another History (a copy
  // is another one).
  [[nodiscard]] std::optional<std::span<const std::int64_t>> changed_since(const Mark& mark) const;

 private:
  // Another one for every object.
  struct Life {
    Life();
    Life(const Life&) : Life() {}
    Life& operator=(const Life&) { return *this = Life(); }
    Life(Life&& other) noexcept = default;
    Life& operator=(Life&& other) noexcept = default;
    ~Life() = default;
    std::uint64_t id;
  };

  void note_change(std::int64_t number);

  std::vector<Direction> directions_;
  std::vector<Observation> observations_;
  std::vector<std::int64_t> finish_order_;
  Life life_;
  std::uint64_t change_ = 0;
  std::vector<std::int64_t> changes_;  // the last of them
};

}  // namespace studyhall
