#include "bench/quality/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "core/error.h"

namespace studyhall::bench {
namespace {

using ::testing::HasSubstr;

// Two problems of the suite, one of them held out, and two seeds; b is ten times worse, but for one
// tie and one loss of a's. c has only one run.
constexpr const char* kOurs =
    "problem,group,seed,label,trials,regret,ask_seconds\n"
    "branin_2d,continuous,0,a,50,0.01,1.5\n"
    "branin_2d,continuous,1,a,50,0.1,1.5\n"
    "ellipsoid_2d,continuous,0,a,50,0.2,1.5\n"
    "ellipsoid_2d,continuous,1,a,50,0.00000001,1.5\n";
constexpr const char* kTheirs =
    "problem,group,seed,label,trials,regret,ask_seconds\n"
    "branin_2d,continuous,0,b,50,0.1,1.5\n"
    "branin_2d,continuous,1,b,50,1,1.5\n"
    "ellipsoid_2d,continuous,0,b,50,0.02,1.5\n"
    "ellipsoid_2d,continuous,1,b,50,0,1.5\n"
    "ellipsoid_2d,continuous,2,b,50,7,1.5\n";

std::vector<Result> read(const std::string& text) {
  std::istringstream in(text);
  return read_results(in, "test.csv");
}

std::vector<Result> both() {
  std::vector<Result> results = read(kOurs);
  for (const Result& result : read(kTheirs)) results.push_back(result);
  return results;
}

const Standing& find(const std::vector<Standing>& all, const std::string& group,
                     const std::string& label) {
  for (const Standing& standing : all)
    if (standing.group == group && standing.label == label) return standing;
  throw Error(ErrorCode::NotFound, group + " " + label);
}

TEST(Compare, CountsWinsTiesAndLossesOfTheFirstLabel) {
  const auto standings = compare(both(), {});
  const Standing& b = find(standings, "all", "b");
  EXPECT_EQ(b.problems, 2U);
  EXPECT_EQ(b.runs, 4U) << "seed 2 has no partner";
  EXPECT_EQ(b.wins, 2U);
  EXPECT_EQ(b.ties, 1U) << "both are below the floor";
  EXPECT_EQ(b.losses, 1U);
  const Standing& held_out = find(standings, "hold-out", "b");
  EXPECT_EQ(held_out.wins, 0U);
  EXPECT_EQ(held_out.losses, 1U);
  EXPECT_EQ(find(standings, "tuning", "b").wins, 2U);
}

TEST(Compare, TakesMeansOverRunsThenOverProblems) {
  const auto standings = compare(both(), {.floor = 1e-4});
  const Standing& a = find(standings, "all", "a");
  // exp of the mean of (log .01 + log .1) / 2 and (log .2 + log 1e-4) / 2.
  EXPECT_NEAR(a.geometric, std::pow(0.01 * 0.1 * 0.2 * 1e-4, 0.25), 1e-12);
  EXPECT_NEAR(a.arithmetic, std::sqrt(0.055 * 0.10005), 1e-12);
  EXPECT_TRUE(std::isnan(a.p_runs)) << "it is not compared with itself";
}

TEST(Compare, TestsRunsAndProblemsApart) {
  const Standing b = find(compare(both(), {}), "all", "b");
  // Log ratios: ln 10 twice, -ln 10, 0. Ranks: 1 for the zero, (2 + 3 + 4) / 3 = 3 for each other
  // one, so that T = 6.5; by the normal approximation, corrected for the tie of three:
  // z = (6.5 - 5) / sqrt((4 * 5 * 9 - (27 - 3) / 2) / 24).
  EXPECT_NEAR(b.p_runs, std::erfc(1.5 / std::sqrt(7.0) / std::sqrt(2.0)), 1e-12);
  // Means over the problems: ln 10 and -ln(10) / 2; P(T >= 2) of T in {0, 1, 2, 3} is a half.
  EXPECT_EQ(b.p_problems, 1);
}

// a: 1, 1, 2, 1.5 among the two.
TEST(Compare, RanksTheLabelsWithinEachRun) {
  const auto standings = compare(both(), {});
  EXPECT_DOUBLE_EQ(find(standings, "all", "a").rank, (1 + 1 + 2 + 1.5) / 4);
  EXPECT_DOUBLE_EQ(find(standings, "all", "b").rank, (2 + 2 + 1 + 1.5) / 4);
}

TEST(Compare, LeavesOutALabelAtTheBudgetsThatItDoesNotReach) {
  std::vector<Result> results = both();
  results.push_back({"branin_2d", "continuous", 0, "a", 100, 0.01, 0});
  const auto standings = compare(results, {});
  EXPECT_EQ(find(standings, "all", "b").trials, 50);
  EXPECT_EQ(standings.back().label, "a");
  EXPECT_EQ(standings.back().trials, 100);
}

TEST(Compare, SaysWhetherTheFirstLabelHasTheBestRank) {
  std::ostringstream best;
  print_ranks(best, compare(both(), {}), true);
  EXPECT_THAT(best.str(), HasSubstr("| group | trials | problems | runs | a | b | a is |"));
  EXPECT_THAT(best.str(), HasSubstr("| all | 50 | 2 | 4 | 1.38 | 1.62 | best |"));
  EXPECT_THAT(best.str(),
              HasSubstr("| hold-out | 50 | 1 | 2 | 1.75 | 1.25 | tied with b, p 0.371 |"));
  std::vector<Result> beaten;
  for (std::int64_t seed = 0; seed < 10; ++seed) {
    beaten.push_back({"branin_2d", "continuous", seed, "a", 50, 0.2, 0});
    beaten.push_back(
        {"branin_2d", "continuous", seed, "b", 50, 0.1 + 0.001 * static_cast<double>(seed), 0});
  }
  std::ostringstream behind;
  print_ranks(behind, compare(beaten, {}), true);
  EXPECT_THAT(behind.str(), HasSubstr("| all | 50 | 1 | 10 | 2.00 | 1.00 | behind b, p 0.002 |"));
}

TEST(Compare, ShowsEachProblemWhenAsked) {
  const auto standings = compare(both(), {.by_problem = true});
  EXPECT_EQ(find(standings, "branin_2d", "b").wins, 2U);
  EXPECT_EQ(find(standings, "ellipsoid_2d", "b").wins, 0U);
}

TEST(Compare, RefusesWhatCannotBeCompared) {
  std::vector<Result> twice = read(kOurs);
  twice.push_back(twice.front());
  EXPECT_THROW(compare(twice, {}), Error);
  std::vector<Result> apart = read(kOurs);
  apart.push_back({"levy_10d", "continuous", 0, "b", 50, 1, 0});
  EXPECT_THROW(compare(apart, {}), Error);
  EXPECT_THROW(read("problem,group,seed,label,trials,regret\n"), Error);
  EXPECT_THROW(read("problem,group,seed,label,trials,regret,ask_seconds\na,b,x,c,1,1,1\n"), Error);
}

TEST(Compare, PrintsAlignedColumnsAndMarkdown) {
  const auto standings = compare(both(), {});
  std::ostringstream plain;
  print_standings(plain, standings, false);
  std::istringstream lines(plain.str());
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 120U) << line;
  EXPECT_THAT(plain.str(), HasSubstr("2/1/1"));
  std::ostringstream markdown;
  print_standings(markdown, standings, true);
  EXPECT_THAT(markdown.str(), HasSubstr("| all | 50 | b | 2 | 4 |"));
}

TEST(Results, AreReadAsTheyWereWritten) {
  std::ostringstream out;
  write_results(out, {{"heat", "mixed", 3, "tpe", 25, 0.123456789, 1.5}});
  EXPECT_EQ(
      out.str(),
      "problem,group,seed,label,trials,regret,ask_seconds\nheat,mixed,3,tpe,25,0.123457,1.5000\n");
  const auto back = read(out.str());
  ASSERT_EQ(back.size(), 1U);
  EXPECT_EQ(back[0].problem, "heat");
  EXPECT_EQ(back[0].regret, 0.123457);
}

}  // namespace
}  // namespace studyhall::bench
