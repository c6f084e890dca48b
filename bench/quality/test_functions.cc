#include "bench/quality/test_functions.h"

#include <array>
#include <cmath>
#include <numbers>
#include <numeric>

#include "core/rng.h"

namespace studyhall::bench {
namespace {

using std::numbers::pi;

double square(double v) { return v * v; }

double size(Point x) { return static_cast<double>(x.size()); }

}  // namespace

double sphere(Point x) { return std::inner_product(x.begin(), x.end(), x.begin(), 0.0); }

double ellipsoid(Point x, double conditioning) {
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    sum += std::pow(conditioning, static_cast<double>(i) / (size(x) - 1)) * square(x[i]);
  return sum;
}

double rastrigin(Point x) {
  double sum = 10 * size(x);
  for (const double v : x) sum += v * v - 10 * std::cos(2 * pi * v);
  return sum;
}

double rosenbrock(Point x) {
  double sum = 0;
  for (std::size_t i = 0; i + 1 < x.size(); ++i)
    sum += 100 * square(x[i + 1] - x[i] * x[i]) + square(x[i] - 1);
  return sum;
}

double ackley(Point x) {
  double cosines = 0;
  for (const double v : x) cosines += std::cos(2 * pi * v);
  return -20 * std::exp(-0.2 * std::sqrt(sphere(x) / size(x))) - std::exp(cosines / size(x)) + 20 +
         std::numbers::e;
}

double schwefel(Point x) {
  double sum = 418.9828872724338 * size(x);
  for (const double v : x) sum -= v * std::sin(std::sqrt(std::abs(v)));
  return sum;
}

double griewank(Point x) {
  double product = 1;
  for (std::size_t i = 0; i < x.size(); ++i)
    product *= std::cos(x[i] / std::sqrt(static_cast<double>(i + 1)));
  return sphere(x) / 4000 - product + 1;
}

double levy(Point x) {
  const auto w = [&](std::size_t i) { return 1 + (x[i] - 1) / 4; };
  const std::size_t last = x.size() - 1;
  double sum =
      square(std::sin(pi * w(0))) + square(w(last) - 1) * (1 + square(std::sin(2 * pi * w(last))));
  for (std::size_t i = 0; i < last; ++i)
    sum += square(w(i) - 1) * (1 + 10 * square(std::sin(pi * w(i) + 1)));
  return sum;
}

double styblinski_tang(Point x) {
  double sum = 0;
  for (const double v : x) sum += (v * v * v * v - 16 * v * v + 5 * v) / 2;
  return sum;
}

double michalewicz(Point x) {
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    sum -= std::sin(x[i]) * std::pow(std::sin(static_cast<double>(i + 1) * x[i] * x[i] / pi), 20);
  return sum;
}

double branin(Point x) {
  return square(x[1] - 5.1 / (4 * pi * pi) * square(x[0]) + 5 / pi * x[0] - 6) +
         10 * (1 - 1 / (8 * pi)) * std::cos(x[0]) + 10;
}

double hartmann6(Point x) {
  constexpr std::array<double, 4> kAlpha{1.0, 1.2, 3.0, 3.2};
  constexpr double kA[4][6] = {{10, 3, 17, 3.5, 1.7, 8},
                               {0.05, 10, 17, 0.1, 8, 14},
                               {3, 3.5, 1.7, 10, 17, 8},
                               {17, 8, 0.05, 10, 0.1, 14}};
  constexpr double kP[4][6] = {{0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886},
                               {0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991},
                               {0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650},
                               {0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381}};
  double sum = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    double exponent = 0;
    for (std::size_t j = 0; j < 6; ++j) exponent += kA[i][j] * square(x[j] - kP[i][j]);
    sum -= kAlpha[i] * std::exp(-exponent);
  }
  return sum;
}

double six_hump_camel(Point x) {
  const double a = square(x[0]);
  const double b = square(x[1]);
  return (4 - 2.1 * a + a * a / 3) * a + x[0] * x[1] + (-4 + 4 * b) * b;
}

double beale(Point x) {
  const double y = x[1];
  return square(1.5 - x[0] + x[0] * y) + square(2.25 - x[0] + x[0] * y * y) +
         square(2.625 - x[0] + x[0] * y * y * y);
}

Rotation::Rotation(std::size_t dimensions, std::uint64_t seed) {
  // Gram and Schmidt on normal vectors.
  Rng rng = Rng::for_trial(seed, 0);
  for (std::size_t i = 0; i < dimensions; ++i) {
    std::vector<double> row(dimensions);
    for (double& v : row) v = rng.normal();
    for (const std::vector<double>& other : rows_) {
      const double along = std::inner_product(row.begin(), row.end(), other.begin(), 0.0);
      for (std::size_t j = 0; j < dimensions; ++j) row[j] -= along * other[j];
    }
    const double length = std::sqrt(sphere(row));
    for (double& v : row) v /= length;
    rows_.push_back(std::move(row));
  }
}

std::vector<double> Rotation::apply(Point x, Point centre) const {
  std::vector<double> out;
  for (const std::vector<double>& row : rows_) {
    double sum = 0;
    for (std::size_t j = 0; j < x.size(); ++j) sum += row[j] * (x[j] - centre[j]);
    out.push_back(sum);
  }
  return out;
}

std::vector<double> random_point(std::size_t dimensions, double low, double high,
                                 std::uint64_t seed) {
  Rng rng = Rng::for_trial(seed, 1);
  std::vector<double> out(dimensions);
  for (double& v : out) v = rng.uniform(low, high);
  return out;
}

}  // namespace studyhall::bench
