#include "studies/heat_signature/experiment/search.h"

#include <gtest/gtest.h>

#include <boost/math/special_functions/expint.hpp>
#include <cmath>
#include <vector>

#include "core/rng.h"
#include "studies/heat_signature/experiment/distinct.h"
#include "studies/heat_signature/experiment/initialise.h"
#include "studies/heat_signature/experiment/refine.h"

namespace studyhall::heat_signature {
namespace {

Case quiet_case(const std::vector<Source>& sources, std::vector<Point> sensors) {
  Sample sample;
  sample.sources = sources;
  sample.observed = {.diffusivity = 0.1,
                     .edge = Edge::Neumann,
                     .steps = 800,
                     .sensors = std::move(sensors),
                     .sources = static_cast<int>(sources.size()),
                     .readings = {}};
  observe(sample, 1);
  return sample.observed;
}

const std::vector<Point> kFiveSensors{{0.3, 0.3}, {0.8, 0.8}, {1.2, 0.2}, {1.7, 0.7}, {1.0, 0.5}};

TEST(ReadSignal, FindsTheDistanceOfASourceOnAnUnboundedPlate) {
  const double diffusivity = 0.05;
  const std::vector<double> distances{0.3, 0.5, 0.8};
  Case observed{.diffusivity = diffusivity,
                .edge = Edge::Neumann,
                .steps = 1000,
                .sensors = std::vector<Point>(3),
                .sources = 1,
                .readings = Eigen::MatrixXd(250, 3)};
  for (Eigen::Index k = 0; k < 250; ++k) {
    for (Eigen::Index s = 0; s < 3; ++s) {
      const double r = distances[static_cast<std::size_t>(s)];
      const double time = static_cast<double>(k + 1) * kReadEvery * kTimeStep;
      observed.readings(k, s) = 10 * boost::math::expint(1, r * r / (4 * diffusivity * time));
    }
  }

  for (Eigen::Index s = 0; s < 3; ++s) {
    // Readings are averaged over a tenth of the run, which is not exact where they curve.
    const double r = distances[static_cast<std::size_t>(s)];
    EXPECT_NEAR(read_signal(observed, s).distance, r, 0.03 * r);
  }
}

TEST(ReadSignal, NearSensorWarmsMoreAndEarlier) {
  const Case observed = quiet_case({{{0.4, 0.5}, 1.0}}, {{0.6, 0.5}, {1.5, 0.5}});

  const Signal near = read_signal(observed, 0);
  const Signal far = read_signal(observed, 1);

  EXPECT_GT(near.peak, far.peak);
  EXPECT_LT(near.half_rise, far.half_rise);
  EXPECT_LT(near.distance, far.distance);
}

class InitialPositions : public testing::TestWithParam<InitStrategy> {};

TEST_P(InitialPositions, GivesLegalStartsForOneAndTwoSources) {
  for (const std::vector<Source>& sources :
       {std::vector<Source>{{{0.5, 0.4}, 1.0}},
        std::vector<Source>{{{0.5, 0.4}, 1.0}, {{1.5, 0.7}, 1.5}}}) {
    const Case observed = quiet_case(sources, kFiveSensors);
    Model model(observed);
    Rng rng = Rng::for_trial(1, 0);

    const std::vector<Positions> starts = initial_positions(model, GetParam(), rng);

    ASSERT_GE(starts.size(), 1U);
    EXPECT_LE(starts.size(), kMaxStarts);
    for (const Positions& start : starts) {
      ASSERT_EQ(start.size(), sources.size());
      for (const Point& point : start) {
        EXPECT_EQ(clamp_to_plate(point).x, point.x);
        EXPECT_EQ(clamp_to_plate(point).y, point.y);
      }
    }
    // Eight nodes, one simulation each.
    EXPECT_EQ(model.steps(), GetParam() == InitStrategy::Grid ? 8 * 800 / kReadEvery : 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Strategies, InitialPositions,
                         testing::Values(InitStrategy::Smart, InitStrategy::Random,
                                         InitStrategy::Triangulation, InitStrategy::Grid),
                         [](const auto& strategy) {
                           return std::string(to_string(strategy.param));
                         });

TEST(InitialPositionsGrid, BeginsWithThePairOfNodesThatExplainsTheReadingsBest) {
  const Case observed = quiet_case({{{0.5, 0.4}, 1.0}, {{1.5, 0.7}, 1.5}}, kFiveSensors);
  Model model(observed);
  Rng rng = Rng::for_trial(1, 0);

  const Positions best = initial_positions(model, InitStrategy::Grid, rng).front();

  const double rmse = model.evaluate(best).rmse;
  for (int a = 0; a < 8; ++a) {
    for (int b = 0; b < a; ++b) {
      const Positions pair{{0.25 + 0.5 * (a % 4), a < 4 ? 0.25 : 0.75},
                           {0.25 + 0.5 * (b % 4), b < 4 ? 0.25 : 0.75}};
      EXPECT_LE(rmse, model.evaluate(pair).rmse + 1e-12);
    }
  }
}

TEST(CmaSearch, EvaluatesExactlyItsBudgetInsideThePlate) {
  const Case observed = quiet_case({{{0.2, 0.2}, 1.0}}, kFiveSensors);
  Model model(observed);
  Rng rng = Rng::for_trial(1, 0);
  Archive archive;

  cma_search(model, {{0.15, 0.15}}, {.sigma = 0.5, .evals = 17}, rng, archive);

  EXPECT_EQ(archive.size(), 17U);
  EXPECT_EQ(model.steps(), 17 * 800 / kReadEvery);
  for (const Candidate& candidate : archive) {
    const Point& point = candidate.sources[0].at;
    EXPECT_EQ(clamp_to_plate(point).x, point.x);
    EXPECT_EQ(clamp_to_plate(point).y, point.y);
  }
}

TEST(CmaSearch, FindsTheSourceGivenEnoughEvaluations) {
  const Case observed = quiet_case({{{0.6, 0.7}, 1.3}}, kFiveSensors);
  Model model(observed);
  Rng rng = Rng::for_trial(1, 0);
  Archive archive;

  cma_search(model, {{1.0, 0.5}}, {.sigma = 0.2, .evals = 150}, rng, archive);

  // A tenth of a cell: the grids differ.
  EXPECT_LT(distance(best_of(archive).sources[0].at, {0.6, 0.7}), 0.008);
}

TEST(CmaSearch, EndsAfterTheGenerationThatIsGoodEnough) {
  const Case observed = quiet_case({{{0.6, 0.7}, 1.3}}, kFiveSensors);
  Model model(observed);
  Rng rng = Rng::for_trial(1, 0);
  Archive archive;

  cma_search(model, {{1.0, 0.5}}, {.sigma = 0.2, .evals = 150, .good_enough = 0.1}, rng, archive);

  ASSERT_LT(archive.size(), 150U);
  EXPECT_EQ(archive.size() % 6, 0U);  // generations of 6 in two dimensions
  EXPECT_LE(best_of(archive).rmse, 0.1);
  const Archive before(archive.begin(), archive.end() - 6);
  EXPECT_GT(best_of(before).rmse, 0.1);
}

TEST(Displacement, MatchesSourcesInTheOrderThatIsNearest) {
  EXPECT_NEAR(displacement({{0.5, 0.5}}, {{0.8, 0.9}}), 0.5, 1e-12);
  EXPECT_NEAR(displacement({{0.5, 0.5}, {1.5, 0.5}}, {{1.5, 0.6}, {0.5, 0.5}}), 0.1, 1e-12);
  EXPECT_NEAR(displacement({{0.5, 0.5}, {1.5, 0.5}}, {{0.5, 0.5}, {1.2, 0.5}}), 0.3, 1e-12);
}

TEST(Refine, ConvergesToTheSource) {
  const Case observed = quiet_case({{{0.6, 0.7}, 1.3}}, kFiveSensors);
  Model model(observed);

  const Candidate refined = refine(model, model.evaluate(Positions{{0.75, 0.55}}), 6, {});

  EXPECT_LT(distance(refined.sources[0].at, {0.6, 0.7}), 0.008);
  EXPECT_NEAR(refined.sources[0].intensity, 1.3, 0.01);
}

TEST(Refine, NeverMakesACandidateWorse) {
  std::vector<Sample> samples = draw_samples(2, 6);
  for (Sample& sample : samples) {
    observe(sample, 2);
    Model model(sample.observed);
    Rng rng = Rng::for_trial(2, sample.number);
    for (const Positions& place : initial_positions(model, InitStrategy::Random, rng)) {
      const Candidate start = model.evaluate(place);
      const Candidate refined = refine(model, start, 2, {});
      EXPECT_LE(refined.rmse, start.rmse);
      EXPECT_NEAR(model.evaluate(positions_of(refined)).rmse, refined.rmse, 1e-12);
    }
  }
}

TEST(Refine, KeepsAwayFromOtherAnswers) {
  const Case observed = quiet_case({{{0.6, 0.6}, 1.3}}, kFiveSensors);
  Model model(observed);
  const std::vector<Candidate> others{model.evaluate(Positions{{0.6, 0.6}})};
  const Candidate start = model.evaluate(Positions{{1.0, 0.3}});

  const Candidate refined = refine(model, start, 6, others);

  EXPECT_TRUE(is_distinct(refined, others));
  EXPECT_LT(refined.rmse, 0.5 * start.rmse);
  EXPECT_LT(displacement(positions_of(refined), positions_of(others[0])), 1.2 * kDistinct);
}

}  // namespace
}  // namespace studyhall::heat_signature
