// Normal groups with normal means:
//   y_ij ~ N(mu_i, s^2),  mu_i ~ N(m, tau^2).
//
// s^2 is pooled over the groups with more than one observation and taken as known; its uncertainty
// is for the caller's Student's t. m has a flat prior. The shrinkage B = s0^2 / (s0^2 + tau^2),
// with s0^2 the harmonic mean of the s^2/n_i, has the proper prior Beta(1/2, 1) (Strawderman,
// Annals of Mathematical Statistics 42, 1971). Both are integrated out, m exactly and tau^2 by
// quadrature.
//
// Why not a plugged-in tau^2 (REML): in simulations of 5 to 40 groups of 2 or 3 with tau from 0.3
// to 2 s, its 95 % intervals covered 83 to 95 % of the mu_i, these 94 to 98 %.
#pragma once

#include <optional>
#include <span>
#include <vector>

namespace studyhall {

// The observations of one group.
struct GroupSummary {
  double mean = 0;
  int n = 0;           // at least 1
  double squares = 0;  // sum of squared deviations from the mean
};

struct Posterior {
  double mean = 0;
  double sd = 0;
};

struct HierarchicalFit {
  double s2 = 0;
  int df = 0;                  // of s2
  std::vector<Posterior> mus;  // [groups]
};

// nullopt where no group has more than one observation: then s^2 is unknown. REQUIRES: means of
// order 1 (their squares neither overflow nor vanish).
std::optional<HierarchicalFit> fit_hierarchical(std::span<const GroupSummary> groups);

// The probability of each to be the largest, taken as independent normals (they share the
// uncertainty of m, which moves all alike); sums to 1. By the trapezoidal rule over the product of
// the distribution functions.
std::vector<double> probability_of_largest(std::span<const Posterior> posteriors);

}  // namespace studyhall
