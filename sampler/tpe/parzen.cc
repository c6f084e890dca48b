#include "sampler/tpe/parzen.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <limits>

#include "sampler/truncnorm.h"

namespace studyhall::sampler::tpe {
namespace {

constexpr double kHalfLog2Pi = 0.91893853320467274178;
// Components per pass: few enough that they stay in the first-level cache for all points.
constexpr std::size_t kBlock = 128;
// A component this far (in ln) below the largest one adds nothing to a sum of up to 10^9 of them.
constexpr double kNegligible = 60;
// Phi(-9) is 1e-19: a bound at least so many sigmas away cuts nothing off.
constexpr double kFar = 9;

// ln of a sum of exponentials, term by term.
class LogSum {
 public:
  explicit LogSum(double first) : max_(first) {}
  [[nodiscard]] double max() const { return max_; }
  void add(double term) {
    if (term <= max_) {
      sum_ += std::exp(term - max_);
    } else {
      sum_ = sum_ * std::exp(max_ - term) + 1;
      max_ = term;
    }
  }
  [[nodiscard]] double value() const { return max_ + std::log(sum_); }

 private:
  double max_;
  double sum_ = 1;
};

// Distance in sigmas from mu to the nearest point of a cell.
double distance(double middle, double half, double mu, double inverse_sigma) {
  return std::max(std::abs(middle - mu) - half, 0.0) * inverse_sigma;
}

// log_mass(a, b) for a <= 0 <= b, with less work where an end is far out.
double log_mass_around(double a, double b) {
  if (a < -kFar) return b > kFar ? 0 : log_cdf(b);
  return b > kFar ? log_cdf(-a) : log_mass(a, b);
}

}  // namespace

Mixture::Mixture(std::span<const Axis> axes, std::vector<std::vector<double>> columns,
                 std::span<const double> weights)
    : axes_(axes), n_(weights.size()), constant_(n_ + 1), cumulative_(n_ + 1) {
  assert(!axes.empty() && columns.size() == axes.size());
  double total = 0;
  for (std::size_t i = 0; i <= n_; ++i) {
    total += i < n_ ? weights[i] : 1.0;
    cumulative_[i] = total;
  }
  const double log_total = std::log(total);
  for (std::size_t i = 0; i <= n_; ++i) {
    const double weight = i < n_ ? weights[i] : 1.0;
    constant_[i] = (weight == 1.0 ? 0.0 : std::log(weight)) - log_total;
  }
  columns_.reserve(axes.size());
  for (std::size_t a = 0; a < axes.size(); ++a) {
    assert(columns[a].size() == n_);
    if (axes[a].is_choice()) {
      add_choice(axes[a], std::move(columns[a]));
    } else {
      add_numeric(axes[a], std::move(columns[a]));
    }
  }
}

void Mixture::add_numeric(const Axis& axis, std::vector<double> mu) {
  const double lower = axis.scale().lower();
  const double upper = axis.scale().upper();
  std::vector<double> sigma = bandwidths(mu, lower, upper);
  mu.push_back(lower + (upper - lower) / 2);
  sigma.push_back(upper - lower);

  double last_sigma = 0;
  double log_sigma = 0;
  for (std::size_t i = 0; i <= n_; ++i) {
    if (sigma[i] != last_sigma) {
      last_sigma = sigma[i];
      log_sigma = std::log(last_sigma);
    }
    const double a = (lower - mu[i]) / sigma[i];
    const double b = (upper - mu[i]) / sigma[i];
    const double log_inside = log_mass_around(a, b);
    constant_[i] -= axis.is_grid() ? log_inside : log_inside + log_sigma + kHalfLog2Pi;
    sigma[i] = 1 / sigma[i];
  }
  Column column;
  column.mu = std::move(mu);
  column.inverse_sigma = std::move(sigma);
  columns_.push_back(std::move(column));
}

void Mixture::add_choice(const Axis& axis, std::vector<double> observed) {
  const ChoiceKernel kernel = choice_kernel(n_, axis.choices());
  Column column;
  column.log_on = std::log(kernel.on);
  column.log_off = std::log(kernel.off);
  // No choice is the prior's own, so that it gets log_off everywhere: make that its 1 / C.
  constant_[n_] -= column.log_off + std::log(static_cast<double>(axis.choices()));
  observed.push_back(-1);
  column.mu = std::move(observed);
  columns_.push_back(std::move(column));
}

Points Mixture::draw(std::size_t count, Rng& rng) const {
  Points points{.axes = axes_.size(), .values = {}};
  points.values.reserve(count * axes_.size());
  for (std::size_t k = 0; k < count; ++k) {
    const double u = rng.uniform() * cumulative_.back();
    const auto found = std::upper_bound(cumulative_.begin(), cumulative_.end(), u);
    const std::size_t i =
        std::min(static_cast<std::size_t>(found - cumulative_.begin()), cumulative_.size() - 1);
    for (std::size_t a = 0; a < axes_.size(); ++a) {
      const Column& column = columns_[a];
      const double q = rng.uniform();
      double coordinate = 0;
      if (!axes_[a].is_choice()) {
        const double mu = column.mu[i];
        const double inverse = column.inverse_sigma[i];
        const double lower = axes_[a].scale().lower();
        const double upper = axes_[a].scale().upper();
        const double z = truncnorm_quantile(q, (lower - mu) * inverse, (upper - mu) * inverse);
        coordinate = std::clamp(mu + z / inverse, lower, upper);
      } else {
        const double choices = static_cast<double>(axes_[a].choices());
        const double on = i < n_ ? std::exp(column.log_on) : 0;
        if (i == n_) {
          coordinate = std::floor(q * choices);
        } else if (q < on) {
          coordinate = column.mu[i];
        } else {
          coordinate = std::floor((q - on) / (1 - on) * (choices - 1));
          if (coordinate >= column.mu[i]) coordinate += 1;
        }
        coordinate = std::min(coordinate, choices - 1);
      }
      points.values.push_back(axes_[a].value(coordinate));
    }
  }
  return points;
}

std::vector<double> Mixture::log_density(const Points& points) const {
  std::vector<Place> places;
  places.reserve(points.values.size());
  for (std::size_t k = 0; k < points.size(); ++k) {
    for (std::size_t a = 0; a < axes_.size(); ++a) {
      const double value = points.row(k)[a];
      if (axes_[a].is_choice()) {
        places.push_back({.middle = axes_[a].coordinate(value), .half = 0});
      } else if (!axes_[a].is_grid()) {
        places.push_back({.middle = axes_[a].scale().coordinate(value), .half = 0});
      } else {
        const Cell cell = axes_[a].scale().cell(value);
        places.push_back({.middle = cell.lower + (cell.upper - cell.lower) / 2,
                          .half = (cell.upper - cell.lower) / 2});
      }
    }
  }

  std::vector<LogSum> sums;
  sums.reserve(points.size());
  for (std::size_t k = 0; k < points.size(); ++k) {
    const Place* point = &places[k * axes_.size()];
    double prior = 0;
    bound(n_, n_ + 1, point, &prior);
    sums.emplace_back(refine(n_, point, prior));
  }
  std::array<double, kBlock> upper{};
  for (std::size_t begin = 0; begin < n_; begin += kBlock) {
    const std::size_t end = std::min(begin + kBlock, n_);
    for (std::size_t k = 0; k < points.size(); ++k) {
      const Place* point = &places[k * axes_.size()];
      bound(begin, end, point, upper.data());
      for (std::size_t i = begin; i < end; ++i) {
        if (upper[i - begin] < sums[k].max() - kNegligible) continue;
        sums[k].add(refine(i, point, upper[i - begin]));
      }
    }
  }
  std::vector<double> result;
  result.reserve(points.size());
  for (const LogSum& sum : sums) result.push_back(sum.value());
  return result;
}

void Mixture::bound(std::size_t begin, std::size_t end, const Place* point, double* out) const {
  const std::size_t count = end - begin;
  std::copy_n(constant_.begin() + static_cast<std::ptrdiff_t>(begin), count, out);
  for (std::size_t a = 0; a < axes_.size(); ++a) {
    const Column& column = columns_[a];
    const double* mu = column.mu.data() + begin;
    const double middle = point[a].middle;
    if (axes_[a].is_choice()) {
      for (std::size_t i = 0; i < count; ++i) {
        out[i] += mu[i] == middle ? column.log_on : column.log_off;
      }
      continue;
    }
    const double half = point[a].half;
    const double* inverse = column.inverse_sigma.data() + begin;
    for (std::size_t i = 0; i < count; ++i) {
      const double d = distance(middle, half, mu[i], inverse[i]);
      out[i] -= 0.5 * d * d;
    }
  }
}

double Mixture::refine(std::size_t i, const Place* point, double upper_bound) const {
  double result = upper_bound;
  for (std::size_t a = 0; a < axes_.size(); ++a) {
    if (!axes_[a].is_grid()) continue;
    const double mu = columns_[a].mu[i];
    const double inverse = columns_[a].inverse_sigma[i];
    const double d = distance(point[a].middle, point[a].half, mu, inverse);
    const double low = (point[a].middle - point[a].half - mu) * inverse;
    const double high = (point[a].middle + point[a].half - mu) * inverse;
    result += 0.5 * d * d + log_mass(low, high);
  }
  return result;
}

}  // namespace studyhall::sampler::tpe
