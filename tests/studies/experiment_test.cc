#include "studies/heat_signature/experiment/experiment.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "core/rng.h"
#include "studies/heat_signature/experiment/sample.h"
#include "studies/heat_signature/experiment/score.h"

namespace studyhall::heat_signature {
namespace {

constexpr int kFewSamples = 15;

Sample quiet_sample(const std::vector<Source>& sources) {
  Sample sample;
  sample.sources = sources;
  sample.observed = {.diffusivity = 0.1,
                     .edge = Edge::Neumann,
                     .steps = 1000,
                     .sensors = {{0.3, 0.3}, {0.8, 0.8}, {1.2, 0.2}, {1.7, 0.7}, {1.0, 0.5}},
                     .sources = static_cast<int>(sources.size()),
                     .readings = {}};
  observe(sample, 1);
  return sample;
}

TEST(Estimate, RecoversOneSourceWithoutNoise) {
  const Sample sample = quiet_sample({{{0.5, 0.6}, 1.4}});

  const Estimate found = estimate(sample.observed, {}, Rng::for_trial(1, 0));

  const Source& best = found.candidates.front().sources.front();
  // A quarter of a cell of the estimator's grid, which is not the one observed.
  EXPECT_LT(distance(best.at, {0.5, 0.6}), 0.02);
  EXPECT_NEAR(best.intensity, 1.4, 0.03);
}

TEST(Estimate, RecoversTwoSourcesWithoutNoise) {
  const Sample sample = quiet_sample({{{0.5, 0.6}, 1.4}, {{1.5, 0.3}, 0.7}});
  const Settings thorough{
      .init_strategy = InitStrategy::Grid, .refine_iters = 8, .fevals_2src = 60};

  const Estimate found = estimate(sample.observed, thorough, Rng::for_trial(1, 0));

  std::vector<Source> best = found.candidates.front().sources;
  if (best[0].at.x > best[1].at.x) std::swap(best[0], best[1]);
  EXPECT_LT(distance(best[0].at, {0.5, 0.6}), 0.04);
  EXPECT_LT(distance(best[1].at, {1.5, 0.3}), 0.04);
  EXPECT_NEAR(best[0].intensity, 1.4, 0.1);
  EXPECT_NEAR(best[1].intensity, 0.7, 0.1);
}

TEST(Estimate, FallsBackWhereTheResidualIsAboveTheThreshold) {
  const Sample sample = quiet_sample({{{0.5, 0.6}, 1.4}});
  const Estimate first = estimate(sample.observed, {}, Rng::for_trial(1, 0));
  ASSERT_GT(first.first_residual, 0);

  const Settings below{.threshold_1src = 0.9 * first.first_residual};
  const Settings above{.threshold_1src = 1.1 * first.first_residual};
  const Settings of_two{.threshold_1src = 1.1 * first.first_residual,
                        .threshold_2src = 0.9 * first.first_residual};

  EXPECT_TRUE(estimate(sample.observed, below, Rng::for_trial(1, 0)).fell_back);
  EXPECT_FALSE(estimate(sample.observed, above, Rng::for_trial(1, 0)).fell_back);
  EXPECT_FALSE(estimate(sample.observed, of_two, Rng::for_trial(1, 0)).fell_back);
}

TEST(Estimate, CountsEverySimulation) {
  const Sample sample = quiet_sample({{{0.5, 0.6}, 1.4}});
  const Settings plain{.threshold_1src = 1e9, .refine_top = 0, .fevals_1src = 13};

  const Estimate found = estimate(sample.observed, plain, Rng::for_trial(1, 0));

  EXPECT_EQ(found.steps, 13 * 1000 / kReadEvery);
}

TEST(RunExperiment, RepeatsToTheByte) {
  const ExperimentResult first = run_experiment({}, 3, kFewSamples);
  const ExperimentResult again = run_experiment({}, 3, kFewSamples);

  EXPECT_EQ(to_json(first).dump(), to_json(again).dump());
}

TEST(RunExperiment, AnotherSeedIsAnotherExperiment) {
  const ExperimentResult first = run_experiment({}, 3, kFewSamples);
  const ExperimentResult other = run_experiment({}, 4, kFewSamples);

  EXPECT_NE(first.score, other.score);
  EXPECT_NE(first.steps, other.steps);
}

TEST(RunExperiment, ReportsPlausibleMeans) {
  int calls = 0;
  const ExperimentResult result = run_experiment({}, 6, kFewSamples, [&](const auto& so_far) {
    EXPECT_EQ(so_far.samples, ++calls);
    EXPECT_GT(so_far.score, 0);
    EXPECT_LE(so_far.score, 1.3);
  });

  EXPECT_EQ(calls, kFewSamples);
  EXPECT_GT(result.score, 1.0);
  EXPECT_GT(result.rmse_1src, 0);
  EXPECT_GT(result.rmse_2src, 0);
  EXPECT_LE(result.candidates, 3);
  EXPECT_NEAR(result.runtime_min, kMinutesPerStep * static_cast<double>(result.steps) / kFewSamples,
              1e-12);
}

// A parameter at two values of its range, the others at their defaults.
struct Change {
  std::string name;
  Settings low;
  Settings high;
};

class EveryParameter : public testing::TestWithParam<Change> {};

TEST_P(EveryParameter, ChangesScoreOrRuntimeByMoreThanReplicatesDiffer) {
  // Standard deviations between seeds of whole trials (README.md).
  constexpr double kScoreNoise = 0.0055;
  constexpr double kRuntimeNoise = 0.4;

  const ExperimentResult low = run_experiment(GetParam().low, 2, kFewSamples);
  const ExperimentResult high = run_experiment(GetParam().high, 2, kFewSamples);

  EXPECT_TRUE(std::abs(low.score - high.score) > kScoreNoise ||
              std::abs(low.runtime_min - high.runtime_min) > kRuntimeNoise)
      << "score " << low.score << " and " << high.score << ", runtime " << low.runtime_min
      << " and " << high.runtime_min;
}

INSTANTIATE_TEST_SUITE_P(
    Study, EveryParameter,
    testing::Values(Change{"threshold_1src", {.threshold_1src = 0.28}, {.threshold_1src = 0.42}},
                    Change{"threshold_2src", {.threshold_2src = 0.38}, {.threshold_2src = 0.55}},
                    Change{"fallback_sigma", {.fallback_sigma = 0.05}, {.fallback_sigma = 0.5}},
                    Change{"random", {}, {.init_strategy = InitStrategy::Random}},
                    Change{"triangulation", {}, {.init_strategy = InitStrategy::Triangulation}},
                    Change{"grid", {}, {.init_strategy = InitStrategy::Grid}},
                    Change{"refine_iters", {.refine_iters = 2}, {.refine_iters = 5}},
                    Change{"refine_top", {.refine_top = 1}, {.refine_top = 3}},
                    Change{"fallback_fevals", {.fallback_fevals = 14}, {.fallback_fevals = 24}},
                    Change{"fevals_1src", {.fevals_1src = 8}, {.fevals_1src = 24}},
                    Change{"fevals_2src", {.fevals_2src = 32}, {.fevals_2src = 44}}),
    [](const auto& change) { return change.param.name; });

}  // namespace
}  // namespace studyhall::heat_signature
