#include "sampler/pruner/pruner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <utility>
#include <vector>

#include "sampler/pruner/halving.h"
#include "sampler/pruner/percentile.h"
#include "sampler/pruner/wilcoxon.h"

namespace studyhall::sampler::pruner {
namespace {

using ::testing::ElementsAre;

Trial trial_with(std::int64_t number, TrialState state,
                 const std::map<std::int64_t, double>& values) {
  Trial trial;
  trial.number = number;
  trial.state = state;
  trial.intermediate = values;
  if (is_finished(state)) trial.record.told = number + 1;
  if (state == TrialState::Complete && !values.empty()) trial.values = {values.rbegin()->second};
  return trial;
}

bool decide(PrunerSpec pruner, const std::vector<Trial>& others,
            const std::map<std::int64_t, double>& values,
            Direction direction = Direction::Minimize) {
  if (pruner.name == "none" && pruner.options.index() > 0) pruner.name = "some";
  const Trial trial = trial_with(std::ssize(others), TrialState::Running, values);
  return should_prune(pruner, {"s", direction, others, trial});
}

TEST(Pruner, LetsEverythingGoOnWhereThereIsNone) {
  EXPECT_FALSE(decide({}, {trial_with(0, TrialState::Complete, {{0, 1}})}, {{0, 1e9}}));
}

TEST(Pruner, LetsATrialGoOnThatHasReportedNothing) {
  EXPECT_FALSE(decide({"patient", PatientOptions{std::make_shared<PrunerSpec>(), 0, 0}}, {}, {}));
  EXPECT_FALSE(decide({"threshold", ThresholdOptions{.lower = 0, .upper = {}}}, {}, {}));
}

// By numpy.percentile's documentation: linear interpolation at (n - 1) * q / 100.
TEST(Percentile, InterpolatesBetweenValues) {
  EXPECT_EQ(percentile_of({3, 1, 2}, 50), 2);
  EXPECT_EQ(percentile_of({4, 1, 3, 2}, 50), 2.5);
  EXPECT_EQ(percentile_of({4, 1, 3, 2}, 0), 1);
  EXPECT_EQ(percentile_of({4, 1, 3, 2}, 100), 4);
  EXPECT_EQ(percentile_of({10, 0}, 25), 2.5);
  EXPECT_EQ(percentile_of({10, 0}, 75), 7.5);
  EXPECT_EQ(percentile_of({7}, 30), 7);
}

TEST(Median, ComparesTheBestSoFarWithTheOthersAtTheStep) {
  std::vector<Trial> others;
  for (int i = 0; i < 5; ++i) {
    others.push_back(trial_with(i, TrialState::Complete, {{0, i}, {1, 10.0 * i}}));
  }
  const PrunerSpec median{"median", PercentileOptions{}};

  EXPECT_FALSE(decide(median, others, {{0, 2}}));
  EXPECT_TRUE(decide(median, others, {{0, 2.5}}));
  EXPECT_FALSE(decide(median, others, {{0, 2}, {1, 1e9}}));
  EXPECT_TRUE(decide(median, others, {{1, 20.5}}));
  EXPECT_FALSE(decide(median, others, {{2, 1e9}})) << "no other trial has a value at step 2";
  EXPECT_TRUE(decide(median, others, {{0, 1.5}}, Direction::Maximize));
  others.pop_back();
  EXPECT_FALSE(decide(median, others, {{0, 1e9}})) << "4 complete trials, 5 wanted";
}

TEST(Median, DoesNotLookAtTrialsThatAreNotComplete) {
  std::vector<Trial> others;
  for (int i = 0; i < 6; ++i) others.push_back(trial_with(i, TrialState::Complete, {{0, 1}}));
  for (int i = 6; i < 20; ++i) others.push_back(trial_with(i, TrialState::Pruned, {{0, 9}}));

  EXPECT_TRUE(decide({"median", PercentileOptions{}}, others, {{0, 2}}));
}

// Of 4 trials at the rung one goes on; with fewer, the best so far.
TEST(SuccessiveHalving, KeepsTheBestOfSoManyAtEachRung) {
  const PrunerSpec halving{"successive_halving", HalvingOptions{.min_resource = 2}};
  std::vector<Trial> others;
  EXPECT_FALSE(decide(halving, others, {{1, 9}}));
  EXPECT_FALSE(decide(halving, others, {{2, 9}})) << "the first at a rung goes on";
  for (int i = 0; i < 7; ++i) {
    others.push_back(trial_with(i, TrialState::Running, {{2, i}, {8, 100.0 + i}}));
  }

  EXPECT_FALSE(decide(halving, others, {{2, 1}})) << "of 8, the best 2 go on";
  EXPECT_TRUE(decide(halving, others, {{2, 1.5}}));
  EXPECT_FALSE(decide(halving, others, {{2, 1.5}, {3, 9}})) << "no rung at step 3";
  EXPECT_TRUE(decide(halving, others, {{2, 0}, {9, 102}})) << "the rung of step 8";
  EXPECT_TRUE(decide(halving, others, {{1, NAN}, {2, NAN}}));
}

TEST(SuccessiveHalving, TakesAutoFromTheFirstCompleteTrial) {
  const PrunerSpec halving{"successive_halving", HalvingOptions{}};
  std::vector<Trial> others{trial_with(0, TrialState::Running, {{0, 0}, {500, 0}})};
  EXPECT_FALSE(decide(halving, others, {{400, 9}})) << "no trial is complete";

  others.push_back(trial_with(1, TrialState::Complete, {{3, 0}, {300, 0}}));
  others.push_back(trial_with(2, TrialState::Complete, {{900, 0}}));

  EXPECT_FALSE(decide(halving, others, {{2, 9}})) << "300 / 100 is the first rung";
  EXPECT_TRUE(decide(halving, others, {{3, 9}}));
}

// The allocation of Li et al. (2018), table 1: R = 81, eta = 3 has five brackets, of which the most
// aggressive has 81 configurations; each budget is ceil(5 * 3^s / (s + 1)).
TEST(Hyperband, DealsTrialsOutToItsBrackets) {
  const Brackets brackets(1, 81, 3);

  EXPECT_THAT(brackets.budgets(), ElementsAre(81, 34, 15, 8, 5));
  std::vector<int> count(5);
  for (std::int64_t n = 0; n < 14'300; ++n) ++count[brackets.of("s", n)];
  for (std::size_t b = 0; b < 5; ++b) {
    EXPECT_NEAR(count[b], 100 * brackets.budgets()[b], 5 * std::sqrt(100 * brackets.budgets()[b]));
  }
  EXPECT_TRUE(Brackets(10, 5, 3).budgets().empty());
}

TEST(Hyperband, TakesAutoFromTheFirstCompleteTrial) {
  const PrunerSpec hyperband{"hyperband", HyperbandOptions{}};
  std::vector<Trial> others;
  EXPECT_FALSE(decide(hyperband, others, {{50, 9}}));

  // One bracket for one step: successive halving from step 1 on.
  others.push_back(trial_with(0, TrialState::Complete, {{1, 0}}));
  EXPECT_TRUE(decide(hyperband, others, {{1, 9}}));
  EXPECT_FALSE(decide(hyperband, others, {{0, 9}}));
}

TEST(Patient, WaitsBeforeItAsksTheOther) {
  auto never = std::make_shared<const PrunerSpec>(
      PrunerSpec{"threshold", ThresholdOptions{.lower = {}, .upper = 100}});
  auto none = std::make_shared<const PrunerSpec>();
  const std::map<std::int64_t, double> worse{{0, 1}, {1, 2}, {2, 3}};

  EXPECT_TRUE(decide({"patient", PatientOptions{none, 1, 0}}, {}, worse));
  EXPECT_FALSE(decide({"patient", PatientOptions{never, 1, 0}}, {}, worse));
  EXPECT_FALSE(decide({"patient", PatientOptions{none, 2, 0}}, {}, worse));
  EXPECT_FALSE(decide({"patient", PatientOptions{none, 1, 1}}, {}, worse));
  EXPECT_FALSE(decide({"patient", PatientOptions{none, 1, 0}}, {}, worse, Direction::Maximize));
}

TEST(Threshold, PrunesOutsideItsBounds) {
  const PrunerSpec both{"threshold", ThresholdOptions{.lower = 0, .upper = 1}};
  EXPECT_FALSE(decide(both, {}, {{0, 0}}));
  EXPECT_FALSE(decide(both, {}, {{0, 1}}));
  EXPECT_TRUE(decide(both, {}, {{0, -0.1}}));
  EXPECT_TRUE(decide(both, {}, {{0, 1.1}}));
  EXPECT_TRUE(decide(both, {}, {{0, NAN}}));
  EXPECT_FALSE(decide(both, {}, {{0, 5}, {1, 0.5}})) << "only the last value counts";
}

TEST(Wilcoxon, ComparesWithTheBestFeasibleTrial) {
  std::map<std::int64_t, double> low;
  std::map<std::int64_t, double> high;
  for (std::int64_t i = 0; i < 8; ++i) {
    low[i] = static_cast<double>(i);
    high[i] = static_cast<double>(i) + 1 + 0.01 * static_cast<double>(i);
  }
  std::vector<Trial> others{trial_with(0, TrialState::Complete, low)};
  others[0].values = {1};
  const PrunerSpec wilcoxon{"wilcoxon", WilcoxonOptions{}};

  EXPECT_TRUE(decide(wilcoxon, others, high));
  EXPECT_FALSE(decide(wilcoxon, others, high, Direction::Maximize));
  EXPECT_FALSE(decide(wilcoxon, others, {{0, 9}})) << "one pair proves nothing";
  others[0].constraints = {0.5};
  EXPECT_FALSE(decide(wilcoxon, others, high)) << "there is no feasible trial";
}

}  // namespace
}  // namespace studyhall::sampler::pruner
