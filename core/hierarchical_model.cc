#include "core/hierarchical_model.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "core/statistics.h"

namespace studyhall {

namespace {

// The groups of one size: all that the likelihood needs of them.
struct SizeClass {
  double n = 0;        // observations in each group
  double groups = 0;   // how many
  double mean = 0;     // of the group means
  double squares = 0;  // of the group means about it
};

std::vector<SizeClass> classify(std::span<const GroupSummary> groups, double cutoff) {
  std::map<int, SizeClass> by_size;
  for (const GroupSummary& group : groups) {
    if (group.mean < cutoff) continue;
    SizeClass& c = by_size[group.n];
    c.n = group.n;
    c.groups += 1;
    const double off = group.mean - c.mean;
    c.mean += off / c.groups;
    c.squares += off * (group.mean - c.mean);
  }
  std::vector<SizeClass> classes;
  for (const auto& [n, c] : by_size) classes.push_back(c);
  return classes;
}

constexpr double kLogRoot2Pi = 0.91893853320467274178;

double normal_density(double z) { return std::exp(-0.5 * z * z - kLogRoot2Pi); }

// Fewer than this are all modelled.
constexpr std::size_t kFewestToCensor = 8;

double median_of_means(std::span<const GroupSummary> groups) {
  std::vector<double> means;
  means.reserve(groups.size());
  for (const GroupSummary& group : groups) means.push_back(group.mean);
  const auto middle = means.begin() + static_cast<std::ptrdiff_t>(means.size() / 2);
  std::nth_element(means.begin(), middle, means.end());
  return *middle;
}

}  // namespace

class HierarchicalFitter {
 public:
  // REQUIRES: df > 0, squares > 0.
  HierarchicalFitter(std::span<const GroupSummary> groups, int df, double squares)
      : df_(df), squares_(squares) {
    cutoff_ = groups.size() < kFewestToCensor ? -std::numeric_limits<double>::infinity()
                                              : median_of_means(groups);
    classes_ = classify(groups, cutoff_);
    double observations = 0;
    double high = groups.front().mean;
    double low = high;
    for (const GroupSummary& group : groups) {
      observations += group.n;
      sizes_.insert(group.n);
      if (group.mean < cutoff_) censored_[group.n] += 1;
      high = std::max(high, group.mean);
      low = std::min(low, group.mean);
    }
    share_ = static_cast<double>(groups.size()) / observations;
    spread_ = high - low;
  }

  [[nodiscard]] HierarchicalFit fit() const {
    HierarchicalFit fit;
    fit.df_ = df_;
    fit.cutoff_ = cutoff_;
    const Box box = find_box();
    double peak = -std::numeric_limits<double>::infinity();
    std::vector<double> log_weights;
    for (int i = 0; i < kGrid; ++i) {
      for (int j = 0; j < kGrid; ++j) {
        const double u = box.u_low + (box.u_high - box.u_low) * i / (kGrid - 1);
        const double v = box.v_low + (box.v_high - box.v_low) * j / (kGrid - 1);
        const Centre centre = centre_at(u, v);
        log_weights.push_back(log_density(u, v, centre));
        peak = std::max(peak, log_weights.back());
        fit.nodes_.push_back(
            {std::exp(2 * u), std::exp(2 * (u + v)), 0, centre.m, centre.variance});
      }
    }
    double sum = 0;
    for (std::size_t i = 0; i < fit.nodes_.size(); ++i) {
      fit.nodes_[i].weight = std::exp(log_weights[i] - peak);
      sum += fit.nodes_[i].weight;
    }
    std::erase_if(fit.nodes_, [](const auto& node) { return node.weight < kNegligibleWeight; });
    double kept = 0;
    for (const auto& node : fit.nodes_) kept += node.weight;
    for (auto& node : fit.nodes_) {
      node.weight /= kept;
      fit.s2_ += node.weight * node.s2;
      fit.centre_ += node.weight * node.m;
    }
    for (const int n : sizes_) fit.shrinkage_.emplace(n, fit.shrinkage_of(n));
    return fit;
  }

 private:
  static constexpr int kGrid = 16;
  static constexpr double kNegligible = 12;  // the density has fallen by e^-12
  static constexpr double kNegligibleWeight = 1e-5;

