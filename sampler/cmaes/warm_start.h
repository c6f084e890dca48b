// Where to begin when results are there already: M. Nomura et al., "Warm Starting CMA-ES for
// Hyperparameter Optimization", AAAI 2021, with the source task's results taken from the study
// itself.
#pragma once

#include <Eigen/Core>

namespace studyhall::sampler::cmaes {

struct Start {
  Eigen::VectorXd mean;  // [d]
  double sigma = 0;
  Eigen::MatrixXd C;  // [d, d], determinant 1
};

// The normal distribution nearest to a mixture of N(x, alpha^2 I) about the best floor(gamma n)
// columns of X [d, n], best first. REQUIRES: gamma n >= 1.
Start warm_start(const Eigen::MatrixXd& X, double gamma, double alpha);

}  // namespace studyhall::sampler::cmaes
