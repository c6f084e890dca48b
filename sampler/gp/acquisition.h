// How much a configuration promises: the logarithm of constrained expected improvement.
//
//   ln a(x) = ln EI(x) + sum_k ln P(c_k(x) <= 0)
//
// J. R. Gardner et al., "Bayesian Optimization with Inequality Constraints" (ICML 2014), eq. 5, in
// the logarithms of log_ei.h. Improvement is over the least posterior mean where something was
// evaluated, not over the least observation, which noise makes too good (doc/samplers.md).
#pragma once

#include <Eigen/Core>
#include <optional>
#include <vector>

#include "sampler/gp/posterior.h"

namespace studyhall::sampler::gp {

class Acquisition {
 public:
  // Without an objective, promise is being feasible.
  void improve(const Posterior& posterior, double best);
  // The quantity should stay at or below `threshold`.
  void keep_below(const Posterior& posterior, double threshold);
  // REQUIRES of the calls below: either was called; the posteriors outlive this.

  // [m] at each row of P [m, columns].
  [[nodiscard]] Eigen::VectorXd values(const Eigen::MatrixXd& P) const;
  // What it is made of at x, in units of the posteriors.
  struct Parts {
    std::optional<double> log_ei;  // absent without an objective, as are the next three
    std::optional<double> mean;
    std::optional<double> sd;
    std::optional<double> best;
    double log_feasible = 0;  // of meeting every bound; 0 without any
  };
  [[nodiscard]] Parts parts(const Eigen::RowVectorXd& x) const;
  [[nodiscard]] bool is_bounded() const { return !constraints_.empty(); }
  // At x; the gradient by the columns of x goes to `gradient`.
  [[nodiscard]] double value(const Eigen::RowVectorXd& x, Eigen::VectorXd& gradient) const;

 private:
  struct Term {
    const Posterior* posterior;
    double level;
  };
  std::optional<Term> objective_;
  std::vector<Term> constraints_;
};

}  // namespace studyhall::sampler::gp
