#include "sampler/gp/factor.h"

#include <algorithm>
#include <cmath>

namespace studyhall::sampler::gp {

double ordered_dot(const double* a, const double* b, std::size_t n) {
  double lanes[4] = {0, 0, 0, 0};
  std::size_t j = 0;
  for (; j + 4 <= n; j += 4) {
    for (std::size_t lane = 0; lane < 4; ++lane) lanes[lane] += a[j + lane] * b[j + lane];
  }
  for (; j < n; ++j) lanes[j % 4] += a[j] * b[j];
  return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
}

void Factor::append(const Eigen::VectorXd& k, double own) {
  const std::size_t n = rows_.size();
  std::vector<double> l(n + 1);
  for (std::size_t i = 0; i < n; ++i) {
    const std::vector<double>& row_i = rows_[i];
    const double rest = ordered_dot(row_i.data(), l.data(), i);
    l[i] = (k[static_cast<Eigen::Index>(i)] - rest) / row_i[i];
  }
  const double variance = own - ordered_dot(l.data(), l.data(), n);
  l[n] = std::sqrt(std::max(variance, 1e-10 * own));
  rows_.push_back(std::move(l));
}

Eigen::MatrixXd Factor::matrix() const {
  Eigen::MatrixXd L = Eigen::MatrixXd::Zero(size(), size());
  for (Eigen::Index i = 0; i < size(); ++i) {
    L.row(i).head(i + 1) = Eigen::Map<const Eigen::RowVectorXd>(row(i).data(), i + 1);
  }
  return L;
}

}  // namespace studyhall::sampler::gp