  // m given s and tau: N(m, variance); and the log likelihood at m.
  struct Centre {
    double m = 0;
    double variance = 0;
    double log_likelihood = 0;
  };
  // Ranges of u = log s and v = log (tau / s).
  struct Box {
    double u_low = 0;
    double u_high = 0;
    double v_low = 0;
    double v_high = 0;
  };

  [[nodiscard]] Centre centre_at(double u, double v) const {
    const double s2 = std::exp(2 * u);
    const double tau2 = std::exp(2 * (u + v));
    const double reference = classes_.front().mean;
    double weight = 0;
    double shift = 0;
    for (const SizeClass& c : classes_) {
      const double w = c.groups / (tau2 + s2 / c.n);
      weight += w;
      shift += w * (c.mean - reference);
    }
    const double uncensored = reference + shift / weight;
    Centre centre{uncensored, 1 / weight, 0};
    // The log likelihood is concave in m, so Newton's steps from above arrive.
    for (int step = 0; step < 50 && !censored_.empty(); ++step) {
      double slope = weight * (uncensored - centre.m);
      double curvature = weight;
      centre.log_likelihood = 0;
      for (const auto& [n, groups] : censored_) {
        const double scale = std::sqrt(tau2 + s2 / n);
        const double z = (cutoff_ - centre.m) / scale;
        const double log_cdf = log_normal_cdf(z);
        const double mills = std::exp(-0.5 * z * z - kLogRoot2Pi - log_cdf);
        centre.log_likelihood += groups * log_cdf;
        slope -= groups * mills / scale;
        curvature += groups * mills * (mills + z) / (scale * scale);
      }
      centre.variance = 1 / curvature;
      const double move = slope / curvature;
      if (std::abs(move) < 1e-6 * std::sqrt(centre.variance)) break;
      centre.m += move;
    }
    for (const SizeClass& c : classes_) {
      const double variance = tau2 + s2 / c.n;
      const double off = c.mean - centre.m;
      centre.log_likelihood -=
          0.5 * (c.groups * std::log(variance) + (c.squares + c.groups * off * off) / variance);
    }
    return centre;
  }

  // Log posterior density of (u, v), up to a constant.
  [[nodiscard]] double log_density(double u, double v, const Centre& centre) const {
    const double within = -df_ * u - 0.5 * squares_ * std::exp(-2 * u);
    const double ratio = std::exp(2 * v) / share_;  // tau^2 / s0^2
    const double prior = 0.5 * std::log(ratio) - std::log1p(ratio);
    return within + centre.log_likelihood + 0.5 * std::log(centre.variance) + prior;
  }
  [[nodiscard]] double log_density(double u, double v) const {
    return log_density(u, v, centre_at(u, v));
  }

  // Zooms in on where the density is not negligible.
  [[nodiscard]] Box find_box() const {
    const double u = 0.5 * std::log(squares_ / df_);
    const double widest = std::log(std::max(spread_, std::exp(u))) - u;
    Box box{u - 4, u + std::min(2 + kNegligible / df_, 4 + widest), -6, widest + 6};
    for (int level = 0; level < 12; ++level) {
      const Box next = zoom(box);
      const bool settled = next.u_high - next.u_low > 0.7 * (box.u_high - box.u_low) &&
                           next.v_high - next.v_low > 0.7 * (box.v_high - box.v_low);
      box = next;
      if (settled) break;
    }
    return box;
  }
  [[nodiscard]] Box zoom(const Box& box) const {
    const double du = (box.u_high - box.u_low) / (kGrid - 1);
    const double dv = (box.v_high - box.v_low) / (kGrid - 1);
    std::vector<double> density;
    for (int i = 0; i < kGrid; ++i) {
      for (int j = 0; j < kGrid; ++j) {
        density.push_back(log_density(box.u_low + du * i, box.v_low + dv * j));
      }
    }
    const double floor = *std::max_element(density.begin(), density.end()) - kNegligible;
    int i_low = kGrid, i_high = 0, j_low = kGrid, j_high = 0;
    for (int i = 0; i < kGrid; ++i) {
      for (int j = 0; j < kGrid; ++j) {
        if (density[static_cast<std::size_t>(i * kGrid + j)] < floor) continue;
        i_low = std::min(i_low, i);
        i_high = std::max(i_high, i);
        j_low = std::min(j_low, j);
        j_high = std::max(j_high, j);
      }
    }
    return {
        box.u_low + du * std::max(i_low - 1, 0), box.u_low + du * std::min(i_high + 1, kGrid - 1),
        box.v_low + dv * std::max(j_low - 1, 0), box.v_low + dv * std::min(j_high + 1, kGrid - 1)};
  }

