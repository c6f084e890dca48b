#include "sampler/cmaes/cma.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>
#include <numeric>
#include <vector>

namespace studyhall::sampler::cmaes {
namespace {

// Beyond these, squares of steps in units of sigma are no longer finite.
constexpr double kMinSigma = 1e-100;
constexpr double kMaxSigma = 1e32;
// Eigenvalues below this part of the largest are rounding; it also bounds the condition of C.
constexpr double kEigenvalueFloor = 1e-14;

// Columns of X from best to worst.
std::vector<Eigen::Index> ranking(const Eigen::VectorXd& f) {
  std::vector<Eigen::Index> order(static_cast<std::size_t>(f.size()));
  std::iota(order.begin(), order.end(), Eigen::Index{0});
  std::stable_sort(order.begin(), order.end(), [&](Eigen::Index a, Eigen::Index b) {
    if (std::isnan(f[b])) return !std::isnan(f[a]);
    return f[a] < f[b];
  });
  return order;
}

void decompose(State& s) {
  s.C = (0.5 * (s.C + s.C.transpose())).eval();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(s.C);
  const Eigen::VectorXd& eigenvalues = solver.eigenvalues();
  const double floor = kEigenvalueFloor * std::max(eigenvalues.maxCoeff(), 1e-300);
  s.B = solver.eigenvectors();
  s.D = eigenvalues.cwiseMax(floor).cwiseSqrt();
  if (eigenvalues.minCoeff() < floor) {
    s.C = s.B * s.D.cwiseAbs2().asDiagonal() * s.B.transpose();
  }
}

// What both covariances have, from d and mu_eff.
void set_step_size_constants(Constants& k) {
  const double n = k.d;
  k.d_sigma = 1 + 2 * std::max(0.0, std::sqrt((k.mu_eff - 1) / (n + 1)) - 1) + k.c_sigma;
  k.chi_n = std::sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));
}

// C of the next generation (eq. 47): keep C + c_1 p_c p_c' + c_mu Y diag(w) Y'.
void update_covariance(State& s, const Constants& k, double keep, const Eigen::MatrixXd& Y,
                       const Eigen::VectorXd& w) {
  s.C = (keep * s.C + k.c_1 * (s.p_c * s.p_c.transpose()) +
         k.c_mu * (Y * w.asDiagonal() * Y.transpose()))
            .eval();
  if (s.g % k.eigen_interval == 0) decompose(s);
}

// Its diagonal alone.
void update_variances(State& s, const Constants& k, double keep, const Eigen::MatrixXd& Y,
                      const Eigen::VectorXd& w) {
  const Eigen::VectorXd variances =
      keep * s.D.cwiseAbs2() + k.c_1 * s.p_c.cwiseAbs2() + k.c_mu * (Y.cwiseAbs2() * w);
  const double floor = kEigenvalueFloor * std::max(variances.maxCoeff(), 1e-300);
  s.D = variances.cwiseMax(floor).cwiseSqrt();
}

}  // namespace

Constants make_constants(int d, int lambda) {
  assert(d >= 1 && lambda >= 2);
  Constants k;
  k.d = d;
  k.lambda = lambda;
  k.mu = lambda / 2;

  Eigen::VectorXd w(lambda);  // eq. 49
  for (int i = 0; i < lambda; ++i) w[i] = std::log((lambda + 1) / 2.0) - std::log(i + 1.0);
  const auto positive = w.head(k.mu);
  const auto negative = w.tail(lambda - k.mu);
  k.mu_eff = positive.sum() * positive.sum() / positive.squaredNorm();
  const double mu_eff_negative = negative.sum() * negative.sum() / negative.squaredNorm();

  const double n = d;
  k.c_1 = 2 / ((n + 1.3) * (n + 1.3) + k.mu_eff);  // eq. 57, alpha_cov = 2
  k.c_mu = std::min(1 - k.c_1 - 1e-8,
                    2 * (k.mu_eff - 2 + 1 / k.mu_eff) / ((n + 2) * (n + 2) + k.mu_eff));  // eq. 58

  const double alpha_negative = std::min({1 + k.c_1 / k.c_mu,                        // eq. 50
                                          1 + 2 * mu_eff_negative / (k.mu_eff + 2),  // eq. 51
                                          (1 - k.c_1 - k.c_mu) / (n * k.c_mu)});     // eq. 52
  const double positive_scale = 1 / positive.sum();
  const double negative_scale = alpha_negative / -negative.sum();
  k.weights = w;  // eq. 53
  k.weights.head(k.mu) *= positive_scale;
  k.weights.tail(lambda - k.mu) *= negative_scale;

  k.c_sigma = (k.mu_eff + 2) / (n + k.mu_eff + 5);          // eq. 55
  k.c_c = (4 + k.mu_eff / n) / (n + 4 + 2 * k.mu_eff / n);  // eq. 56
  set_step_size_constants(k);
  k.eigen_interval = std::max(1, static_cast<int>(1 / (10 * n * (k.c_1 + k.c_mu))));
  return k;
}

