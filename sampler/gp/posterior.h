// What a Gaussian process expects of the objective, given what was observed.
//
// Rasmussen and Williams (2006), section 2.2: prior mean 0, K_y = K + noise I, eq. 2.25 and 2.26.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "sampler/gp/encoding.h"
#include "sampler/gp/factor.h"
#include "sampler/gp/kernel.h"

namespace studyhall::sampler::gp {

// Of the objective itself, without the noise of an observation.
struct Prediction {
  Eigen::VectorXd mean;      // [m]
  Eigen::VectorXd variance;  // [m], above 0
};

// At one point, with derivatives by the columns of the point (0 for choices).
struct LocalPrediction {
  double mean = 0;
  double variance = 0;
  Eigen::VectorXd mean_gradient;      // [columns]
  Eigen::VectorXd variance_gradient;  // [columns]
};

class Posterior {
 public:
  Posterior(std::vector<Encoding::Column> columns, Kernel kernel);

  // Learns that `y` was observed at x [columns].
  void observe(const Eigen::RowVectorXd& x, double y);
  // Takes the mean at x for observed (kriging believer: D. Ginsbourger, R. Le Riche, L. Carraro,
  // "Kriging is well-suited to parallelize optimization", 2010): means stay, variances near x fall.
  void believe(const Eigen::RowVectorXd& x);
  // Computes what predictions need. REQUIRES: called after the last observe and believe.
  void prepare();

  [[nodiscard]] Eigen::Index size() const { return factor_.size(); }
  [[nodiscard]] const Eigen::MatrixXd& points() const { return X_; }  // [n, columns]
  [[nodiscard]] const std::vector<Encoding::Column>& columns() const { return columns_; }
  [[nodiscard]] const Kernel& kernel() const { return kernel_; }

  // At each row of P [m, columns].
  [[nodiscard]] Prediction predict(const Eigen::MatrixXd& P) const;
  [[nodiscard]] LocalPrediction predict_locally(const Eigen::RowVectorXd& x) const;
  // [n] means at the points observed, in their order.
  [[nodiscard]] Eigen::VectorXd means_at_points() const;

 private:
  [[nodiscard]] Eigen::VectorXd covariances(const Eigen::RowVectorXd& x) const;
  void add(const Eigen::RowVectorXd& x, const Eigen::VectorXd& k);

  std::vector<Encoding::Column> columns_;
  Kernel kernel_;
  Eigen::MatrixXd X_;
  std::vector<double> y_;  // [n]
  std::vector<double> z_;  // [n] L^-1 y
  Factor factor_;
  Eigen::MatrixXd L_;      // the factor
  Eigen::VectorXd alpha_;  // [n] K_y^-1 y
};

}  // namespace studyhall::sampler::gp
