#include "core/leaderboard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/rng.h"

namespace studyhall {
namespace {

using ::testing::ElementsAre;

// In a test's body "Run" is a private member of testing::Test.
using Runs = std::vector<Run>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<std::int64_t> numbers(const std::vector<LeaderRow>& rows) {
  std::vector<std::int64_t> out;
  for (const LeaderRow& row : rows) out.push_back(row.number);
  return out;
}

void expect_equal(const LeaderRow& a, const LeaderRow& b) {
  EXPECT_EQ(a.rank, b.rank);
  EXPECT_EQ(a.number, b.number);
  EXPECT_EQ(a.runs, b.runs);
  EXPECT_EQ(a.value, b.value);
  EXPECT_EQ(a.n, b.n);
  EXPECT_EQ(a.mean, b.mean);
  EXPECT_EQ(a.stderr_, b.stderr_);
  EXPECT_EQ(a.interval, b.interval);
  EXPECT_EQ(a.p_best, b.p_best);
  EXPECT_EQ(a.feasible, b.feasible);
}

// Configurations with normal values: `mu` by group, 2 or 3 runs of each.
struct Sample {
  std::vector<double> mu;
  Runs runs;
};
Sample draw(std::int64_t seed, int groups, double tau, double s) {
  Rng rng = Rng::for_trial(20260301, seed);
  Sample sample;
  for (int g = 0; g < groups; ++g) {
    sample.mu.push_back(3 + tau * rng.normal());
    for (int run = 0; run < 2 + g % 2; ++run) {
      const auto number = static_cast<std::int64_t>(sample.runs.size());
      sample.runs.push_back({number, std::to_string(g), sample.mu.back() + s * rng.normal(), true});
    }
  }
  return sample;
}
std::size_t group_of(const Sample& sample, const LeaderRow& row) {
  return std::stoul(sample.runs[static_cast<std::size_t>(row.number)].group);
}

TEST(Leaderboard, RanksByValueWhileNothingIsReplicated) {
  const Runs runs = {
      {0, "a", 1.0, true}, {1, "b", 3.0, true}, {2, "c", 2.0, true}, {3, "d", 3.0, true}};

  const auto down = leaderboard(Direction::Maximize, runs);
  EXPECT_THAT(numbers(down), ElementsAre(1, 3, 2, 0));
  EXPECT_THAT(numbers(leaderboard(Direction::Minimize, runs)), ElementsAre(0, 2, 1, 3));
  for (const LeaderRow& row : down) {
    EXPECT_EQ(row.n, 1);
    EXPECT_FALSE(row.mean || row.stderr_ || row.interval || row.p_best);
  }
  EXPECT_EQ(down[0].rank, 1);
  EXPECT_EQ(down[3].rank, 4);
}

TEST(Leaderboard, HoldsNothingAndOneRun) {
  EXPECT_TRUE(leaderboard(Direction::Maximize, {}).empty());
  const Runs one = {{7, "a", -2.5, true}};
  const auto rows = leaderboard(Direction::Maximize, one);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].number, 7);
  EXPECT_EQ(rows[0].value, -2.5);
  EXPECT_FALSE(rows[0].mean);
}

TEST(Leaderboard, GathersTheRunsOfAConfiguration) {
  const Runs runs = {
      {4, "a", 1.0, true}, {1, "b", 1.4, true}, {2, "a", 3.0, true}, {9, "a", 2.0, false}};

  const auto rows = leaderboard(Direction::Maximize, runs);

  ASSERT_EQ(rows.size(), 2u);
  const LeaderRow& a = rows[0].number == 2 ? rows[0] : rows[1];
  EXPECT_EQ(a.number, 2);
  EXPECT_THAT(a.runs, ElementsAre(2, 4, 9));
  EXPECT_EQ(a.value, 3.0);
  EXPECT_EQ(a.n, 3);
  EXPECT_TRUE(a.feasible);
}

