#include "sampler/gp/posterior.h"

#include <gtest/gtest.h>

#include <Eigen/LU>
#include <cmath>
#include <vector>

#include "sampler/gp/fit.h"
#include "tests/sampler/golden.h"
#include "tests/sampler/gp_data.h"

namespace studyhall::sampler::gp {
namespace {

using testing::normals;
using testing::plain_columns;
using testing::posterior_of;
using testing::unit_points;

Kernel kernel_of(const Json& recorded) {
  return {.w = testing::to_vector(recorded.at("w")),
          .scale = recorded.at("scale").get<double>(),
          .noise = recorded.at("noise").get<double>()};
}

// tests/sampler/gp_reference.py.
TEST(GpPosterior, PredictsWhatScikitLearnPredicts) {
  const Json golden = testing::load_golden("gp_sklearn.json");
  ASSERT_EQ(golden.at("cases").size(), 6U);
  for (const Json& recorded : golden.at("cases")) {
    const auto is_choice = recorded.at("is_choice").get<std::vector<bool>>();
    const Posterior posterior =
        posterior_of(is_choice, kernel_of(recorded), testing::to_matrix(recorded.at("X")),
                     testing::to_vector(recorded.at("y")));

    const Prediction at = posterior.predict(testing::to_matrix(recorded.at("P")));

    const Eigen::VectorXd mean = testing::to_vector(recorded.at("mean"));
    const Eigen::VectorXd sd = testing::to_vector(recorded.at("sd"));
    for (Eigen::Index j = 0; j < mean.size(); ++j) {
      // Conditioned up to 1e6; variances are differences of numbers of order 1.
      EXPECT_NEAR(at.mean[j], mean[j], 1e-8) << j;
      EXPECT_NEAR(at.variance[j], sd[j] * sd[j], 1e-9) << j;
    }
  }
}

TEST(GpPosterior, PredictsWhatADenseSolveSays) {
  const Kernel kernel{.w = Eigen::Vector3d(0.3, 5, 40), .scale = 1.7, .noise = 0.01};
  const Eigen::MatrixXd X = unit_points(40, 3, 1);
  const Eigen::VectorXd y = normals(40, 1);
  const Eigen::MatrixXd P = unit_points(11, 3, 2);
  const auto k = [&](const Eigen::RowVectorXd& a, const Eigen::RowVectorXd& b) {
    double squared = 0;
    for (Eigen::Index c = 0; c < 3; ++c) squared += kernel.w[c] * std::pow(a[c] - b[c], 2);
    const double r = std::sqrt(squared);
    return kernel.scale * (1 + std::sqrt(5) * r + 5 * r * r / 3) * std::exp(-std::sqrt(5) * r);
  };
  Eigen::MatrixXd K(40, 40);
  Eigen::MatrixXd K_star(40, 11);
  for (Eigen::Index i = 0; i < 40; ++i) {
    for (Eigen::Index j = 0; j < 40; ++j) K(i, j) = k(X.row(i), X.row(j));
    for (Eigen::Index j = 0; j < 11; ++j) K_star(i, j) = k(X.row(i), P.row(j));
  }
  const Eigen::MatrixXd inverse =
      (K + kernel.noise * Eigen::MatrixXd::Identity(40, 40)).fullPivLu().inverse();

  const Posterior posterior = posterior_of({false, false, false}, kernel, X, y);
  const Prediction at = posterior.predict(P);

  const Eigen::VectorXd mean = K_star.transpose() * inverse * y;
  for (Eigen::Index j = 0; j < 11; ++j) {
    const double variance = kernel.scale - K_star.col(j).dot(inverse * K_star.col(j));
    EXPECT_NEAR(at.mean[j], mean[j], 1e-10);
    EXPECT_NEAR(at.variance[j], variance, 1e-10);
    const LocalPrediction local = posterior.predict_locally(P.row(j));
    EXPECT_NEAR(local.mean, mean[j], 1e-10);
    EXPECT_NEAR(local.variance, variance, 1e-10);
  }
  EXPECT_LT((posterior.means_at_points() - K * inverse * y).norm(), 1e-9);
}

TEST(GpPosterior, HasTheGradientsOfFiniteDifferences) {
  const std::vector<bool> is_choice = {false, true, false};
  const Kernel kernel{.w = Eigen::Vector3d(2, 0.7, 9), .scale = 1.3, .noise = 0.05};
  Eigen::MatrixXd X = unit_points(25, 3, 3);
  X.col(1) = (X.col(1) * 3).array().floor();
  const Posterior posterior = posterior_of(is_choice, kernel, X, normals(25, 3));
  Eigen::RowVectorXd x(3);
  x << 0.42, 1, 0.77;

  const LocalPrediction at = posterior.predict_locally(x);

  for (const Eigen::Index c : {0, 2}) {
    constexpr double kStep = 1e-5;
    Eigen::RowVectorXd above = x;
    Eigen::RowVectorXd below = x;
    above[c] += kStep;
    below[c] -= kStep;
    const LocalPrediction high = posterior.predict_locally(above);
    const LocalPrediction low = posterior.predict_locally(below);
    // Truncation of order step^2 times third derivatives of order 10^3.
    EXPECT_NEAR(at.mean_gradient[c], (high.mean - low.mean) / (2 * kStep), 1e-6);
    EXPECT_NEAR(at.variance_gradient[c], (high.variance - low.variance) / (2 * kStep), 1e-6);
  }
  EXPECT_EQ(at.mean_gradient[1], 0);
}

TEST(GpPosterior, BelievingLeavesMeansAndLowersVariancesNearby) {
  const Kernel kernel{.w = Eigen::Vector2d(6, 6), .scale = 1, .noise = 1e-4};
  const Eigen::MatrixXd X = unit_points(12, 2, 4);
  const Posterior before = posterior_of({false, false}, kernel, X, normals(12, 4));
  Eigen::MatrixXd P(3, 2);
  P << 0.5, 0.5, 0.52, 0.47, 0.05, 0.95;

  Posterior after = before;
  after.believe(P.row(0));
  after.prepare();

  const Prediction was = before.predict(P);
  const Prediction is = after.predict(P);
  for (Eigen::Index j = 0; j < 3; ++j) EXPECT_NEAR(is.mean[j], was.mean[j], 1e-12);
  EXPECT_LT(is.variance[0], 2e-4);
  EXPECT_LT(is.variance[1], 0.2 * was.variance[1]);
  EXPECT_LE(is.variance[2], was.variance[2] + 1e-12);
  EXPECT_NEAR(after.means_at_points()[12], was.mean[0], 1e-12);
}

TEST(GpPosterior, GrownByARowIsTheSameAsMadeAtOnce) {
  const Kernel kernel{.w = Eigen::Vector3d(2, 3, 4), .scale = 1, .noise = 1e-6};
  const Eigen::MatrixXd X = unit_points(61, 3, 5);
  const Eigen::VectorXd y = normals(61, 5);
  const Eigen::MatrixXd P = unit_points(9, 3, 6);
  const std::vector<bool> is_choice(3, false);

  Posterior grown = posterior_of(is_choice, kernel, X.topRows(40), y.head(40));
  grown.believe(P.row(0));  // on a copy that is thrown away, as a suggestion does
  grown = posterior_of(is_choice, kernel, X.topRows(40), y.head(40));
  for (Eigen::Index i = 40; i < 61; ++i) grown.observe(X.row(i), y[i]);
  grown.prepare();
  const Posterior whole = posterior_of(is_choice, kernel, X, y);

  EXPECT_EQ(grown.predict(P).mean, whole.predict(P).mean);
  EXPECT_EQ(grown.predict(P).variance, whole.predict(P).variance);
}

// 60 replicates of one point with standard error sd / sqrt(60): K alone is singular.
TEST(GpPosterior, AveragesReplicates) {
  const Kernel kernel{.w = Eigen::VectorXd::Constant(1, 4), .scale = 1, .noise = 0.25};
  const Eigen::MatrixXd X = Eigen::MatrixXd::Constant(60, 1, 0.5);
  const Eigen::VectorXd y = normals(60, 7);

  const Posterior posterior = posterior_of({false}, kernel, X, y);
  const Prediction at = posterior.predict(X.topRows(1));

  // A normal prior of variance 1 and 60 observations of variance 0.25.
  EXPECT_NEAR(at.mean[0], y.sum() / 0.25 / (1 + 60 / 0.25), 1e-10);
  EXPECT_NEAR(at.variance[0], 1 / (1 + 60 / 0.25), 1e-10);
}

TEST(GpPosterior, StandsSixtyRepeatsWithTheLeastNoise) {
  const Kernel kernel{.w = Eigen::VectorXd::Constant(1, 1e-4), .scale = 900, .noise = kLeastNoise};
  const Eigen::VectorXd y = Eigen::VectorXd::Constant(60, 0.5);

  const Posterior posterior =
      posterior_of({false}, kernel, Eigen::MatrixXd::Constant(60, 1, 0.5), y);
  const Prediction at = posterior.predict(Eigen::MatrixXd::Constant(1, 1, 0.5));

  EXPECT_NEAR(at.mean[0], 0.5, 1e-3);
  EXPECT_GT(at.variance[0], 0);
}

}  // namespace
}  // namespace studyhall::sampler::gp
