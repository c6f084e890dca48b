#include "bench/quality/test_functions.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace studyhall::bench {
namespace {

const std::vector<double> kPoint{0.5, -1.2, 2.0, 0.25, -0.75};

// Computed by NumPy from the formulas of the Virtual Library, the first by scipy.optimize.rosen.
TEST(TestFunctions, AgreeWithNumPyAwayFromTheirOptima) {
  EXPECT_NEAR(rosenbrock(kPoint), 1720.528125, 1e-9);
  EXPECT_NEAR(ellipsoid(kPoint, 1e6), 568522.2103359117, 1e-6);
  EXPECT_NEAR(rastrigin(kPoint), 53.224830056250525, 1e-12);
  EXPECT_NEAR(ackley(kPoint), 5.68047548570426, 1e-12);
  EXPECT_NEAR(griewank(kPoint), 0.7818775283966917, 1e-12);
  EXPECT_NEAR(levy(kPoint), 2.824185599439954, 1e-12);
  EXPECT_NEAR(styblinski_tang(kPoint), -39.29179375, 1e-10);
  std::vector<double> wide = kPoint;
  for (double& v : wide) v *= 100;
  EXPECT_NEAR(schwefel(wide), 1815.4629113469098, 1e-9);
}

TEST(TestFunctions, HaveTheirPublishedMinima) {
  const std::vector<double> zero(5, 0.0);
  const std::vector<double> one(5, 1.0);
  EXPECT_EQ(sphere(zero), 0);
  EXPECT_EQ(rosenbrock(one), 0);
  EXPECT_NEAR(levy(one), 0, 1e-30);
  EXPECT_NEAR(ackley(zero), 0, 1e-14);
  EXPECT_EQ(beale(std::vector<double>{3, 0.5}), 0);
  // Branin's three minima are equal.
  for (const auto& at : {std::vector<double>{-M_PI, 12.275}, {M_PI, 2.275}, {9.42478, 2.475}})
    EXPECT_NEAR(branin(at), 0.397887, 1e-6);
  EXPECT_NEAR(
      hartmann6(std::vector<double>{0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573}),
      -3.32237, 1e-5);
  EXPECT_NEAR(michalewicz(std::vector<double>{2.20, 1.57}), -1.8013, 1e-3);
  for (const double sign : {-1.0, 1.0})
    EXPECT_NEAR(six_hump_camel(std::vector<double>{sign * 0.0898, sign * -0.7126}), -1.0316, 1e-4);
}

TEST(Rotation, KeepsLengthsAndAngles) {
  const Rotation rotation(5, 3);
  const std::vector<double> centre{1, -2, 0.5, 0, 3};
  const std::vector<double> other{0.25, 1, -1, 2, -0.5};
  const auto dot = [](const std::vector<double>& a, const std::vector<double>& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
    return sum;
  };
  std::vector<double> a = kPoint;
  std::vector<double> b = other;
  for (std::size_t i = 0; i < a.size(); ++i) {
    a[i] -= centre[i];
    b[i] -= centre[i];
  }
  const std::vector<double> ra = rotation.apply(kPoint, centre);
  const std::vector<double> rb = rotation.apply(other, centre);
  EXPECT_NEAR(dot(ra, ra), dot(a, a), 1e-12);
  EXPECT_NEAR(dot(ra, rb), dot(a, b), 1e-12);
  EXPECT_GT(std::abs(ra[0] - a[0]), 1e-3) << "it does turn";
}

}  // namespace
}  // namespace studyhall::bench
