#include "sampler/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "sampler/fallback.h"
#include "sampler/unit_cube.h"
#include "tests/sampler/histories.h"
#include "tests/support/spaces.h"

namespace studyhall::sampler {
namespace {

using testing::fresh_task;
using testing::make_categorical;
using testing::make_float;
using testing::make_history;
using testing::make_int;
using testing::make_log_float;
using testing::make_space;
using testing::open_task;

Domain between(double low, double high) {
  Domain domain;
  domain.low = low;
  domain.high = high;
  return domain;
}

TEST(Scale, GivesEachGridValueAnEqualShare) {
  const Parameter parameter = make_int("i", 3, 6);
  const Scale scale(parameter, between(3, 6));

  EXPECT_EQ(scale.lower(), 2.5);
  EXPECT_EQ(scale.upper(), 6.5);
  EXPECT_EQ(scale.from_unit(0), 3);
  EXPECT_EQ(scale.from_unit(0.2499), 3);
  EXPECT_EQ(scale.from_unit(0.2501), 4);
  EXPECT_EQ(scale.from_unit(1), 6);
  EXPECT_EQ(scale.to_unit(3), 0.125);
  EXPECT_EQ(scale.to_unit(100), 1);
}

TEST(Scale, WorksInLogarithmsAndStaysInANarrowedDomain) {
  const Parameter parameter = make_log_float("lr", 1e-5, 1e-1);
  const Scale whole(parameter, between(1e-5, 1e-1));
  EXPECT_NEAR(whole.from_unit(0.5), 1e-3, 1e-15);
  EXPECT_NEAR(whole.to_unit(1e-4), 0.25, 1e-14);

  const Scale narrow(parameter, between(1e-4, 1e-2));
  EXPECT_NEAR(narrow.from_unit(0), 1e-4, 1e-18);
  EXPECT_GE(narrow.from_unit(0), 1e-4);
  EXPECT_NEAR(narrow.from_unit(1), 1e-2, 1e-16);
  EXPECT_LE(narrow.from_unit(1), 1e-2);
  EXPECT_FALSE(narrow.contains(1e-5));
  EXPECT_EQ(narrow.to_unit(1e-5), 0);
}

TEST(Scale, TilesALogGridEvenWhereAStepExceedsItsFirstValue) {
  Parameter parameter = make_int("i", 1, 9, 2);
  parameter.log = true;
  const Scale scale(parameter, between(1, 9));

  EXPECT_TRUE(std::isfinite(scale.lower()));
  for (double value = 1; value < 9; value += 2) {
    EXPECT_EQ(scale.cell(value).upper, scale.cell(value + 2).lower);
  }
}

TEST(RandomSampler, DrawsEveryValueOfASliceEquallyOften) {
  const SearchSpace space =
      make_space({make_int("i", 0, 3), make_categorical("c", {"a", "b", "c"})});
  Slice slice = whole_space(space);
  slice.domains[0].low = 1;
  slice.domains[1].choices = {0, 2};
  const Task task = open_task(space, slice);
  const History history = make_history({});
  RandomSampler sampler;
  std::map<Config, int> counts;

  for (int i = 0; i < 6000; ++i) {
    Rng rng = Rng::for_trial(1, i);
    const std::optional<Suggestion> suggestion = sampler.suggest(task, history, rng);
    ASSERT_TRUE(suggestion);
    EXPECT_EQ(suggestion->sampler, "random");
    ++counts[suggestion->config];
  }

  ASSERT_EQ(counts.size(), 6u);
  // Binomial with mean 1000 and sd 29.
  for (const auto& [config, count] : counts) EXPECT_NEAR(count, 1000, 150);
}

TEST(RandomSampler, IsUniformInTheLogarithmOfALogParameter) {
  const SearchSpace space = make_space({make_log_float("lr", 1e-4, 1)});
  const Slice slice = whole_space(space);
  Rng rng = Rng::for_trial(2, 0);
  int below = 0;
  for (int i = 0; i < 4000; ++i) below += draw_uniform(space, slice, rng)[0] < 1e-3;

  // A quarter; sd 27.
  EXPECT_NEAR(below, 1000, 140);
}

TEST(RandomSampler, GivesUpWhereNothingIsAdmissible) {
  const SearchSpace space = make_space({make_float("x", 0, 1)});
  const Slice slice = whole_space(space);
  const Task task{
      .space = space, .slice = slice, .admissible = [](const Config&) { return false; }};
  Rng rng = Rng::for_trial(3, 0);

  EXPECT_FALSE(RandomSampler().suggest(task, make_history({}), rng));
  const Fallback fallback = draw_any(task, rng);
  EXPECT_FALSE(fallback.config);
  EXPECT_FALSE(fallback.exhausted);  // a continuous slice is never known to be used up
}

TEST(Fallback, FindsTheLastConfigurationAndThenSaysThatNoneIsLeft) {
  const SearchSpace space = testing::small_finite_space();
  const Slice slice = whole_space(space);
  std::vector<Observation> trials;
  for (int i = 0; i < 12; ++i) {
    const History history = make_history(trials);
    Rng rng = Rng::for_trial(4, i);
    const Fallback fallback = draw_any(fresh_task(space, slice, history), rng);
    ASSERT_TRUE(fallback.config) << i;
    EXPECT_TRUE(slice.contains(space, *fallback.config));
    trials.push_back(testing::complete(i, *fallback.config, i));
  }

  const History history = make_history(trials);
  Rng rng = Rng::for_trial(4, 12);
  const Fallback fallback = draw_any(fresh_task(space, slice, history), rng);

  EXPECT_FALSE(fallback.config);
  EXPECT_TRUE(fallback.exhausted);
}

TEST(Fallback, WalksToANeedleThatDrawsMiss) {
  const SearchSpace space = make_space({make_int("i", 0, 299), make_int("j", 0, 299)});
  const Slice slice = whole_space(space);
  const Config needle = {17, 211};
  const Task task{.space = space, .slice = slice, .admissible = [&](const Config& config) {
                    return config == needle;
                  }};
  Rng rng = Rng::for_trial(5, 0);

  EXPECT_EQ(draw_any(task, rng).config, needle);
}

}  // namespace
}  // namespace studyhall::sampler
