// Finished trials as the strategy is told them.
#pragma once

#include <cstdint>
#include <optional>

#include "core/history.h"
#include "core/slice.h"
#include "sampler/cmaes/mixed.h"

namespace studyhall::sampler::cmaes {

// What a trial counts as (smaller is better, in this order) and where it was.
struct Result {
  int tier = 0;
  double first = 0;
  double second = 0;
  Candidate candidate;

  [[nodiscard]] bool ranks_before(const Result& other) const;
  // The value of a feasible complete trial, smaller is better; +infinity for any other.
  [[nodiscard]] double value() const;
};

// nullopt where the trial says nothing: not finished, or failed for other reasons than its
// configuration.
std::optional<Result> result_of(const Observation& trial, Direction direction,
                                const Coordinates& coordinates);

}  // namespace studyhall::sampler::cmaes
