// Distribution functions that the leaderboard needs.
#pragma once

namespace studyhall {

// P(Z <= x) of a standard normal Z, with full relative precision in the lower tail.
double normal_cdf(double x);
// log P(Z <= x), finite for every finite x.
double log_normal_cdf(double x);

// I_x(a, b), the regularised incomplete beta function. REQUIRES: a > 0, b > 0, 0 <= x <= 1.
double incomplete_beta(double a, double b, double x);

// P(T <= t) of Student's t with `df` degrees of freedom. REQUIRES: df > 0.
double student_t_cdf(double t, double df);
// The t with student_t_cdf(t, df) = p, to about 1e-12 relative. REQUIRES: df > 0, 0 < p < 1.
double student_t_quantile(double p, double df);

}  // namespace studyhall
