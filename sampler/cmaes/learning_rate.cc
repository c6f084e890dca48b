#include "sampler/cmaes/learning_rate.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>

namespace studyhall::sampler::cmaes {
namespace {

constexpr double kAlpha = 1.4;  // the ratio of signal to noise, over the rate, that is aimed at
constexpr double kBetaMean = 0.1;
constexpr double kBetaSigma = 0.03;
constexpr double kGamma = 0.1;

// Eq. 15, 16 and 18 for one of the two steps. `squared_E`: |E|^2.
double next_rate(double eta, double beta, double squared_E, double V) {
  const double noise = V - squared_E;
  if (!(noise > 0)) return eta;  // nothing has moved
  const double snr = (squared_E - beta / (2 - beta) * V) / noise;
  const double relative = std::clamp(snr / (kAlpha * eta) - 1, -1.0, 1.0);
  return std::min(1.0, eta * std::exp(std::min(kGamma * eta, beta) * relative));
}

}  // namespace

LearningRates initial_learning_rates(int d) {
  LearningRates rates;
  rates.E_mean = Eigen::VectorXd::Zero(d);
  rates.E_Sigma = Eigen::MatrixXd::Zero(d, d);
  return rates;
}

void adapt(LearningRates& rates, const State& before, State& s) {
  assert(!s.is_diagonal());
  const auto d = static_cast<double>(s.mean.size());
  const Eigen::MatrixXd old_Sigma = before.sigma * before.sigma * before.C;
  const Eigen::VectorXd Delta_mean = s.mean - before.mean;
  const Eigen::MatrixXd Delta_Sigma = s.sigma * s.sigma * s.C - old_Sigma;

  const Eigen::MatrixXd root = before.B * before.D.cwiseInverse().asDiagonal() *
                               before.B.transpose() / before.sigma;  // old Sigma^(-1/2)
  const Eigen::VectorXd local_mean = root * Delta_mean;
  const Eigen::MatrixXd local_Sigma = root * Delta_Sigma * root / std::numbers::sqrt2;
  rates.E_mean = (1 - kBetaMean) * rates.E_mean + kBetaMean * local_mean;
  rates.E_Sigma = (1 - kBetaSigma) * rates.E_Sigma + kBetaSigma * local_Sigma;
  rates.V_mean = (1 - kBetaMean) * rates.V_mean + kBetaMean * local_mean.squaredNorm();
  rates.V_Sigma = (1 - kBetaSigma) * rates.V_Sigma + kBetaSigma * local_Sigma.squaredNorm();

  const double old_eta_mean = rates.eta_mean;
  rates.eta_mean = next_rate(rates.eta_mean, kBetaMean, rates.E_mean.squaredNorm(), rates.V_mean);
  rates.eta_Sigma =
      next_rate(rates.eta_Sigma, kBetaSigma, rates.E_Sigma.squaredNorm(), rates.V_Sigma);

  s.mean = before.mean + rates.eta_mean * Delta_mean;
  const Eigen::MatrixXd Sigma = old_Sigma + rates.eta_Sigma * Delta_Sigma;
  // sigma is the geometric mean of the axes, as the paper has it; C has determinant 1 then.
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(Sigma);
  const Eigen::VectorXd& eigenvalues = solver.eigenvalues();
  const Eigen::VectorXd positive =
      eigenvalues.cwiseMax(1e-14 * std::max(eigenvalues.maxCoeff(), 1e-300));
  const double sigma = std::exp(positive.array().log().sum() / (2 * d));
  s.B = solver.eigenvectors();
  s.D = positive.cwiseSqrt() / sigma;
  s.C = Sigma / (sigma * sigma);
  s.sigma = sigma * old_eta_mean / rates.eta_mean;  // a shorter step of the mean, a longer sigma
}

}  // namespace studyhall::sampler::cmaes
