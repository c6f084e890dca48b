#include "sampler/gp/acquisition.h"

#include <cmath>
#include <utility>

#include "core/statistics.h"
#include "sampler/gp/log_ei.h"

namespace studyhall::sampler::gp {

void Acquisition::improve(const Posterior& posterior, double best) {
  objective_ = Term{&posterior, best};
}

void Acquisition::keep_below(const Posterior& posterior, double threshold) {
  constraints_.push_back({&posterior, threshold});
}

Eigen::VectorXd Acquisition::values(const Eigen::MatrixXd& P) const {
  Eigen::VectorXd total = Eigen::VectorXd::Zero(P.rows());
  const auto add = [&](const Term& term, auto&& log_of) {
    const Prediction at = term.posterior->predict(P);
    for (Eigen::Index j = 0; j < P.rows(); ++j) {
      const double sigma = std::sqrt(at.variance[j]);
      total[j] += log_of((term.level - at.mean[j]) / sigma, sigma);
    }
  };
  if (objective_) {
    add(*objective_, [](double z, double sigma) { return log_h(z) + std::log(sigma); });
  }
  for (const Term& term : constraints_) {
    add(term, [](double z, double /*sigma*/) { return log_normal_cdf(z); });
  }
  return total;
}

double Acquisition::value(const Eigen::RowVectorXd& x, Eigen::VectorXd& gradient) const {
  gradient = Eigen::VectorXd::Zero(x.size());
  double total = 0;
  // Of z = (level - mean) / sigma and of sigma itself.
  const auto add = [&](const Term& term, auto&& log_of, auto&& slope_of, double sigma_power) {
    const LocalPrediction at = term.posterior->predict_locally(x);
    const double sigma = std::sqrt(at.variance);
    const double z = (term.level - at.mean) / sigma;
    const Eigen::VectorXd sigma_gradient = at.variance_gradient / (2 * sigma);
    total += log_of(z) + sigma_power * std::log(sigma);
    gradient += slope_of(z) * (-at.mean_gradient - z * sigma_gradient) / sigma +
                sigma_power * sigma_gradient / sigma;
  };
  if (objective_) add(*objective_, log_h, log_h_slope, 1);
  for (const Term& term : constraints_) add(term, log_normal_cdf, log_cdf_slope, 0);
  return total;
}

Acquisition::Parts Acquisition::parts(const Eigen::RowVectorXd& x) const {
  Parts out;
  const auto predicted = [&](const Term& term) {
    const Prediction at = term.posterior->predict(x);
    return std::pair(at.mean[0], std::sqrt(at.variance[0]));
  };
  if (objective_) {
    const auto [mean, sigma] = predicted(*objective_);
    out.mean = mean;
    out.sd = sigma;
    out.best = objective_->level;
    out.log_ei = log_h((objective_->level - mean) / sigma) + std::log(sigma);
  }
  for (const Term& term : constraints_) {
    const auto [mean, sigma] = predicted(term);
    out.log_feasible += log_normal_cdf((term.level - mean) / sigma);
  }
  return out;
}

}  // namespace studyhall::sampler::gp
