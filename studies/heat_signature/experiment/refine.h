// Local improvement of a candidate, and when two candidates are different answers.
#pragma once

#include <span>

#include "studies/heat_signature/experiment/model.h"

namespace studyhall::heat_signature {

// The largest displacement of a source between two candidates with equally many sources, matched so
// that it is least.
double displacement(const Candidate& a, const Candidate& b);

// Two answers are distinct when they are displaced by at least this.
inline constexpr double kDistinct = 0.2;
bool is_distinct(const Candidate& candidate, std::span<const Candidate> others);

// `iterations` Levenberg-Marquardt steps in all positions and intensities, from `start`;
// derivatives by differences of simulations, intensities fitted again after each step. A step that
// would come too close to one of `others` is moved to the nearest distinct place. Returns the best
// distinct candidate met, at least as good as `start`. REQUIRES: start is distinct from `others`.
Candidate refine(Model& model, const Candidate& start, int iterations,
                 std::span<const Candidate> others);

}  // namespace studyhall::heat_signature
