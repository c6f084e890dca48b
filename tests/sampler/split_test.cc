#include "sampler/tpe/split.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "tests/sampler/histories.h"

namespace studyhall::sampler::tpe {
namespace {

using testing::complete;
using testing::failed;
using testing::infeasible;
using testing::pruned;
using testing::running;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

Split split_of(const std::vector<Observation>& trials, Direction direction = Direction::Minimize) {
  std::vector<const Observation*> pointers;
  for (const Observation& trial : trials) pointers.push_back(&trial);
  return split(pointers, std::span(&direction, 1));
}

using Positions = std::vector<std::size_t>;

TEST(Gamma, IsATenthRoundedUpAtMost25) {
  EXPECT_EQ(gamma(0), 0u);
  EXPECT_EQ(gamma(1), 1u);
  EXPECT_EQ(gamma(10), 1u);
  EXPECT_EQ(gamma(11), 2u);
  EXPECT_EQ(gamma(250), 25u);
  EXPECT_EQ(gamma(100'000), 25u);
}

TEST(Split, TakesTheBestByValueAndTiesByNumber) {
  std::vector<Observation> trials;
  for (int i = 0; i < 11; ++i) trials.push_back(complete(i, {0}, i == 4 || i == 7 || i == 9));

  EXPECT_EQ(split_of(trials, Direction::Maximize).below, (Positions{4, 7}));
  EXPECT_EQ(split_of(trials, Direction::Minimize).below, (Positions{0, 1}));
  EXPECT_EQ(split_of(trials).above, (Positions{2, 3, 4, 5, 6, 7, 8, 9, 10}));
}

TEST(Split, FillsUpWithPrunedThenInfeasible) {
  // 61 finished trials: seven below. Two are feasible and complete, three feasible and pruned.
  std::vector<Observation> trials = {complete(0, {0}, 5),           pruned(1, {0}, -1, kNaN),
                                     pruned(2, {0}, 3, 9),          pruned(3, {0}, 3, kNaN),
                                     pruned(4, {0}, 2, 1),          infeasible(5, {0}, -9, 0.25),
                                     infeasible(6, {0}, -8, 0.125), complete(7, {0}, kInfinity)};
  for (int i = 8; i < 61; ++i) trials.push_back(infeasible(i, {0}, 0, 1));

  // In order: 0, 7 (complete), 2, 3 (step 3, NaN last), 4 (step 2), 1 (no step), 6 (least broken).
  EXPECT_EQ(split_of(trials).below, (Positions{0, 1, 2, 3, 4, 6, 7}));
}

TEST(Split, PutsRunningAndConfigFailuresAboveAndForgetsOtherFailures) {
  const std::vector<Observation> trials = {running(0, {0}), failed(1, {0}, true),
                                           failed(2, {0}, false), complete(3, {0}, 1),
                                           running(9, {0})};

  const Split result = split_of(trials);

  EXPECT_EQ(result.below, Positions{3});
  EXPECT_EQ(result.above, (Positions{0, 1, 4}));
}

TEST(Split, OfNothingFinishedHasNothingBelow) {
  const Split result = split_of({running(0, {0}), failed(1, {0}, true)});
  EXPECT_TRUE(result.below.empty());
  EXPECT_EQ(result.above, (Positions{0, 1}));
}

TEST(DefaultWeights, RampUpToTheLast25) {
  const std::vector<double> w = default_weights(30);
  ASSERT_EQ(w.size(), 30u);
  const std::vector<double> start = {1.0 / 30, .275, .5166666666666667, .7583333333333333, 1, 1};
  for (std::size_t i = 0; i < start.size(); ++i) EXPECT_NEAR(w[i], start[i], 1e-15);
  EXPECT_EQ(w.back(), 1);
  EXPECT_EQ(default_weights(25), std::vector<double>(25, 1.0));
  EXPECT_EQ(default_weights(26).front(), 1.0 / 26);
  EXPECT_TRUE(default_weights(0).empty());
}

}  // namespace
}  // namespace studyhall::sampler::tpe
