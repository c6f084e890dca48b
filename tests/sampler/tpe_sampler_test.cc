#include "sampler/tpe/tpe_sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "sampler/random.h"
#include "tests/sampler/histories.h"
#include "tests/support/spaces.h"

namespace studyhall::sampler::tpe {
namespace {

using testing::complete;
using testing::failed;
using testing::fresh_task;
using testing::make_categorical;
using testing::make_float;
using testing::make_history;
using testing::make_int;
using testing::make_space;
using testing::open_task;
using testing::running;

std::optional<Suggestion> suggest(const SearchSpace& space, const Slice& slice,
                                  const History& history, std::int64_t number,
                                  const Options& options = {}) {
  Rng rng = Rng::for_trial(9, number);
  return TpeSampler(options).suggest(open_task(space, slice), history, rng);
}

TEST(TpeSampler, DrawsAtRandomUntilTenTrialsAreTold) {
  const SearchSpace space = testing::box_space(2);
  const Slice slice = whole_space(space);
  std::vector<Observation> trials;
  for (int i = 0; i < 9; ++i) trials.push_back(complete(i, {0.5, 0.1 * i}, i));
  trials.push_back(running(9, {0.2, 0.2}));
  trials.push_back(failed(10, {0.3, 0.2}, true));

  EXPECT_EQ(suggest(space, slice, make_history(trials), 11)->sampler, "random");

  trials.push_back(testing::pruned(11, {0.4, 0.4}, 1, 3));
  EXPECT_EQ(suggest(space, slice, make_history(trials), 12)->sampler, "tpe");
  EXPECT_EQ(suggest(space, slice, make_history({}), 0, {.startup = 0})->sampler, "tpe");
}

// Median of f over the last third of a run must be far below random search's.
double late_median(const Options& options, Direction direction, std::int64_t seed) {
  const SearchSpace space = make_space(
      {make_float("x", -5, 5), make_int("n", 0, 40), make_categorical("c", {"a", "b", "c", "d"})});
  const Slice slice = whole_space(space);
  const double sign = direction == Direction::Minimize ? 1 : -1;
  History history({direction});
  TpeSampler sampler(options);
  std::vector<double> late;
  for (int i = 0; i < 90; ++i) {
    Rng rng = Rng::for_trial(static_cast<std::uint64_t>(seed), i);
    const Config config = sampler.suggest(open_task(space, slice), history, rng)->config;
    const double value =
        std::pow(config[0] - 1, 2) + std::pow((config[1] - 30) / 8, 2) + (config[2] == 2 ? 0 : 5);
    history.apply(complete(i, config, sign * value));
    if (i >= 60) late.push_back(value);
  }
  std::nth_element(late.begin(), late.begin() + 15, late.end());
  return late[15];
}

TEST(TpeSampler, ConcentratesWhereValuesAreGood) {
  for (std::int64_t seed = 0; seed < 3; ++seed) {
    // Random search's median is 14.
    for (const Mode mode : {Mode::Default, Mode::Optuna5}) {
      EXPECT_LT(late_median({.mode = mode}, Direction::Minimize, seed), 7);
      EXPECT_LT(late_median({.mode = mode, .multivariate = false}, Direction::Maximize, seed), 7);
    }
  }
}

TEST(TpeSampler, KeepsAwayFromRunningTrials) {
  const SearchSpace space = make_space({make_float("x", 0, 1)});
  const Slice slice = whole_space(space);
  std::vector<Observation> trials;
  for (int i = 0; i < 40; ++i) {
    const double x = 0.025 * i;
    trials.push_back(complete(i, {x}, std::pow(x - 0.5, 2)));
  }
  const auto near_half = [&](const std::vector<Observation>& known) {
    const History history = make_history(known);
    int count = 0;
    for (int i = 0; i < 100; ++i) {
      count += std::abs(suggest(space, slice, history, i)->config[0] - 0.5) < 0.03;
    }
    return count;
  };
  const int alone = near_half(trials);
  for (int i = 40; i < 60; ++i) trials.push_back(running(i, {0.5}));

  const int crowded = near_half(trials);

  EXPECT_GT(alone, 25);
  EXPECT_LT(crowded, alone / 2);
}

TEST(TpeSampler, LearnsFromConfigurationsThatFailed) {
  const SearchSpace space = make_space({make_float("x", 0, 1)});
  const Slice slice = whole_space(space);
  std::vector<Observation> trials;
  for (int i = 0; i < 20; ++i) trials.push_back(complete(i, {0.05 * i}, 1 - 0.05 * i));
  // The best values are at 0.9 and 0.95, the failures above 0.92.
  const auto among_failures = [&](bool at_fault) {
    std::vector<Observation> known = trials;
    for (int i = 20; i < 60; ++i) known.push_back(failed(i, {0.921 + 0.0019 * (i - 20)}, at_fault));
    const History history = make_history(known);
    int count = 0;
    for (int i = 0; i < 200; ++i) {
      count += suggest(space, slice, history, i)->config[0] > 0.92;
    }
    return count;
  };

  EXPECT_GT(among_failures(false), 50);
  EXPECT_LT(among_failures(true), among_failures(false) / 2);
}

TEST(TpeSampler, MovesOnlyWhatTheSliceFrees) {
  const SearchSpace space = testing::mixed_space();
  std::vector<Observation> trials;
  Rng draws = Rng::for_trial(3, 0);
  for (int i = 0; i < 30; ++i) {
    trials.push_back(complete(i, draw_uniform(space, whole_space(space), draws), i));
  }
  const History history = make_history(trials);
  Slice slice = whole_space(space);
  const std::size_t layers = *space.find("layers");
  const std::size_t optimizer = *space.find("optimizer");
  for (const char* name : {"lr", "optimizer", "momentum", "nesterov"}) {
    Domain& domain = slice.domains[*space.find(name)];
    domain.free = false;
    domain.held = space.params()[*space.find(name)].default_or_middle();
  }
  slice.domains[layers].low = slice.domains[layers].high - 1;

  for (int i = 0; i < 30; ++i) {
    const std::optional<Suggestion> suggestion = suggest(space, slice, history, i);
    ASSERT_TRUE(suggestion);
    EXPECT_EQ(suggestion->sampler, "tpe");
    EXPECT_TRUE(slice.contains(space, suggestion->config));
    EXPECT_EQ(suggestion->config[optimizer], slice.domains[optimizer].held);
  }
}

TEST(TpeSampler, GoesByWhatIsHeld) {
  const SearchSpace space = make_space({make_float("x", 0, 1), make_float("y", 0, 1)});
  std::vector<Observation> trials;
  Rng draws = Rng::for_trial(8, 0);
  for (int i = 0; i < 200; ++i) {
    const double x = draws.uniform();
    const double y = draws.uniform();
    trials.push_back(complete(i, {x, y}, std::pow(x - y, 2)));
  }
  const History history = make_history(trials);
  for (const double held : {0.25, 0.75}) {
    Slice slice = whole_space(space);
    slice.domains[1].free = false;
    slice.domains[1].held = held;
    int near = 0;
    for (int i = 0; i < 100; ++i) {
      near += std::abs(suggest(space, slice, history, i)->config[0] - held) < 0.2;
    }
    // Two fifths of uniform draws are.
    EXPECT_GT(near, 75);
  }
}

TEST(TpeSampler, OfEachParameterAloneNoneGoesByWhatIsHeld) {
  const SearchSpace space = make_space({make_float("x", 0, 1), make_float("y", 0, 1)});
  std::vector<Observation> trials;
  Rng draws = Rng::for_trial(8, 0);
  for (int i = 0; i < 60; ++i) {
    const double x = draws.uniform();
    const double y = draws.uniform();
    trials.push_back(complete(i, {x, y}, std::pow(x - y, 2)));
  }
  const History history = make_history(trials);
  Slice low = whole_space(space);
  low.domains[1].free = false;
  low.domains[1].held = 0.25;
  Slice high = low;
  high.domains[1].held = 0.75;
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(suggest(space, low, history, i, {.multivariate = false})->config[0],
              suggest(space, high, history, i, {.multivariate = false})->config[0]);
  }
}

TEST(TpeSampler, LearnsAConditionalParameterFromTheTrialsThatHadIt) {
  std::vector<Parameter> params = {make_categorical("kind", {"plain", "fancy"})};
  params.push_back(testing::when(make_float("knob", 0, 1), params, "kind", {"fancy"}));
  const SearchSpace space = make_space(params);
  const Slice slice = whole_space(space);
  std::vector<Observation> trials;
  for (int i = 0; i < 80; ++i) {
    const bool fancy = i % 2 == 0;
    const double knob = static_cast<double>(i) / 80;
    trials.push_back(complete(i, {fancy ? 1.0 : 0.0, fancy ? knob : kInactive},
                              fancy ? std::abs(knob - 0.8) : 0.9));
  }
  const History history = make_history(trials);
  int near = 0;
  int fancy = 0;

  for (int i = 0; i < 100; ++i) {
    const Config config = suggest(space, slice, history, i)->config;
    ASSERT_TRUE(space.contains(config));
    if (config[0] != 1) continue;
    ++fancy;
    near += std::abs(config[1] - 0.8) < 0.15;
  }

  EXPECT_GT(fancy, 80);
  EXPECT_GT(near, fancy * 6 / 10);
}

TEST(TpeSampler, JudgesAParameterThatOnlyGoodTrialsHad) {
  std::vector<Parameter> params = {make_categorical("kind", {"plain", "fancy"})};
  params.push_back(testing::when(make_float("knob", 0, 1), params, "kind", {"fancy"}));
  const SearchSpace space = make_space(params);
  const Slice slice = whole_space(space);
  // The two best of eleven trials are the only ones with the conditional parameter, near 0.8.
  std::vector<Observation> trials;
  for (int i = 0; i < 9; ++i) trials.push_back(complete(i, {0, kInactive}, 5 + i));
  trials.push_back(complete(9, {1, 0.8}, 0));
  trials.push_back(complete(10, {1, 0.82}, 1));
  const History history = make_history(trials);
  int fancy = 0;
  for (int i = 0; i < 100; ++i) {
    const Config config = suggest(space, slice, history, i)->config;
    if (config[0] != 1) continue;
    ++fancy;
    // A third of the draws come from the uniform prior; of 24 the best must be a good one.
    EXPECT_NEAR(config[1], 0.81, 0.15);
  }
  EXPECT_GT(fancy, 50);
}

TEST(TpeSampler, LeavesOutTrialsOutsideANarrowedRange) {
  const SearchSpace space = make_space({make_float("x", 0, 1)});
  Slice slice = whole_space(space);
  slice.domains[0].low = 0.6;
  slice.domains[0].high = 1;
  // Best of all at 0.1; within the slice at 0.9.
  std::vector<Observation> inside;
  std::vector<Observation> all;
  for (int i = 0; i < 40; ++i) {
    const double x = 0.025 * i;
    const Observation trial = complete(i, {x}, x < 0.5 ? std::abs(x - 0.1) : std::abs(x - 0.9) + 1);
    all.push_back(trial);
    if (x >= 0.6) inside.push_back(trial);
  }

  int near = 0;
  for (int i = 0; i < 50; ++i) {
    const Config with_all = suggest(space, slice, make_history(all), i)->config;
    const Config with_inside = suggest(space, slice, make_history(inside), i)->config;
    EXPECT_EQ(with_all, with_inside);
    near += std::abs(with_all[0] - 0.9) < 0.1;
  }
  EXPECT_GT(near, 30);
}

TEST(TpeSampler, TakesTheBestCandidateThatIsAdmissible) {
  const SearchSpace space = testing::small_finite_space();
  const Slice slice = whole_space(space);
  std::vector<Observation> trials;
  Rng draws = Rng::for_trial(6, 0);
  for (int i = 0; i < 10; ++i) {
    const History history = make_history(trials);
    const std::optional<Config> config =
        draw_admissible(fresh_task(space, slice, history), 1000, draws);
    ASSERT_TRUE(config);
    trials.push_back(complete(i, *config, i));
  }
  const History history = make_history(trials);
  const Task task = fresh_task(space, slice, history);
  for (const bool multivariate : {true, false}) {
    int found = 0;
    for (int i = 0; i < 20; ++i) {
      Rng rng = Rng::for_trial(7, i);
      const std::optional<Suggestion> suggestion =
          TpeSampler({.mode = Mode::Optuna5, .multivariate = multivariate})
              .suggest(task, history, rng);
      if (!suggestion) continue;
      EXPECT_TRUE(task.admissible(suggestion->config));
      ++found;
    }
    // Two of twelve configurations are left.
    EXPECT_GT(found, 15);
  }
}

TEST(TpeSampler, GivesUpWhereNothingIsAdmissible) {
  const SearchSpace space = testing::box_space(2);
  const Slice slice = whole_space(space);
  int calls = 0;
  const Task task{.space = space, .slice = slice, .admissible = [&](const Config&) {
                    ++calls;
                    return false;
                  }};
  Rng rng = Rng::for_trial(1, 0);

  EXPECT_FALSE(TpeSampler({.startup = 0}).suggest(task, make_history({}), rng));
  EXPECT_EQ(calls, 240);
}

}  // namespace
}  // namespace studyhall::sampler::tpe
