#include "sampler/gp/gp_sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "sampler/random.h"
#include "tests/sampler/histories.h"
#include "tests/support/spaces.h"

namespace studyhall::sampler::gp {
namespace {

using testing::complete;
using testing::fresh_task;
using testing::make_categorical;
using testing::make_float;
using testing::make_history;
using testing::make_int;
using testing::make_space;
using testing::open_task;
using testing::running;
using testing::same_config;

double bowl(const Config& config) {
  double sum = 0;
  for (std::size_t i = 0; i < config.size(); ++i) {
    sum += std::pow(config[i] - 0.3 - 0.05 * static_cast<double>(i), 2);
  }
  return sum;
}

std::vector<Observation> random_trials(const SearchSpace& space, int count,
                                       const std::function<double(const Config&)>& f) {
  std::vector<Observation> trials;
  for (int i = 0; i < count; ++i) {
    Rng rng = Rng::for_trial(4, i);
    const Config config = draw_uniform(space, whole_space(space), rng);
    trials.push_back(complete(i, config, f(config)));
  }
  return trials;
}

Suggestion suggest(const SearchSpace& space, const Slice& slice, const History& history,
                   std::int64_t number = 1000) {
  Rng rng = Rng::for_trial(5, number);
  GpSampler sampler({});
  return *sampler.suggest(fresh_task(space, slice, history), history, rng);
}

Suggestion suggest(const SearchSpace& space, const std::vector<Observation>& trials) {
  return suggest(space, whole_space(space), make_history(trials));
}

// The trials after `count` suggestions, each told before the next.
std::vector<Observation> search(const SearchSpace& space, int count,
                                const std::function<Observation(Observation)>& run) {
  const Slice slice = whole_space(space);
  GpSampler sampler({});
  History history({Direction::Minimize});
  for (int i = 0; i < count; ++i) {
    Rng rng = Rng::for_trial(6, i);
    const auto next = sampler.suggest(fresh_task(space, slice, history), history, rng);
    Observation trial = running(i, next->config);
    trial.sampler = next->sampler;
    trial.state = TrialState::Complete;
    history.apply(run(trial));
  }
  return {history.observations().begin(), history.observations().end()};
}

TEST(GpSampler, FindsTheBottomOfABowl) {
  const auto trials = search(testing::box_space(4), 30, [](Observation trial) {
    trial.values = {bowl(trial.config)};
    return trial;
  });

  double best = 1;
  for (const Observation& trial : trials) best = std::min(best, trial.values[0]);
  // 30 uniform draws reach about 0.05.
  EXPECT_LT(best, 1e-4);
  EXPECT_EQ(trials[4].sampler, "start");
  EXPECT_EQ(trials[5].sampler, "gp");
}

// The optimum of x + y over x + y >= 1, learned from results, lies on the line.
TEST(GpSampler, FindsAnOptimumAtTheEdgeOfAConstraint) {
  const auto trials = search(testing::box_space(2), 30, [](Observation trial) {
    trial.values = {trial.config[0] + 2 * trial.config[1]};
    trial.constraints = {1 - trial.config[0] - trial.config[1]};
    return trial;
  });

  double best = 3;
  for (const Observation& trial : trials) {
    if (trial.violation() == 0) best = std::min(best, trial.values[0]);
  }
  EXPECT_LT(best, 1.02);
}

TEST(GpSampler, LooksForFeasibilityWhereNothingIsFeasible) {
  const SearchSpace space = testing::box_space(2);
  std::vector<Observation> trials = random_trials(space, 12, bowl);
  for (Observation& trial : trials) trial.constraints = {0.2 + trial.config[0]};

  EXPECT_LT(suggest(space, trials).config[0], 0.1);
}

TEST(GpSampler, KeepsAwayFromConfigurationsThatFailed) {
  const SearchSpace space = testing::box_space(2);
  // The bowl's bottom is at (0.3, 0.35): all that is left of 0.45 fails.
  std::vector<Observation> trials = random_trials(space, 30, bowl);
  for (Observation& trial : trials) {
    if (trial.config[0] < 0.45) trial = testing::failed(trial.number, trial.config, true);
  }
  std::vector<Observation> infra = trials;
  for (Observation& trial : infra) trial.infeasible_config = false;

  EXPECT_GT(suggest(space, trials).config[0], 0.35);
  EXPECT_LT(suggest(space, infra).config[0], 0.35);
}

TEST(GpSampler, CopesWhereEverythingFails) {
  const SearchSpace space = testing::box_space(2);
  std::vector<Observation> trials;
  for (int i = 0; i < 12; ++i) trials.push_back(testing::failed(i, {0.02 * i, 0.5}, true));

  // Away from what failed.
  EXPECT_GT(suggest(space, trials).config[0], 0.5);
}

TEST(GpSampler, TakesAPrunedTrialForNoBetterThanTheMedian) {
  const SearchSpace space = testing::box_space(1);
  std::vector<Observation> trials;
  for (int i = 0; i < 9; ++i) trials.push_back(complete(i, {0.05 * i}, 1 - 0.05 * i));
  // A low early value at 0.9 is no result.
  for (int i = 9; i < 13; ++i) trials.push_back(testing::pruned(i, {0.9 + 0.01 * i}, 3, -50));

  const Series objective = training(make_history(trials), Direction::Minimize).objective;

  ASSERT_EQ(objective.size(), 13U);
  EXPECT_EQ(objective[12].target, 0.8);
  EXPECT_FALSE(objective[12].may_lead);
  EXPECT_LT(suggest(space, trials).config[0], 0.95);
}

TEST(GpSampler, KeepsAwayFromRunningTrials) {
  const SearchSpace space = testing::box_space(2);
  std::vector<Observation> trials = random_trials(space, 15, bowl);
  std::vector<Config> asked;
  for (int i = 15; i < 21; ++i) {
    const Suggestion next = suggest(space, whole_space(space), make_history(trials), i);
    for (const Config& other : asked) {
      EXPECT_GT(std::hypot(next.config[0] - other[0], next.config[1] - other[1]), 1e-3);
    }
    asked.push_back(next.config);
    trials.push_back(running(i, next.config));
  }
}

TEST(GpSampler, MovesWhatIsFreeAndLearnsFromEverybody) {
  const SearchSpace space = testing::box_space(3);
  const std::vector<Observation> trials = random_trials(space, 40, bowl);
  Slice slice = whole_space(space);
  slice.key = "W1";
  slice.domains[0].free = false;
  slice.domains[0].held = 0.9;
  slice.domains[1].low = 0.1;
  slice.domains[1].high = 0.3;

  const Suggestion next = suggest(space, slice, make_history(trials));

  EXPECT_TRUE(slice.contains(space, next.config));
  EXPECT_EQ(next.config[0], 0.9);
  // The best of the slice, known from trials outside it: (0.3, 0.4).
  EXPECT_GT(next.config[1], 0.2);
  EXPECT_NEAR(next.config[2], 0.4, 0.15);
}

// One lucky observation far from a bowl that was measured densely: the model does not believe it.
TEST(GpSampler, BeginsAroundTheObservedBestOnlyWhereAskedTo) {
  const SearchSpace space = testing::box_space(2);
  std::vector<Observation> trials;
  const auto add = [&](const Config& place, double value) {
    trials.push_back(complete(std::ssize(trials), place, value));
  };
  for (int i = 0; i < 25; ++i) {
    const Config place = {0.1 + 0.2 * (i % 5), 0.1 + 0.2 * (i / 5)};
    add(place, std::pow(place[0] - 0.3, 2) + std::pow(place[1] - 0.3, 2));
  }
  for (int i = 0; i < 4; ++i) add({0.9 + 0.001 * i, 0.9}, i == 0 ? -1.0 : 0.72);
  const auto incumbent_of = [&](Incumbent incumbent) {
    Rng rng = Rng::for_trial(5, 1000);
    const Slice slice = whole_space(space);
    const History history = make_history(trials);
    GpSampler sampler({.incumbent = incumbent});
    const auto made = sampler.suggest(fresh_task(space, slice, history), history, rng);
    return std::find_if(made->terms.begin(), made->terms.end(),
                        [](const auto& term) { return term.first == "incumbent_mean"; })
        ->second;
  };

  EXPECT_GT(incumbent_of(Incumbent::Posterior), -0.5);
  EXPECT_NEAR(incumbent_of(Incumbent::Observed), -1, 1e-9);
}

TEST(GpSampler, StaysNearTheDefaultsAtFirst) {
  const SearchSpace space = make_space({testing::with_default(make_float("x", 0, 1), 0.2),
                                        testing::with_default(make_float("y", 0, 1), 0.2)});
  std::vector<Observation> trials;
  for (int i = 0; i < 5; ++i) trials.push_back(complete(i, {0.2, 0.18 + 0.01 * i}, 1 - 0.01 * i));

  const Config config = suggest(space, trials).config;

  // Radius 0.2 + 0.3 * 5 / 15 = 0.3.
  EXPECT_LE(std::abs(config[0] - 0.2), 0.3 + 1e-9);
  EXPECT_LE(std::abs(config[1] - 0.22), 0.3 + 1e-9);
}

// Scaling by powers of two and the sign with the direction are exact in floating point.
TEST(GpSampler, IsInvariantUnderScaleAndDirection) {
  const SearchSpace space = testing::mixed_space();
  const std::vector<Observation> trials = random_trials(space, 40, [](const Config& config) {
    return std::log(config[0]) * (config[1] - 3) + (config[3] == 0 ? 1 : 0);
  });
  const Config expected = suggest(space, trials).config;
  for (const double factor : {1024.0, std::ldexp(1.0, 900), std::ldexp(1.0, -900), -4.0}) {
    std::vector<Observation> scaled = trials;
    for (Observation& trial : scaled) trial.values[0] *= factor;
    const Direction direction = factor > 0 ? Direction::Minimize : Direction::Maximize;

    const Suggestion next = suggest(space, whole_space(space), make_history(scaled, direction));

    EXPECT_TRUE(same_config(next.config, expected)) << factor;
  }
}

TEST(GpSampler, IsInvariantUnderShiftsUpToRounding) {
  const SearchSpace space = testing::box_space(2);
  const std::vector<Observation> trials = random_trials(space, 25, bowl);
  std::vector<Observation> shifted = trials;
  for (Observation& trial : shifted) trial.values[0] = 3 * trial.values[0] + 17;

  const Config a = suggest(space, trials).config;
  const Config b = suggest(space, shifted).config;

  // Rounding of 1e-16 * 17 grows along the fit and the search, which end at a gradient of 1e-2.
  EXPECT_NEAR(a[0], b[0], 1e-3);
  EXPECT_NEAR(a[1], b[1], 1e-3);
}

TEST(GpSampler, CopesWithDegenerateData) {
  const SearchSpace space = testing::mixed_space();
  const Slice slice = whole_space(space);
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const std::vector<Observation> drawn = random_trials(space, 60, [](const Config&) { return 1; });
  const auto with_values = [&](const std::function<double(int)>& value) {
    std::vector<Observation> trials = drawn;
    for (std::size_t i = 0; i < trials.size(); ++i) {
      trials[i].values = {value(static_cast<int>(i))};
    }
    return trials;
  };
  std::vector<Observation> repeated = drawn;
  for (std::size_t i = 0; i < repeated.size(); ++i) {
    repeated[i].config = drawn[0].config;
    repeated[i].values = {std::sin(static_cast<double>(i))};
  }
  const std::vector<std::vector<Observation>> histories = {
      {complete(0, drawn[0].config, 3)},
      drawn,
      repeated,
      with_values([](int i) { return i == 7 ? 1e300 : 1.0; }),
      with_values([](int i) { return i % 2 == 0 ? 1e308 : -1e308; }),
      with_values([](int i) { return 1e-300 * i; }),
      with_values([](int i) { return i % 3 == 0   ? kInfinity
                                     : i % 3 == 1 ? -kInfinity
                                                  : i; }),
      with_values([](int) { return kInfinity; }),
      with_values([](int) { return std::numeric_limits<double>::quiet_NaN(); }),
  };
  for (std::size_t h = 0; h < histories.size(); ++h) {
    GpSampler sampler({.startup = 1});
    Rng rng = Rng::for_trial(8, 0);
    const auto next = sampler.suggest(open_task(space, slice), make_history(histories[h]), rng);
    ASSERT_TRUE(next) << h;
    EXPECT_TRUE(space.contains(next->config)) << h;
  }
}

// Beyond the points that a fit looks at, and across two sizes at which it fits anew.
TEST(GpSampler, SaysTheSameAfterARestartAtAnySize) {
  const SearchSpace space = make_space(
      {make_float("x", 0, 1), make_int("k", 0, 30), make_categorical("c", {"a", "b", "z"})});
  const Slice slice = whole_space(space);
  const std::vector<Observation> trials = random_trials(space, 345, [](const Config& config) {
    return std::pow(config[0] - 0.3, 2) + 0.01 * std::abs(config[1] - 11) +
           (config[2] == 1 ? 0 : 1);
  });
  GpSampler lived({});
  History history({Direction::Minimize});
  for (const Observation& trial : trials) {
    history.apply(trial);
    const bool ask =
        trial.number % 16 == 0 || trial.number > 335 || (trial.number > 28 && trial.number < 36);
    if (!ask) continue;
    Rng first = Rng::for_trial(9, trial.number);
    Rng second = first;
    const auto a = lived.suggest(open_task(space, slice), history, first);
    const auto b = GpSampler({}).suggest(open_task(space, slice), history, second);
    ASSERT_EQ(a->config, b->config) << trial.number;
  }
}

TEST(GpSampler, FitsAtSizesThatGrowByAFifteenth) {
  EXPECT_EQ(fit_size(1), 1U);
  EXPECT_EQ(fit_size(30), 30U);
  EXPECT_EQ(fit_size(31), 30U);
  EXPECT_EQ(fit_size(32), 32U);
  EXPECT_EQ(fit_size(100), 98U);
  for (std::size_t n = 1; n < 2000; ++n) {
    EXPECT_LE(fit_size(n), n);
    EXPECT_GE(16 * fit_size(n), 15 * n);
    EXPECT_EQ(fit_size(fit_size(n)), fit_size(n));
  }
}

TEST(GpSampler, NeverSuggestsWhatIsNotAdmissible) {
  const SearchSpace space = testing::small_finite_space();
  const Slice slice = whole_space(space);
  History history({Direction::Minimize});
  GpSampler sampler({});
  for (int i = 0; i < 12; ++i) {
    Rng rng = Rng::for_trial(10, i);
    const auto next = sampler.suggest(fresh_task(space, slice, history), history, rng);
    ASSERT_TRUE(next) << i;
    history.apply(complete(i, next->config, next->config[0]));
  }
  Rng rng = Rng::for_trial(10, 12);
  EXPECT_FALSE(sampler.suggest(fresh_task(space, slice, history), history, rng));
}

}  // namespace
}  // namespace studyhall::sampler::gp