TEST(Leaderboard, NeedsMoreThanHalfOfTheRunsToBeFeasible) {
  const Runs runs = {
      {0, "a", 9.0, true}, {1, "a", 9.0, false}, {2, "b", 1.0, true}, {3, "b", 2.0, true}};

  const auto rows = leaderboard(Direction::Maximize, runs);

  EXPECT_THAT(numbers(rows), ElementsAre(2, 0));
  EXPECT_TRUE(rows[0].feasible);
  EXPECT_FALSE(rows[1].feasible);
  EXPECT_EQ(rows[0].p_best, 1.0);
  EXPECT_FALSE(rows[1].p_best);
  EXPECT_TRUE(rows[1].mean);
}

TEST(Leaderboard, DoesNotLetOneLuckyRunBeatManyGoodOnes) {
  Runs runs = {{0, "lucky", 1.24, true}};
  for (int i = 1; i <= 8; ++i) runs.push_back({i, "solid", 1.20 + 0.02 * (i % 2), true});
  for (int i = 9; i < 17; ++i)
    runs.push_back(
        {i, std::string(1, 'c').append(std::to_string(i / 2)), 0.9 + 0.06 * (i % 3), true});
  for (int i = 17; i < 23; ++i) runs.push_back({i, "noisy", 0.8 + 0.15 * (i % 3), true});

  const auto rows = leaderboard(Direction::Maximize, runs);

  EXPECT_EQ(rows[0].number, 1);
  EXPECT_LT(*rows[1].mean, 1.24);
}

TEST(Leaderboard, MirrorsWhenTheDirectionDoes) {
  Sample sample = draw(3, 12, 1, 0.5);
  const auto up = leaderboard(Direction::Maximize, sample.runs);
  for (auto& run : sample.runs) run.value = -run.value;
  const auto down = leaderboard(Direction::Minimize, sample.runs);

  ASSERT_EQ(up.size(), down.size());
  EXPECT_EQ(numbers(up), numbers(down));
  for (std::size_t i = 0; i < up.size(); ++i) {
    EXPECT_EQ(*up[i].mean, -*down[i].mean);
    EXPECT_EQ(up[i].interval->first, -down[i].interval->second);
    EXPECT_EQ(*up[i].p_best, *down[i].p_best);
  }
}

TEST(Leaderboard, DoesNotDependOnTheOrderOfRuns) {
  const Sample sample = draw(5, 15, 1, 1);
  Runs shuffled = sample.runs;
  Rng rng = Rng::for_trial(1, 2);
  for (std::size_t i = shuffled.size(); i > 1; --i) {
    std::swap(shuffled[i - 1], shuffled[rng.index(i)]);
  }

  const auto a = leaderboard(Direction::Minimize, sample.runs);
  const auto b = leaderboard(Direction::Minimize, shuffled);

  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) expect_equal(a[i], b[i]);
}

// Run by run, with failures, infeasible runs and replicates: best() and leader() are what all rows,
// which are sorted afresh each time, say.
TEST(Leaderboard, KnowsItsFirstsAfterEveryRun) {
  Rng rng = Rng::for_trial(20261121, 3);
  for (int study = 0; study < 12; ++study) {
    const bool replicates = study % 2 == 1;
    Leaderboard board(study % 3 == 0 ? Direction::Minimize : Direction::Maximize,
                      {.replicates = replicates ? 2 : 0});
    const double sign = study % 3 == 0 ? -1 : 1;
    for (int i = 0; i < 40; ++i) {
      const auto group = static_cast<std::int64_t>(rng.index(replicates ? 7 : 1'000'000));
      studyhall::Run run{i, std::to_string(group),
                         static_cast<double>(rng.index(20)) + rng.normal(), rng.uniform() < 0.8};
      run.failed = rng.uniform() < 0.1;
      board.add(run);

      const auto rows = board.rows();
      std::optional<LeaderRow> best;
      for (const LeaderRow& row : rows) {
        if (!row.feasible) continue;
        const double key = sign * row.mean.value_or(row.value);
        if (!best || key > sign * best->mean.value_or(best->value)) best = row;
      }
      const bool leads = !rows.empty() && rows.front().feasible && rows.front().confirmed;
      ASSERT_EQ(board.best().has_value(), best.has_value());
      if (best) {
        EXPECT_EQ(board.best()->number, best->number);
      }
      ASSERT_EQ(board.leader().has_value(), leads);
      if (leads) {
        EXPECT_EQ(board.leader()->number, rows.front().number);
      }
    }
  }
}

