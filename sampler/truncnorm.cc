#include "sampler/truncnorm.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace studyhall::sampler {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kHalfLog2Pi = 0.91893853320467274178;

double log_phi(double x) { return -0.5 * x * x - kHalfLog2Pi; }

// The asymptotic series of Phi (Abramowitz and Stegun 26.2.12), for x <= -14: its terms fall below
// rounding long before they grow again.
double log_cdf_far_left(double x) {
  const double inverse_square = 1 / (x * x);
  double term = 1;
  double sum = 0;
  for (int k = 1; k < 40; ++k) {
    term *= -(2 * k - 1) * inverse_square;
    sum += term;
    if (std::abs(term) < 1e-18) break;
  }
  return log_phi(x) - std::log(-x) + std::log1p(sum);
}

// ln of the integral of phi over [m - h/2, m + h/2]: the series of the integral about its middle;
// the first term left out is below (m h)^8 / 9e7.
double log_mass_narrow(double m, double h) {
  const double m2 = m * m;
  const double h2 = h * h;
  const double second = (m2 - 1) / 24;
  const double fourth = (m2 * (m2 - 6) + 3) / 1920;
  const double sixth = (m2 * (m2 * (m2 - 15) + 45) - 15) / 322560;
  return log_phi(m) + std::log(h) + std::log1p(h2 * (second + h2 * (fourth + h2 * sixth)));
}

// The x with ln Phi(x) = target, for target <= ln 0.5.
double inverse_log_cdf(double target) {
  // A rough start (the leading term of the tail, the series about the middle), then Newton's
  // method: ln Phi is concave, so that it approaches the root from the left, each step closer.
  double x = 0;
  if (target < -4) {
    const double t = -2 * (target + kHalfLog2Pi);
    x = -std::sqrt(std::max(t - std::log(t), 1.0));
  } else {
    const double q = std::exp(target) - 0.5;
    x = q * std::sqrt(2 * std::numbers::pi) * (1 + q * q * std::numbers::pi / 3);
  }
  for (int i = 0; i < 60; ++i) {
    const double value = log_cdf(x);
    const double slope = std::exp(log_phi(x) - value);
    const double step = (value - target) / slope;
    x -= step;
    if (std::abs(step) <= 1e-15 * std::max(1.0, std::abs(x))) break;
  }
  return x;
}

}  // namespace

double log_add(double a, double b) {
  if (a < b) std::swap(a, b);
  return b == -kInfinity ? a : a + std::log1p(std::exp(b - a));
}

double upper_tail(double x) { return 0.5 * std::erfc(x / std::numbers::sqrt2); }

double log_cdf(double x) {
  if (x < -14) return log_cdf_far_left(x);
  if (x > 0) return std::log1p(-upper_tail(x));
  return std::log(upper_tail(-x));
}

double log_mass(double a, double b) {
  if (!(b > a)) return -kInfinity;
  const double h = b - a;
  const double m = a + h / 2;
  if (h * (1 + std::abs(m)) < 0.2) return log_mass_narrow(m, h);
  if (a > 0) {
    const double near = log_cdf(-a);
    return near + std::log1p(-std::exp(log_cdf(-b) - near));
  }
  if (b <= 0) {
    const double near = log_cdf(b);
    return near + std::log1p(-std::exp(log_cdf(a) - near));
  }
  // a <= 0 < b: a sum, not a difference, where the interval is short; a complement where it is
  // long.
  if (h < 2) {
    return std::log(0.5 * (std::erf(b / std::numbers::sqrt2) + std::erf(-a / std::numbers::sqrt2)));
  }
  return std::log1p(-upper_tail(-a) - upper_tail(b));
}

double truncnorm_log_density(double x, double mu, double sigma, double lower, double upper) {
  if (x < lower || x > upper) return -kInfinity;
  return log_phi((x - mu) / sigma) - std::log(sigma) -
         log_mass((lower - mu) / sigma, (upper - mu) / sigma);
}

double truncnorm_quantile(double q, double a, double b) {
  const double log_q = std::log(q);
  const double log_rest = std::log1p(-q);
  const double below = log_add(log_cdf(a) + log_rest, log_cdf(b) + log_q);
  double x = 0;
  if (below <= -std::numbers::ln2) {
    x = inverse_log_cdf(below);
  } else {
    x = -inverse_log_cdf(log_add(log_cdf(-a) + log_rest, log_cdf(-b) + log_q));
  }
  return std::clamp(x, a, b);
}

}  // namespace studyhall::sampler