  int df_;
  double squares_;
  double cutoff_ = 0;
  std::map<int, double> censored_;  // size -> groups
  double share_ = 1;                // groups per observation
  double spread_ = 0;
  std::set<int> sizes_;
  std::vector<SizeClass> classes_;  // of the groups that are not censored
};

Posterior HierarchicalFit::at(const Node& node, const GroupSummary& group) const {
  const double noise = node.s2 / group.n;
  const double shrink = noise / (node.tau2 + noise);
  const double mean = std::max(group.mean, cutoff_);
  const double shrunk = mean + shrink * (node.m - mean);
  if (group.mean < cutoff_) return {std::min(group.mean, shrunk), std::sqrt(noise)};
  return {shrunk, std::sqrt((1 - shrink) * noise + shrink * shrink * node.m_variance)};
}

HierarchicalFit::Shrinkage HierarchicalFit::shrinkage_of(int n) const {
  Shrinkage s;
  const auto B_of = [n](const Node& node) {
    const double noise = node.s2 / n;
    return noise / (node.tau2 + noise);
  };
  for (const Node& node : nodes_) {
    const double B = B_of(node);
    s.B += node.weight * B;
    s.a += node.weight * B * (node.m - centre_);
    s.variance += node.weight * ((1 - B) * node.s2 / n + B * B * node.m_variance);
  }
  for (const Node& node : nodes_) {
    const double B = B_of(node) - s.B;
    const double a = B_of(node) * (node.m - centre_) - s.a;
    s.a_variance += node.weight * a * a;
    s.covariance += node.weight * a * B;
    s.B_variance += node.weight * B * B;
  }
  return s;
}

Posterior HierarchicalFit::posterior(const GroupSummary& group) const {
  if (nodes_.empty()) return {group.mean, 0};
  const auto found = shrinkage_.find(group.n);
  const Shrinkage s = found == shrinkage_.end() ? shrinkage_of(group.n) : found->second;
  const double off = std::max(group.mean, cutoff_) - centre_;
  const double shrunk = centre_ + off + s.a - s.B * off;
  if (group.mean < cutoff_) return {std::min(group.mean, shrunk), std::sqrt(s2_ / group.n)};
  const double variance =
      s.variance + s.a_variance - 2 * off * s.covariance + off * off * s.B_variance;
  return {shrunk, std::sqrt(std::max(variance, 0.0))};
}

std::pair<double, double> HierarchicalFit::interval(const GroupSummary& group) const {
  const Posterior whole = posterior(group);
  if (!(whole.sd > 0)) return {whole.mean, whole.mean};
  std::vector<std::pair<double, Posterior>> parts;
  for (const Node& node : nodes_) parts.emplace_back(node.weight, at(node, group));
  // Newton's steps on the mass beyond a point, which is convex there.
  const auto quantile = [&](double sign) {
    constexpr double kTail = 0.025;
    double x = 2;  // in standard deviations from the mean
    for (int step = 0; step < 30; ++step) {
      double mass = -kTail;
      double density = 0;
      for (const auto& [weight, p] : parts) {
        const double z = (sign * (p.mean - whole.mean) - x * whole.sd) / p.sd;
        mass += weight * normal_cdf(z);
        density += weight * normal_density(z) * whole.sd / p.sd;
      }
      const double move = mass / density;
      x += move;
      if (std::abs(move) < 1e-6) break;
    }
    return whole.mean + sign * x * whole.sd;
  };
  return {quantile(-1), quantile(1)};
}

std::optional<HierarchicalFit> fit_hierarchical(std::span<const GroupSummary> groups) {
  int df = 0;
  double squares = 0;
  for (const GroupSummary& group : groups) {
    df += group.n - 1;
    squares += group.squares;
  }
  if (df == 0) return std::nullopt;
  if (squares == 0) return HierarchicalFit::exact(df);
  return HierarchicalFitter(groups, df, squares).fit();
}

namespace {

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