TEST(Leaderboard, MovesWithUnitsAndOrigin) {
  const Sample sample = draw(8, 10, 1, 0.7);
  const auto plain = leaderboard(Direction::Maximize, sample.runs);
  for (const double unit : {1e-200, 0.37, 1e150}) {
    Runs moved = sample.runs;
    for (auto& run : moved) run.value = unit * (run.value - 11);

    const auto rows = leaderboard(Direction::Maximize, moved);

    EXPECT_EQ(numbers(rows), numbers(plain));
    for (std::size_t i = 0; i < rows.size(); ++i) {
      // The shift rounds values of order 10; the quadrature is good to about 1e-12.
      EXPECT_NEAR(*rows[i].mean / unit, *plain[i].mean - 11, 1e-10);
      EXPECT_NEAR(*rows[i].stderr_ / unit, *plain[i].stderr_, 1e-10);
      EXPECT_NEAR(*rows[i].p_best, *plain[i].p_best, 1e-9);
    }
  }
}

TEST(Leaderboard, SumsTheProbabilitiesOfBeingBestToOne) {
  const Sample sample = draw(2, 30, 0.5, 1);
  double sum = 0;
  for (const LeaderRow& row : leaderboard(Direction::Maximize, sample.runs)) sum += *row.p_best;
  EXPECT_NEAR(sum, 1, 1e-12);
}

TEST(Leaderboard, TakesEqualValuesAsCertain) {
  Runs runs;
  for (int i = 0; i < 6; ++i) runs.push_back({i, std::to_string(i / 2), 0.1 + 0.2, true});

  const auto rows = leaderboard(Direction::Minimize, runs);

  EXPECT_THAT(numbers(rows), ElementsAre(0, 2, 4));
  for (const LeaderRow& row : rows) {
    EXPECT_EQ(*row.mean, 0.1 + 0.2);
    EXPECT_EQ(*row.stderr_, 0);
    EXPECT_EQ(row.interval, std::make_pair(0.1 + 0.2, 0.1 + 0.2));
    EXPECT_NEAR(*row.p_best, 1.0 / 3, 1e-15);
  }
}

TEST(Leaderboard, RanksInfinitiesBySignAndLeavesThemOutOfTheModel) {
  Sample sample = draw(4, 6, 1, 0.5);
  const auto without = leaderboard(Direction::Maximize, sample.runs);
  sample.runs.push_back({100, "up", kInfinity, true});
  sample.runs.push_back({101, "down", -kInfinity, true});
  sample.runs.push_back({102, "both", kInfinity, true});
  sample.runs.push_back({103, "both", -kInfinity, true});
  sample.runs.push_back({104, "half", 1e9, true});
  sample.runs.push_back({105, "half", -kInfinity, true});

  const auto rows = leaderboard(Direction::Maximize, sample.runs);

  ASSERT_EQ(rows.size(), without.size() + 4);
  EXPECT_EQ(rows.front().number, 100);
  EXPECT_FALSE(rows.front().mean);
  for (std::size_t i = 0; i < without.size(); ++i) {
    EXPECT_EQ(rows[i + 1].number, without[i].number);
    // They change the scale of the grid, by a power of two.
    EXPECT_NEAR(*rows[i + 1].mean, *without[i].mean, 1e-9);
  }
  EXPECT_THAT(numbers({rows.end() - 3, rows.end()}), ElementsAre(101, 102, 104));
  EXPECT_EQ(numbers(leaderboard(Direction::Minimize, sample.runs)).front(), 101);
}

