#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>

#include "core/leaderboard.h"
#include "core/rng.h"

namespace studyhall {
namespace {

using ::testing::ElementsAre;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
const std::vector<Direction> kCostAndGain{Direction::Minimize, Direction::Maximize};

// In a test's body "Run" is a private member of testing::Test.
using Runs = std::vector<Run>;

Runs::value_type run(std::int64_t number, const std::string& group, std::vector<double> values,
                     bool feasible = true) {
  Runs::value_type made{number, group, values.front(), feasible};
  made.values = std::move(values);
  return made;
}

// number -> rank
std::map<std::int64_t, int> ranks(const std::vector<LeaderRow>& rows) {
  std::map<std::int64_t, int> out;
  for (const LeaderRow& row : rows) out[row.number] = row.rank;
  return out;
}

TEST(ParetoLeaderboard, RanksByNonDominationThenByTheFirstObjective) {
  const std::vector<LeaderRow> rows = pareto_leaderboard(
      kCostAndGain, Runs{run(0, "a", {3, 9}), run(1, "b", {1, 5}), run(2, "c", {2, 5}),
                         run(3, "d", {0, 100}, false), run(4, "e", {4, 1})});

  std::vector<std::int64_t> numbers;
  for (const LeaderRow& row : rows) numbers.push_back(row.number);
  EXPECT_THAT(numbers, ElementsAre(1, 0, 2, 4, 3));
  EXPECT_EQ(ranks(rows), (std::map<std::int64_t, int>{{1, 1}, {0, 1}, {2, 2}, {4, 3}, {3, 4}}));
  EXPECT_FALSE(rows.back().feasible);
  EXPECT_THAT(rows[1].values, ElementsAre(3, 9));
  EXPECT_EQ(rows[1].value, 3);
  EXPECT_TRUE(rows[1].means.empty());
  EXPECT_FALSE(rows[1].mean);
}

TEST(ParetoLeaderboard, KeepsEqualConfigurationsBothOnTheFront) {
  const std::vector<LeaderRow> rows =
      pareto_leaderboard(kCostAndGain, Runs{run(4, "a", {1, 1}), run(2, "b", {1, 1})});
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].number, 2);
  EXPECT_EQ(rows[0].rank, 1);
  EXPECT_EQ(rows[1].rank, 1);
}

TEST(ParetoLeaderboard, BelievesRepeatedRunsMoreThanLuck) {
  // "lucky" once had the best gain of all and then ran as the others do at a higher cost.
  Runs runs{run(0, "lucky", {2, 12}), run(1, "lucky", {2, 4}), run(2, "lucky", {2, 4})};
  std::int64_t number = 3;
  for (const char* group : {"steady", "other", "third"}) {
    for (const double gain : {7.5, 8.0, 8.5}) runs.push_back(run(number++, group, {1, gain}));
  }

  const std::vector<LeaderRow> rows = pareto_leaderboard(kCostAndGain, runs);

  EXPECT_GT(ranks(rows).at(0), 1);
  const auto lucky =
      std::find_if(rows.begin(), rows.end(), [](const LeaderRow& row) { return row.number == 0; });
  EXPECT_THAT(lucky->values, ElementsAre(2, 12));
  ASSERT_EQ(lucky->means.size(), 2U);
  EXPECT_LT(lucky->means[1], 8);
  EXPECT_EQ(lucky->means[0], lucky->mean);
  EXPECT_EQ(lucky->n, 3);
}

TEST(ParetoLeaderboard, HasTheMeansOfEachObjectiveAlone) {
  Rng rng = Rng::for_trial(3, 0);
  Runs runs;
  for (int i = 0; i < 24; ++i) {
    runs.push_back(run(i, std::to_string(i % 8), {rng.normal(), rng.normal()}));
  }
  const std::vector<LeaderRow> rows = pareto_leaderboard(kCostAndGain, runs);
  for (std::size_t k = 0; k < 2; ++k) {
    Runs single = runs;
    for (Runs::value_type& one : single) one.value = one.values[k];
    for (const LeaderRow& alone : leaderboard(kCostAndGain[k], single)) {
      const auto row = std::find_if(rows.begin(), rows.end(), [&](const LeaderRow& other) {
        return other.number == alone.number;
      });
      ASSERT_NE(row, rows.end());
      EXPECT_EQ(row->means[k], *alone.mean);
    }
  }
}

TEST(ParetoLeaderboard, DoesNotDependOnTheOrderOfRuns) {
  Rng rng = Rng::for_trial(4, 0);
  Runs runs;
  for (int i = 0; i < 40; ++i) {
    runs.push_back(run(i, std::to_string(rng.index(25)), {rng.uniform(), rng.uniform()}));
  }
  const auto expected = ranks(pareto_leaderboard(kCostAndGain, runs));
  std::reverse(runs.begin(), runs.end());
  EXPECT_EQ(ranks(pareto_leaderboard(kCostAndGain, runs)), expected);
}

TEST(ParetoLeaderboard, PlacesInfiniteRunsByTheirWorst) {
  const std::vector<LeaderRow> rows = pareto_leaderboard(
      kCostAndGain, Runs{run(0, "a", {1, 5}), run(1, "a", {1, -kInfinity}), run(2, "b", {2, 4}),
                         run(3, "b", {2, 4}), run(4, "c", {-kInfinity, 0})});
  // By its first run "a" would be on the front.
  EXPECT_EQ(ranks(rows), (std::map<std::int64_t, int>{{0, 2}, {2, 1}, {4, 1}}));
  EXPECT_EQ(rows.front().number, 4);
}

}  // namespace
}  // namespace studyhall
