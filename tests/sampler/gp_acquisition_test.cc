#include "sampler/gp/acquisition.h"

#include <gtest/gtest.h>

#include <cmath>
#include <utility>
#include <vector>

#include "sampler/gp/log_ei.h"
#include "tests/sampler/gp_data.h"

namespace studyhall::sampler::gp {
namespace {

using testing::normals;
using testing::posterior_of;
using testing::unit_points;

// ln(phi(z) + z Phi(z)) computed with 60 digits (mpmath).
TEST(LogEi, IsRightFromCertaintyToTheFarTail) {
  const std::vector<std::pair<double, double>> golden = {
      {5, 1.6094379231264314},    {0, -0.91893853320467274},   {-1, -2.4851210257126413},
      {-3, -7.8696860596030285},  {-6, -22.578879392169797},   {-10, -55.553122036122356},
      {-25, -319.86146358149595}, {-100, -5010.1295788002498}, {-1000, -500014.73445209116},
  };
  for (const auto& [z, expected] : golden) {
    EXPECT_NEAR(log_h(z), expected, 1e-13 * (1 + std::abs(expected))) << z;
  }
}

TEST(LogEi, HasNoStepWhereTheTailBegins) {
  EXPECT_NEAR(log_h(-4 - 1e-9), log_h(-4 + 1e-9), 1e-7);
  EXPECT_NEAR(log_h_slope(-4 - 1e-9), log_h_slope(-4 + 1e-9), 1e-7);
  EXPECT_NEAR(log_cdf_slope(-4 - 1e-9), log_cdf_slope(-4 + 1e-9), 1e-7);
}

TEST(LogEi, HasTheSlopesOfFiniteDifferences) {
  for (const double z : {3.0, 0.5, -1.0, -3.9, -4.1, -30.0, -900.0}) {
    const double step = 1e-5 * (1 + std::abs(z));
    const double slope = (log_h(z + step) - log_h(z - step)) / (2 * step);
    EXPECT_NEAR(log_h_slope(z), slope, 1e-6 * (1 + std::abs(slope))) << z;
  }
}

// phi(z) / Phi(z): sqrt(2 / pi); by its continued fraction; by the first terms of its series.
TEST(LogEi, HasTheSlopeOfTheLogDistribution) {
  EXPECT_NEAR(log_cdf_slope(0), std::sqrt(2 / M_PI), 1e-15);
  EXPECT_NEAR(log_cdf_slope(-10), 10.098093233962511, 1e-12);
  EXPECT_NEAR(log_cdf_slope(-1000), 1000.000999998, 1e-8);
}

struct Processes {
  Posterior objective;
  Posterior constraint;
};

Processes two_processes() {
  const Eigen::MatrixXd X = unit_points(20, 2, 11);
  return {posterior_of({false, false}, {.w = Eigen::Vector2d(3, 8), .scale = 1.2, .noise = 1e-3}, X,
                       normals(20, 11)),
          posterior_of({false, false}, {.w = Eigen::Vector2d(9, 1), .scale = 0.8, .noise = 1e-2}, X,
                       normals(20, 12))};
}

TEST(GpAcquisition, IsLogImprovementPlusLogProbabilities) {
  const Processes at = two_processes();
  const Eigen::MatrixXd P = unit_points(6, 2, 13);
  Acquisition improvement;
  improvement.improve(at.objective, -0.5);
  Acquisition both = improvement;
  both.keep_below(at.constraint, 0.3);

  const Eigen::VectorXd alone = improvement.values(P);
  const Eigen::VectorXd together = both.values(P);

  const Prediction objective = at.objective.predict(P);
  const Prediction constraint = at.constraint.predict(P);
  for (Eigen::Index j = 0; j < P.rows(); ++j) {
    const double sigma = std::sqrt(objective.variance[j]);
    const double z = (-0.5 - objective.mean[j]) / sigma;
    const double density = std::exp(-z * z / 2) / std::sqrt(2 * M_PI);
    const double expected = sigma * (density + z * 0.5 * std::erfc(-z / std::sqrt(2)));
    EXPECT_NEAR(std::exp(alone[j]), expected, 1e-10);
    const double v = (0.3 - constraint.mean[j]) / std::sqrt(constraint.variance[j]);
    EXPECT_NEAR(together[j] - alone[j], std::log(0.5 * std::erfc(-v / std::sqrt(2))), 1e-9);
  }
}

TEST(GpAcquisition, HasTheGradientOfFiniteDifferences) {
  const Processes at = two_processes();
  Acquisition acquisition;
  acquisition.improve(at.objective, -3);  // improvement is far away
  acquisition.keep_below(at.constraint, -1);
  Eigen::RowVectorXd x(2);
  x << 0.3, 0.6;
  Eigen::VectorXd gradient;
  Eigen::VectorXd ignored;

  const double value = acquisition.value(x, gradient);

  EXPECT_NEAR(value, acquisition.values(x)[0], 1e-9);
  for (Eigen::Index c = 0; c < 2; ++c) {
    constexpr double kStep = 1e-6;
    Eigen::RowVectorXd above = x;
    Eigen::RowVectorXd below = x;
    above[c] += kStep;
    below[c] -= kStep;
    const double slope =
        (acquisition.value(above, ignored) - acquisition.value(below, ignored)) / (2 * kStep);
    EXPECT_NEAR(gradient[c], slope, 1e-5 * (1 + std::abs(slope)));
  }
}

}  // namespace
}  // namespace studyhall::sampler::gp
