#include "sampler/grid_parzen.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <numeric>

#include "core/statistics.h"

namespace studyhall::sampler {

namespace {

constexpr std::size_t kMostCells = 50;
constexpr double kPriorWeight = 1;
// 90 % of a kernel of this width lie in its own cell.
constexpr double kLeastSigma = 0.5 / 1.64;

std::size_t numeric_cells(const Parameter& parameter, const Domain& domain) {
  if (domain.low == domain.high) return 1;
  if (!parameter.is_discrete()) return kMostCells;
  if (parameter.log) {
    const auto steps = static_cast<std::uint64_t>(domain.high - domain.low);
    return std::min<std::size_t>(static_cast<std::size_t>(std::bit_width(steps)) + 1, kMostCells);
  }
  const double step = parameter.step > 0 ? parameter.step : 1;
  const double values = std::round((domain.high - domain.low) / step) + 1;
  return values < static_cast<double>(kMostCells) ? static_cast<std::size_t>(values) : kMostCells;
}

// Scott's rule, with the smaller of standard deviation and interquartile range, in cells.
double bandwidth(const std::vector<std::int64_t>& counts, std::int64_t total) {
  double mean = 0;
  for (std::size_t c = 0; c < counts.size(); ++c) {
    mean += static_cast<double>(c) * static_cast<double>(counts[c]);
  }
  mean /= static_cast<double>(total);
  double squares = 0;
  for (std::size_t c = 0; c < counts.size(); ++c) {
    const double distance = static_cast<double>(c) - mean;
    squares += distance * distance * static_cast<double>(counts[c]);
  }
  const double deviation =
      std::sqrt(squares / static_cast<double>(std::max<std::int64_t>(1, total - 1)));

  // The first occupied cell below or in which at least `below` values lie, and the first in which
  // more than `above` do.
  const auto quartile = [&](auto reached) {
    std::int64_t cumulated = 0;
    std::size_t last = 0;
    for (std::size_t c = 0; c < counts.size(); ++c) {
      if (counts[c] == 0) continue;
      cumulated += counts[c];
      last = c;
      if (reached(cumulated)) break;
    }
    return static_cast<double>(last);
  };
  const std::int64_t below = total / 4;
  const std::int64_t above = total * 3 / 4;
  const double range = quartile([&](std::int64_t n) { return n > above; }) -
                       quartile([&](std::int64_t n) { return n >= below; });
  const double sigma =
      1.059 * std::min(range / 1.34, deviation) * std::pow(static_cast<double>(total), -0.2);
  return std::max(sigma, kLeastSigma);
}

// What a normal(mu, sigma) has in the cell at `distance` from mu. Both tails through the lower one,
// where normal_cdf keeps its digits.
double cell_mass(double distance, double sigma) {
  return normal_cdf((0.5 - distance) / sigma) - normal_cdf((-0.5 - distance) / sigma);
}

// Adds `weight` times a kernel cut to the grid's cells to `density`; `mass(c)`: what it has in cell
// c before it is cut.
template <typename Mass>
void add_kernel(std::vector<double>& density, double weight, Mass mass) {
  double inside = 0;
  for (std::size_t c = 0; c < density.size(); ++c) inside += mass(c);
  for (std::size_t c = 0; c < density.size(); ++c) density[c] += weight * mass(c) / inside;
}

}  // namespace

ParameterGrid::ParameterGrid(const Parameter& parameter, const Domain& domain)
    : numeric_(parameter.is_numeric()), log_(parameter.log), choices_(&domain.choices) {
  assert(domain.free);
  if (!numeric_) {
    size_ = domain.choices.size();
    return;
  }
  size_ = numeric_cells(parameter, domain);
  low_ = log_ ? std::log(domain.low) : domain.low;
  const double high = log_ ? std::log(domain.high) : domain.high;
  if (size_ > 1) step_ = (high - low_) / static_cast<double>(size_ - 1);
}

std::size_t ParameterGrid::cell(double value) const {
  if (size_ == 1) return 0;
  if (!numeric_) {
    const auto found =
        std::lower_bound(choices_->begin(), choices_->end(), static_cast<std::size_t>(value));
    return static_cast<std::size_t>(found - choices_->begin());
  }
  const double place = ((log_ ? std::log(value) : value) - low_) / step_;
  return static_cast<std::size_t>(
      std::clamp(std::ceil(place - 0.5), 0.0, static_cast<double>(size_ - 1)));
}

std::vector<double> numeric_density(const std::vector<std::int64_t>& counts) {
  const std::int64_t total = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
  assert(total > 0 && counts.size() >= 2);
  const double weights = static_cast<double>(total) + kPriorWeight;
  const double sigma = bandwidth(counts, total);
  std::vector<double> at_distance;
  for (std::size_t d = 0; d < counts.size(); ++d) {
    at_distance.push_back(cell_mass(static_cast<double>(d), sigma));
  }
  std::vector<double> density(counts.size());
  for (std::size_t mu = 0; mu < counts.size(); ++mu) {
    if (counts[mu] == 0) continue;
    add_kernel(density, static_cast<double>(counts[mu]) / weights,
               [&](std::size_t c) { return at_distance[c > mu ? c - mu : mu - c]; });
  }
  const auto cells = static_cast<double>(counts.size());
  add_kernel(density, kPriorWeight / weights, [&](std::size_t c) {
    return cell_mass(std::abs(static_cast<double>(c) - (cells - 1) / 2), cells);
  });
  return density;
}

std::vector<double> categorical_density(const std::vector<std::int64_t>& counts) {
  const std::int64_t total = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
  assert(total > 0 && counts.size() >= 2);
  const auto choices = static_cast<double>(counts.size());
  const auto observed = static_cast<double>(
      std::count_if(counts.begin(), counts.end(), [](std::int64_t n) { return n > 0; }));
  // A kernel puts 1 + smear on its own choice and smear on each other.
  const double smear = kPriorWeight / (observed + 1);
  const double row = 1 + choices * smear;
  const double weights = static_cast<double>(total) + kPriorWeight;
  std::vector<double> density;
  for (const std::int64_t n : counts) {
    const double values =
        (static_cast<double>(n) + static_cast<double>(total) * smear) / (row * weights);
    density.push_back(values + kPriorWeight / weights / choices);
  }
  return density;
}

}  // namespace studyhall::sampler
