// The normal distribution cut to an interval, with full relative precision in the tails and on
// narrow intervals.
#pragma once

namespace studyhall::sampler {

// ln(e^a + e^b); -infinity is ln 0.
double log_add(double a, double b);

// 1 - Phi(x), with full relative precision for x >= 0.
double upper_tail(double x);

// ln Phi(x), Phi the standard normal distribution function.
double log_cdf(double x);

// ln(Phi(b) - Phi(a)); -infinity where b <= a. Relative error below 1e-12 also for b - a of 1e-12
// and for a and b far out on one side.
double log_mass(double a, double b);

// ln of the density at x of a normal(mu, sigma) cut to [lower, upper]; -infinity outside.
double truncnorm_log_density(double x, double mu, double sigma, double lower, double upper);

// The x in [a, b] below which a fraction q of the standard normal cut to [a, b] lies.
// REQUIRES: 0 <= q <= 1, a < b.
double truncnorm_quantile(double q, double a, double b);

}  // namespace studyhall::sampler
