// The covariance matrix adaptation evolution strategy: a search distribution N(m, sigma^2 C) that
// learns from ranked candidates. Pure numbers: it knows no study, no bounds and no random source of
// its own, and minimises.
//
// After N. Hansen, "The CMA Evolution Strategy: A Tutorial", arXiv:1604.00772v1 (2016), with its
// symbols and equation numbers. With a diagonal covariance it is sep-CMA-ES: R. Ros, N. Hansen, "A
// Simple Modification in CMA-ES Achieving Linear Time and Space Complexity", PPSN 2008.
//
//   Constants k = default_constants(d);
//   State s = initial_state(mean, 0.3);
//   for (...) {
//     Eigen::MatrixXd X(k.d, k.lambda);
//     for (int i = 0; i < k.lambda; ++i) X.col(i) = ask(s, rng);
//     tell(s, k, X, f);
//   }
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <limits>

#include "core/rng.h"

namespace studyhall::sampler::cmaes {

enum class Covariance { Full, Diagonal };

// What the strategy derives from the dimension and the population size alone (table 1).
struct Constants {
  Covariance covariance = Covariance::Full;
  int d = 0;                // dimension, at least 1
  int lambda = 0;           // candidates per generation, at least 2
  int mu = 0;               // candidates that pull the mean: floor(lambda / 2)
  Eigen::VectorXd weights;  // [lambda], best first: the first mu sum to 1, the others are <= 0
  double mu_eff = 0;        // variance-effective selection mass of the first mu
  double c_1 = 0;           // rate of the rank-one update of C
  double c_mu = 0;          // rate of the rank-mu update of C
  double c_sigma = 0;       // rate of the path of sigma
  double d_sigma = 0;       // damping of sigma
  double c_c = 0;           // rate of the path of C
  double chi_n = 0;         // E |N(0, I)|
  int eigen_interval = 1;   // generations between decompositions of C; 1 for d up to about 100
};

// The paper's constants for `lambda` candidates per generation. REQUIRES: d >= 1, lambda >= 2.
Constants make_constants(int d, int lambda);
// The same for the paper's population size, 4 + floor(3 ln d).
Constants default_constants(int d);
// Those of sep-CMA-ES: C is learned (d + 2) / 3 times as fast, bad candidates weigh nothing.
// REQUIRES: d >= 1, lambda >= 2.
Constants make_diagonal_constants(int d, int lambda);

// Everything that changes. A copy is a snapshot. Of a diagonal covariance, D alone is kept: B and C
// are empty.
struct State {
  Eigen::VectorXd mean;     // [d]
  double sigma = 0;         // overall step size, > 0
  Eigen::MatrixXd C;        // [d, d], symmetric: shape of the distribution
  Eigen::MatrixXd B;        // [d, d], column k is eigenvector k of C as last decomposed
  Eigen::VectorXd D;        // [d], square roots of the eigenvalues: C = B diag(D)^2 B'
  Eigen::VectorXd p_sigma;  // [d], evolution path of sigma
  Eigen::VectorXd p_c;      // [d], evolution path of C
  std::int64_t g = 0;       // generations told

  [[nodiscard]] bool is_diagonal() const { return C.size() == 0; }
  [[nodiscard]] double variance(Eigen::Index i) const;  // C_ii
  // B D z: N(0, C) for a standard normal z [d].
  [[nodiscard]] Eigen::VectorXd step(const Eigen::VectorXd& z) const;
  // D^(-1) B' Y for Y [d, any]: columns N(0, C) become standard normal.
  [[nodiscard]] Eigen::MatrixXd whitened(const Eigen::MatrixXd& Y) const;
  // C^(-1/2) y = B D^(-1) B' y.
  [[nodiscard]] Eigen::VectorXd inverse_root(const Eigen::VectorXd& y) const;
  // Ratio of the longest axis of the distribution to its shortest, squared.
  [[nodiscard]] double condition() const;
};

// C = I, empty paths. REQUIRES: sigma > 0.
State initial_state(Eigen::VectorXd mean, double sigma);
// The same with another shape. REQUIRES: C symmetric, positive definite.
State initial_state(Eigen::VectorXd mean, double sigma, Eigen::MatrixXd C);
// The same with the diagonal covariance C = diag(variances). REQUIRES: variances > 0.
State initial_diagonal_state(Eigen::VectorXd mean, double sigma, const Eigen::VectorXd& variances);

// The candidate m + sigma B D z; z [d] standard normal (eq. 38-40).
Eigen::VectorXd ask(const State& s, const Eigen::VectorXd& z);
// The same with d normals from `rng`.
Eigen::VectorXd ask(const State& s, Rng& rng);

// How far one generation may move the distribution.
struct Limits {
  double max_norm = std::numeric_limits<double>::infinity();       // of C^(-1/2) (x - m) / sigma
  double max_log_sigma = std::numeric_limits<double>::infinity();  // of ln(new sigma / old sigma)
};
// For candidates that were not drawn from the present state: they count, but no farther away than
// sqrt(d) + 2 d / (d + 2), and sigma grows by at most e (N. Hansen, "Injecting External Solutions
// Into CMA-ES", arXiv:1110.4181, with its default c_y and Delta_sigma).
Limits injection_limits(int d);

// One generation: X [d, lambda], column k is candidate k, finite; f [lambda] its values, lower is
// better; NaN counts as worst, ties keep their order. Only the ranking of f matters (eq. 41-47).
// REQUIRES: s and k of one covariance.
void tell(State& s, const Constants& k, const Eigen::MatrixXd& X, const Eigen::VectorXd& f,
          const Limits& limits = {});

}  // namespace studyhall::sampler::cmaes
