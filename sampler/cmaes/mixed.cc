#include "sampler/cmaes/mixed.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sampler/truncnorm.h"

namespace studyhall::sampler::cmaes {
namespace {

constexpr std::uint64_t kPlaceSeed = 0x6361746361776d;
constexpr int kSweeps = 2;

bool any_discrete(std::span<const Axis> axes) {
  return std::any_of(axes.begin(), axes.end(), [](const Axis& a) { return a.is_discrete(); });
}

// The interval of y that belongs to the cell, the outer cells without end.
Cell steps_of(const Cell& cell, double mean, double scale) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  return {cell.lower > 0 ? (cell.lower - mean) / scale : -kInfinity,
          cell.upper < 1 ? (cell.upper - mean) / scale : kInfinity};
}

// One coordinate of y ~ N(0, C) given the others.
class Conditional {
 public:
  explicit Conditional(const State& s) : D_(s.D) {
    if (s.is_diagonal()) return;
    precision_ = s.B * s.D.cwiseAbs2().cwiseInverse().asDiagonal() * s.B.transpose();
  }

  struct Normal {
    double mean;
    double sd;
  };
  Normal operator()(Eigen::Index i, const Eigen::VectorXd& y) const {
    if (precision_.size() == 0) return {0, D_[i]};
    const double p = precision_(i, i);
    return {y[i] - precision_.row(i).dot(y) / p, 1 / std::sqrt(p)};
  }

 private:
  const Eigen::VectorXd& D_;
  Eigen::MatrixXd precision_;  // empty: of a diagonal covariance
};

// Where the candidates stand, [d, lambda]: points drawn within the cells of discrete axes from
// N(m, sigma^2 A C A) given all other coordinates.
Eigen::MatrixXd place(const Mixed& mixed, std::span<const Axis> axes,
                      std::span<const Candidate> generation) {
  const State& s = mixed.gaussian;
  const auto d = std::ssize(axes);
  const Eigen::VectorXd scale = s.sigma * mixed.margin.A;
  Eigen::MatrixXd V(d, std::ssize(generation));
  for (Eigen::Index k = 0; k < V.cols(); ++k) {
    const Candidate& candidate = generation[static_cast<std::size_t>(k)];
    for (Eigen::Index i = 0; i < d; ++i) {
      const double unit = candidate.unit[static_cast<std::size_t>(i)];
      V(i, k) = std::isnan(unit) ? s.mean[i] : unit;
    }
  }
  if (!any_discrete(axes)) return V;

  const Conditional conditional(s);
  for (Eigen::Index k = 0; k < V.cols(); ++k) {
    const Candidate& candidate = generation[static_cast<std::size_t>(k)];
    Rng rng = Rng::for_trial(kPlaceSeed, candidate.number);
    Eigen::VectorXd y = (V.col(k) - s.mean).cwiseQuotient(scale);
    for (int sweep = 0; sweep < kSweeps; ++sweep) {
      for (Eigen::Index i = 0; i < d; ++i) {
        const Axis& axis = axes[static_cast<std::size_t>(i)];
        const double unit = candidate.unit[static_cast<std::size_t>(i)];
        if (!axis.is_discrete() || std::isnan(unit)) continue;
        const auto [mean, sd] = conditional(i, y);
        const Cell cell = steps_of(axis.cell(unit), s.mean[i], scale[i]);
        y[i] = mean + sd * truncnorm_quantile(rng.uniform(), (cell.lower - mean) / sd,
                                              (cell.upper - mean) / sd);
      }
    }
    for (Eigen::Index i = 0; i < d; ++i) {
      if (axes[static_cast<std::size_t>(i)].is_discrete()) V(i, k) = s.mean[i] + scale[i] * y[i];
    }
  }
  return V;
}

// Integer centering: of the best mu, those at another value than the mean's are moved to the middle
// of their cell, and the others towards the middle of theirs as far as that takes back the bias.
// Returns whether there were any of the former, by axis.
std::vector<bool> center(const Mixed& mixed, std::span<const Axis> axes, Eigen::MatrixXd& V) {
  std::vector<bool> left(axes.size(), false);
  const int mu = mixed.constants.mu;
  for (std::size_t a = 0; a < axes.size(); ++a) {
    if (!axes[a].is_discrete()) continue;
    const auto i = static_cast<Eigen::Index>(a);
    const auto middle = [&](double unit) { return axes[a].to_unit(axes[a].from_unit(unit)); };
    const double stay = middle(mixed.gaussian.mean[i]);
    double bias = 0;
    for (int k = 0; k < mu; ++k) {
      const double there = middle(V(i, k));
      if (there == stay) continue;
      left[a] = true;
      bias += there - V(i, k);
      V(i, k) = there;
    }
    double against = 0;  // of the steps that lead back
    for (int k = 0; k < mu; ++k) {
      const double step = stay - V(i, k);
      if (middle(V(i, k)) == stay && bias * step < 0) against += step;
    }
    if (against == 0) continue;
    const double share = std::min(1.0, -bias / against);
    for (int k = 0; k < mu; ++k) {
      const double step = stay - V(i, k);
      if (middle(V(i, k)) == stay && bias * step < 0) V(i, k) += share * step;
    }
  }
  return left;
}

bool inside(const Eigen::VectorXd& v, std::span<const Axis> axes) {
  for (std::size_t a = 0; a < axes.size(); ++a) {
    const double unit = v[static_cast<Eigen::Index>(a)];
    if (!axes[a].is_discrete() && (unit < 0 || unit > 1)) return false;
  }
  return true;
}

}  // namespace

