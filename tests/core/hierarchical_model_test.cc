#include "core/hierarchical_model.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <numeric>

#include "core/rng.h"

namespace studyhall {
namespace {

// The posterior of every mu by plain sums: over tau^2 through a fine grid of the square root of its
// shrinkage B = s0^2/(s0^2 + tau^2), which is uniform a priori, and over m through a fine grid too.
std::vector<Posterior> slow_posterior(const std::vector<GroupSummary>& groups, double s2) {
  constexpr int kShrinkages = 4000;
  constexpr int kCentres = 1000;
  double inverse = 0;
  double low = groups.front().mean;
  double high = low;
  for (const GroupSummary& g : groups) {
    inverse += g.n / s2;
    low = std::min(low, g.mean);
    high = std::max(high, g.mean);
  }
  const double s02 = static_cast<double>(groups.size()) / inverse;

  double total = 0;
  std::vector<double> first(groups.size());
  std::vector<double> second(groups.size());
  for (int b = 0; b < kShrinkages; ++b) {
    const double root = (b + 0.5) / kShrinkages;
    const double shrinkage = root * root;
    const double tau2 = s02 * (1 - shrinkage) / shrinkage;
    const double reach = 12 * std::sqrt(tau2 + s2) + high - low;
    const double step = 2 * reach / kCentres;
    for (int c = 0; c <= kCentres; ++c) {
      const double m = 0.5 * (low + high) - reach + c * step;
      double likelihood = step;
      for (const GroupSummary& g : groups) {
        const double v = tau2 + s2 / g.n;
        likelihood *= std::exp(-0.5 * (g.mean - m) * (g.mean - m) / v) / std::sqrt(v);
      }
      total += likelihood;
      for (std::size_t i = 0; i < groups.size(); ++i) {
        const double precision = 1 / tau2 + groups[i].n / s2;
        const double mean = (m / tau2 + groups[i].mean * groups[i].n / s2) / precision;
        first[i] += likelihood * mean;
        second[i] += likelihood * (mean * mean + 1 / precision);
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

TEST(HierarchicalModel, IntegratesTheCentreAndTheSpread) {
  const std::vector<std::vector<GroupSummary>> cases = {
      {{0.1, 2, 0.02}, {0.5, 2, 0.03}, {0.3, 2, 0.01}},
      {{0.1, 1, 0}, {0.5, 3, 0.08}, {0.3, 2, 0.03}, {0.35, 1, 0}, {-0.2, 5, 0.1}},
      {{0.30, 2, 0.5}, {0.31, 2, 0.4}, {0.29, 3, 0.8}, {0.3, 1, 0}},
  };
  for (const auto& groups : cases) {
    const auto fit = fit_hierarchical(groups);
    ASSERT_TRUE(fit);
    const auto slow = slow_posterior(groups, fit->s2);
    for (std::size_t i = 0; i < groups.size(); ++i) {
      // The slow sums stop at 4,000 shrinkages: their own error is about 1e-4 of s.
      const double tolerance = 5e-4 * std::sqrt(fit->s2);
      EXPECT_NEAR(fit->mus[i].mean, slow[i].mean, tolerance) << i;
      EXPECT_NEAR(fit->mus[i].sd, slow[i].sd, tolerance) << i;
    }
  }
}

TEST(HierarchicalModel, PoolsTheNoiseOverReplicatedGroups) {
  const std::vector<GroupSummary> groups = {{0.1, 1, 0}, {0.5, 3, 0.08}, {0.3, 2, 0.04}};
  const auto fit = fit_hierarchical(groups);
  ASSERT_TRUE(fit);
  EXPECT_EQ(fit->df, 3);
  EXPECT_NEAR(fit->s2, 0.04, 1e-15);
}

TEST(HierarchicalModel, IsUnknownWithoutReplicates) {
  const std::vector<GroupSummary> groups = {{0.1, 1, 0}, {0.5, 1, 0}};
  EXPECT_FALSE(fit_hierarchical(groups));
  EXPECT_FALSE(fit_hierarchical({}));
}

TEST(HierarchicalModel, DoesNotShrinkOneGroup) {
  const std::vector<GroupSummary> groups = {{0.4, 4, 0.12}};
  const auto fit = fit_hierarchical(groups);
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->mus[0].mean, 0.4, 1e-12);
  EXPECT_NEAR(fit->mus[0].sd, std::sqrt(0.04 / 4), 1e-9);
}

TEST(HierarchicalModel, PullsTwoEqualGroupsEvenlyTowardsTheirMiddle) {
  const std::vector<GroupSummary> groups = {{0.2, 2, 0.02}, {0.6, 2, 0.02}};
  const auto fit = fit_hierarchical(groups);
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->mus[0].mean + fit->mus[1].mean, 0.8, 1e-12);
  EXPECT_GT(fit->mus[0].mean, 0.2);
  EXPECT_LT(fit->mus[0].mean, 0.4);
  EXPECT_NEAR(fit->mus[0].sd, fit->mus[1].sd, 1e-12);
}

TEST(HierarchicalModel, BelievesGroupsFarApartAndShrinksNoise) {
  // Noise a millionth of the spread: nothing to shrink.
  const std::vector<GroupSummary> apart = {{0.1, 2, 1e-13}, {0.5, 2, 1e-13}, {0.9, 2, 1e-13}};
  const auto sure = fit_hierarchical(apart);
  ASSERT_TRUE(sure);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(sure->mus[i].mean, apart[i].mean, 1e-11);
    EXPECT_NEAR(sure->mus[i].sd, std::sqrt(sure->s2 / 2), 1e-11);
  }
  // A spread of a hundredth of the noise: nearly all is shrunk.
  std::vector<GroupSummary> noise;
  for (int i = 0; i < 50; ++i) noise.push_back({0.5 + 1e-3 * (i % 2), 2, 0.02});
  const auto doubtful = fit_hierarchical(noise);
  ASSERT_TRUE(doubtful);
  EXPECT_LT(doubtful->mus[1].mean - doubtful->mus[0].mean, 1e-4);
  EXPECT_GT(doubtful->mus[1].mean, doubtful->mus[0].mean);
}

TEST(HierarchicalModel, TakesExactValuesAsTheyAre) {
  const std::vector<GroupSummary> groups = {{0.1, 2, 0}, {0.5, 1, 0}};
  const auto fit = fit_hierarchical(groups);
  ASSERT_TRUE(fit);
  EXPECT_EQ(fit->mus[1].mean, 0.5);
  EXPECT_EQ(fit->mus[1].sd, 0);
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
