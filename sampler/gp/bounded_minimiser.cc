#include "sampler/gp/bounded_minimiser.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <deque>

namespace studyhall::sampler::gp {
namespace {

constexpr std::size_t kMemory = 8;
constexpr double kArmijo = 1e-4;
constexpr int kBacktracks = 20;

// One step and the change of the gradient along it.
struct Pair {
  Eigen::VectorXd s;
  Eigen::VectorXd y;
  double rho = 0;  // 1 / s'y
};

Eigen::VectorXd clip(const Eigen::VectorXd& x, const Box& box) {
  return x.cwiseMax(box.low).cwiseMin(box.high);
}

// 1 where x may move along -gradient, 0 where a bound holds it.
Eigen::VectorXd mobility(const Eigen::VectorXd& x, const Eigen::VectorXd& gradient,
                         const Box& box) {
  Eigen::VectorXd free(x.size());
  for (Eigen::Index i = 0; i < x.size(); ++i) {
    const bool held =
        (x[i] <= box.low[i] && gradient[i] > 0) || (x[i] >= box.high[i] && gradient[i] < 0);
    free[i] = held ? 0 : 1;
  }
  return free;
}

// Algorithm 7.4 with every vector restricted to the free variables.
Eigen::VectorXd direction(const Eigen::VectorXd& gradient, const Eigen::VectorXd& free,
                          const std::deque<Pair>& pairs) {
  Eigen::VectorXd q = gradient.cwiseProduct(free);
  Eigen::VectorXd alpha(static_cast<Eigen::Index>(pairs.size()));
  for (std::size_t k = pairs.size(); k-- > 0;) {
    const auto i = static_cast<Eigen::Index>(k);
    alpha[i] = pairs[k].rho * pairs[k].s.cwiseProduct(free).dot(q);
    q -= alpha[i] * pairs[k].y.cwiseProduct(free);
  }
  if (!pairs.empty()) q *= 1 / (pairs.back().rho * pairs.back().y.squaredNorm());
  for (std::size_t k = 0; k < pairs.size(); ++k) {
    const double beta = pairs[k].rho * pairs[k].y.cwiseProduct(free).dot(q);
    q += (alpha[static_cast<Eigen::Index>(k)] - beta) * pairs[k].s.cwiseProduct(free);
  }
  return -q;
}

void remember(std::deque<Pair>& pairs, Eigen::VectorXd s, Eigen::VectorXd y) {
  const double curvature = s.dot(y);
  if (!(curvature > 1e-12 * s.norm() * y.norm())) return;
  if (pairs.size() == kMemory) pairs.pop_front();
  pairs.push_back({std::move(s), std::move(y), 1 / curvature});
}

}  // namespace

Minimum minimise(const SmoothFunction& f, const Eigen::VectorXd& start, const Box& box,
                 const Stop& stop) {
  Minimum at{.x = clip(start, box)};
  Eigen::VectorXd gradient(start.size());
  at.value = f(at.x, gradient);
  at.evaluations = 1;
  std::deque<Pair> pairs;
  while (std::isfinite(at.value) && at.evaluations < stop.evaluations) {
    const Eigen::VectorXd free = mobility(at.x, gradient, box);
    const double steepest = gradient.cwiseProduct(free).lpNorm<Eigen::Infinity>();
    if (!(steepest > stop.gradient)) break;
    Eigen::VectorXd step = direction(gradient, free, pairs);
    if (!(step.dot(gradient) < 0)) {
      pairs.clear();
      step = -gradient.cwiseProduct(free);
    }
    // Without curvature the first step is no longer than one unit.
    double length = pairs.empty() ? std::min(1.0, 1 / step.norm()) : 1;
    bool moved = false;
    for (int i = 0; i < kBacktracks && at.evaluations < stop.evaluations && !moved; ++i) {
      Eigen::VectorXd x = clip(at.x + length * step, box);
      Eigen::VectorXd next(x.size());
      const double value = f(x, next);
      ++at.evaluations;
      if (value <= at.value + kArmijo * gradient.dot(x - at.x)) {
        remember(pairs, x - at.x, next - gradient);
        moved = at.value - value > stop.decrease;
        at.x = std::move(x);
        at.value = value;
        gradient = std::move(next);
        break;
      }
      length /= 2;
    }
    if (!moved) break;
  }
  return at;
}

}  // namespace studyhall::sampler::gp
