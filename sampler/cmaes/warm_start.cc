#include "sampler/cmaes/warm_start.h"

#include <Eigen/Cholesky>
#include <cassert>
#include <cmath>

namespace studyhall::sampler::cmaes {

Start warm_start(const Eigen::MatrixXd& X, double gamma, double alpha) {
  const Eigen::Index d = X.rows();
  const auto best = static_cast<Eigen::Index>(gamma * static_cast<double>(X.cols()));
  assert(best >= 1);
  const auto top = X.leftCols(best);
  Start start;
  start.mean = top.rowwise().mean();
  const Eigen::MatrixXd centered = top.colwise() - start.mean;
  const Eigen::MatrixXd Sigma = alpha * alpha * Eigen::MatrixXd::Identity(d, d) +
                                centered * centered.transpose() / static_cast<double>(best);
  const Eigen::MatrixXd L = Sigma.llt().matrixL();
  const double log_det = 2 * L.diagonal().array().log().sum();
  start.sigma = std::exp(log_det / (2.0 * static_cast<double>(d)));
  start.C = Sigma / (start.sigma * start.sigma);
  return start;
}

}  // namespace studyhall::sampler::cmaes
