#include "core/pareto.h"

#include <gtest/gtest.h>

#include <algorithm>
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
    for (double& x : point) x = grid ? static_cast<double>(rng.index(4)) : rng.uniform();
  }
  return points;
}

// Straight from the definition, rank by rank.
Positions ranks_by_definition(const Points& points) {
  Positions ranks(points.size(), points.size());
  for (std::size_t rank = 0; std::count(ranks.begin(), ranks.end(), points.size()) > 0; ++rank) {
    Positions now;
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (ranks[i] < rank) continue;
      bool free = true;
      for (std::size_t j = 0; j < points.size(); ++j) {
        if (ranks[j] >= rank && dominates(points[j], points[i])) free = false;
      }
      if (free) now.push_back(i);
    }
    for (const std::size_t i : now) ranks[i] = rank;
  }
  return ranks;
}

TEST(Losses, NegatesWhatIsToBeMaximised) {
  const std::vector<double> values{1, -2, kInfinity};
  const std::vector<Direction> directions{Direction::Minimize, Direction::Maximize,
                                          Direction::Maximize};
  EXPECT_EQ(losses(values, directions), (Losses{1, 2, -kInfinity}));
}

TEST(Dominates, WantsNowhereLargerAndSomewhereSmaller) {
  EXPECT_TRUE(dominates(Losses{1, 2}, Losses{1, 3}));
  EXPECT_FALSE(dominates(Losses{1, 3}, Losses{1, 2}));
  EXPECT_FALSE(dominates(Losses{1, 2}, Losses{1, 2}));
  EXPECT_FALSE(dominates(Losses{0, 3}, Losses{1, 2}));
  EXPECT_TRUE(dominates(Losses{-kInfinity, 3}, Losses{0, 3}));
  EXPECT_TRUE(dominates(Losses{0, 3}, Losses{kInfinity, 3}));
  EXPECT_FALSE(dominates(Losses{kInfinity, 3}, Losses{kInfinity, 3}));
}

TEST(NonDominationRanks, FollowTheDefinition) {
  for (std::size_t objectives = 1; objectives <= 4; ++objectives) {
    for (const bool grid : {false, true}) {
      for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const Points points = random_points(30, objectives, grid, seed);
        EXPECT_EQ(non_domination_ranks(points), ranks_by_definition(points))
            << objectives << " objectives, grid " << grid << ", seed " << seed;
      }
    }
  }
}

TEST(NonDominationRanks, AreOptunas) {
  for (const Json& item : testing::load_golden("pareto_optuna5.json").at("ranks")) {
    EXPECT_EQ(non_domination_ranks(item.at("points").get<Points>()),
              item.at("ranks").get<Positions>())
        << item.at("points").dump();
  }
}

TEST(NonDominationRanks, PlaceInfinitiesAtTheEnds) {
  const Points points{{kInfinity, 0},          {0, kInfinity},         {1, 1},
                      {-kInfinity, kInfinity}, {kInfinity, kInfinity}, {-kInfinity, 5}};
  EXPECT_EQ(non_domination_ranks(points), ranks_by_definition(points));
  EXPECT_EQ(pareto_front(points), (Positions{0, 2, 5}));
}

TEST(NonDominationRanks, OfNothingAreNone) { EXPECT_TRUE(non_domination_ranks({}).empty()); }

TEST(ParetoFront, IsTheFirstRankWithAllEqualPoints) {
  EXPECT_EQ(pareto_front(Points{{1, 2}, {2, 1}, {1, 2}, {2, 2}}), (Positions{0, 1, 2}));
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Points points = random_points(40, 3, true, seed);
    const Positions ranks = ranks_by_definition(points);
    Positions first;
    for (std::size_t i = 0; i < ranks.size(); ++i) {
      if (ranks[i] == 0) first.push_back(i);
    }
    EXPECT_EQ(pareto_front(points), first);
  }
}

TEST(ParetoFront, DoesNotDependOnTheOrder) {
  const Points points = random_points(50, 3, true, 1);
  Points reversed(points.rbegin(), points.rend());
  Positions expected;
  for (const std::size_t i : pareto_front(points)) expected.push_back(points.size() - 1 - i);
  std::reverse(expected.begin(), expected.end());
  EXPECT_EQ(pareto_front(reversed), expected);
}

}  // namespace
}  // namespace studyhall
