// The Cholesky factor of a covariance matrix that grows by a row at a time.
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <vector>

namespace studyhall::sampler::gp {

// L with K = L L'. A row costs O(n^2) and its numbers depend on the rows before it alone, so that a
// factor that grew has the bits of one made at once.
class Factor {
 public:
  [[nodiscard]] Eigen::Index size() const { return static_cast<Eigen::Index>(rows_.size()); }
  // Adds a point with covariance k [size()] to the others and variance `own`. Where rounding leaves
  // less than 1e-10 `own` of its variance, that is what it gets.
  void append(const Eigen::VectorXd& k, double own);
  // Row i of L, [i + 1].
  [[nodiscard]] const std::vector<double>& row(Eigen::Index i) const {
    return rows_[static_cast<std::size_t>(i)];
  }
  [[nodiscard]] Eigen::MatrixXd matrix() const;

 private:
  std::vector<std::vector<double>> rows_;
};

// Sum of a_j b_j over j < n, in an order that depends on n alone.
double ordered_dot(const double* a, const double* b, std::size_t n);

}  // namespace studyhall::sampler::gp
