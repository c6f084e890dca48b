// The signed-rank test of F. Wilcoxon, "Individual Comparisons by Ranking Methods" (1945).
#pragma once

#include <vector>

namespace studyhall {

// P(rank sum of the positive differences >= what was seen) if they are symmetric about 0; the ranks
// of zeros are split between the signs. Up to 50 differences without a zero: the exact
// distribution, a half of a tied rank sum rounded down (as in SciPy 1.10); else the normal
// approximation, corrected for ties. REQUIRES: not empty, all finite.
double signed_rank_p_greater(const std::vector<double>& differences);

// Twice the smaller one of the two one-sided probabilities, at most 1. REQUIRES: as above.
double signed_rank_p_two_sided(std::vector<double> differences);

}  // namespace studyhall
