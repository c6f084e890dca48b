// Points and processes that tests of sampler/gp share.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "core/rng.h"
#include "sampler/gp/posterior.h"

namespace studyhall::testing {

// One axis for each column.
inline std::vector<sampler::gp::Encoding::Column> plain_columns(
    const std::vector<bool>& is_choice) {
  std::vector<sampler::gp::Encoding::Column> columns;
  for (std::size_t c = 0; c < is_choice.size(); ++c) {
    columns.push_back(
        {.axis = static_cast<Eigen::Index>(c), .parameter = c, .is_choice = is_choice[c]});
  }
  return columns;
}

// Uniform in the unit cube.
inline Eigen::MatrixXd unit_points(Eigen::Index n, Eigen::Index d, std::int64_t seed) {
  Rng rng = Rng::for_trial(77, seed);
  Eigen::MatrixXd X(n, d);
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index c = 0; c < d; ++c) X(i, c) = rng.uniform();
  }
  return X;
}

inline Eigen::VectorXd normals(Eigen::Index n, std::int64_t seed) {
  Rng rng = Rng::for_trial(78, seed);
  Eigen::VectorXd y(n);
  for (double& value : y) value = rng.normal();
  return y;
}

inline sampler::gp::Posterior posterior_of(const std::vector<bool>& is_choice,
                                           const sampler::gp::Kernel& kernel,
                                           const Eigen::MatrixXd& X, const Eigen::VectorXd& y) {
  sampler::gp::Posterior posterior(plain_columns(is_choice), kernel);
  for (Eigen::Index i = 0; i < X.rows(); ++i) posterior.observe(X.row(i), y[i]);
  posterior.prepare();
  return posterior;
}

}  // namespace studyhall::testing
