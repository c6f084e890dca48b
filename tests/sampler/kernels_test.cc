#include "sampler/tpe/kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "core/rng.h"
#include "tests/support/spaces.h"

namespace studyhall::sampler::tpe {
namespace {

using testing::make_categorical;
using testing::make_float;
using testing::make_int;

// The rule word by word, with a sort and no special case.
std::vector<double> plain_bandwidths(const std::vector<double>& mu, double lower, double upper) {
  const std::size_t n = mu.size();
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return mu[a] < mu[b]; });
  std::vector<double> sigma(n);
  for (std::size_t k = 0; k < n; ++k) {
    const double here = mu[order[k]];
    const double left = here - (k == 0 ? lower : mu[order[k - 1]]);
    const double right = (k + 1 == n ? upper : mu[order[k + 1]]) - here;
    double width = std::max(left, right);
    if (n > 1 && k == 0) width = right;
    if (n > 1 && k + 1 == n) width = left;
    const double least = (upper - lower) / std::min(100.0, static_cast<double>(n) + 2);
    sigma[order[k]] = std::min(std::max(width, least), upper - lower);
  }
  return sigma;
}

TEST(Bandwidths, AreOptunasOnAKnownCase) {
  EXPECT_EQ(bandwidths(std::vector<double>{-4, .5, 3, 3, 9}, -5, 10),
            (std::vector<double>{4.5, 4.5, 2.5, 6, 6}));
  EXPECT_EQ(bandwidths(std::vector<double>{0, 3, 3, 20, 7}, -.5, 20.5),
            (std::vector<double>{3, 3, 4, 13, 13}));
  EXPECT_EQ(bandwidths(std::vector<double>{0, .25, .5, 1, .5}, -.125, 1.125),
            (std::vector<double>{.25, .25, .25, .5, .5}));
}

TEST(Bandwidths, OfOneObservationReachTheFartherBound) {
  EXPECT_EQ(bandwidths(std::vector<double>{1}, -5, 10), std::vector<double>{9});
  EXPECT_EQ(bandwidths(std::vector<double>{}, -5, 10), std::vector<double>{});
}

TEST(Bandwidths, AreTheSameByBucketsAsBySorting) {
  Rng rng = Rng::for_trial(3, 0);
  for (const std::size_t n : {98u, 99u, 100u, 250u, 2000u}) {
    for (const int values : {1, 3, 40, 1'000'000}) {
      SCOPED_TRACE(::testing::Message() << n << " of " << values);
      std::vector<double> mu(n);
      for (double& x : mu) {
        // Crowded at one end, so that gaps of every size occur; many ties where values are few.
        const double u = std::pow(rng.uniform(), 6);
        x = -2 + 7 * std::round(u * values) / values;
      }
      EXPECT_EQ(bandwidths(mu, -2.5, 5.5), plain_bandwidths(mu, -2.5, 5.5));
    }
  }
}

TEST(ChoiceKernel, GivesTheObservedChoiceMostOfTheMass) {
  const ChoiceKernel kernel = choice_kernel(5, 3);
  EXPECT_NEAR(kernel.on, 7.0 / 9, 1e-15);
  EXPECT_NEAR(kernel.off, 1.0 / 9, 1e-15);
}

TEST(Axis, TranslatesBetweenValuesAndCoordinates) {
  const Parameter choice = make_categorical("c", {"a", "b", "c", "d"});
  Domain domain;
  domain.choices = {1, 3};
  const Axis axis(0, choice, domain);

  EXPECT_TRUE(axis.is_choice());
  EXPECT_TRUE(axis.contains(3));
  EXPECT_FALSE(axis.contains(2));
  EXPECT_EQ(axis.coordinate(3), 1);
  EXPECT_EQ(axis.value(0), 1);

  const Parameter count = make_int("i", 0, 20);
  Domain narrow;
  narrow.low = 5;
  narrow.high = 9;
  const Axis grid(1, count, narrow);
  EXPECT_TRUE(grid.is_grid());
  EXPECT_FALSE(grid.contains(4));
  EXPECT_TRUE(grid.contains(9));
  EXPECT_EQ(grid.scale().lower(), 4.5);
  EXPECT_EQ(grid.scale().upper(), 9.5);
  EXPECT_EQ(grid.value(9.49), 9);
  EXPECT_EQ(grid.value(-3), 5);
}

}  // namespace
}  // namespace studyhall::sampler::tpe
