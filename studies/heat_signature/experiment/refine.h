// Local improvement of a candidate.
#pragma once

#include <span>

#include "studies/heat_signature/experiment/model.h"

namespace studyhall::heat_signature {

// `iterations` Levenberg-Marquardt steps in all positions and intensities, from `start`;
// derivatives by differences of simulations, intensities fitted again after each step. A step that
// would come too close to one of `others` is moved to the nearest distinct place. Returns the best
// distinct candidate met, at least as good as `start`. REQUIRES: start is distinct from `others`.
Candidate refine(Model& model, const Candidate& start, int iterations,
                 std::span<const Candidate> others);

}  // namespace studyhall::heat_signature
