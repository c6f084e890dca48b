#include "sampler/gp/log_ei.h"

#include <cmath>
#include <numbers>

#include "core/statistics.h"

namespace studyhall::sampler::gp {
namespace {

constexpr double kTail = -4;  // below, h(z) would be the difference of two close numbers

double log_density(double z) { return -0.5 * z * z - 0.5 * std::log(2 * std::numbers::pi); }
double h(double z) { return std::exp(log_density(z)) + z * normal_cdf(z); }

// With Mills' ratio Phi(-x) / phi(x) = 1 / (x + t): t = 1 / (x + 2 / (x + 3 / ...)) (Abramowitz and
// Stegun 26.2.14), so that h(-x) = phi(x) t / (x + t). 60 levels have all digits for x >= 4.
double mills_rest(double x) {
  double t = x;
  for (int k = 60; k >= 2; --k) t = x + k / t;
  return 1 / t;
}

}  // namespace

double log_h(double z) {
  if (z > kTail) return std::log(h(z));
  const double t = mills_rest(-z);
  return log_density(z) + std::log(t) - std::log(t - z);
}

double log_h_slope(double z) { return z > kTail ? normal_cdf(z) / h(z) : 1 / mills_rest(-z); }

double log_cdf_slope(double z) {
  return z > kTail ? std::exp(log_density(z)) / normal_cdf(z) : mills_rest(-z) - z;
}

}  // namespace studyhall::sampler::gp
