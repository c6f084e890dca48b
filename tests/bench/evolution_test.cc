#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "bench/evolution/workers.h"
#include "core/error.h"

namespace studyhall::bench {
namespace {

TEST(EvolutionFunctions, AreZeroAtTheirCentreAlone) {
  for (const char* name : {"sphere", "rotated_ellipsoid", "rosenbrock", "rotated_rastrigin"}) {
    const Function function = function_named(name, 6);
    const std::vector<double> centre = random_point(6, 0.1, 0.9, 71);
    EXPECT_NEAR(function.value(centre), 0, 1e-12) << name;
    EXPECT_GT(function.start, 0.1) << name;
  }
  EXPECT_THROW(function_named("cube", 3), Error);
}

TEST(EvolutionWorkers, NeedFewerResultsForLessAndNeverMoreThanThereAre) {
  const Function sphere = function_named("sphere", 4);
  const std::vector<double> targets = {0.1, 1e-3, 1e-300};
  for (const Rule rule : {Rule::Every, Rule::Generation}) {
    const Race race{.rule = rule, .workers = 8, .most = 1500};
    const auto needed = results_needed(sphere, race, targets, 3);
    EXPECT_LE(needed[0], needed[1]);
    EXPECT_LT(needed[1], 1500);
    EXPECT_EQ(needed[2], 1500);
    EXPECT_EQ(needed, results_needed(sphere, race, targets, 3));
  }
}

// Late results are worth something: a generation rule throws nearly all of them away.
TEST(EvolutionWorkers, OfWhomEveryResultCountsNeedFewer) {
  const Function ellipsoid = function_named("rotated_ellipsoid", 6);
  const std::vector<double> target = {1e-3};
  double every = 0;
  double generation = 0;
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const auto log_needed = [&](Rule rule) {
      const Race race{.rule = rule, .workers = 64, .most = 20'000};
      return std::log(static_cast<double>(results_needed(ellipsoid, race, target, seed)[0]));
    };
    every += log_needed(Rule::Every) / 5;
    generation += log_needed(Rule::Generation) / 5;
  }
  EXPECT_LT(every, generation - std::log(1.5));
}

}  // namespace
}  // namespace studyhall::bench
