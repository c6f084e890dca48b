#include "sampler/cmaes/margin.h"

#include <algorithm>
#include <boost/math/special_functions/erf.hpp>
#include <cmath>
#include <numbers>

#include "sampler/truncnorm.h"

namespace studyhall::sampler::cmaes {
namespace {

constexpr double kLeast = 1e-8;  // and 1/2 less it: between them quantiles are finite

// z with P(N(0, 1) > z) = p, 0 < p < 1/2.
double quantile_above(double p) { return std::numbers::sqrt2 * boost::math::erfc_inv(2 * p); }

double clip(double p) { return std::clamp(p, kLeast, 0.5 - kLeast); }

// At an end of the axis there is one threshold; the mean may lie beyond it by now.
void correct_end(Margin& margin, State& s, Eigen::Index i, const Cell& cell, bool left) {
  const double spread = s.sigma * std::sqrt(s.variance(i));
  const double threshold = cell.lower > 0 ? cell.lower : cell.upper;
  const double sign = cell.lower > 0 ? 1 : -1;
  const double distance = std::abs(s.mean[i] - threshold);
  double p = std::max(upper_tail(distance / (spread * margin.A[i])), margin.least);
  if (!left) p = std::min(p, margin.p_left[i]);
  p = clip(p);

  const double to_middle = (cell.upper - cell.lower) / 2;
  margin.A[i] = std::max(margin.A[i], to_middle / (spread * quantile_above(margin.least)));
  s.mean[i] = threshold + sign * spread * margin.A[i] * quantile_above(p);
  margin.p_left[i] = p;
}

void correct_between(Margin& margin, State& s, Eigen::Index i, const Cell& cell, bool left) {
  const double spread = s.sigma * std::sqrt(s.variance(i));
  const double half = margin.least / 2;
  double below = upper_tail((s.mean[i] - cell.lower) / (spread * margin.A[i]));
  double above = upper_tail((cell.upper - s.mean[i]) / (spread * margin.A[i]));
  double within = 1 - below - above;
  below = std::max(below, half);
  above = std::max(above, half);
  const double floor = left ? half : 1 - margin.p_left[i];
  if (!left) within = std::max(within, floor);

  const double room = below + above + within - margin.least - floor;
  const double excess = room > 0 ? (1 - below - above - within) / room : 0;
  below = clip(below + excess * (below - half));
  above = clip(above + excess * (above - half));

  const double z_below = quantile_above(below);
  const double z_above = quantile_above(above);
  margin.A[i] = (cell.upper - cell.lower) / ((z_below + z_above) * spread);
  s.mean[i] = (cell.lower * z_above + cell.upper * z_below) / (z_below + z_above);
  margin.p_left[i] = below + above;
}

}  // namespace

double margin_of(int discrete) { return 1 - std::pow(0.73, 1.0 / std::max(1, discrete)); }

Margin initial_margin(std::size_t d, double least) {
  const auto size = static_cast<Eigen::Index>(d);
  return {.A = Eigen::VectorXd::Ones(size),
          .p_left = Eigen::VectorXd::Constant(size, 0.5 - kLeast),
          .least = least};
}

void correct(Margin& margin, State& state, std::span<const Axis> axes,
             const std::vector<bool>& left) {
  for (std::size_t a = 0; a < axes.size(); ++a) {
    if (!axes[a].is_discrete()) continue;
    const auto i = static_cast<Eigen::Index>(a);
    const Cell cell = axes[a].cell(state.mean[i]);
    if (cell.lower > 0 && cell.upper < 1) {
      correct_between(margin, state, i, cell, left[a]);
    } else {
      correct_end(margin, state, i, cell, left[a]);
    }
  }
}

}  // namespace studyhall::sampler::cmaes
