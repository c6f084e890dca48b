#include "sampler/grid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "core/error.h"
#include "histories.h"
#include "tests/support/spaces.h"

namespace studyhall::sampler {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using testing::fresh_task;
using testing::open_task;
using ::testing::Pointwise;
using testing::same_config;

std::vector<double> values_of(const Parameter& parameter, std::size_t points) {
  const SearchSpace space = testing::make_space({parameter});
  return grid_values(space, whole_space(space), 0, points);
}

TEST(GridValues, AreEvenFromEndToEnd) {
  EXPECT_THAT(values_of(testing::make_float("x", -1, 3), 5), ElementsAre(-1, 0, 1, 2, 3));
  EXPECT_THAT(values_of(testing::make_float("x", -1, 3), 1), ElementsAre(1));
  EXPECT_THAT(values_of(testing::make_float("x", 2, 2), 5), ElementsAre(2));
  EXPECT_THAT(values_of(testing::make_log_float("x", 1e-4, 1), 5),
              Pointwise(DoubleNear(1e-15), {1e-4, 1e-3, 1e-2, 1e-1, 1.0}));
}

TEST(GridValues, AreAllOfAFewAndSomeOfMany) {
  EXPECT_THAT(values_of(testing::make_int("i", 1, 7, 2), 5), ElementsAre(1, 3, 5, 7));
  EXPECT_THAT(values_of(testing::make_stepped_float("s", 0, 0.4, 0.1), 5),
              ElementsAre(0, 0.1, 0.2, 0.3, 0.4));
  EXPECT_THAT(values_of(testing::make_int("i", 0, 100), 5), ElementsAre(0, 25, 50, 75, 100));
  EXPECT_THAT(values_of(testing::make_int("i", 0, 6, 2), 3), ElementsAre(0, 4, 6));
  Parameter wide = testing::make_int("i", 1, 10'000);
  wide.log = true;
  EXPECT_THAT(values_of(wide, 5), ElementsAre(1, 10, 100, 1000, 10'000));
  Parameter crowded = testing::make_int("i", 1, 6);
  crowded.log = true;
  EXPECT_THAT(values_of(crowded, 5), ElementsAre(1, 2, 4, 6));
  EXPECT_THAT(values_of(testing::make_categorical("c", {"a", "b", "c"}), 2), ElementsAre(0, 1, 2));
}

TEST(GridConfigs, HonourConditionsRequireAndHeldValues) {
  const SearchSpace space = testing::small_finite_space();
  Slice slice = whole_space(space);
  EXPECT_EQ(grid_configs(space, slice, 5, 100)->size(), 12u);
  EXPECT_EQ(grid_configs(space, slice, 2, 100)->size(), 2u * (1 + 2));

  slice.domains[1].free = false;
  slice.domains[1].held = 0;
  EXPECT_EQ(grid_configs(space, slice, 5, 100)->size(), 3u);

  const SearchSpace triangle = testing::make_space(
      {testing::make_float("x", 0, 1), testing::make_float("y", 0, 1)}, {"x + y <= 1"});
  const auto configs = grid_configs(triangle, whole_space(triangle), 5, 100);
  EXPECT_EQ(configs->size(), 15u);
  for (const Config& config : *configs) EXPECT_TRUE(triangle.contains(config));
}

TEST(GridConfigs, AreCountedUpToTheLimit) {
  const SearchSpace space = testing::box_space(3);
  EXPECT_TRUE(grid_configs(space, whole_space(space), 5, 125));
  EXPECT_FALSE(grid_configs(space, whole_space(space), 5, 124));
  const SearchSpace empty(std::vector<Parameter>(space.params().begin(), space.params().end()),
                          {Expression::parse("x0 > 2", space.params())});
  EXPECT_TRUE(grid_configs(empty, whole_space(empty), 5, 100)->empty());
  EXPECT_FALSE(grid_configs(empty, whole_space(empty), 100, 100));
}

// Everything that the sampler suggests until it ends.
std::vector<Config> visit_all(const SearchSpace& space, const Slice& slice, std::uint64_t seed) {
  History history({Direction::Minimize});
  GridSampler sampler({});
  std::vector<Config> configs;
  while (configs.size() < 1000) {
    Task task = fresh_task(space, slice, history);
    task.seed = seed;
    Rng rng = Rng::for_trial(seed, static_cast<std::int64_t>(configs.size()));
    const auto suggestion = sampler.suggest(task, history, rng);
    if (!suggestion) break;
    history.apply(
        testing::complete(static_cast<std::int64_t>(configs.size()), suggestion->config, 0));
    configs.push_back(suggestion->config);
  }
  return configs;
}

TEST(Grid, VisitsEveryPointOnceInAnOrderOfItsSeed) {
  const SearchSpace space = testing::small_finite_space();
  const Slice slice = whole_space(space);

  const auto configs = visit_all(space, slice, 1);

  ASSERT_EQ(configs.size(), 12u);
  for (std::size_t i = 0; i < configs.size(); ++i) {
    EXPECT_TRUE(space.contains(configs[i]));
    for (std::size_t k = 0; k < i; ++k) EXPECT_FALSE(same_config(configs[i], configs[k]));
  }
  const auto same_order = [&](const std::vector<Config>& other) {
    return std::equal(configs.begin(), configs.end(), other.begin(), other.end(), same_config);
  };
  EXPECT_TRUE(same_order(visit_all(space, slice, 1)));
  EXPECT_FALSE(same_order(visit_all(space, slice, 2)));
  EXPECT_TRUE(GridSampler({}).ends());
}

TEST(Grid, GivesAPointAgainThatWasGivenBack) {
  const SearchSpace space = testing::box_space(2);
  const Slice slice = whole_space(space);
  GridSampler sampler({});
  History history({Direction::Minimize});
  Rng rng = Rng::for_trial(1, 0);
  const Config first = sampler.suggest(open_task(space, slice), history, rng)->config;
  history.apply(testing::running(0, first));
  const Config second = sampler.suggest(open_task(space, slice), history, rng)->config;
  history.apply(testing::running(1, second));

  history.remove(0);

  EXPECT_FALSE(same_config(first, second));
  EXPECT_TRUE(same_config(sampler.suggest(open_task(space, slice), history, rng)->config, first));
}

TEST(Grid, DrawsFromAGridThatIsTooLargeToList) {
  const SearchSpace space = testing::box_space(200);
  const Slice slice = whole_space(space);
  const History history({Direction::Minimize});
  Rng rng = Rng::for_trial(1, 0);

  const auto suggestion = GridSampler({}).suggest(open_task(space, slice), history, rng);

  ASSERT_TRUE(suggestion);
  const std::set<double> values(suggestion->config.begin(), suggestion->config.end());
  EXPECT_THAT(values, ElementsAre(0, 0.25, 0.5, 0.75, 1));
}

TEST(Grid, SaysThatAlmostNothingOfALargeGridMeetsRequire) {
  const SearchSpace space = testing::box_space(200);
  const Slice slice = whole_space(space);
  const History history({Direction::Minimize});
  Task task = open_task(space, slice);
  task.admissible = [](const Config&) { return false; };
  Rng rng = Rng::for_trial(1, 0);
  GridSampler sampler({});

  EXPECT_THROW(static_cast<void>(sampler.suggest(task, history, rng)), Error);
}

}  // namespace
}  // namespace studyhall::sampler
