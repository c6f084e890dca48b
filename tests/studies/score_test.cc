#include "studies/heat_signature/experiment/score.h"

#include <gtest/gtest.h>

#include <vector>

namespace studyhall::heat_signature {
namespace {

Candidate at(double x, double y, double intensity, double rmse) {
  return {.sources = {{{x, y}, intensity}}, .rmse = rmse};
}

TEST(ScoreOf, IsTheContestsFormula) {
  EXPECT_DOUBLE_EQ(score_of({0.0, 0.0, 0.0}), 1.3);
  EXPECT_DOUBLE_EQ(score_of({0.25}), 0.8 + 0.1);
  EXPECT_DOUBLE_EQ(score_of({0.0, 0.25}), 0.9 + 0.2);
  // The second is out of tolerance: it lowers the mean and does not count.
  EXPECT_DOUBLE_EQ(score_of({0.25, 1.0}), (0.8 + 0.5) / 2 + 0.1);
}

TEST(MostValuable, SubmitsACandidateOnlyIfItRaisesTheScore) {
  const Candidate good = at(0.2, 0.5, 1, 0.0);
  const Candidate fair = at(0.6, 0.5, 1, 0.1);
  // 1 / (1 + 0.45) = 0.69: the mean of three falls by more than the 0.1 that it brings.
  const Candidate poor = at(1.0, 0.5, 1, 0.45);
  const Candidate useless = at(1.4, 0.5, 1, 3.0);

  EXPECT_EQ(most_valuable({good}).size(), 1U);
  EXPECT_EQ(most_valuable({good, fair}).size(), 2U);
  EXPECT_EQ(most_valuable({good, fair, poor}).size(), 3U);
  EXPECT_EQ(most_valuable({good, poor}).size(), 1U);
  EXPECT_EQ(most_valuable({good, fair, useless}).size(), 2U);
  EXPECT_EQ(most_valuable({useless}).size(), 1U);
}

Case quiet_case() {
  Sample sample;
  sample.sources = {{{0.6, 0.7}, 1.3}};
  sample.observed = {.diffusivity = 0.1,
                     .edge = Edge::Dirichlet,
                     .steps = 800,
                     .sensors = {{0.4, 0.4}, {1.1, 0.8}, {1.6, 0.2}},
                     .sources = 1,
                     .readings = {}};
  observe(sample, 1);
  return sample.observed;
}

TEST(ScoreSample, SimulatesTheCandidatesItself) {
  Estimate estimate;
  estimate.candidates = {at(0.6, 0.7, 1.3, 99.0)};  // its own rmse is not believed

  const SampleScore score = score_sample(quiet_case(), estimate);

  // The plate that was observed, in steps four times as long.
  EXPECT_LT(score.rmse, 1e-3);
  EXPECT_EQ(score.counted, 1);
  EXPECT_NEAR(score.score, 1 + 0.1, 1e-3);
}

TEST(ScoreSample, CountsAnAnswerGivenTwiceOnce) {
  Estimate estimate;
  estimate.candidates = {at(0.6, 0.7, 1.3, 0), at(0.61, 0.7, 1.3, 0), at(0.6, 0.69, 1.3, 0)};

  const SampleScore score = score_sample(quiet_case(), estimate);

  EXPECT_EQ(score.counted, 1);
  EXPECT_LT(score.score, 1.1);
}

TEST(ScoreSample, AnAnswerOutOfToleranceLowersTheMeanAndDoesNotCount) {
  Estimate estimate;
  estimate.candidates = {at(0.6, 0.7, 1.3, 0), at(0.4, 0.4, 2.0, 0)};

  const SampleScore score = score_sample(quiet_case(), estimate);

  EXPECT_EQ(score.counted, 1);
  EXPECT_LT(score.rmse, 1e-3);
  EXPECT_LT(score.score, 0.5 * (1 + 1 / (1 + kTolerance)) + 0.1);
}

}  // namespace
}  // namespace studyhall::heat_signature
