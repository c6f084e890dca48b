#include "studies/heat_signature/experiment/distinct.h"

#include <algorithm>

namespace studyhall::heat_signature {

std::array<std::size_t, kMaxSources> nearest_match(const Positions& a, const Positions& b) {
  if (a.size() == 1) return {0, 0};
  const double straight = std::max(distance(a[0], b[0]), distance(a[1], b[1]));
  const double crossed = std::max(distance(a[0], b[1]), distance(a[1], b[0]));
  if (straight <= crossed) return {0, 1};
  return {1, 0};
}

double displacement(const Positions& a, const Positions& b) {
  const auto match = nearest_match(a, b);
  double largest = 0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    largest = std::max(largest, distance(a[k], b[match[k]]));
  }
  return largest;
}

bool is_distinct(const Candidate& candidate, std::span<const Candidate> others) {
  return std::all_of(others.begin(), others.end(), [&](const Candidate& other) {
    return displacement(positions_of(candidate), positions_of(other)) >= kDistinct;
  });
}

}  // namespace studyhall::heat_signature
