#include "core/hierarchical_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "core/rng.h"

namespace studyhall {
namespace {

// The posterior of every mu by plain sums: over log s, over the angle whose tangent is tau / s0
// (uniform a priori: that is what half-Cauchy means), and over m.
std::vector<Posterior> slow_posterior(const std::vector<GroupSummary>& groups) {
  constexpr int kNoises = 90;
  constexpr int kAngles = 300;
  constexpr int kCentres = 240;
  double squares = 0;
  int observations = 0;
  double low = groups.front().mean;
  double high = low;
  for (const GroupSummary& g : groups) {
    squares += g.squares;
    observations += g.n;
    low = std::min(low, g.mean);
    high = std::max(high, g.mean);
  }
  const int df = observations - static_cast<int>(groups.size());

  double total = 0;
  std::vector<double> first(groups.size());
  std::vector<double> second(groups.size());
  for (int a = 0; a < kNoises; ++a) {
    const double s = std::sqrt(squares / df) * std::exp(-1.6 + 5.0 * a / kNoises);
    const double within = std::exp(-df * std::log(s) - 0.5 * squares / (s * s));
    const double s0 = s * std::sqrt(static_cast<double>(groups.size()) / observations);
    for (int b = 0; b < kAngles; ++b) {
      const double tau = s0 * std::tan((b + 0.5) / kAngles * 0.5 * std::numbers::pi);
      const double reach = 8 * std::hypot(tau, s) + high - low;
      const double step = 2 * reach / kCentres;
      for (int c = 0; c <= kCentres; ++c) {
        const double m = 0.5 * (low + high) - reach + c * step;
        double exponent = 0;
        double scale = 1;
        for (const GroupSummary& g : groups) {
          const double v = tau * tau + s * s / g.n;
          exponent -= 0.5 * (g.mean - m) * (g.mean - m) / v;
          scale /= v;
        }
        const double likelihood = step * within * std::sqrt(scale) * std::exp(exponent);
        total += likelihood;
        for (std::size_t i = 0; i < groups.size(); ++i) {
          const double noise = s * s / groups[i].n;
          const double B = noise / (noise + tau * tau);
          const double mean = groups[i].mean + B * (m - groups[i].mean);
          first[i] += likelihood * mean;
          second[i] += likelihood * (mean * mean + (1 - B) * noise);
        }
      }
    }
  }
  std::vector<Posterior> out;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const double mean = first[i] / total;
    out.push_back({mean, std::sqrt(second[i] / total - mean * mean)});
  }
  return out;
}

TEST(HierarchicalModel, IntegratesTheNoiseTheCentreAndTheSpread) {
  const std::vector<std::vector<GroupSummary>> cases = {
      {{0.1, 2, 0.02}, {0.5, 2, 0.03}, {0.3, 2, 0.01}, {0.2, 3, 0.03}},
      {{0.1, 1, 0}, {0.5, 3, 0.08}, {0.3, 2, 0.03}, {0.35, 1, 0}, {-0.2, 5, 0.1}},
      {{0.30, 2, 0.5}, {0.31, 2, 0.4}, {0.29, 3, 0.8}, {0.3, 1, 0}},
  };
  for (const auto& groups : cases) {
    const auto fit = fit_hierarchical(groups);
    ASSERT_TRUE(fit);
    const auto slow = slow_posterior(groups);
    for (std::size_t i = 0; i < groups.size(); ++i) {
      // Both leave out the far tails: with four degrees of freedom, some 1e-3 of s.
      const double tolerance = 4e-3 * std::sqrt(fit->s2());
      EXPECT_NEAR(fit->posterior(groups[i]).mean, slow[i].mean, tolerance) << i;
      EXPECT_NEAR(fit->posterior(groups[i]).sd, slow[i].sd, 3 * tolerance) << i;
    }
  }
}

TEST(HierarchicalModel, IsUnknownWithoutReplicates) {
  const std::vector<GroupSummary> groups = {{0.1, 1, 0}, {0.5, 1, 0}};
  EXPECT_FALSE(fit_hierarchical(groups));
  EXPECT_FALSE(fit_hierarchical({}));
}

// With one group there is nothing to shrink to, and mu is distributed as Student's t.
TEST(HierarchicalModel, GivesOneGroupTheIntervalOfStudent) {
  const std::vector<GroupSummary> groups = {{0.4, 5, 0.12}};
  const auto fit = fit_hierarchical(groups);
  ASSERT_TRUE(fit);
  EXPECT_EQ(fit->df(), 4);
  EXPECT_NEAR(fit->posterior(groups[0]).mean, 0.4, 1e-12);
  const auto [low, high] = fit->interval(groups[0]);
  // t(0.975, 4) = 2.776445 (tables); the far tail of s that is left out takes some 0.1 %.
  const double half = 2.776445 * std::sqrt(0.12 / 4 / 5);
  EXPECT_NEAR(low, 0.4 - half, 0.003 * half);
  EXPECT_NEAR(high, 0.4 + half, 0.003 * half);
}

TEST(HierarchicalModel, PullsTwoEqualGroupsEvenlyTowardsTheirMiddle) {
  const std::vector<GroupSummary> groups = {{0.2, 3, 0.02}, {0.6, 3, 0.02}};
  const auto fit = fit_hierarchical(groups);
  ASSERT_TRUE(fit);
  const Posterior low = fit->posterior(groups[0]);
  const Posterior high = fit->posterior(groups[1]);
  EXPECT_NEAR(low.mean + high.mean, 0.8, 1e-12);
  EXPECT_GT(low.mean, 0.2);
  EXPECT_LT(low.mean, 0.4);
  EXPECT_NEAR(low.sd, high.sd, 1e-12);
}

TEST(HierarchicalModel, BelievesGroupsFarApartAndShrinksNoise) {
  // Noise a millionth of the spread: nothing to shrink.
  const std::vector<GroupSummary> apart = {{0.1, 2, 1e-13}, {0.5, 2, 1e-13}, {0.9, 2, 1e-13}};
  const auto sure = fit_hierarchical(apart);
  ASSERT_TRUE(sure);
  for (const GroupSummary& group : apart) {
    EXPECT_NEAR(sure->posterior(group).mean, group.mean, 1e-11);
    EXPECT_LT(sure->posterior(group).sd, 1e-6);
  }
  // A spread of a hundredth of the noise: nearly all is shrunk.
  std::vector<GroupSummary> noise;
  for (int i = 0; i < 50; ++i) noise.push_back({0.5 + 1e-3 * (i % 2), 2, 0.02});
  const auto doubtful = fit_hierarchical(noise);
  ASSERT_TRUE(doubtful);
  const double apart_now = doubtful->posterior(noise[1]).mean - doubtful->posterior(noise[0]).mean;
  EXPECT_LT(apart_now, 1e-3);
  EXPECT_GE(apart_now, 0);
}

// A crowd of equals on top of a long tail of poor ones: the luck of the best of the crowd must not
// pass for merit because the poor ones are far away.
TEST(HierarchicalModel, ShrinksTheCrowdAtTheTopWhateverLiesFarBelow) {
  Rng rng = Rng::for_trial(5, 5);
  std::vector<GroupSummary> groups;
  double best = 0;
  for (int i = 0; i < 60; ++i) {
    groups.push_back({0.5 + 0.01 * rng.normal(), 1, 0});
    best = std::max(best, groups.back().mean);
  }
  for (int i = 0; i < 12; ++i) {
    const double a = 0.01 * rng.normal();
    const double b = 0.01 * rng.normal();
    groups.push_back({0.5 + 0.5 * (a + b), 2, 0.5 * (a - b) * (a - b)});
  }
  for (int i = 0; i < 30; ++i) groups.push_back({0.4 - 0.02 * i, 1, 0});

  const auto fit = fit_hierarchical(groups);

  ASSERT_TRUE(fit);
  EXPECT_GT(best, 0.52);
  EXPECT_NEAR(fit->posterior({best, 1, 0}).mean, 0.5, 0.006);
  EXPECT_NEAR(fit->posterior({-0.18, 1, 0}).mean, -0.18, 1e-12);  // below the median: not shrunk
}

TEST(HierarchicalModel, TakesExactValuesAsTheyAre) {
  const std::vector<GroupSummary> groups = {{0.1, 2, 0}, {0.5, 1, 0}};
  const auto fit = fit_hierarchical(groups);
  ASSERT_TRUE(fit);
  EXPECT_EQ(fit->posterior(groups[1]).mean, 0.5);
  EXPECT_EQ(fit->posterior(groups[1]).sd, 0);
}

TEST(ProbabilityOfLargest, IsTheClosedFormForTwo) {
  const std::vector<Posterior> two = {{0.3, 0.05}, {0.35, 0.12}};
  const auto p = probability_of_largest(two);
  // P(X1 > X2) = Phi((m1 - m2) / sqrt(s1^2 + s2^2)).
  const double expected = 0.5 * std::erfc(0.05 / 0.13 / std::numbers::sqrt2);
  EXPECT_NEAR(p[0], expected, 1e-12);
  EXPECT_NEAR(p[1], 1 - expected, 1e-12);
}

TEST(ProbabilityOfLargest, SumsToOneAndIsEvenAmongEquals) {
  const std::vector<Posterior> equals(7, {0.2, 0.1});
  for (const double p : probability_of_largest(equals)) EXPECT_NEAR(p, 1.0 / 7, 1e-12);

  const std::vector<Posterior> mixed = {{0, 1}, {0.5, 0.01}, {1, 0.3}, {-40, 0.2}, {0.9, 2}};
  const auto p = probability_of_largest(mixed);
  EXPECT_NEAR(std::accumulate(p.begin(), p.end(), 0.0), 1, 1e-12);
  EXPECT_EQ(p[3], 0);
}

TEST(ProbabilityOfLargest, AgreesWithDraws) {
  const std::vector<Posterior> mixed = {{0, 1}, {0.5, 0.1}, {1, 0.3}, {0.9, 2}};
  constexpr int kDraws = 200'000;
  std::vector<double> wins(mixed.size());
  Rng rng = Rng::for_trial(1, 1);
  for (int d = 0; d < kDraws; ++d) {
    std::size_t best = 0;
    double largest = -INFINITY;
    for (std::size_t i = 0; i < mixed.size(); ++i) {
      const double x = mixed[i].mean + mixed[i].sd * rng.normal();
      if (x > largest) {
        largest = x;
        best = i;
      }
    }
    wins[best] += 1.0 / kDraws;
  }
  const auto p = probability_of_largest(mixed);
  // Four standard errors of a share of 200,000 draws.
  for (std::size_t i = 0; i < p.size(); ++i) EXPECT_NEAR(p[i], wins[i], 0.0045) << i;
}

TEST(ProbabilityOfLargest, IsSharedAmongTheLargestOfCertainValues) {
  const std::vector<Posterior> certain = {{0.1, 0}, {0.5, 0}, {0.5, 0}};
  EXPECT_EQ(probability_of_largest(certain), (std::vector<double>{0, 0.5, 0.5}));
  EXPECT_TRUE(probability_of_largest({}).empty());
}

}  // namespace
}  // namespace studyhall
