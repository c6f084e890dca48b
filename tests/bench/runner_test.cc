#include "bench/quality/runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "bench/quality/problems.h"
#include "core/error.h"

namespace studyhall::bench {
namespace {

using ::testing::ElementsAre;

RunOptions options(const char* sampler, std::int64_t trials) {
  RunOptions out;
  out.sampler = {{"name", sampler}};
  out.label = sampler;
  out.trials = trials;
  return out;
}

std::string without_time(std::vector<Result> results) {
  for (Result& result : results) result.ask_seconds = 0;
  std::ostringstream out;
  write_results(out, results);
  return out.str();
}

TEST(Runner, WritesTheSameForAnyNumberOfThreads) {
  // Of every group, the parallel one with several workers and the noisy one with its noise.
  const auto suite =
      select({.regex = "^(branin_2d|int_rastrigin_6d|boosting|model_choice|gomez_levy|"
                       "knapsack_12|hartmann_6d_noise5|boosting_q8)$"});
  ASSERT_EQ(suite.size(), 8U);
  RunOptions given = options("tpe", 40);
  given.last_seed = 2;
  std::ostringstream progress;
  const std::string one = without_time(run_suite(suite, given, progress));
  given.threads = 3;
  EXPECT_EQ(without_time(run_suite(suite, given, progress)), one);
}

TEST(Runner, JudgesAtEachBudget) {
  EXPECT_THAT(budgets(20), ElementsAre(20));
  EXPECT_THAT(budgets(100), ElementsAre(20, 25, 50, 100));
  EXPECT_THAT(budgets(500), ElementsAre(20, 25, 50, 100, 200, 400, 500));
  const auto results = run_once(problem_named("hartmann_6d_q4"), options("random", 60), 3);
  ASSERT_EQ(results.size(), 4U);
  EXPECT_EQ(results[3].trials, 60);
  EXPECT_EQ(results[3].seed, 3);
  EXPECT_LE(results[3].regret, results[0].regret);
  EXPECT_LE(results[0].ask_seconds, results[3].ask_seconds);
}

// By the definition of the normalised regret.
TEST(Runner, GivesUniformDrawsARegretOfAboutOneAtFifty) {
  std::vector<double> regrets;
  for (std::int64_t seed = 0; seed < 41; ++seed)
    regrets.push_back(
        run_once(problem_named("rastrigin_10d"), options("random", 50), seed).back().regret);
  std::nth_element(regrets.begin(), regrets.begin() + 20, regrets.end());
  EXPECT_NEAR(regrets[20], 1, 0.1);
}

TEST(Runner, JudgesTheIncumbentByItsTrueValue) {
  // The noise is above the differences between good configurations: with more trials the luckiest
  // observation is not always a better configuration.
  bool worse = false;
  for (std::int64_t seed = 0; seed < 10 && !worse; ++seed) {
    const auto r = run_once(problem_named("rastrigin_5d_noise15"), options("random", 200), seed);
    for (std::size_t i = 1; i < r.size(); ++i) worse = worse || r[i].regret > r[i - 1].regret;
  }
  EXPECT_TRUE(worse);
}

TEST(Runner, ChargesTheWorstOfFiftyWhileNothingIsFeasible) {
  const TestProblem& problem = problem_named("welded_beam");
  const double charged = normalised_regret(problem, yardstick(problem).worst);
  int infeasible = 0;
  for (std::int64_t seed = 0; seed < 10; ++seed)
    infeasible += run_once(problem, options("random", 1), seed).front().regret == charged ? 1 : 0;
  EXPECT_GE(infeasible, 5) << "about 97 % of the space is infeasible";
}

TEST(Runner, EndsWhereNothingIsLeft) {
  // 1,296 configurations: each is tried, and the best of them is found.
  const auto results = run_once(problem_named("lattice_36x36"), options("random", 1400), 0);
  ASSERT_EQ(results.back().trials, 1400);
  EXPECT_EQ(results.back().regret, 0);
}

TEST(Runner, StartsAtTheMiddleWhenAsked) {
  RunOptions given = options("random", 1);
  given.start_at_default = true;
  const TestProblem& problem = problem_named("sphere_5d");
  const double middle = problem.evaluate(problem.spec->space.default_config()).value;
  EXPECT_EQ(run_once(problem, given, 4).front().regret, normalised_regret(problem, middle));
}

TEST(Runner, RefusesAnOptionTheSamplerDoesNotHave) {
  RunOptions given = options("tpe", 1);
  given.sampler["candidate"] = 5;
  EXPECT_THROW(run_once(problem_named("branin_2d"), given, 0), Error);
}

}  // namespace
}  // namespace studyhall::bench
