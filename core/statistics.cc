#include "core/statistics.h"

#include <cassert>
#include <cmath>
#include <numbers>

namespace studyhall {

namespace {

// The continued fraction of I_x(a, b) (DLMF 8.17.22), by Lentz's method. Converges fast for
// x < (a + 1) / (a + b + 2).
double beta_fraction(double a, double b, double x) {
  constexpr double kTiny = 1e-300;
  constexpr int kMaxTerms = 10'000;
  const auto away_from_zero = [](double v) { return std::abs(v) < kTiny ? kTiny : v; };
  double c = 1;
  double d = 1 / away_from_zero(1 - (a + b) * x / (a + 1));
  double h = d;
  for (int m = 1; m <= kMaxTerms; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away_from_zero(1 + even * d);
    c = away_from_zero(1 + even / c);
    h *= d * c;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away_from_zero(1 + odd * d);
    c = away_from_zero(1 + odd / c);
    const double factor = d * c;
    h *= factor;
    if (std::abs(factor - 1) < 1e-16) break;
  }
  return h;
}

// P(T > t) for t >= 0, with full relative precision in the tail.
double student_t_tail(double t, double df) {
  const double square = t * t;
  if (std::isinf(square)) return 0;
  // Of the two complementary arguments the one that does not cancel.
  if (square > df) return 0.5 * incomplete_beta(df / 2, 0.5, df / (df + square));
  return 0.5 * (1 - incomplete_beta(0.5, df / 2, square / (df + square)));
}

}  // namespace

double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }

double log_normal_cdf(double x) {
  if (x > 0) return std::log1p(-0.5 * std::erfc(x / std::numbers::sqrt2));
  if (x > -30) return std::log(normal_cdf(x));
  // The asymptotic series of Mills' ratio (Abramowitz and Stegun 26.2.12): its next term is below
  // 1e-9 here.
  const double u = 1 / (x * x);
  return -0.5 * x * x - std::log(-x) - 0.5 * std::log(2 * std::numbers::pi) +
         std::log1p(-u * (1 - 3 * u * (1 - 5 * u)));
}

double incomplete_beta(double a, double b, double x) {
  assert(a > 0 && b > 0 && x >= 0 && x <= 1);
  if (x == 0 || x == 1) return x;
  const double log_front =
      std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x);
  if (x < (a + 1) / (a + b + 2)) return std::exp(log_front) * beta_fraction(a, b, x) / a;
  return 1 - std::exp(log_front) * beta_fraction(b, a, 1 - x) / b;
}

double student_t_cdf(double t, double df) {
  return t < 0 ? student_t_tail(-t, df) : 1 - student_t_tail(t, df);
}

double student_t_quantile(double p, double df) {
  assert(p > 0 && p < 1 && df > 0);
  if (p == 0.5) return 0;
  const double tail = p < 0.5 ? p : 1 - p;
  double low = 0;
  double high = 1;
  while (high < 1e150 && student_t_tail(high, df) > tail) {
    low = high;
    high *= 2;
  }
  for (int i = 0; i < 200; ++i) {
    const double middle = 0.5 * (low + high);
    if (middle <= low || middle >= high) break;
    (student_t_tail(middle, df) > tail ? low : high) = middle;
  }
  const double t = 0.5 * (low + high);
  return p < 0.5 ? -t : t;
}

}  // namespace studyhall
