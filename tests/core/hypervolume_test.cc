#include "core/hypervolume.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/rng.h"
#include "tests/support/golden.h"

namespace studyhall {
namespace {

using Points = std::vector<Losses>;
using Positions = std::vector<std::size_t>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Points random_points(std::size_t n, std::size_t objectives, bool grid, std::uint64_t seed) {
  Rng rng = Rng::for_trial(seed, 0);
  Points points(n, Losses(objectives));
  for (Losses& point : points) {
    for (double& x : point) {
      x = grid ? static_cast<double>(rng.index(4)) / 4 : rng.uniform();
    }
  }
  return points;
}

double box_of(const Losses& corner, const Losses& reference) {
  double volume = 1;
  for (std::size_t k = 0; k < corner.size(); ++k) volume *= reference[k] - corner[k];
  return volume;
}

// Inclusion and exclusion over all subsets.
double by_inclusion_exclusion(const Points& points, const Losses& reference) {
  double sum = 0;
  for (std::size_t subset = 1; subset < std::size_t{1} << points.size(); ++subset) {
    Losses corner(reference.size(), -kInfinity);
    int members = 0;
    for (std::size_t i = 0; i < points.size(); ++i) {
      if ((subset >> i & 1) == 0) continue;
      ++members;
      for (std::size_t k = 0; k < corner.size(); ++k) corner[k] = std::max(corner[k], points[i][k]);
    }
    sum += (members % 2 == 1 ? 1 : -1) * box_of(corner, reference);
  }
  return sum;
}

TEST(Hypervolume, OfOnePointIsItsBox) {
  EXPECT_DOUBLE_EQ(hypervolume(Points{{1}}, Losses{4}), 3);
  EXPECT_DOUBLE_EQ(hypervolume(Points{{1, 2}}, Losses{4, 4}), 6);
  EXPECT_DOUBLE_EQ(hypervolume(Points{{1, 2, -1}}, Losses{4, 4, 1}), 12);
  EXPECT_DOUBLE_EQ(hypervolume(Points{{1, 2, -1, 0}}, Losses{4, 4, 1, 0.5}), 6);
  EXPECT_EQ(hypervolume({}, Losses{4, 4}), 0);
}

TEST(Hypervolume, OfALineOfStepsIsThatOfTheTriangle) {
  // n steps under x + y >= 1 in the unit square: the area is 1/2 - 1/(2 n).
  for (const std::size_t n : {2U, 10U, 1000U}) {
    Points points;
    const double width = 1.0 / static_cast<double>(n);
    for (std::size_t i = 1; i < n; ++i) {
      points.push_back({static_cast<double>(i) * width, 1 - static_cast<double>(i) * width});
    }
    EXPECT_NEAR(hypervolume(points, Losses{1, 1}), 0.5 - 0.5 * width, 1e-12) << n;
  }
}

TEST(Hypervolume, OfALinearFrontInManyObjectivesIsThatOfTheSimplex) {
  // The lattice points with i_1 + ... + i_m = s: what they dominate below (s + 1, ...) is every
  // unit cube with corner sum >= s, all but C(s + m - 1, m) of the (s + 1)^m.
  const std::size_t s = 4;
  const std::vector<double> below{0, 0, 10, 20, 35, 56};  // C(m + 3, m), m = 2, ...
  for (std::size_t m = 2; m <= 5; ++m) {
    Points points{{}};
    for (std::size_t k = 0; k < m; ++k) {
      Points longer;
      for (const Losses& point : points) {
        for (std::size_t i = 0; i <= s; ++i) {
          longer.push_back(point);
          longer.back().push_back(static_cast<double>(i));
        }
      }
      points = std::move(longer);
    }
    std::erase_if(points, [&](const Losses& point) {
      double sum = 0;
      for (const double x : point) sum += x;
      return sum != static_cast<double>(s);
    });
    const double all = std::pow(s + 1, m);
    EXPECT_EQ(hypervolume(points, Losses(m, s + 1)), all - below[m]) << m << " objectives";
  }
}

TEST(Hypervolume, IsThatOfInclusionAndExclusion) {
  for (std::size_t objectives = 1; objectives <= 5; ++objectives) {
    for (const bool grid : {false, true}) {
      for (std::uint64_t seed = 0; seed < 10; ++seed) {
        const Points points = random_points(9, objectives, grid, seed);
        const Losses reference(objectives, 1.25);
        // Up to 256 terms of order 2 cancel.
        EXPECT_NEAR(hypervolume(points, reference), by_inclusion_exclusion(points, reference),
                    1e-12)
            << objectives << " objectives, grid " << grid << ", seed " << seed;
      }
    }
  }
}

TEST(Hypervolume, IsOptunas) {
  for (const Json& item : testing::load_golden("pareto_optuna5.json").at("volumes")) {
    const auto expected = item.at("volume").get<double>();
    EXPECT_NEAR(hypervolume(item.at("points").get<Points>(), item.at("reference").get<Losses>()),
                expected, 1e-12 * expected);
  }
}

TEST(Hypervolume, GrowsWithEachPointAndNotWithDominatedOnes) {
  for (std::size_t objectives = 2; objectives <= 4; ++objectives) {
    const Points points = random_points(25, objectives, false, objectives);
    const Losses reference(objectives, 1);
    Points some;
    double before = 0;
    for (const Losses& point : points) {
      const bool adds = std::none_of(some.begin(), some.end(),
                                     [&](const Losses& other) { return dominates(other, point); });
      some.push_back(point);
      const double now = hypervolume(some, reference);
      if (adds) {
        EXPECT_GT(now, before);
      } else {
        EXPECT_NEAR(now, before, 1e-14);
      }
      before = now;
    }
  }
}

TEST(Hypervolume, DependsNeitherOnTheOrderNorOnRepetition) {
  for (std::size_t objectives = 2; objectives <= 4; ++objectives) {
    Points points = random_points(20, objectives, true, objectives);
    const Losses reference(objectives, 1);
    const double volume = hypervolume(points, reference);  // of quarters: exact
    std::reverse(points.begin(), points.end());
    for (std::size_t i = 0; i < 7; ++i) points.push_back(Losses(points[i]));
    EXPECT_EQ(hypervolume(points, reference), volume);
  }
}

TEST(Hypervolume, LeavesOutWhatIsNotBelowTheReference) {
  EXPECT_EQ(hypervolume(Points{{0, 1}, {1, 0}, {2, -5}, {kInfinity, 0}}, Losses{1, 1}), 0);
  EXPECT_EQ(hypervolume(Points{{0, 0}, {-1, 1}, {-kInfinity, 1}}, Losses{1, 1}), 1);
}

TEST(Hypervolume, IsInfiniteWithAnInfinitePointOrReference) {
  EXPECT_EQ(hypervolume(Points{{-kInfinity, 0}, {0, -1}}, Losses{1, 1}), kInfinity);
  EXPECT_EQ(hypervolume(Points{{0, 0}}, Losses{1, kInfinity}), kInfinity);
  EXPECT_EQ(hypervolume(Points{{-kInfinity, -kInfinity, -kInfinity, 0}, {0, 0, 0, 0}},
                        Losses{1, 1, kInfinity, 1}),
            kInfinity);
}

TEST(ReferencePoint, IsATenthBeyondTheWorst) {
  const Losses reference = reference_point(Points{{1, -2, 0, -kInfinity}, {2, -5, -1, -kInfinity}});
  EXPECT_DOUBLE_EQ(reference[0], 2.2);
  EXPECT_DOUBLE_EQ(reference[1], -1.8);
  EXPECT_EQ(reference[2], 1e-12);
  EXPECT_EQ(reference[3], -kInfinity);
}

TEST(HypervolumeSubset, IsOptunas) {
  for (const Json& item : testing::load_golden("pareto_optuna5.json").at("subsets")) {
    const auto points = item.at("points").get<Points>();
    const auto expected = item.at("chosen").get<Positions>();
    const Losses reference = reference_point(points);
    EXPECT_EQ(reference, item.at("reference").get<Losses>());
    EXPECT_EQ(hypervolume_subset(points, expected.size(), reference), expected)
        << item.at("points").dump();
  }
}

TEST(HypervolumeSubset, TakesThePointThatAddsMostEachTime) {
  for (std::size_t objectives = 2; objectives <= 4; ++objectives) {
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
      Points points = random_points(40, objectives, false, seed);
      Points front;
      for (const std::size_t i : pareto_front(points)) front.push_back(points[i]);
      const Losses reference(objectives, 1.1);

      const Positions chosen = hypervolume_subset(front, front.size() / 2, reference);

      Points taken;
      for (const std::size_t i : chosen) {
        double most = 0;
        for (const Losses& point : front) {
          Points more = taken;
          more.push_back(point);
          most = std::max(most, hypervolume(more, reference));
        }
        taken.push_back(front[i]);
        EXPECT_NEAR(hypervolume(taken, reference), most, 1e-12);
      }
    }
  }
}

TEST(HypervolumeSubset, TakesEqualPointsLast) {
  const Points points{{1, 1}, {1, 1}, {0, 2}, {1, 1}, {2, 0}};
  const Losses reference{3, 3};
  EXPECT_EQ(hypervolume_subset(points, 2, reference), (Positions{0, 2}));
  Positions four = hypervolume_subset(points, 4, reference);
  std::sort(four.begin(), four.end());
  EXPECT_EQ(four, (Positions{0, 1, 2, 4}));
  EXPECT_EQ(hypervolume_subset(points, 5, reference).size(), 5U);
  EXPECT_TRUE(hypervolume_subset(points, 0, reference).empty());
}

TEST(HypervolumeSubset, WithInfinitiesTakesThoseFirst) {
  EXPECT_EQ(hypervolume_subset(Points{{0, 0}, {1, -kInfinity}, {-kInfinity, 1}}, 2, Losses{2, 2}),
            (Positions{2, 1}));
  EXPECT_EQ(
      hypervolume_subset(Points{{0, 0, 0}, {1, -kInfinity, 0}, {2, -5, 0}}, 2, Losses{3, 3, 3}),
      (Positions{1, 0}));
  EXPECT_EQ(hypervolume_subset(Points{{3, 0}, {1, 2}, {2, 1}}, 2, Losses{kInfinity, 4}),
            (Positions{1, 2}));
}

}  // namespace
}  // namespace studyhall
