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

// m given tau^2: its posterior is N(m, variance).
struct Centre {
  double m = 0;
  double variance = 0;
};

// A value of tau^2 with its share of the posterior.
struct Node {
  double tau2 = 0;
  double weight = 0;
  Centre centre;
};

class TauPosterior {
 public:
  TauPosterior(std::vector<SizeClass> classes, double s2) : classes_(std::move(classes)), s2_(s2) {
    double groups = 0;
    double observations = 0;
    for (const SizeClass& c : classes_) {
      groups += c.groups;
      observations += c.groups * c.n;
    }
    s0_2_ = s2_ * groups / observations;
  }

  // The trapezoidal rule in log tau^2, over the interval outside which the density is negligible.
  [[nodiscard]] std::vector<Node> nodes(double spread) const {
    constexpr int kNodes = 160;
    const double mode = find_mode(spread);
    const double low = edge(mode, -1);
    const double high = edge(mode, 1);
    const double peak = log_density(mode);

    std::vector<Node> nodes;
    double sum = 0;
    for (int i = 0; i <= kNodes; ++i) {
      const double u = low + (high - low) * i / kNodes;
      const double tau2 = std::exp(u);
      nodes.push_back({tau2, std::exp(log_density(u) - peak), centre(tau2)});
      sum += nodes.back().weight;
    }
    for (Node& node : nodes) node.weight /= sum;
    return nodes;
  }

 private:
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

  // Log posterior density of u = log tau^2, up to a constant: the likelihood of the group means
  // with m integrated out, the prior of tau^2, and d tau^2 / d u.
  [[nodiscard]] double log_density(double u) const {
    const double tau2 = std::exp(u);
    const auto [m, variance] = centre(tau2);
    double deviance = -std::log(variance);
    for (const SizeClass& c : classes_) {
      const double v = tau2 + s2_ / c.n;
      const double off = c.mean - m;
      deviance += c.groups * std::log(v) + (c.squares + c.groups * off * off) / v;
    }
    return -0.5 * deviance - 1.5 * std::log(s0_2_ + tau2) + u;
  }

  // A coarse scan, then golden section about its best point.
  [[nodiscard]] double find_mode(double spread) const {
    constexpr int kScan = 80;
    constexpr int kGolden = 40;
    constexpr double kRatio = 0.6180339887498949;
    const double low = std::log(s0_2_) - 20;
    const double high = std::log(std::max(spread, s0_2_)) + 5;
    const double step = (high - low) / kScan;
    int best = 0;
    for (int i = 1; i <= kScan; ++i) {
      if (log_density(low + i * step) > log_density(low + best * step)) best = i;
    }
    double a = low + (best - 1) * step;
    double b = low + (best + 1) * step;
    for (int i = 0; i < kGolden; ++i) {
      const double x = b - kRatio * (b - a);
      const double y = a + kRatio * (b - a);
      if (log_density(x) > log_density(y)) {
        b = y;
      } else {
        a = x;
      }
    }
    return 0.5 * (a + b);
  }

  // Where the density has fallen to e^-30 of that at the mode.
  [[nodiscard]] double edge(double mode, double direction) const {
    constexpr double kNegligible = 30;
    const double floor = log_density(mode) - kNegligible;
    double distance = 0.01;
    while (log_density(mode + direction * distance) > floor) distance *= 1.3;
    return mode + direction * distance;
  }

  std::vector<SizeClass> classes_;
  double s2_;
  double s0_2_;
};

// The mixture over tau^2 of the posteriors given it.
Posterior mix(const std::vector<Node>& nodes, double s2, const GroupSummary& group) {
  const double noise = s2 / group.n;
  double mean = 0;  // less the group's own
  double square = 0;
  for (const auto& [tau2, weight, centre] : nodes) {
    const double shrink = noise / (tau2 + noise);
    const double trust = tau2 / (tau2 + noise);
    const double pull = shrink * (centre.m - group.mean);
    mean += weight * pull;
    square += weight * (trust * noise + shrink * shrink * centre.variance + pull * pull);
  }
  return {group.mean + mean, std::sqrt(std::max(square - mean * mean, 0.0))};
}

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

  if (fit.s2 == 0) {
    for (const GroupSummary& group : groups) fit.mus.push_back({group.mean, 0});
    return fit;
  }
  const TauPosterior tau(classify(groups), fit.s2);
  const std::vector<Node> nodes = tau.nodes(variance_of_means(groups));
  for (const GroupSummary& group : groups) fit.mus.push_back(mix(nodes, fit.s2, group));
  return fit;
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
