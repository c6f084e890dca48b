// Normal groups with normal means, of which only the better half is modelled:
//   y_ij ~ N(mu_i, s^2),  mu_i ~ N(m, tau^2).
//
// What matters is how the good ones are spread. A search leaves behind a long tail of poor
// configurations and a crowd of good ones; one tau for both would take the luck of the best of the
// crowd for merit. So of groups whose mean lies below the median of the means the likelihood holds
// only that they do (left-censored: Tobin, Econometrica 26, 1958), and they are not shrunk, only
// kept below those that are.
//
// s^2 is not the pooled variance within groups alone: a group is repeated because its first run was
// good, and the repeats that fall back make that variance too large (by 20 to 40 % in
// simulations). The joint likelihood of all groups, singles included, holds that selection
// (Rubin, Biometrika 63, 1976: what is missing depends on what was seen only). s has the prior
// 1/s, m a flat one, tau a half-Cauchy one of scale s0, the root of the harmonic mean of the
// s^2/n_i (Gelman, Bayesian Analysis 1, 515, 2006; Polson and Scott, Bayesian Analysis 7, 887,
// 2012). m is integrated out by Laplace's method (exactly where nothing is censored), s and tau on
// a grid.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <utility>
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

class HierarchicalFit {
 public:
  // Of observations without noise, as repeats that agree to the last bit show.
  static HierarchicalFit exact(int df) {
    HierarchicalFit fit;
    fit.df_ = df;
    return fit;
  }
  // Degrees of freedom within groups, and the posterior mean of s^2.
  [[nodiscard]] int df() const { return df_; }
  [[nodiscard]] double s2() const { return s2_; }
  // Of mu in a group: O(1) for a size that the data had. Among groups of one size it grows with the
  // mean.
  [[nodiscard]] Posterior posterior(const GroupSummary& group) const;
  // The quantiles 0.025 and 0.975 of the same.
  [[nodiscard]] std::pair<double, double> interval(const GroupSummary& group) const;

 private:
  friend class HierarchicalFitter;
  // Values of s^2 and tau^2 with their share of the posterior; m given them is N(m, m_variance).
  struct Node {
    double s2 = 0;
    double tau2 = 0;
    double weight = 0;
    double m = 0;
    double m_variance = 0;
  };
  // Over the nodes, of the shrinkage B of groups of one size and of a = B (m - centre_): what the
  // posterior needs, as its mean is that of the group + a - B (mean of the group - centre_).
  struct Shrinkage {
    double a = 0;
    double B = 0;
    double a_variance = 0;
    double covariance = 0;
    double B_variance = 0;
    double variance = 0;  // mean of the variances given s, tau
  };
  [[nodiscard]] Shrinkage shrinkage_of(int n) const;
  [[nodiscard]] Posterior at(const Node& node, const GroupSummary& group) const;

  int df_ = 0;
  double s2_ = 0;
  double cutoff_ = 0;  // groups with a mean below are not shrunk
  double centre_ = 0;
  std::vector<Node> nodes_;             // none: no noise
  std::map<int, Shrinkage> shrinkage_;  // by size of the group
};

// nullopt where no group has more than one observation: then s^2 is unknown. REQUIRES: means of
// order 1 (their squares neither overflow nor vanish).
std::optional<HierarchicalFit> fit_hierarchical(std::span<const GroupSummary> groups);

// The probability of each to be the largest, taken as independent normals (they share the
// uncertainty of m, which moves all alike); sums to 1. By the trapezoidal rule over the product of
// the distribution functions.
std::vector<double> probability_of_largest(std::span<const Posterior> posteriors);

}  // namespace studyhall
