// Which kernel explains what was observed: the most probable one.
//
// Rasmussen and Williams (2006), eq. 5.8 and 5.9, with the priors of Optuna 5's GPSampler
// (optuna/_gp/prior.py): ln p = -(0.1 / w + 0.1 w) for each inverse squared length scale, Gamma(2,
// rate 1) for the scale, Gamma(1.1, rate 30) for the noise. Densities of the parameters themselves,
// as there; the search runs over their logarithms.
#pragma once

#include <Eigen/Core>
#include <span>

#include "sampler/gp/encoding.h"
#include "sampler/gp/kernel.h"

namespace studyhall::sampler::gp {

inline constexpr double kLeastNoise = 1e-6;

// -ln p(y | X, kernel) - ln p(kernel) up to a constant, for points with given distances.
class NegativeLogPosterior {
 public:
  // D: axis_distances() of the n points; y [n], about of mean 0 and variance 1.
  NegativeLogPosterior(Eigen::MatrixXd D, Eigen::VectorXd y);

  // theta = (ln w [axes], ln scale, ln(noise - kLeastNoise)); the gradient by theta. +infinity
  // where the covariance matrix cannot be factored.
  double operator()(const Eigen::VectorXd& theta, Eigen::VectorXd& gradient) const;

 private:
  Eigen::MatrixXd D_;
  Eigen::VectorXd y_;
};

Kernel kernel_from(const Eigen::VectorXd& theta);

// The better of the local optima reached from length scales 0.3 and 1 (from the 3 or more that the
// prior prefers a search often ends where everything is noise). With more than 100 points these two
// searches look at every k-th of them, and the better one is refined on all. A function of its
// arguments.
Kernel fit_kernel(std::span<const Encoding::Column> columns, Eigen::Index axes,
                  const Eigen::MatrixXd& X, const Eigen::VectorXd& y);

}  // namespace studyhall::sampler::gp
