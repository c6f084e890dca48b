// Normal groups with normal means, fitted by empirical Bayes:
//   y_ij ~ N(mu_i, s^2),  mu_i ~ N(m, tau^2).
//
// s^2 is pooled over the groups with more than one observation. tau^2 maximises the marginal
// likelihood of the group means, ybar_i ~ N(m, tau^2 + s^2/n_i), with m integrated out under a flat
// prior (REML: Patterson and Thompson, Biometrika 58, 1971), which does not underrate tau^2 where
// there are few groups as profiling m does. Given s^2 and tau^2 the posterior of mu_i is exact, the
// uncertainty of m included; that of tau^2 is not in it.
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

struct HierarchicalFit {
  double s2 = 0;
  int df = 0;  // of s2
  double tau2 = 0;
  double m = 0;
  double m_variance = 0;
};

struct Posterior {
  double mean = 0;
  double sd = 0;
};

// nullopt where no group has more than one observation: then s^2 is unknown. REQUIRES: means of
// order 1 (their squares neither overflow nor vanish).
std::optional<HierarchicalFit> fit_hierarchical(std::span<const GroupSummary> groups);

Posterior posterior_of(const HierarchicalFit& fit, const GroupSummary& group);

// The probability of each to be the largest, taken as independent normals (they share the
// uncertainty of m, which moves all alike); sums to 1. By the trapezoidal rule over the product of
// the distribution functions.
std::vector<double> probability_of_largest(std::span<const Posterior> posteriors);

}  // namespace studyhall
