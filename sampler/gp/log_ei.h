// The logarithm of expected improvement, exact where improvement is next to impossible.
//
// S. Ament, S. Daulton, D. Eriksson, M. Balandat, E. Bakshy, "Unexpected Improvements to Expected
// Improvement for Bayesian Optimization", NeurIPS 2023 (arXiv:2310.20708v2), section 4.1.
// Departure: the tail is a continued fraction, which loses no digits, in place of erfcx and
// log1mexp.
#pragma once

namespace studyhall::sampler::gp {

// ln h(z), h(z) = phi(z) + z Phi(z) (eq. 8): the expected improvement over sigma where the mean is
// z sigma below the best. Finite for every finite z above -1e154.
double log_h(double z);
// d/dz ln h(z) = Phi(z) / h(z).
double log_h_slope(double z);

// d/dz ln Phi(z) = phi(z) / Phi(z).
double log_cdf_slope(double z);

}  // namespace studyhall::sampler::gp
