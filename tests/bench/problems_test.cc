#include "bench/quality/problems.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>
#include <string>

#include "core/error.h"
#include "core/rng.h"
#include "core/slice.h"
#include "sampler/fallback.h"

namespace studyhall::bench {
namespace {

double size_of(double value) { return std::max(1.0, std::abs(value)); }

TEST(Problems, TakeTheirOptimumAtTheirMinimiser) {
  for (const TestProblem& problem : problems()) {
    SCOPED_TRACE(problem.name);
    const Config config = problem.spec->space.partial_from_json(problem.minimiser).config;
    ASSERT_TRUE(problem.spec->space.contains(config));
    const Outcome outcome = problem.evaluate(config);
    EXPECT_NEAR(outcome.value, problem.optimum, 1e-9 * size_of(problem.optimum));
    // Constraints are active here, and published minimisers are rounded.
    for (std::size_t i = 0; i < outcome.metrics.size(); ++i) {
      const double broken = problem.spec->constraints[i].violation(outcome.metrics[i]);
      EXPECT_LE(broken, 1e-7 * size_of(outcome.metrics[i])) << "constraint " << i;
    }
  }
}

TEST(Problems, AreNotBeatenByChance) {
  for (const TestProblem& problem : problems()) {
    SCOPED_TRACE(problem.name);
    const SearchSpace& space = problem.spec->space;
    const Slice slice = whole_space(space);
    const sampler::Task task{space, slice, [&](const Config& c) { return space.meets_require(c); }};
    Rng rng = Rng::for_trial(5, 0);
    for (int draw = 0; draw < 3000; ++draw) {
      const auto drawn = sampler::draw_any(task, rng);
      ASSERT_TRUE(drawn.config);
      const Outcome outcome = problem.evaluate(*drawn.config);
      ASSERT_TRUE(std::isfinite(outcome.value));
      if (!is_feasible(problem, outcome)) continue;
      ASSERT_GE(outcome.value, problem.optimum - 1e-12);
    }
  }
}

// The optima of the literature, typed from there and not from the suite's sources.
TEST(Problems, HaveThePublishedOptima) {
  const std::map<std::string, double> published{{"branin_2d", 0.397887},
                                                {"hartmann_6d", -3.32237},
                                                {"michalewicz_5d", -4.687658},
                                                {"schwefel_5d", 0},
                                                {"gomez_levy", -1.031628},
                                                {"townsend", -2.0239884},
                                                {"welded_beam", 1.724852},
                                                {"jenatton_tree", 0.1},
                                                {"styblinski_tang_5d", -195.83083},
                                                {"pressure_vessel", 6059.7143},
                                                {"himmelblau_g04", -30665.539}};
  for (const auto& [name, optimum] : published)
    EXPECT_NEAR(problem_named(name).optimum, optimum, 1e-6 * size_of(optimum)) << name;
}

TEST(Problems, HoldOutAThirdSpreadOverTheGroups) {
  std::map<std::string, std::set<bool>> kinds;
  std::set<std::string> names;
  double held_out = 0;
  for (const TestProblem& problem : problems()) {
    EXPECT_TRUE(names.insert(problem.name).second) << problem.name << " is there twice";
    kinds[problem.group].insert(problem.holdout);
    held_out += problem.holdout ? 1 : 0;
  }
  for (const auto& [group, which] : kinds) EXPECT_EQ(which.size(), 2U) << group;
  EXPECT_NEAR(held_out / static_cast<double>(problems().size()), 1.0 / 3, 0.05);
}

TEST(Problems, AreSelectedByNameGroupAndSet) {
  EXPECT_EQ(select({}).size(), problems().size());
  EXPECT_EQ(select({.regex = "^hartmann_6d", .group = "parallel"}).size(), 1U);
  for (const TestProblem* problem : select({.holdout = true})) EXPECT_TRUE(problem->holdout);
  EXPECT_THROW(select({.group = "mxed"}), Error);
  EXPECT_THROW(select({.regex = "("}), Error);
  EXPECT_THROW(problem_named("hartman_6d"), Error);
}

TEST(Regret, IsZeroAtTheOptimumAndOneAtTheBestOfFiftyDraws) {
  const TestProblem& problem = problem_named("gomez_levy");
  const Yardstick& draws = yardstick(problem);
  EXPECT_LT(problem.optimum, draws.best);
  EXPECT_LT(draws.best, draws.middle);
  EXPECT_LT(draws.middle, draws.worst);
  EXPECT_EQ(normalised_regret(problem, problem.optimum), 0);
  EXPECT_EQ(normalised_regret(problem, draws.best), 1);
  EXPECT_GT(normalised_regret(problem, draws.worst), 1);
}

TEST(Noise, HasItsSizeAndDependsOnRunAndTrialAlone) {
  const TestProblem& problem = problem_named("rastrigin_5d_noise15");
  double sum = 0;
  double squares = 0;
  constexpr int kTrials = 4000;
  for (int number = 0; number < kTrials; ++number) {
    const double error = observed(problem, 1, number, 100) - 100;
    sum += error;
    squares += error * error;
  }
  const double sd = 0.15 * (yardstick(problem).middle - problem.optimum);
  // Within five standard errors.
  EXPECT_NEAR(sum / kTrials, 0, 5 * sd / std::sqrt(kTrials));
  EXPECT_NEAR(std::sqrt(squares / kTrials), sd, 5 * sd / std::sqrt(2.0 * kTrials));
  EXPECT_NE(observed(problem, 1, 7, 100), observed(problem, 2, 7, 100));
  EXPECT_DOUBLE_EQ(observed(problem, 1, 7, 100) - 100, observed(problem, 1, 7, 0));
  EXPECT_EQ(observed(problem_named("rastrigin_5d"), 1, 7, 100), 100);
}

}  // namespace
}  // namespace studyhall::bench