Constants default_constants(int d) {
  return make_constants(d, 4 + static_cast<int>(3 * std::log(d)));  // eq. 48
}

Constants make_diagonal_constants(int d, int lambda) {
  assert(d >= 1 && lambda >= 2);
  Constants k;
  k.covariance = Covariance::Diagonal;
  k.d = d;
  k.lambda = lambda;
  k.mu = lambda / 2;
  k.weights = Eigen::VectorXd::Zero(lambda);
  for (int i = 0; i < k.mu; ++i) k.weights[i] = std::log(k.mu + 1.0) - std::log(i + 1.0);
  k.weights /= k.weights.sum();
  k.mu_eff = 1 / k.weights.squaredNorm();

  const double n = d;
  k.c_1 = 2 / ((n + 1.3) * (n + 1.3) + k.mu_eff);
  // The paper's c_cov, whose two parts it adds, times (n + 2) / 3.
  const double root = n + std::numbers::sqrt2;
  const double c_cov =
      2 / (k.mu_eff * root * root) +
      (1 - 1 / k.mu_eff) * std::min(1.0, (2 * k.mu_eff - 1) / ((n + 2) * (n + 2) + k.mu_eff));
  k.c_mu = std::min(1 - k.c_1, (n + 2) / 3 * c_cov);
  k.c_sigma = (k.mu_eff + 2) / (n + k.mu_eff + 3);
  k.c_c = 4 / (n + 4);
  set_step_size_constants(k);
  return k;
}

double State::variance(Eigen::Index i) const { return is_diagonal() ? D[i] * D[i] : C(i, i); }

Eigen::VectorXd State::step(const Eigen::VectorXd& z) const {
  Eigen::VectorXd scaled = D.cwiseProduct(z);
  if (is_diagonal()) return scaled;
  return B * scaled;
}

Eigen::MatrixXd State::whitened(const Eigen::MatrixXd& Y) const {
  if (is_diagonal()) return D.cwiseInverse().asDiagonal() * Y;
  return D.cwiseInverse().asDiagonal() * (B.transpose() * Y);
}

// Right to left, so that it costs O(d^2), not O(d^3).
Eigen::VectorXd State::inverse_root(const Eigen::VectorXd& y) const {
  if (is_diagonal()) return y.cwiseQuotient(D);
  return B * (B.transpose() * y).cwiseQuotient(D);
}

double State::condition() const {
  const double ratio = D.maxCoeff() / D.minCoeff();
  return ratio * ratio;
}

State initial_state(Eigen::VectorXd mean, double sigma) {
  assert(sigma > 0);
  const Eigen::Index d = mean.size();
  State s;
  s.mean = std::move(mean);
  s.sigma = sigma;
  s.C = Eigen::MatrixXd::Identity(d, d);
  s.B = Eigen::MatrixXd::Identity(d, d);
  s.D = Eigen::VectorXd::Ones(d);
  s.p_sigma = Eigen::VectorXd::Zero(d);
  s.p_c = Eigen::VectorXd::Zero(d);
  return s;
}

State initial_state(Eigen::VectorXd mean, double sigma, Eigen::MatrixXd C) {
  State s = initial_state(std::move(mean), sigma);
  s.C = std::move(C);
  decompose(s);
  return s;
}

