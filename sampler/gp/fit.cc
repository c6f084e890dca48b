#include "sampler/gp/fit.h"

#include <Eigen/Cholesky>
#include <cmath>
#include <limits>
#include <utility>

#include "sampler/gp/bounded_minimiser.h"

namespace studyhall::sampler::gp {
namespace {

constexpr Eigen::Index kMostForStarts = 100;
constexpr double kStartNoise = 0.01;

// -ln p(kernel), its gradient by theta added to `gradient`.
double prior(const Eigen::VectorXd& theta, const Kernel& kernel, Eigen::VectorXd& gradient) {
  const Eigen::Index a = kernel.w.size();
  gradient.head(a).array() += 0.1 * kernel.w.array() - 0.1 / kernel.w.array();
  gradient[a] += kernel.scale - 1;
  gradient[a + 1] += (30 - 0.1 / kernel.noise) * (kernel.noise - kLeastNoise);
  return 0.1 * (kernel.w.array() + 1 / kernel.w.array()).sum() + kernel.scale - theta[a] +
         30 * kernel.noise - 0.1 * std::log(kernel.noise);
}

Eigen::VectorXd start_at(Eigen::Index axes, double length_scale) {
  Eigen::VectorXd theta(axes + 2);
  theta.head(axes).setConstant(-2 * std::log(length_scale));
  theta[axes] = 0;
  theta[axes + 1] = std::log(kStartNoise);
  return theta;
}

Box box_of(Eigen::Index axes) {
  Box box{Eigen::VectorXd(axes + 2), Eigen::VectorXd(axes + 2)};
  box.low.head(axes).setConstant(std::log(1e-4));
  box.high.head(axes).setConstant(std::log(1e4));
  box.low.tail(2) << std::log(1e-4), std::log(1e-9);
  box.high.tail(2) << std::log(1e3), std::log(10.0);
  return box;
}

}  // namespace

Kernel kernel_from(const Eigen::VectorXd& theta) {
  const Eigen::Index axes = theta.size() - 2;
  return {.w = theta.head(axes).array().exp(),
          .scale = std::exp(theta[axes]),
          .noise = kLeastNoise + std::exp(theta[axes + 1])};
}

NegativeLogPosterior::NegativeLogPosterior(Eigen::MatrixXd D, Eigen::VectorXd y)
    : D_(std::move(D)), y_(std::move(y)) {}

double NegativeLogPosterior::operator()(const Eigen::VectorXd& theta,
                                        Eigen::VectorXd& gradient) const {
  const Kernel kernel = kernel_from(theta);
  const Eigen::Index n = y_.size();
  const Eigen::Index axes = kernel.w.size();
  const Eigen::ArrayXd squared = (D_ * kernel.w).array();
  const Eigen::ArrayXd k = kernel.scale * matern(squared);

  Eigen::MatrixXd K(n, n);
  K.diagonal().setConstant(kernel.scale + kernel.noise);
  for (Eigen::Index i = 1, pair = 0; i < n; ++i) {
    for (Eigen::Index j = 0; j < i; ++j, ++pair) K(i, j) = k[pair];
  }
  const Eigen::LLT<Eigen::MatrixXd, Eigen::Lower> llt(K);
  if (llt.info() != Eigen::Success) return std::numeric_limits<double>::infinity();
  Eigen::MatrixXd inverse = Eigen::MatrixXd::Identity(n, n);
  llt.matrixL().solveInPlace(inverse);  // L^-1
  const Eigen::VectorXd z = inverse.triangularView<Eigen::Lower>() * y_;
  const Eigen::VectorXd alpha = inverse.triangularView<Eigen::Lower>().transpose() * z;
  inverse = inverse.transpose().triangularView<Eigen::Upper>() * inverse;  // K_y^-1

  // Eq. 5.9, 1/2 tr((K^-1 - alpha alpha') dK / dtheta); each pair stands for two elements of K.
  const Eigen::ArrayXd slope = kernel.scale * matern_slope(squared);
  Eigen::VectorXd by_squared(squared.size());
  for (Eigen::Index i = 1, pair = 0; i < n; ++i) {
    for (Eigen::Index j = 0; j < i; ++j, ++pair) {
      by_squared[pair] = (inverse(i, j) - alpha[i] * alpha[j]) * slope[pair];
    }
  }
  const double trace = inverse.trace();
  const double quadratic = z.squaredNorm();
  gradient.resize(theta.size());
  gradient.head(axes) = (D_.transpose() * by_squared).cwiseProduct(kernel.w);
  gradient[axes] = 0.5 * (static_cast<double>(n) - kernel.noise * trace - quadratic +
                          kernel.noise * alpha.squaredNorm());
  gradient[axes + 1] = 0.5 * (trace - alpha.squaredNorm()) * (kernel.noise - kLeastNoise);

  const double log_determinant = llt.matrixLLT().diagonal().array().log().sum();
  return 0.5 * quadratic + log_determinant + prior(theta, kernel, gradient);
}

Kernel fit_kernel(std::span<const Encoding::Column> columns, Eigen::Index axes,
                  const Eigen::MatrixXd& X, const Eigen::VectorXd& y) {
  const Eigen::Index stride = (X.rows() + kMostForStarts - 1) / kMostForStarts;
  const Eigen::Index few = (X.rows() + stride - 1) / stride;
  const Eigen::MatrixXd X_few = X(Eigen::seqN(0, few, stride), Eigen::all);
  const Eigen::VectorXd y_few = y(Eigen::seqN(0, few, stride));
  const NegativeLogPosterior some(axis_distances(columns, axes, X_few), y_few);

  const Box box = box_of(axes);
  Minimum best;
  best.value = std::numeric_limits<double>::infinity();
  for (const double length_scale : {0.3, 1.0}) {
    Minimum found = minimise(some, start_at(axes, length_scale), box, {.evaluations = 40});
    if (best.x.size() == 0 || found.value < best.value) best = std::move(found);
  }
  if (stride > 1) {
    const NegativeLogPosterior all(axis_distances(columns, axes, X), y);
    best = minimise(all, best.x, box, {.evaluations = 15});
  }
  return kernel_from(best.x);
}

}  // namespace studyhall::sampler::gp
