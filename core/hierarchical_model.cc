#include "core/hierarchical_model.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>

#include "core/statistics.h"

namespace studyhall {

namespace {

// The groups of one size: all that the likelihood of tau^2 needs of them.
struct SizeClass {
  double n = 0;        // observations in each group
  double groups = 0;   // how many
  double mean = 0;     // of the group means
  double squares = 0;  // of the group means about it
};

std::vector<SizeClass> classify(std::span<const GroupSummary> groups) {
  std::map<int, std::vector<double>> by_size;
  for (const GroupSummary& group : groups) by_size[group.n].push_back(group.mean);
  std::vector<SizeClass> classes;
  for (const auto& [n, means] : by_size) {
    SizeClass c{static_cast<double>(n), static_cast<double>(means.size()), 0, 0};
    // Shifted by the first, so that the mean of equal values is that value.
    double shift = 0;
    for (const double mean : means) shift += mean - means.front();
    c.mean = means.front() + shift / c.groups;
    for (const double mean : means) c.squares += (mean - c.mean) * (mean - c.mean);
    classes.push_back(c);
  }
  return classes;
}

// m and its variance given s^2 and tau^2.
struct Centre {
  double m = 0;
  double variance = 0;
};

class Likelihood {
 public:
  Likelihood(std::vector<SizeClass> classes, double s2) : classes_(std::move(classes)), s2_(s2) {}

  [[nodiscard]] Centre centre(double tau2) const {
    double weight = 0;
    double shift = 0;
    for (const SizeClass& c : classes_) {
      const double w = c.groups / (tau2 + s2_ / c.n);
      weight += w;
      shift += w * (c.mean - classes_.front().mean);
    }
    return {classes_.front().mean + shift / weight, 1 / weight};
  }

  // -2 log of the restricted likelihood, up to a constant.
  [[nodiscard]] double deviance(double tau2) const {
    const auto [m, variance] = centre(tau2);
    double sum = -std::log(variance);
    for (const SizeClass& c : classes_) {
      const double v = tau2 + s2_ / c.n;
      const double off = c.mean - m;
      sum += c.groups * std::log(v) + (c.squares + c.groups * off * off) / v;
    }
    return sum;
  }

  // Where the deviance is least: a coarse scan, then golden section about its best point.
  [[nodiscard]] double best_tau2(double scale) const {
    constexpr int kScan = 80;
    const double low = std::log(scale) - 30;
    const double high = std::log(scale) + 10;
    const double step = (high - low) / kScan;
    int best = 0;
    double least = std::numeric_limits<double>::infinity();
    for (int i = 0; i <= kScan; ++i) {
      const double d = deviance(std::exp(low + i * step));
      if (d < least) {
        least = d;
        best = i;
      }
    }
    const double tau2 = std::exp(golden(low + (best - 1) * step, low + (best + 1) * step));
    return deviance(tau2) < deviance(0) ? tau2 : 0;
  }

 private:
  [[nodiscard]] double golden(double a, double b) const {
    constexpr double kRatio = 0.6180339887498949;
    double x = b - kRatio * (b - a);
    double y = a + kRatio * (b - a);
    double fx = deviance(std::exp(x));
    double fy = deviance(std::exp(y));
    for (int i = 0; i < 50; ++i) {
      if (fx < fy) {
        b = y;
        y = x;
        fy = fx;
        x = b - kRatio * (b - a);
        fx = deviance(std::exp(x));
      } else {
        a = x;
        x = y;
        fx = fy;
        y = a + kRatio * (b - a);
        fy = deviance(std::exp(y));
      }
    }
    return 0.5 * (a + b);
  }

