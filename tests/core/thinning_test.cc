#include "core/thinning.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace studyhall {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

bool has(const std::vector<std::size_t>& positions, std::size_t one) {
  return std::binary_search(positions.begin(), positions.end(), one);
}

TEST(Thinning, KeepsEverythingThatFits) {
  const std::vector<double> values{3, kNone, 1};
  EXPECT_EQ(thin(values, {false, false, false}, 3), (std::vector<std::size_t>{0, 1, 2}));
  EXPECT_TRUE(thin({}, {}, 10).empty());
}

TEST(Thinning, KeepsWhatItIsToldAndTheExtremesOfEveryStretch) {
  std::vector<double> values(10'000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = std::sin(static_cast<double>(i) / 40);
  values[4'321] = 50;
  values[8'765] = -50;
  values[9'000] = kNone;
  std::vector<bool> keep(values.size(), false);
  keep[17] = keep[18] = keep[19] = true;

  const std::vector<std::size_t> positions = thin(values, keep, 300);

  EXPECT_TRUE(std::is_sorted(positions.begin(), positions.end()));
  EXPECT_LE(positions.size(), 300U);
  EXPECT_GE(positions.size(), 200U);
  for (const std::size_t one : {17, 18, 19, 4'321, 8'765, 9'999})
    EXPECT_TRUE(has(positions, one)) << one;
}

TEST(Thinning, ShowsStretchesWithoutAnyValue) {
  const std::vector<double> values(1'000, kNone);
  const auto positions = thin(values, std::vector<bool>(1'000, false), 100);
  EXPECT_GE(positions.size(), 30U);
  EXPECT_EQ(positions.back(), 999U);
}

TEST(Thinning, KeepsMoreThanFitsWhereItIsTold) {
  const std::vector<double> values(50, 1.0);
  EXPECT_EQ(thin(values, std::vector<bool>(50, true), 10).size(), 50U);
}

}  // namespace
}  // namespace studyhall
