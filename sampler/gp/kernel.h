// Covariance of the objective at two configurations: Matern 5/2 with a length scale for each axis.
//
// C. E. Rasmussen, C. K. I. Williams, "Gaussian Processes for Machine Learning" (2006), eq. 4.17
// with nu = 5/2 and the squared distance r^2 = sum_j w_j delta_j(x, x') over the axes j, where
// delta_j is (x_j - x'_j)^2 or, for choices, 0 if equal and 1 if not.
#pragma once

#include <Eigen/Core>
#include <span>

#include "sampler/gp/encoding.h"

namespace studyhall::sampler::gp {

struct Kernel {
  Eigen::VectorXd w;    // [axes] inverse squared length scales
  double scale = 1;     // variance of the objective
  double noise = 1e-6;  // variance of an observation, given the objective
};

// k = matern(r^2) scale, element by element.
Eigen::ArrayXd matern(const Eigen::ArrayXd& squared);
// d matern / d r^2.
Eigen::ArrayXd matern_slope(const Eigen::ArrayXd& squared);

// r^2 between x [columns] and each row of X [n, columns].
Eigen::ArrayXd squared_distances(std::span<const Encoding::Column> columns,
                                 const Eigen::VectorXd& w, const Eigen::MatrixXd& X,
                                 const Eigen::RowVectorXd& x);

// delta_j for each pair of rows i > k of X, in the order (1,0), (2,0), (2,1), (3,0), ...:
// [n (n - 1) / 2, axes].
Eigen::MatrixXd axis_distances(std::span<const Encoding::Column> columns, Eigen::Index axes,
                               const Eigen::MatrixXd& X);

}  // namespace studyhall::sampler::gp
