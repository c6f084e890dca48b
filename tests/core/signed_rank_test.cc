#include "core/signed_rank.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace studyhall {
namespace {

// Exact tails counted by hand: of the 2^n sign patterns those with a rank sum at least as large.
TEST(SignedRank, HasTheExactTail) {
  EXPECT_EQ(signed_rank_p_greater({1, 2, 3}), 1.0 / 8);
  EXPECT_EQ(signed_rank_p_greater({-1, 2, 3}), 2.0 / 8);
  EXPECT_EQ(signed_rank_p_greater({1, 2, -3}), 5.0 / 8);
  EXPECT_EQ(signed_rank_p_greater({-1, -2, -3}), 1);
  EXPECT_EQ(signed_rank_p_greater({5, 4, 3, 2, 1}), 1.0 / 32);
}

TEST(SignedRank, SplitsTheRanksOfZeros) {
  EXPECT_EQ(signed_rank_p_greater({0, 0, 0}), 0.5);
  // T = 3 / 2 + 3 + 4 of ranks 1.5, 1.5, 3, 4; by the normal approximation corrected for one tie:
  // z = (8.5 - 5) / sqrt((4 * 5 * 9 - 6 / 2) / 24).
  EXPECT_NEAR(signed_rank_p_greater({0, 0, 1, 2}), 0.5 * std::erfc(3.5 / std::sqrt(7.375 * 2)),
              1e-15);
}

// scipy.stats.wilcoxon(d, zero_method="zsplit", alternative=...) of SciPy 1.10.1: two exact ones,
// one of sixty with ties and zeros by the normal approximation.
TEST(SignedRank, AgreesWithSciPy) {
  struct Row {
    std::vector<double> differences;
    double greater;
    double two_sided;
  };
  const Row rows[] = {
      {{0.31, -0.12, 0.5, 0.77, -0.05, 1.2, 0.9, -0.4, 0.66, 0.21}, 0.0244140625, 0.048828125},
      {{-1.5, -0.25, -3, 0.125, -2, -0.75, -4, 1}, 0.97265625, 0.078125},
      {{1,     -0.75, -0.5,  -0.25, -0.5,  1,     1,     0.5,  -0.75, -0.75, -0.25, 0,
        0.5,   0.25,  -0.25, -0.5,  0.75,  0.75,  -0.75, -0.5, 0.25,  0,     1,     0.25,
        0,     0,     0.5,   0.5,   -0.5,  0.75,  0.75,  1.25, 1,     -0.25, -0.25, 0.5,
        0.5,   0.75,  1,     -0.25, 1.25,  -0.75, -0.75, 1.25, 1.25,  -0.25, -0.5,  -0.25,
        -0.75, 1.25,  0.5,   0.5,   -0.25, 0.25,  -0.5,  0.75, 0.25,  -0.75, -0.25, 0.75},
       0.024854576615293635,
       0.04970915323058727},
  };
  for (const Row& row : rows) {
    EXPECT_NEAR(signed_rank_p_greater(row.differences), row.greater, 1e-12 * row.greater);
    EXPECT_NEAR(signed_rank_p_two_sided(row.differences), row.two_sided, 1e-12 * row.two_sided);
  }
}

TEST(SignedRank, NeverExceedsOneWithTwoSides) {
  EXPECT_EQ(signed_rank_p_two_sided({0, 0, 0}), 1);
  EXPECT_EQ(signed_rank_p_two_sided({1, -1}), 1);
}

}  // namespace
}  // namespace studyhall
