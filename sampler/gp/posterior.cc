#include "sampler/gp/posterior.h"

#include <algorithm>
#include <utility>

namespace studyhall::sampler::gp {
namespace {

constexpr double kLeastVariance = 1e-12;  // of the kernel's scale: what rounding leaves

Eigen::Map<const Eigen::VectorXd> as_vector(const std::vector<double>& values) {
  return {values.data(), static_cast<Eigen::Index>(values.size())};
}

}  // namespace

Posterior::Posterior(std::vector<Encoding::Column> columns, Kernel kernel)
    : columns_(std::move(columns)),
      kernel_(std::move(kernel)),
      X_(0, static_cast<Eigen::Index>(columns_.size())) {}

Eigen::VectorXd Posterior::covariances(const Eigen::RowVectorXd& x) const {
  return kernel_.scale * matern(squared_distances(columns_, kernel_.w, X_, x)).matrix();
}

void Posterior::add(const Eigen::RowVectorXd& x, const Eigen::VectorXd& k) {
  factor_.append(k, kernel_.scale + kernel_.noise);
  X_.conservativeResize(X_.rows() + 1, Eigen::NoChange);
  X_.row(X_.rows() - 1) = x;
}

void Posterior::observe(const Eigen::RowVectorXd& x, double y) {
  add(x, covariances(x));
  const std::vector<double>& l = factor_.row(factor_.size() - 1);
  z_.push_back((y - ordered_dot(l.data(), z_.data(), z_.size())) / l.back());
  y_.push_back(y);
}

void Posterior::believe(const Eigen::RowVectorXd& x) {
  add(x, covariances(x));
  const std::vector<double>& l = factor_.row(factor_.size() - 1);
  y_.push_back(ordered_dot(l.data(), z_.data(), z_.size()));
  z_.push_back(0);
}

void Posterior::prepare() {
  L_ = factor_.matrix();
  alpha_ = L_.triangularView<Eigen::Lower>().transpose().solve(as_vector(z_));
}

Prediction Posterior::predict(const Eigen::MatrixXd& P) const {
  Eigen::MatrixXd V(size(), P.rows());
  for (Eigen::Index j = 0; j < P.rows(); ++j) V.col(j) = covariances(P.row(j));
  L_.triangularView<Eigen::Lower>().solveInPlace(V);
  Prediction at;
  at.mean = V.transpose() * as_vector(z_);
  at.variance = (kernel_.scale - V.colwise().squaredNorm().transpose().array())
                    .max(kLeastVariance * kernel_.scale);
  return at;
}

LocalPrediction Posterior::predict_locally(const Eigen::RowVectorXd& x) const {
  const Eigen::ArrayXd squared = squared_distances(columns_, kernel_.w, X_, x);
  const Eigen::VectorXd k = kernel_.scale * matern(squared).matrix();
  const Eigen::VectorXd v = L_.triangularView<Eigen::Lower>().solve(k);
  const Eigen::VectorXd beta = L_.triangularView<Eigen::Lower>().transpose().solve(v);  // K_y^-1 k
  const Eigen::ArrayXd slope = kernel_.scale * matern_slope(squared);

  LocalPrediction at;
  at.mean = k.dot(alpha_);
  at.variance = std::max(kernel_.scale - v.squaredNorm(), kLeastVariance * kernel_.scale);
  at.mean_gradient = Eigen::VectorXd::Zero(x.size());
  at.variance_gradient = Eigen::VectorXd::Zero(x.size());
  for (Eigen::Index c = 0; c < x.size(); ++c) {
    const Encoding::Column& column = columns_[static_cast<std::size_t>(c)];
    if (column.is_choice) continue;
    const Eigen::VectorXd dk =
        (slope * 2 * kernel_.w[column.axis] * (x[c] - X_.col(c).array())).matrix();
    at.mean_gradient[c] = dk.dot(alpha_);
    at.variance_gradient[c] = -2 * dk.dot(beta);
  }
  return at;
}

// K alpha = y - noise alpha.
Eigen::VectorXd Posterior::means_at_points() const {
  return as_vector(y_) - kernel_.noise * alpha_;
}

}  // namespace studyhall::sampler::gp
