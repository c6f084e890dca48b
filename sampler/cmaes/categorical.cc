#include "sampler/cmaes/categorical.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>

namespace studyhall::sampler::cmaes {
namespace {

constexpr double kAlpha = 1.5;      // ASNG's alpha
constexpr double kDeltaInit = 1.0;  // CatCMA's initial step length

bool is_held(const Eigen::VectorXd& q) { return q.maxCoeff() == 1; }

// The gradient times a square root of the Fisher information, of K - 1 free probabilities.
void append_scaled(const Eigen::VectorXd& q, const Eigen::VectorXd& gradient, Eigen::VectorXd& out,
                   Eigen::Index& at) {
  const Eigen::Index last = q.size() - 1;
  if (is_held(q)) {
    out.segment(at, last).setZero();
    at += last;
    return;
  }
  const double rest = gradient.head(last).sum() / (q[last] + std::sqrt(q[last]));
  for (Eigen::Index k = 0; k < last; ++k) {
    out[at++] = gradient[k] / std::sqrt(q[k]) + std::sqrt(q[k]) * rest;
  }
}

void keep_margin(Eigen::VectorXd& q, double margin) {
  const auto K = static_cast<double>(q.size());
  const double least = margin / (K - 1);
  q = q.cwiseMax(least);
  const double sum = q.sum();
  const double above = sum - least * K;
  if (above > 0) q.array() -= (sum - 1) * (q.array() - least) / above;
  q /= q.sum();
}

}  // namespace

Categorical uniform_categorical(std::span<const int> values, double margin) {
  Categorical distribution;
  distribution.margin = margin;
  Eigen::Index free = 0;
  for (const int K : values) {
    assert(K >= 2);
    distribution.q.push_back(Eigen::VectorXd::Constant(K, 1.0 / K));
    free += K - 1;
  }
  distribution.s = Eigen::VectorXd::Zero(free);
  return distribution;
}

void hold(Categorical& distribution, std::size_t choice, int value) {
  distribution.q[choice].setZero();
  distribution.q[choice][value] = 1;
}

std::vector<int> draw(const Categorical& distribution, Rng& rng) {
  std::vector<int> drawn;
  drawn.reserve(distribution.q.size());
  for (const Eigen::VectorXd& q : distribution.q) {
    double left = rng.uniform();
    int k = 0;
    while (k + 1 < q.size() && left >= q[k]) left -= q[k++];
    drawn.push_back(k);
  }
  return drawn;
}

void tell(Categorical& distribution, const Eigen::VectorXd& weights,
          std::span<const std::vector<int>> drawn) {
  assert(weights.size() == std::ssize(drawn));
  std::vector<Eigen::VectorXd> gradients;
  Eigen::VectorXd scaled(distribution.s.size());
  Eigen::Index at = 0;
  for (std::size_t c = 0; c < distribution.q.size(); ++c) {
    const Eigen::VectorXd& q = distribution.q[c];
    Eigen::VectorXd gradient = Eigen::VectorXd::Zero(q.size());
    for (std::size_t k = 0; k < drawn.size(); ++k) {
      if (drawn[k][c] < 0 || is_held(q)) continue;
      const double w = weights[static_cast<Eigen::Index>(k)];
      gradient -= w * q;
      gradient[drawn[k][c]] += w;
    }
    append_scaled(q, gradient, scaled, at);
    gradients.push_back(std::move(gradient));
  }
  const double norm = scaled.norm();
  if (norm <= 0) return;

  for (std::size_t c = 0; c < gradients.size(); ++c) {
    distribution.q[c] += distribution.delta / (norm + 1e-8) * gradients[c];
  }
  distribution.delta = kDeltaInit / distribution.Delta;
  const double beta =
      std::min(1.0, distribution.delta / std::sqrt(static_cast<double>(distribution.s.size())));
  distribution.s = (1 - beta) * distribution.s + std::sqrt(beta * (2 - beta)) * scaled / norm;
  distribution.gamma = (1 - beta) * (1 - beta) * distribution.gamma + beta * (2 - beta);
  distribution.Delta *=
      std::exp(beta * (distribution.gamma - distribution.s.squaredNorm() / kAlpha));

  for (Eigen::VectorXd& q : distribution.q) {
    if (!is_held(q)) keep_margin(q, distribution.margin);
  }
}

}  // namespace studyhall::sampler::cmaes
