#include "sampler/local_start.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "sampler/moves.h"
#include "tests/sampler/histories.h"
#include "tests/support/spaces.h"

namespace studyhall::sampler {
namespace {

using testing::complete;
using testing::infeasible;
using testing::make_categorical;
using testing::make_float;
using testing::make_history;
using testing::make_int;
using testing::make_log_float;
using testing::make_ordered;
using testing::make_space;
using testing::open_task;
using testing::with_default;

SearchSpace space_with_defaults() {
  return make_space({with_default(make_float("x", 0, 10), 8.0),
                     with_default(make_categorical("c", {"a", "b", "z"}), "b"),
                     with_default(make_int("k", 0, 100), 50)});
}

TEST(LocalStart, BeginsWithTheDefaults) {
  const SearchSpace space = space_with_defaults();
  const Slice slice = whole_space(space);
  Rng rng = Rng::for_trial(1, 0);

  const auto first =
      LocalStart().suggest(open_task(space, slice), make_history({}), Direction::Minimize, rng);

  ASSERT_TRUE(first);
  EXPECT_EQ(first->config, (Config{8, 1, 50}));
  EXPECT_EQ(first->sampler, "start");
}

// Of 2,000 changes: standard errors of the shares are at most 0.011.
TEST(LocalStart, ChangesSomeParametersOfTheBestSoFar) {
  const SearchSpace space = space_with_defaults();
  const Slice slice = whole_space(space);
  const History history =
      make_history({complete(0, {8, 1, 50}, 3), complete(1, {4, 2, 40}, 5)}, Direction::Maximize);
  LocalStart start;
  constexpr int kDraws = 2000;
  int same_x = 0;
  int same_c = 0;
  for (int i = 0; i < kDraws; ++i) {
    Rng rng = Rng::for_trial(2, i);
    const Config config =
        start.suggest(open_task(space, slice), history, Direction::Maximize, rng)->config;
    EXPECT_GE(config[0], 1);
    EXPECT_LE(config[0], 7);
    EXPECT_LE(std::abs(config[2] - 40), 30.5);
    same_x += config[0] == 4;
    same_c += config[1] == 2;
  }
  EXPECT_NEAR(same_x / double(kDraws), 0.3, 0.05);
  EXPECT_NEAR(same_c / double(kDraws), 1 - 0.7 * 0.35 * 2 / 3, 0.05);
}

TEST(LocalStart, FillsASpaceWithoutDefaultsEvenly) {
  const SearchSpace space = testing::box_space(3);
  const Slice slice = whole_space(space);
  LocalStart start;
  History history({Direction::Minimize});
  std::set<int> cells;
  for (int i = 0; i < 8; ++i) {
    Rng rng = Rng::for_trial(3, i);
    Observation trial = testing::running(
        i, start.suggest(open_task(space, slice), history, Direction::Minimize, rng)->config);
    trial.sampler = "start";
    cells.insert(static_cast<int>(trial.config[0] * 8));
    history.apply(trial);
  }
  EXPECT_EQ(cells.size(), 8U);
}

TEST(LocalStart, GoesOnFromTheBestOfThreeWhereThereAreNoDefaults) {
  const SearchSpace space = testing::box_space(2);
  const Slice slice = whole_space(space);
  std::vector<Observation> trials = {complete(0, {.9, .9}, 3), complete(1, {.1, .1}, 1)};
  const auto far = [&] {
    double most = 0;
    for (int i = 0; i < 50; ++i) {
      Rng rng = Rng::for_trial(4, i);
      History history = make_history(trials);
      for (int k = 0; k < i; ++k) {
        Observation trial = testing::running(10 + k, {.5, .5});
        trial.sampler = "start";
        history.apply(trial);
      }
      const auto next =
          LocalStart().suggest(open_task(space, slice), history, Direction::Minimize, rng);
      most = std::max({most, next->config[0], next->config[1]});
    }
    return most;
  };

  EXPECT_GT(far(), 0.9);
  trials.push_back(complete(2, {.5, .5}, 2));
  EXPECT_LE(far(), 0.4);
}

TEST(LocalStart, PrefersFeasibleTrialsAndThenSmallViolations) {
  const SearchSpace space = testing::box_space(1);
  const Slice slice = whole_space(space);
  const auto best = [&](std::vector<Observation> trials) {
    return best_so_far(space, slice, make_history(std::move(trials)), Direction::Minimize)[0];
  };

  EXPECT_EQ(best({infeasible(0, {.1}, -9, 2), infeasible(1, {.2}, 9, 1)}), .2);
  EXPECT_EQ(best({infeasible(0, {.1}, -9, 2), complete(1, {.3}, 5), complete(2, {.4}, 6)}), .3);
  EXPECT_EQ(best({}), .5);
}

TEST(LocalStart, StartsWithFiveTrialsOrHalfTheParametersOrAllThereAre) {
  const SearchSpace small = testing::box_space(3);
  const SearchSpace large = testing::box_space(24);
  const SearchSpace tiny = make_space({make_categorical("c", {"a", "b", "z"})});

  EXPECT_EQ(start_trials(small, whole_space(small)), 5U);
  EXPECT_EQ(start_trials(large, whole_space(large)), 12U);
  EXPECT_EQ(start_trials(tiny, whole_space(tiny)), 3U);
}

TEST(TrustRegion, WidensWithWhatWasToldUntilItIsEverything) {
  EXPECT_NEAR(trust_radius(0, 9), 0.2, 1e-12);
  EXPECT_NEAR(trust_radius(25, 9), 0.35, 1e-12);
  EXPECT_EQ(trust_radius(50, 9), 0.5);
  EXPECT_EQ(trust_radius(5000, 9), 0.5);
}

TEST(TrustRegion, IsTheSliceNearItsCenter) {
  const SearchSpace space =
      make_space({make_float("x", 0, 10), make_log_float("l", 1e-4, 1), make_int("k", 1, 10),
                  make_ordered("o", {"a", "b", "c", "d", "e"}), make_categorical("c", {"a", "b"}),
                  make_float("held", 0, 1)});
  Slice slice = whole_space(space);
  slice.domains[0].high = 5;
  slice.domains[5].free = false;
  slice.domains[5].held = 0.3;

  const Slice near = trust_region(space, slice, {4, 1e-2, 3, 1, 0, 0.3}, 0.2);

  EXPECT_EQ(near.domains[0].low, 2);
  EXPECT_EQ(near.domains[0].high, 5);
  EXPECT_NEAR(std::log10(near.domains[1].low), -2.8, 1e-9);
  EXPECT_NEAR(std::log10(near.domains[1].high), -1.2, 1e-9);
  EXPECT_EQ(near.domains[2].low, 1);
  EXPECT_EQ(near.domains[2].high, 5);
  EXPECT_EQ(near.domains[3].choices, (std::vector<std::size_t>{0, 1, 2}));
  EXPECT_EQ(near.domains[4].choices.size(), 2U);
  EXPECT_EQ(near.domains[5].held, 0.3);
}

// A parameter that is off must come on at a value of the slice, not at its default outside of it.
TEST(Moves, FillInsideTheSlice) {
  std::vector<Parameter> params = {make_categorical("c", {"a", "b", "z"})};
  params.push_back(testing::when(with_default(make_float("x", 0, 10), 8.0), params, "c", {"a"}));
  params.push_back(testing::when(make_ordered("o", {"s", "m", "l"}), params, "c", {"a"}));
  const SearchSpace space = make_space(params);
  Slice slice = whole_space(space);
  slice.domains[0].choices = {0, 1};
  slice.domains[1].high = 5;
  slice.domains[2].free = false;
  slice.domains[2].held = 1;

  EXPECT_EQ(filled(space, slice, {2, kInactive, kInactive}), (Config{0, 5, 1}));
  EXPECT_EQ(filled(space, slice, {1, 3, kInactive}), (Config{1, 3, 1}));
}

TEST(Moves, StayInTheDomainAndOnTheGrid) {
  const Parameter k = make_int("k", 0, 20, 2);
  Domain domain;
  domain.low = 4;
  domain.high = 12;

  EXPECT_EQ(moved(k, domain, 8, 0.1), 10);
  EXPECT_EQ(moved(k, domain, 8, 1), 12);
  EXPECT_EQ(neighbour(k, domain, 8, -1), 6);
  EXPECT_EQ(neighbour(k, domain, 4, -1), 4);
  EXPECT_EQ(values_in(k, domain), 5U);

  const Parameter size = make_ordered("size", {"s", "m", "l", "xl"});
  Domain some;
  some.choices = {0, 2, 3};
  EXPECT_EQ(neighbour(size, some, 0, 1), 2);
  EXPECT_EQ(neighbour(size, some, 3, 5), 3);
  EXPECT_EQ(moved(size, some, 0, 0.4), 2);
  EXPECT_EQ(value_at(size, some, 0.99), 3);
}

}  // namespace
}  // namespace studyhall::sampler
