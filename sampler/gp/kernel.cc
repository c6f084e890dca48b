#include "sampler/gp/kernel.h"

namespace studyhall::sampler::gp {

Eigen::ArrayXd matern(const Eigen::ArrayXd& squared) {
  const Eigen::ArrayXd r = (5 * squared).sqrt();
  return (1 + r + r.square() / 3) * (-r).exp();
}

Eigen::ArrayXd matern_slope(const Eigen::ArrayXd& squared) {
  const Eigen::ArrayXd r = (5 * squared).sqrt();
  return -5.0 / 6 * (1 + r) * (-r).exp();
}

Eigen::ArrayXd squared_distances(std::span<const Encoding::Column> columns,
                                 const Eigen::VectorXd& w, const Eigen::MatrixXd& X,
                                 const Eigen::RowVectorXd& x) {
  Eigen::ArrayXd squared = Eigen::ArrayXd::Zero(X.rows());
  for (Eigen::Index c = 0; c < X.cols(); ++c) {
    const Encoding::Column& column = columns[static_cast<std::size_t>(c)];
    if (column.is_choice) {
      squared += w[column.axis] * (X.col(c).array() != x[c]).cast<double>();
    } else {
      squared += w[column.axis] * (X.col(c).array() - x[c]).square();
    }
  }
  return squared;
}

Eigen::MatrixXd axis_distances(std::span<const Encoding::Column> columns, Eigen::Index axes,
                               const Eigen::MatrixXd& X) {
  const Eigen::Index n = X.rows();
  Eigen::MatrixXd D = Eigen::MatrixXd::Zero(n * (n - 1) / 2, axes);
  for (Eigen::Index c = 0; c < X.cols(); ++c) {
    const Encoding::Column& column = columns[static_cast<std::size_t>(c)];
    Eigen::Index pair = 0;
    for (Eigen::Index i = 1; i < n; ++i) {
      for (Eigen::Index k = 0; k < i; ++k, ++pair) {
        const double step = X(i, c) - X(k, c);
        D(pair, column.axis) += column.is_choice ? (step != 0 ? 1 : 0) : step * step;
      }
    }
  }
  return D;
}

}  // namespace studyhall::sampler::gp
