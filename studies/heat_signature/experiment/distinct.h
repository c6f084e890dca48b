// When two answers are different ones.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "studies/heat_signature/experiment/model.h"

namespace studyhall::heat_signature {

// match[k]: the point of b that point k of a is compared with, so that the largest distance is
// least. REQUIRES: a and b have equally many points, 1 or 2.
std::array<std::size_t, kMaxSources> nearest_match(const Positions& a, const Positions& b);
// That largest distance.
double displacement(const Positions& a, const Positions& b);

// Two answers are distinct when they are displaced by at least this.
inline constexpr double kDistinct = 0.2;
bool is_distinct(const Candidate& candidate, std::span<const Candidate> others);

}  // namespace studyhall::heat_signature
