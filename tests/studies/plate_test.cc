#include "studies/heat_signature/experiment/plate.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numbers>
#include <numeric>
#include <vector>

namespace studyhall::heat_signature {
namespace {

constexpr double kPi = std::numbers::pi;

// Eigenfunctions of the Laplacian on the plate: cosines where no heat crosses the edge, sines where
// the edge is cold. (m, n): half waves along x and y.
double mode(Edge edge, int m, int n, const Point& p) {
  const double x = m * kPi * p.x / kWidth;
  const double y = n * kPi * p.y / kHeight;
  return edge == Edge::Neumann ? std::cos(x) * std::cos(y) : std::sin(x) * std::sin(y);
}
double eigenvalue(int m, int n) {
  return kPi * kPi * (m * m / (kWidth * kWidth) + n * n / (kHeight * kHeight));
}

std::vector<double> mode_on_grid(const Plate& plate, int m, int n) {
  std::vector<double> values;
  for (int j = 0; j < plate.spec().ny; ++j) {
    for (int i = 0; i < plate.spec().nx; ++i) {
      values.push_back(mode(plate.spec().edge, m, n, plate.centre(i, j)));
    }
  }
  return values;
}

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  double largest = 0;
  for (std::size_t k = 0; k < a.size(); ++k) largest = std::max(largest, std::abs(a[k] - b[k]));
  return largest;
}

// Largest error at t = 1 of a plate of nx x nx/2 cells heated by one mode from zero, whose exact
// temperature is mode * (1 - exp(-kappa lambda t)) / (kappa lambda).
double heated_mode_error(Edge edge, int m, int n, int nx, int steps) {
  const double diffusivity = 0.1;
  Plate plate(
      {.nx = nx, .ny = nx / 2, .diffusivity = diffusivity, .edge = edge, .dt = 1.0 / steps});
  const std::vector<double> heating = mode_on_grid(plate, m, n);
  for (int k = 0; k < steps; ++k) plate.step(heating);
  const double rate = diffusivity * eigenvalue(m, n);
  std::vector<double> exact = heating;
  for (double& value : exact) value *= (1 - std::exp(-rate)) / rate;
  return largest_difference(plate.temperature(), exact);
}

class PlateModes : public testing::TestWithParam<Edge> {};

TEST_P(PlateModes, HeatedModeConvergesWithSecondOrder) {
  const double coarse = heated_mode_error(GetParam(), 3, 2, 20, 25);
  const double middle = heated_mode_error(GetParam(), 3, 2, 40, 50);
  const double fine = heated_mode_error(GetParam(), 3, 2, 80, 100);

  EXPECT_LT(fine, 1e-3);
  EXPECT_NEAR(std::log2(coarse / middle), 2, 0.1);
  EXPECT_NEAR(std::log2(middle / fine), 2, 0.05);
}

TEST_P(PlateModes, UnheatedModeDecaysAtItsRate) {
  Plate plate({.nx = 80, .ny = 40, .diffusivity = 0.05, .edge = GetParam(), .dt = 0.01});
  const std::vector<double> start = mode_on_grid(plate, 2, 1);
  const std::vector<double> no_heating(start.size(), 0.0);

  plate.reset(start);
  for (int k = 0; k < 200; ++k) plate.step(no_heating);

  std::vector<double> exact = start;
  for (double& value : exact) value *= std::exp(-0.05 * eigenvalue(2, 1) * 2);
  EXPECT_LT(largest_difference(plate.temperature(), exact), 3e-4);
}

TEST_P(PlateModes, IsStableForAnyStepLength) {
  Plate plate({.nx = 26, .ny = 13, .diffusivity = 0.1, .edge = GetParam(), .dt = 1000});
  const std::array<Source, 1> source{{{{0.7, 0.4}, 1.0}}};
  std::vector<double> rough = plate.heating(source);
  const double start = *std::max_element(rough.begin(), rough.end());
  const std::vector<double> no_heating(rough.size(), 0.0);

  plate.reset(rough);
  for (int k = 0; k < 500; ++k) plate.step(no_heating);

  for (const double value : plate.temperature()) EXPECT_LE(std::abs(value), start);
}

// Fourier series of a Gaussian source, with modes of the edge's kind; far enough from the edge that
// the part of the Gaussian beyond it does not count.
double series(Edge edge, double diffusivity, double time, const Source& source, const Point& at) {
  double sum = 0;
  for (int m = 0; m < 120; ++m) {
    for (int n = 0; n < 60; ++n) {
      const double lambda = eigenvalue(m, n);
      const double norm = (m == 0 ? 1 : 2) / kWidth * (n == 0 ? 1 : 2) / kHeight;
      const double growth =
          lambda == 0 ? time
                      : (1 - std::exp(-diffusivity * lambda * time)) / (diffusivity * lambda);
      sum += norm * growth * std::exp(-lambda * kSourceWidth * kSourceWidth / 2) *
             mode(edge, m, n, source.at) * mode(edge, m, n, at);
    }
  }
  return source.intensity * sum;
}

TEST_P(PlateModes, SourceWarmsAsItsFourierSeries) {
  const Source source{{0.73, 0.42}, 1.7};
  const std::vector<Point> sensors{{0.9, 0.6}, {0.3, 0.3}, {1.6, 0.8}};
  Plate plate({.nx = 104, .ny = 52, .diffusivity = 0.1, .edge = GetParam(), .dt = 0.01});

  const Eigen::MatrixXd readings =
      plate.run(plate.heating(std::span(&source, 1)), sensors, 400, 200);

  for (Eigen::Index row = 0; row < 2; ++row) {
    for (Eigen::Index k = 0; k < 3; ++k) {
      const double time = 2.0 * static_cast<double>(row + 1);
      const double exact =
          series(GetParam(), 0.1, time, source, sensors[static_cast<std::size_t>(k)]);
      EXPECT_NEAR(readings(row, k), exact, 0.005 * exact + 1e-4)
          << "row " << row << " sensor " << k;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Edges, PlateModes, testing::Values(Edge::Dirichlet, Edge::Neumann),
                         [](const auto& edge) {
                           return edge.param == Edge::Neumann ? "Neumann" : "Dirichlet";
                         });

double heat_on(const Plate& plate) {
  const std::vector<double> u = plate.temperature();
  const double cell = kWidth * kHeight / static_cast<double>(u.size());
  return cell * std::accumulate(u.begin(), u.end(), 0.0);
}

TEST(Plate, InsulatedPlateKeepsAllHeat) {
  Plate plate({.nx = 26, .ny = 13, .diffusivity = 0.1, .edge = Edge::Neumann, .dt = 0.016});
  const std::array<Source, 2> sources{{{{0.5, 0.5}, 1.5}, {{1.4, 0.6}, 0.7}}};

  const std::vector<double> heating = plate.heating(sources);
  for (int k = 0; k < 250; ++k) plate.step(heating);

  // 4 units of time at 2.2 units of heat; rounding of 250 steps.
  EXPECT_NEAR(heat_on(plate), 4 * 2.2, 1e-10);
}

TEST(Plate, ColdEdgeTakesHeatAway) {
  Plate plate({.nx = 26, .ny = 13, .diffusivity = 0.1, .edge = Edge::Dirichlet, .dt = 0.016});
  const std::array<Source, 1> source{{{{0.5, 0.5}, 1.5}}};

  const std::vector<double> heating = plate.heating(source);
  for (int k = 0; k < 250; ++k) plate.step(heating);

  EXPECT_GT(heat_on(plate), 0);
  EXPECT_LT(heat_on(plate), 0.5 * 4 * 1.5);
}

TEST(Plate, TemperatureIsLinearInTheSources) {
  Plate plate({.nx = 26, .ny = 13, .diffusivity = 0.05, .edge = Edge::Neumann, .dt = 0.016});
  const std::vector<Source> a{{{0.4, 0.3}, 1.0}};
  const std::vector<Source> b{{{1.5, 0.7}, 1.0}};
  const std::vector<Source> both{{a[0].at, 0.6}, {b[0].at, 1.9}};
  const std::vector<Point> sensors{{0.2, 0.8}, {1.0, 0.5}};

  const Eigen::MatrixXd from_a = plate.run(plate.heating(a), sensors, 200, 20);
  const Eigen::MatrixXd from_b = plate.run(plate.heating(b), sensors, 200, 20);
  const Eigen::MatrixXd from_both = plate.run(plate.heating(both), sensors, 200, 20);

  EXPECT_LT((0.6 * from_a + 1.9 * from_b - from_both).cwiseAbs().maxCoeff(), 1e-12);
}

TEST(Plate, MirroredSourceGivesTheMirroredTemperature) {
  Plate plate({.nx = 26, .ny = 13, .diffusivity = 0.1, .edge = Edge::Dirichlet, .dt = 0.016});
  const std::vector<Source> left{{{0.37, 0.21}, 1.0}};
  const std::vector<Source> right{{{kWidth - 0.37, kHeight - 0.21}, 1.0}};
  const std::vector<Point> sensor{{0.8, 0.6}};
  const std::vector<Point> mirrored{{kWidth - 0.8, kHeight - 0.6}};

  const Eigen::MatrixXd a = plate.run(plate.heating(left), sensor, 250, 50);
  const Eigen::MatrixXd b = plate.run(plate.heating(right), mirrored, 250, 50);

  EXPECT_LT((a - b).cwiseAbs().maxCoeff(), 1e-12);
}

TEST(Plate, CountsItsSteps) {
  Plate plate({.nx = 26, .ny = 13, .diffusivity = 0.1, .edge = Edge::Neumann, .dt = 0.016});
  const std::vector<double> no_heating(26 * 13, 0.0);

  plate.run(no_heating, {}, 100, 1);
  plate.run(no_heating, {}, 40, 1);
  plate.step(no_heating);

  EXPECT_EQ(plate.steps_made(), 141);
}

}  // namespace
}  // namespace studyhall::heat_signature