State initial_diagonal_state(Eigen::VectorXd mean, double sigma, const Eigen::VectorXd& variances) {
  assert(sigma > 0);
  const Eigen::Index d = mean.size();
  State s;
  s.mean = std::move(mean);
  s.sigma = sigma;
  s.D = variances.cwiseSqrt();
  s.p_sigma = Eigen::VectorXd::Zero(d);
  s.p_c = Eigen::VectorXd::Zero(d);
  return s;
}

Eigen::VectorXd ask(const State& s, const Eigen::VectorXd& z) {
  assert(z.size() == s.mean.size());
  return s.mean + s.sigma * s.step(z);
}

Eigen::VectorXd ask(const State& s, Rng& rng) {
  Eigen::VectorXd z(s.mean.size());
  for (double& component : z) component = rng.normal();
  return ask(s, z);
}

Limits injection_limits(int d) {
  return {.max_norm = std::sqrt(d) + 2.0 * d / (d + 2.0), .max_log_sigma = 1};
}

void tell(State& s, const Constants& k, const Eigen::MatrixXd& X, const Eigen::VectorXd& f,
          const Limits& limits) {
  assert(X.rows() == k.d && X.cols() == k.lambda && f.size() == k.lambda);
  assert(X.allFinite());
  assert(s.is_diagonal() == (k.covariance == Covariance::Diagonal));

  const std::vector<Eigen::Index> order = ranking(f);
  Eigen::MatrixXd Y(k.d, k.lambda);  // steps in units of sigma, column 0 is the best candidate's
  for (int i = 0; i < k.lambda; ++i) {
    Y.col(i) = (X.col(order[static_cast<std::size_t>(i)]) - s.mean) / s.sigma;
  }
  Eigen::VectorXd norms = s.whitened(Y).colwise().norm();  // of C^(-1/2) y_i
  for (int i = 0; i < k.lambda; ++i) {
    if (norms[i] <= limits.max_norm) continue;
    Y.col(i) *= limits.max_norm / norms[i];
    norms[i] = limits.max_norm;
  }

  const Eigen::VectorXd y_w = Y.leftCols(k.mu) * k.weights.head(k.mu);  // eq. 41
  s.mean += s.sigma * y_w;                                              // eq. 42, c_m = 1

  s.p_sigma = (1 - k.c_sigma) * s.p_sigma +
              std::sqrt(k.c_sigma * (2 - k.c_sigma) * k.mu_eff) * s.inverse_root(y_w);  // eq. 43
  const double path = s.p_sigma.norm();
  const double log_step = k.c_sigma / k.d_sigma * (path / k.chi_n - 1);
  const double factor = std::exp(std::min(log_step, limits.max_log_sigma));
  s.sigma = std::clamp(s.sigma * factor, kMinSigma, kMaxSigma);  // eq. 44

  ++s.g;
  // Off while p_sigma is long, so that C does not stretch when sigma is merely too small. The
  // exponent counts one generation more than the paper's, as the cmaes package does.
  const double unbiased =
      path / std::sqrt(1 - std::pow(1 - k.c_sigma, 2 * static_cast<double>(s.g + 1)));
  const double h_sigma = unbiased < (1.4 + 2 / (k.d + 1.0)) * k.chi_n ? 1 : 0;
  s.p_c =
      (1 - k.c_c) * s.p_c + h_sigma * std::sqrt(k.c_c * (2 - k.c_c) * k.mu_eff) * y_w;  // eq. 45

  Eigen::VectorXd w = k.weights;  // eq. 46
  for (int i = k.mu; i < k.lambda; ++i) w[i] *= k.d / (norms[i] * norms[i] + 1e-8);
  const double keep =
      1 + k.c_1 * (1 - h_sigma) * k.c_c * (2 - k.c_c) - k.c_1 - k.c_mu * k.weights.sum();
  if (k.covariance == Covariance::Diagonal) {
    update_variances(s, k, keep, Y, w);
  } else {
    update_covariance(s, k, keep, Y, w);
  }
}

}  // namespace studyhall::sampler::cmaes
