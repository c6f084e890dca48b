#include "sampler/cmaes/stopping.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace studyhall::sampler::cmaes {
namespace {

constexpr double kTolFun = 1e-12;
constexpr double kTolX = 1e-12;  // of a parameter's range
constexpr double kTolXUp = 1e4;
constexpr double kMaxCondition = 1e14;
constexpr std::size_t kLastGenerations = 3;
constexpr double kHopeless = 3;

double median(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  const auto middle = sorted.begin() + std::ssize(sorted) / 2;
  std::nth_element(sorted.begin(), middle, sorted.end());
  return *middle;
}

// Relative to the values' size, so that a change of their unit changes nothing.
bool is_flat(std::span<const double> values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  if (!std::isfinite(*high)) return *low == *high;
  return *high - *low <= kTolFun * std::max(std::abs(*low), std::abs(*high));
}

bool stagnates(std::span<const double> values, std::size_t window) {
  const std::span<const double> last = values.last(window);
  const std::size_t part = window * 3 / 10;
  return median(last.last(part)) >= median(last.first(part));
}

// Whether the test holds for best and median of each of the last generations.
template <typename Test>
bool of_the_last(const Progress& progress, const Test& test) {
  const std::size_t generations = progress.best.size();
  if (generations < kLastGenerations) return false;
  for (std::size_t g = generations - kLastGenerations; g < generations; ++g) {
    if (!test(progress.best[g], progress.median[g])) return false;
  }
  return true;
}

}  // namespace

std::string_view stop(const Mixed& mixed, std::span<const Axis> axes, double start_sigma,
                      const Progress& progress) {
  const State& s = mixed.gaussian;
  const double d = mixed.constants.d;
  const double lambda = mixed.constants.lambda;
  const std::size_t generations = progress.best.size();

  const auto recent = static_cast<std::size_t>(10 + std::ceil(30 * d / lambda));
  if (generations >= recent && is_flat(std::span(progress.best).last(recent)) &&
      progress.median.back() == progress.best.back()) {
    return "TolFun";
  }
  const auto least = static_cast<std::size_t>(120 + 30 * d / lambda);
  const std::size_t window = std::clamp<std::size_t>(generations / 5, least, 20'000);
  if (generations >= window && stagnates(progress.best, window) &&
      stagnates(progress.median, window)) {
    return "Stagnation";
  }

  if (axes.empty()) return "";
  bool small = true;
  for (std::size_t a = 0; a < axes.size(); ++a) {
    const auto i = static_cast<Eigen::Index>(a);
    if (axes[a].is_discrete()) continue;
    const double sd = s.sigma * std::sqrt(s.variance(i));
    small = small && sd < kTolX && s.sigma * std::abs(s.p_c[i]) < kTolX;
    if (s.mean[i] == s.mean[i] + 0.2 * sd) return "NoEffect";
  }
  const bool continuous =
      std::any_of(axes.begin(), axes.end(), [](const Axis& axis) { return !axis.is_discrete(); });
  if (small && continuous) return "TolX";
  if (s.sigma * s.D.maxCoeff() > kTolXUp * start_sigma) return "TolXUp";
  if (s.condition() > kMaxCondition * (1 - 1e-6)) return "ConditionCov";
  return "";
}

bool is_level(const Progress& progress, double difference) {
  return of_the_last(progress,
                     [&](double best, double median) { return median - best <= difference; });
}

bool is_hopeless(const Progress& progress, double best) {
  return of_the_last(progress, [&](double its_best, double median) {
    return !std::isfinite(its_best) || its_best - best > kHopeless * (median - its_best);
  });
}

}  // namespace studyhall::sampler::cmaes
