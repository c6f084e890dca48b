#include "server/best_steps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace studyhall::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// By the definition: a pass over all trials.
std::vector<double> naive_line(const std::vector<std::optional<double>>& values,
                               Direction direction, std::size_t stretches) {
  std::vector<double> line;
  const std::size_t count = values.size();
  stretches = std::min(stretches, count);
  std::optional<double> best;
  for (std::size_t s = 0; s < stretches; ++s) {
    for (std::size_t i = s * count / stretches; i < (s + 1) * count / stretches; ++i) {
      const auto value = values[i];
      if (!value) continue;
      if (!best || (direction == Direction::Minimize ? *value < *best : *value > *best))
        best = value;
    }
    if (best) line.push_back(*best);
  }
  return line;
}

TEST(BestSteps, FallFromTheFirstResultOn) {
  BestSteps steps(Direction::Minimize);
  EXPECT_THAT(steps.line(3, 40), IsEmpty());
  steps.put(1, 5.0);
  steps.put(2, 7.0);
  steps.put(3, 2.0);
  EXPECT_THAT(steps.line(5, 40), ElementsAre(5, 5, 2, 2));
  EXPECT_THAT(steps.line(5, 2), ElementsAre(5, 2));
  EXPECT_TRUE(steps.is_step(1));
  EXPECT_FALSE(steps.is_step(2));
  EXPECT_TRUE(steps.is_step(3));
}

TEST(BestSteps, AreThoseOfAPassOverAllTrialsInWhateverOrderTheyEnd) {
  for (const Direction direction : {Direction::Minimize, Direction::Maximize}) {
    std::mt19937_64 rng(7);
    for (int round = 0; round < 300; ++round) {
      std::vector<std::optional<double>> values(1 + rng() % 90);
      BestSteps steps(direction);
      for (std::size_t change = 0; change < 2 * values.size(); ++change) {
        const std::size_t number = rng() % values.size();
        values[number] =
            rng() % 5 == 0 ? std::nullopt : std::optional<double>(static_cast<double>(rng() % 50));
        if (steps.put(static_cast<std::int64_t>(number), values[number])) continue;
        steps = BestSteps(direction);
        for (std::size_t i = 0; i < values.size(); ++i)
          ASSERT_TRUE(steps.put(static_cast<std::int64_t>(i), values[i]));
      }
      ASSERT_EQ(steps.line(values.size(), 40), naive_line(values, direction, 40));
    }
  }
}

TEST(BestSteps, AreLostWithTheTrialThatMadeOne) {
  BestSteps steps(Direction::Maximize);
  EXPECT_TRUE(steps.put(0, 3.0));
  EXPECT_TRUE(steps.put(4, 9.0));
  EXPECT_TRUE(steps.put(5, 4.0));
  EXPECT_TRUE(steps.put(5, std::nullopt)) << "it never was a step";
  EXPECT_TRUE(steps.put(4, 10.0)) << "a better one hides all that the former hid";
  EXPECT_FALSE(steps.put(4, 8.0));
}

TEST(FeasibleValue, IsThatOfACompleteFeasibleTrialAlone) {
  Trial trial;
  trial.state = TrialState::Complete;
  trial.values = {2, 1};
  EXPECT_EQ(feasible_value(trial), 2);
  trial.constraints = {0, -1};
  EXPECT_EQ(feasible_value(trial), 2);
  trial.constraints = {0, 0.1};
  EXPECT_EQ(feasible_value(trial), std::nullopt);
  trial.constraints.clear();
  trial.values = {std::numeric_limits<double>::infinity(), 1};
  EXPECT_EQ(feasible_value(trial), std::nullopt);
  trial.values.clear();
  EXPECT_EQ(feasible_value(trial), std::nullopt);
  trial.values = {2};
  trial.state = TrialState::Pruned;
  EXPECT_EQ(feasible_value(trial), std::nullopt);
}

}  // namespace
}  // namespace studyhall::server
