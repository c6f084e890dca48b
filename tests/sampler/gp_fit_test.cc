#include "sampler/gp/fit.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "sampler/gp/bounded_minimiser.h"
#include "tests/sampler/golden.h"
#include "tests/sampler/gp_data.h"

namespace studyhall::sampler::gp {
namespace {

using testing::normals;
using testing::plain_columns;
using testing::unit_points;

Eigen::VectorXd theta_of(const Kernel& kernel) {
  Eigen::VectorXd theta(kernel.w.size() + 2);
  theta << kernel.w.array().log().matrix(), std::log(kernel.scale),
      std::log(kernel.noise - kLeastNoise);
  return theta;
}

// The priors as Optuna's optuna/_gp/prior.py states them.
double log_prior(const Kernel& kernel) {
  double sum = std::log(kernel.scale) - kernel.scale;
  sum += 0.1 * std::log(kernel.noise) - 30 * kernel.noise;
  for (const double w : kernel.w) sum -= 0.1 / w + 0.1 * w;
  return sum;
}

TEST(GpFit, HasTheLikelihoodOfScikitLearn) {
  const Json golden = testing::load_golden("gp_sklearn.json");
  int compared = 0;
  for (const Json& recorded : golden.at("cases")) {
    const Kernel kernel{.w = testing::to_vector(recorded.at("w")),
                        .scale = recorded.at("scale").get<double>(),
                        .noise = recorded.at("noise").get<double>()};
    if (kernel.noise <= kLeastNoise) continue;  // has no logarithm
    const Eigen::MatrixXd X = testing::to_matrix(recorded.at("X"));
    const Eigen::VectorXd y = testing::to_vector(recorded.at("y"));
    const auto columns = plain_columns(recorded.at("is_choice").get<std::vector<bool>>());
    const NegativeLogPosterior f(axis_distances(columns, kernel.w.size(), X), y);
    Eigen::VectorXd gradient;

    const double value = f(theta_of(kernel), gradient);

    const double constant = 0.5 * static_cast<double>(y.size()) * std::log(2 * std::numbers::pi);
    const double expected = -recorded.at("log_likelihood").get<double>() - log_prior(kernel);
    EXPECT_NEAR(value + constant, expected, 1e-8 * (1 + std::abs(expected)));
    ++compared;
  }
  EXPECT_EQ(compared, 5);
}

TEST(GpFit, HasTheGradientOfFiniteDifferences) {
  const auto columns = plain_columns({false, true, false});
  Eigen::MatrixXd X = unit_points(20, 3, 1);
  X.col(1) = (X.col(1) * 4).array().floor();
  const NegativeLogPosterior f(axis_distances(columns, 3, X), normals(20, 1));
  for (const double noise : {1e-5, 0.01, 0.5}) {
    const Eigen::VectorXd theta =
        theta_of({.w = Eigen::Vector3d(0.2, 3, 20), .scale = 0.8, .noise = noise});
    Eigen::VectorXd gradient;
    Eigen::VectorXd ignored;
    f(theta, gradient);
    for (Eigen::Index i = 0; i < theta.size(); ++i) {
      constexpr double kStep = 1e-5;
      Eigen::VectorXd above = theta;
      Eigen::VectorXd below = theta;
      above[i] += kStep;
      below[i] -= kStep;
      const double slope = (f(above, ignored) - f(below, ignored)) / (2 * kStep);
      EXPECT_NEAR(gradient[i], slope, 1e-5 * (1 + std::abs(slope))) << noise << " " << i;
    }
  }
}

// Draws of a process whose first axis is short and second long, with noise of sd 0.1.
TEST(GpFit, FindsWhichAxisMattersAndHowMuchNoiseThereIs) {
  const Eigen::MatrixXd X = unit_points(90, 2, 2);
  const Eigen::VectorXd noise = normals(90, 2);
  Eigen::VectorXd y(90);
  for (Eigen::Index i = 0; i < 90; ++i) y[i] = 1.4 * std::sin(7 * X(i, 0)) + 0.1 * noise[i];

  const Kernel kernel = fit_kernel(plain_columns({false, false}), 2, X, y);

  EXPECT_GT(kernel.w[0], 20 * kernel.w[1]);
  EXPECT_NEAR(std::sqrt(kernel.noise), 0.1, 0.03);
}

TEST(GpFit, RefinesOnAllOfManyPoints) {
  const Eigen::MatrixXd X = unit_points(150, 2, 3);
  Eigen::VectorXd y(150);
  for (Eigen::Index i = 0; i < 150; ++i) y[i] = std::cos(5 * X(i, 0)) + X(i, 1);
  const auto columns = plain_columns({false, false});
  const NegativeLogPosterior all(axis_distances(columns, 2, X), y);
  Eigen::VectorXd gradient;

  const Kernel kernel = fit_kernel(columns, 2, X, y);
  all(theta_of(kernel), gradient);

  // Near a stationary point: the likelihood itself is of order 10^2.
  EXPECT_LT(gradient.lpNorm<Eigen::Infinity>(), 2);
}

TEST(GpFit, CopesWithOnePointAndWithEqualValues) {
  const auto columns = plain_columns({false, false});
  for (const Eigen::Index n : {1, 2, 60}) {
    const Kernel kernel =
        fit_kernel(columns, 2, Eigen::MatrixXd::Constant(n, 2, 0.5), Eigen::VectorXd::Zero(n));
    EXPECT_TRUE(kernel.w.allFinite());
    EXPECT_GT(kernel.scale, 0);
    EXPECT_GE(kernel.noise, kLeastNoise);
  }
}

// f = 100 (x1 - x0^2)^2 + (1 - x0)^2, least at (1, 1).
double rosenbrock(const Eigen::VectorXd& x, Eigen::VectorXd& gradient) {
  const double bend = x[1] - x[0] * x[0];
  gradient.resize(2);
  gradient << -400 * x[0] * bend - 2 * (1 - x[0]), 200 * bend;
  return 100 * bend * bend + (1 - x[0]) * (1 - x[0]);
}

TEST(BoundedMinimiser, FindsTheBottomOfAValley) {
  const Box box{Eigen::Vector2d(-3, -3), Eigen::Vector2d(3, 3)};

  const Minimum found =
      minimise(rosenbrock, Eigen::Vector2d(-1.2, 1), box, {.evaluations = 200, .gradient = 1e-8});

  EXPECT_NEAR(found.x[0], 1, 1e-6);
  EXPECT_NEAR(found.x[1], 1, 1e-6);
  EXPECT_LE(found.evaluations, 200);
}

// With x0 <= 0.5 the least value is on that bound, at x1 = 0.25; with x1 >= 2 too at x0 = sqrt(2).
TEST(BoundedMinimiser, StopsAtBoundsAndMovesAlongThem) {
  const Box left{Eigen::Vector2d(-3, -3), Eigen::Vector2d(0.5, 3)};
  const Stop stop{.evaluations = 200, .gradient = 1e-8};

  const Minimum found = minimise(rosenbrock, Eigen::Vector2d(-1.2, 1), left, stop);
  const Minimum outside = minimise(rosenbrock, Eigen::Vector2d(9, -9), left, stop);

  for (const Minimum& at : {found, outside}) {
    EXPECT_EQ(at.x[0], 0.5);
    EXPECT_NEAR(at.x[1], 0.25, 1e-6);
  }
}

TEST(BoundedMinimiser, StaysWhereTheFunctionIsDefined) {
  const auto barrier = [](const Eigen::VectorXd& x, Eigen::VectorXd& gradient) {
    gradient = Eigen::VectorXd::Constant(1, 1 - 1 / x[0]);
    return x[0] > 0 ? x[0] - std::log(x[0]) : std::numeric_limits<double>::infinity();
  };
  const Box box{Eigen::VectorXd::Constant(1, -100), Eigen::VectorXd::Constant(1, 100)};

  const Minimum found = minimise(barrier, Eigen::VectorXd::Constant(1, 50), box,
                                 {.evaluations = 100, .gradient = 1e-8});

  EXPECT_NEAR(found.x[0], 1, 1e-6);
}

}  // namespace
}  // namespace studyhall::sampler::gp
