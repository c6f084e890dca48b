// The trials of a study that prunes, as pruners look at them at every report.
#pragma once

#include <span>
#include <vector>

#include "core/trial.h"

namespace studyhall::server {

class Competitors {
 public:
  // Replaces the trial of that number. A trial outside of the space counts as one that waits.
  void put(const Trial& trial);
  // By number: state, values, constraints, intermediate values and place in the order alone.
  [[nodiscard]] std::span<const Trial> trials() const { return trials_; }

 private:
  std::vector<Trial> trials_;
};

}  // namespace studyhall::server