Mixed initial_mixed(const Coordinates& coordinates, Eigen::VectorXd mean, double sigma, int lambda,
                    Covariance covariance) {
  const auto axes = coordinates.axes.size();
  const auto all = static_cast<double>(std::max<std::size_t>(1, axes + coordinates.choices.size()));
  if (lambda == 0) lambda = 4 + static_cast<int>(3 * std::log(all));
  int discrete = static_cast<int>(coordinates.choices.size());
  for (const Axis& axis : coordinates.axes) discrete += axis.is_discrete();
  std::vector<int> values;
  for (const Choice& choice : coordinates.choices) {
    values.push_back(static_cast<int>(choice.values.size()));
  }
  const double margin = margin_of(discrete);
  const int d = std::max(1, static_cast<int>(axes));
  const bool full = covariance == Covariance::Full;
  const Eigen::VectorXd ones = Eigen::VectorXd::Ones(mean.size());
  return {.constants = full ? make_constants(d, lambda) : make_diagonal_constants(d, lambda),
          .gaussian = full ? initial_state(std::move(mean), sigma)
                           : initial_diagonal_state(std::move(mean), sigma, ones),
          .margin = initial_margin(axes, margin),
          .categorical = uniform_categorical(values, margin),
          .rates = {}};
}

void resize(Mixed& mixed, int lambda) {
  const Constants& k = mixed.constants;
  if (lambda == k.lambda) return;
  mixed.constants = k.covariance == Covariance::Full ? make_constants(k.d, lambda)
                                                     : make_diagonal_constants(k.d, lambda);
}

Candidate ask(const Mixed& mixed, const Coordinates& coordinates, Rng& rng) {
  const State& s = mixed.gaussian;
  const std::span<const Axis> axes = coordinates.axes;
  Candidate candidate;
  if (!axes.empty()) {
    const bool scaled = any_discrete(axes);
    const auto step = [&] {
      Eigen::VectorXd x = ask(s, rng);
      if (scaled) x = (s.mean + mixed.margin.A.cwiseProduct(x - s.mean)).eval();
      return x;
    };
    Eigen::VectorXd v = step();
    for (std::size_t i = 0; i < 10 * axes.size() && !inside(v, axes); ++i) v = step();
    for (std::size_t a = 0; a < axes.size(); ++a) {
      const double unit = std::clamp(v[static_cast<Eigen::Index>(a)], 0.0, 1.0);
      candidate.unit.push_back(axes[a].is_discrete() ? axes[a].to_unit(axes[a].from_unit(unit))
                                                     : unit);
    }
  }
  candidate.chosen = draw(mixed.categorical, rng);
  return candidate;
}

double step_length(const Mixed& mixed, std::span<const double> unit) {
  const State& s = mixed.gaussian;
  const Eigen::Map<const Eigen::VectorXd> x(unit.data(), std::ssize(unit));
  return s.whitened((x - s.mean).cwiseQuotient(s.sigma * mixed.margin.A)).norm();
}

void tell(Mixed& mixed, const Coordinates& coordinates, std::span<const Candidate> generation) {
  const Constants& k = mixed.constants;
  if (!coordinates.axes.empty()) {
    const std::span<const Axis> axes = coordinates.axes;
    State& s = mixed.gaussian;
    Eigen::MatrixXd X = place(mixed, axes, generation);
    std::vector<bool> left;
    if (any_discrete(axes)) {
      left = center(mixed, axes, X);
      for (auto x : X.colwise()) x = s.mean + (x - s.mean).cwiseQuotient(mixed.margin.A);
    }
    const Eigen::VectorXd ranks = Eigen::VectorXd::LinSpaced(k.lambda, 0, k.lambda - 1);
    if (mixed.rates) {
      const State before = s;
      tell(s, k, X, ranks, injection_limits(k.d));
      adapt(*mixed.rates, before, s);
    } else {
      tell(s, k, X, ranks, injection_limits(k.d));
    }
    if (!left.empty()) correct(mixed.margin, s, axes, left);
  }
  if (!coordinates.choices.empty()) {
    std::vector<std::vector<int>> best;
    for (int i = 0; i < k.mu; ++i) best.push_back(generation[static_cast<std::size_t>(i)].chosen);
    tell(mixed.categorical, k.weights.head(k.mu), best);
  }
}

}  // namespace studyhall::sampler::cmaes