TEST(Leaderboard, SurvivesTheLargestValues) {
  const double huge = std::numeric_limits<double>::max();
  const Runs runs = {
      {0, "a", huge, true}, {1, "a", -huge, true}, {2, "b", huge, true}, {3, "c", 1, true}};
  for (const LeaderRow& row : leaderboard(Direction::Maximize, runs)) {
    EXPECT_TRUE(std::isfinite(*row.mean));
    EXPECT_FALSE(std::isnan(*row.stderr_));
    EXPECT_FALSE(std::isnan(row.interval->first) || std::isnan(row.interval->second));
    EXPECT_TRUE(*row.p_best >= 0 && *row.p_best <= 1);
  }
}

TEST(Leaderboard, ShowsOfAFewWhatItShowsOfAll) {
  // Values with ties, infinities and configurations that are not feasible; every configuration
  // once, and some again.
  for (const int runs : {40, 55}) {
    Leaderboard board(Direction::Maximize, {.replicates = 1});
    Rng rng = Rng::for_trial(20260301, runs);
    for (int n = 0; n < runs; ++n) {
      const double value = n % 13 == 5 ? -kInfinity : std::floor(8 * rng.uniform());
      board.add({n, std::to_string(n % 40), value, n % 7 != 3});
    }
    const std::vector<LeaderRow> all = board.rows();
    for (std::size_t top = 0; top <= all.size() + 1; ++top) {
      std::vector<LeaderRow> expected;
      for (const LeaderRow& row : all) {
        if (row.rank <= static_cast<int>(top) || row.raw_best) expected.push_back(row);
      }
      const std::vector<LeaderRow> few = board.rows(top);
      ASSERT_EQ(numbers(few), numbers(expected)) << runs << " runs, top " << top;
      for (std::size_t i = 0; i < few.size(); ++i) {
        expect_equal(few[i], expected[i]);
        EXPECT_EQ(few[i].raw_best, expected[i].raw_best);
      }
    }
  }
  EXPECT_TRUE(Leaderboard(Direction::Minimize).rows(3).empty());
}

// The winner's curse: the best mean of runs is biased upwards, the posterior mean of the leader is
// not.
TEST(Leaderboard, DoesNotBelieveLuck) {
  constexpr int kStudies = 400;
  double bias = 0;
  double raw_bias = 0;
  for (int study = 0; study < kStudies; ++study) {
    const Sample sample = draw(study, 20, 0.5, 1);
    const auto rows = leaderboard(Direction::Maximize, sample.runs);
    bias += (*rows[0].mean - sample.mu[group_of(sample, rows[0])]) / kStudies;

    double best = -kInfinity;
    std::size_t winner = 0;
    for (const LeaderRow& row : rows) {
      double mean = 0;
      for (const std::int64_t number : row.runs) {
        mean += sample.runs[static_cast<std::size_t>(number)].value / row.n;
      }
      if (mean > best) {
        best = mean;
        winner = group_of(sample, row);
      }
    }
    raw_bias += (best - sample.mu[winner]) / kStudies;
  }
  // In standard deviations of the noise; the standard error of either is 0.025.
  EXPECT_GT(raw_bias, 0.8);
  EXPECT_LT(std::abs(bias), 0.12);
}

TEST(Leaderboard, CoversTheTruthAsOftenAsItSays) {
  constexpr int kStudies = 300;
  for (const double tau : {0.5, 1.0, 2.0}) {
    int covered = 0;
    int all = 0;
    for (int study = 0; study < kStudies; ++study) {
      const Sample sample = draw(1000 + study, 40, tau, 1);
      for (const LeaderRow& row : leaderboard(Direction::Maximize, sample.runs)) {
        const double mu = sample.mu[group_of(sample, row)];
        covered += row.interval->first <= mu && mu <= row.interval->second ? 1 : 0;
        ++all;
      }
    }
    const double share = static_cast<double>(covered) / all;
    EXPECT_GT(share, 0.93) << tau;
    EXPECT_LT(share, 0.97) << tau;
  }
}

}  // namespace
}  // namespace studyhall
