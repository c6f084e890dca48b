#include "core/statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace studyhall {
namespace {

TEST(StudentT, HasTheQuantilesOfTheTables) {
  struct Row {
    double p;
    double df;
    double t;
  };
  // Abramowitz and Stegun, table 26.10, and its usual continuations.
  const Row rows[] = {{0.975, 1, 12.7062},   {0.975, 2, 4.30265},  {0.975, 3, 3.18245},
                      {0.975, 5, 2.57058},   {0.975, 10, 2.22814}, {0.975, 30, 2.04227},
                      {0.975, 120, 1.97993}, {0.95, 4, 2.13185},   {0.995, 7, 3.49948},
                      {0.9995, 1, 636.619},  {0.75, 2, 0.816497},  {0.90, 20, 1.32534}};
  for (const Row& row : rows) {
    EXPECT_NEAR(student_t_quantile(row.p, row.df), row.t, 6e-6 * row.t) << row.p << " " << row.df;
    EXPECT_NEAR(student_t_quantile(1 - row.p, row.df), -row.t, 6e-6 * row.t);
  }
}

TEST(StudentT, HasItsClosedFormsAtOneAndTwoDegreesOfFreedom) {
  for (const double t : {-50.0, -3.0, -0.4, 0.0, 1e-3, 0.7, 2.0, 1e4}) {
    const double cauchy = 0.5 + std::atan(t) / std::numbers::pi;
    EXPECT_NEAR(student_t_cdf(t, 1), cauchy, 1e-14) << t;
    const double two = 0.5 + t / (2 * std::sqrt(2 + t * t));
    EXPECT_NEAR(student_t_cdf(t, 2), two, 1e-14) << t;
  }
  EXPECT_EQ(student_t_quantile(0.5, 3), 0);
}

TEST(StudentT, ApproachesTheNormal) {
  EXPECT_NEAR(student_t_quantile(0.975, 1e6), 1.9599640, 5e-6);
}

TEST(IncompleteBeta, HasItsClosedForms) {
  for (const double x : {0.0, 1e-9, 0.1, 0.5, 0.93, 1.0}) {
    EXPECT_NEAR(incomplete_beta(1, 1, x), x, 1e-15);
    EXPECT_NEAR(incomplete_beta(3, 1, x), x * x * x, 1e-14);
    EXPECT_NEAR(incomplete_beta(1, 4, x), 1 - std::pow(1 - x, 4), 1e-14);
    EXPECT_NEAR(incomplete_beta(2, 2, x), x * x * (3 - 2 * x), 1e-14);
    EXPECT_NEAR(incomplete_beta(0.5, 0.5, x), 2 / std::numbers::pi * std::asin(std::sqrt(x)),
                1e-13);
  }
}

TEST(NormalCdf, HasKnownValues) {
  EXPECT_EQ(normal_cdf(0), 0.5);
  EXPECT_NEAR(normal_cdf(1), 0.841344746068543, 1e-15);
  EXPECT_NEAR(normal_cdf(1.959963984540054), 0.975, 1e-15);
  // Abramowitz and Stegun, table 26.2.
  EXPECT_NEAR(normal_cdf(-5), 2.866515719e-7, 1e-16);
}

TEST(NormalCdf, HasALogarithmInBothTails) {
  for (const double x : {-25.0, -5.0, -1.0, 0.0, 0.5, 3.0}) {
    EXPECT_NEAR(log_normal_cdf(x), std::log(normal_cdf(x)), 1e-12) << x;
  }
  EXPECT_NEAR(log_normal_cdf(9), -normal_cdf(-9), 1e-25);
  // Mills' ratio lies between x/(x^2+1) and 1/x (Gordon, Annals of Mathematical Statistics 1941).
  for (const double x : {29.9, 30.1, 40.0, 1e3, 1e6}) {
    const double log_density = -0.5 * x * x - 0.5 * std::log(2 * std::numbers::pi);
    const double slack = 1e-15 * x * x;
    EXPECT_LE(log_normal_cdf(-x), log_density - std::log(x) + slack) << x;
    EXPECT_GE(log_normal_cdf(-x), log_density + std::log(x / (x * x + 1)) - slack) << x;
  }
  // Both branches meet.
  EXPECT_NEAR(log_normal_cdf(-30 + 1e-9), log_normal_cdf(-30 - 1e-9), 1e-6);
}

}  // namespace
}  // namespace studyhall
