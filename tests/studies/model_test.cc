#include "studies/heat_signature/experiment/model.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/rng.h"

namespace studyhall::heat_signature {
namespace {

// Least squares by trying every intensity of a lattice.
double best_misfit_by_trying(const Eigen::MatrixXd& A, const Eigen::VectorXd& y) {
  const int steps = 150;
  double best = y.squaredNorm() * 1e6;
  Eigen::VectorXd q(A.cols());
  for (int a = 0; a <= steps; ++a) {
    q[0] = 0.5 + 1.5 * a / steps;
    for (int b = 0; b <= (A.cols() == 2 ? steps : 0); ++b) {
      if (A.cols() == 2) q[1] = 0.5 + 1.5 * b / steps;
      best = std::min(best, (A * q - y).squaredNorm());
    }
  }
  return best;
}

TEST(FitIntensities, IsNoWorseThanAnyLegalIntensity) {
  Rng rng = Rng::for_trial(1, 0);
  for (int round = 0; round < 60; ++round) {
    Eigen::MatrixXd A(12, 1 + round % 2);
    for (double& value : A.reshaped()) value = rng.uniform();
    // Far out of the legal square as often as inside it.
    Eigen::VectorXd truth(A.cols());
    for (double& value : truth) value = rng.uniform(-1, 3.5);
    Eigen::VectorXd y = A * truth;
    for (double& value : y) value += 0.1 * rng.normal();

    const Eigen::VectorXd q = fit_intensities(A, y);

    EXPECT_GE(q.minCoeff(), kMinIntensity);
    EXPECT_LE(q.maxCoeff(), kMaxIntensity);
    EXPECT_LE((A * q - y).squaredNorm(), best_misfit_by_trying(A, y) + 1e-12);
  }
}

TEST(FitIntensities, FindsTheTruthWhereItIsLegal) {
  Eigen::MatrixXd A(3, 2);
  A << 1, 0, 0, 2, 1, 1;
  const Eigen::Vector2d truth(0.8, 1.7);

  EXPECT_LT((fit_intensities(A, A * truth) - truth).norm(), 1e-12);
}

TEST(FitIntensities, SharesBetweenSourcesThatCannotBeToldApart) {
  const Eigen::MatrixXd A = Eigen::MatrixXd::Ones(4, 2);
  const Eigen::VectorXd y = Eigen::VectorXd::Constant(4, 3.0);

  EXPECT_NEAR(fit_intensities(A, y).sum(), 3.0, 1e-12);
}

Case case_with(const std::vector<Source>& sources) {
  Sample sample;
  sample.sources = sources;
  sample.observed = {.diffusivity = 0.1,
                     .edge = Edge::Neumann,
                     .steps = 800,
                     .sensors = {{0.4, 0.4}, {1.1, 0.8}, {1.6, 0.2}},
                     .sources = static_cast<int>(sources.size()),
                     .readings = {}};
  observe(sample, 1);
  return sample.observed;
}

TEST(Model, ExplainsTheReadingsOfTheTrueSourcesOnACoarserGrid) {
  const Case observed = case_with({{{0.6, 0.7}, 0.9}, {{1.4, 0.5}, 1.6}});
  Model model(observed);

  const Positions truth{{0.6, 0.7}, {1.4, 0.5}};
  const Candidate candidate = model.evaluate(truth);

  // What is left is the difference of the grids, 26 x 13 against 52 x 26.
  EXPECT_LT(candidate.rmse, 0.02);
  EXPECT_NEAR(candidate.sources[0].intensity, 0.9, 0.03);
  EXPECT_NEAR(candidate.sources[1].intensity, 1.6, 0.03);
  EXPECT_GT(model.evaluate(Positions{{0.9, 0.3}, {1.7, 0.5}}).rmse, 5 * candidate.rmse);
}

TEST(Model, CountsOneSimulationForEachSource) {
  const Case observed = case_with({{{0.6, 0.7}, 0.9}, {{1.4, 0.5}, 1.6}});
  Model model(observed);

  model.evaluate(Positions{{0.6, 0.7}, {1.4, 0.5}});
  EXPECT_EQ(model.steps(), 2 * 800 / kReadEvery);

  model.response({1.0, 0.5});
  EXPECT_EQ(model.steps(), 3 * 800 / kReadEvery);
}

}  // namespace
}  // namespace studyhall::heat_signature
