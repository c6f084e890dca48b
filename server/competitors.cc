#include "server/competitors.h"

#include <cstddef>
#include <cstdint>
#include <utility>

namespace studyhall::server {

void Competitors::put(const Trial& trial) {
  const auto at = static_cast<std::size_t>(trial.number);
  while (trials_.size() <= at) {
    trials_.emplace_back().number = static_cast<std::int64_t>(trials_.size()) - 1;
  }
  Trial seen;
  seen.number = trial.number;
  if (trial.fit != Fit::Outside) {
    seen.state = trial.state;
    seen.values = trial.values;
    seen.constraints = trial.constraints;
    seen.intermediate = trial.intermediate;
    seen.record.told = trial.record.told;
  }
  trials_[at] = std::move(seen);
}

}  // namespace studyhall::server
