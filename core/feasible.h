// When a result keeps its constraints.
#pragma once

#include <algorithm>
#include <span>

namespace studyhall {

// Whether none of a trial's constraint values is above 0, which would be a violation.
inline bool is_feasible(std::span<const double> constraints) {
  return std::ranges::none_of(constraints, [](double c) { return c > 0; });
}

}  // namespace studyhall