  std::vector<SizeClass> classes_;
  double s2_;
};

double variance_of_means(std::span<const GroupSummary> groups) {
  if (groups.size() < 2) return 0;
  double shift = 0;
  for (const GroupSummary& group : groups) shift += group.mean - groups.front().mean;
  const double mean = groups.front().mean + shift / static_cast<double>(groups.size());
  double squares = 0;
  for (const GroupSummary& group : groups) squares += (group.mean - mean) * (group.mean - mean);
  return squares / static_cast<double>(groups.size() - 1);
}

// All certain: the largest share it.
std::vector<double> share_among_largest(std::span<const Posterior> posteriors, double largest) {
  std::vector<double> p(posteriors.size());
  double count = 0;
  for (const Posterior& posterior : posteriors) count += posterior.mean == largest ? 1 : 0;
  for (std::size_t i = 0; i < p.size(); ++i) {
    p[i] = posteriors[i].mean == largest ? 1 / count : 0;
  }
  return p;
}

}  // namespace

std::optional<HierarchicalFit> fit_hierarchical(std::span<const GroupSummary> groups) {
  HierarchicalFit fit;
  double squares = 0;
  for (const GroupSummary& group : groups) {
    fit.df += group.n - 1;
    squares += group.squares;
  }
  if (fit.df == 0) return std::nullopt;
  fit.s2 = squares / fit.df;

  const double spread = variance_of_means(groups);
  if (fit.s2 == 0) {
    // Without noise every mean is exact, and m does not matter.
    fit.tau2 = spread;
    fit.m = groups.front().mean;
    return fit;
  }
  const Likelihood likelihood(classify(groups), fit.s2);
  if (spread > 0) fit.tau2 = likelihood.best_tau2(std::max(spread, fit.s2));
  const auto [m, variance] = likelihood.centre(fit.tau2);
  fit.m = m;
  fit.m_variance = variance;
  return fit;
}

Posterior posterior_of(const HierarchicalFit& fit, const GroupSummary& group) {
  if (fit.s2 == 0) return {group.mean, 0};
  const double noise = fit.s2 / group.n;
  const double shrink = noise / (fit.tau2 + noise);  // B of Morris, JASA 78, 1983
  const double trust = fit.tau2 / (fit.tau2 + noise);
  return {fit.m + trust * (group.mean - fit.m),
          std::sqrt(trust * noise + shrink * shrink * fit.m_variance)};
}

std::vector<double> probability_of_largest(std::span<const Posterior> posteriors) {
  constexpr double kReach = 8;          // standard deviations; what lies beyond is below 1e-15
  constexpr double kStep = 0.5;         // of the narrowest: the rule's error is below 1e-15
  constexpr double kMaxNodes = 20'000;  // a narrower one is as good as certain
  if (posteriors.empty()) return {};

  double low = -std::numeric_limits<double>::infinity();
  double high = low;
  double largest = low;
  double narrowest = std::numeric_limits<double>::infinity();
  for (const auto& [mean, sd] : posteriors) {
    low = std::max(low, mean - kReach * sd);
    high = std::max(high, mean + kReach * sd);
    largest = std::max(largest, mean);
    narrowest = std::min(narrowest, sd);
  }
  if (!(narrowest > 0) || !(high > low)) return share_among_largest(posteriors, largest);

  std::vector<std::size_t> rivals;  // the others lie below `low` all but surely
  for (std::size_t i = 0; i < posteriors.size(); ++i) {
    if (posteriors[i].mean + kReach * posteriors[i].sd >= low) rivals.push_back(i);
  }
  const auto nodes =
      static_cast<int>(std::min(std::ceil((high - low) / (kStep * narrowest)), kMaxNodes));
  const double step = (high - low) / nodes;

  std::vector<double> p(posteriors.size());
  std::vector<double> log_cdf(rivals.size());
  for (int node = 0; node <= nodes; ++node) {
    const double x = low + node * step;
    double log_product = 0;
    for (std::size_t r = 0; r < rivals.size(); ++r) {
      const auto& [mean, sd] = posteriors[rivals[r]];
      log_cdf[r] = log_normal_cdf((x - mean) / sd);
      log_product += log_cdf[r];
    }
    for (std::size_t r = 0; r < rivals.size(); ++r) {
      const auto& [mean, sd] = posteriors[rivals[r]];
      const double z = (x - mean) / sd;
      p[rivals[r]] += std::exp(log_product - log_cdf[r] - 0.5 * z * z) / sd;
    }
  }
  double sum = 0;
  for (const double value : p) sum += value;
  if (!(sum > 0)) return share_among_largest(posteriors, largest);
  for (double& value : p) value /= sum;
  return p;
}

}  // namespace studyhall
