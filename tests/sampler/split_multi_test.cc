#include "sampler/tpe/split_multi.h"

#include <gtest/gtest.h>

#include <limits>

#include "core/hypervolume.h"
#include "sampler/tpe/split.h"
#include "sampler/tpe/tpe_sampler.h"
#include "tests/sampler/histories.h"
#include "tests/support/golden.h"
#include "tests/support/spaces.h"

namespace studyhall::sampler::tpe {
namespace {

using testing::complete;

using Positions = std::vector<std::size_t>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<Direction> directions_of(const Json& names) {
  std::vector<Direction> directions;
  for (const Json& name : names) {
    directions.push_back(name == "maximize" ? Direction::Maximize : Direction::Minimize);
  }
  return directions;
}

Split split_of(const std::vector<Observation>& trials, const std::vector<Direction>& directions) {
  std::vector<const Observation*> pointers;
  for (const Observation& trial : trials) pointers.push_back(&trial);
  return split(pointers, directions);
}

Observation several(std::int64_t number, std::vector<double> values) {
  Observation trial = complete(number, {0}, 0);
  trial.values = std::move(values);
  return trial;
}

// [state, values, constraint] as the file has it.
Observation observation_of(const Json& entry, std::int64_t number) {
  const auto number_of = [](const Json& value) {
    if (value.is_number()) return value.get<double>();
    return value == "inf" ? kInfinity : -kInfinity;
  };
  if (entry[0] == "running") return testing::running(number, {0});
  if (entry[0] == "pruned") return testing::pruned(number, {0}, -1, kInactive);
  Observation trial = complete(number, {0}, 0);
  trial.values.clear();
  for (const Json& value : entry[1]) trial.values.push_back(number_of(value));
  if (!entry[2].is_null()) trial.constraints = {entry[2].get<double>()};
  return trial;
}

TEST(GammaMulti, IsATenthRoundedUpWithoutBound) {
  EXPECT_EQ(gamma_multi(0), 0U);
  EXPECT_EQ(gamma_multi(1), 1U);
  EXPECT_EQ(gamma_multi(10), 1U);
  EXPECT_EQ(gamma_multi(11), 2U);
  EXPECT_EQ(gamma_multi(1000), 100U);
}

TEST(BestByRank, TakesWholeRanksAndCutsTheNextByVolume) {
  // Rank 0: the first two. Rank 1, cut to one with the reference (4.4, 4.4): of (2, 4), (3, 3) and
  // (4, 2) the middle one has the largest box, 1.96 against 0.96.
  const std::vector<Losses> points{{1, 2}, {2, 1}, {2, 4}, {3, 3}, {4, 2}};
  EXPECT_EQ(best_by_rank(points, 0), Positions{});
  EXPECT_EQ(best_by_rank(points, 2), (Positions{0, 1}));
  EXPECT_EQ(best_by_rank(points, 3), (Positions{0, 1, 3}));
  EXPECT_EQ(best_by_rank(points, 5), (Positions{0, 1, 2, 3, 4}));
}

TEST(SplitOfSeveral, IsOptunas) {
  const Json golden = testing::load_golden("pareto_optuna5.json").at("splits");
  ASSERT_EQ(golden.size(), 15U);
  for (const Json& item : golden) {
    std::vector<Observation> trials;
    for (const Json& entry : item.at("trials")) {
      trials.push_back(observation_of(entry, std::ssize(trials)));
    }

    const Split result = split_of(trials, directions_of(item.at("directions")));

    EXPECT_EQ(result.below, item.at("below").get<Positions>()) << trials.size() << " trials";
    EXPECT_EQ(result.above, item.at("above").get<Positions>()) << trials.size() << " trials";
  }
}

TEST(SplitOfSeveral, FillsUpWithPrunedThenInfeasible) {
  std::vector<Observation> trials{several(0, {1, 1}), testing::pruned(1, {0}, -1, kInactive)};
  for (int i = 2; i < 25; ++i) {
    trials.push_back(several(i, {0, 0}));
    trials.back().constraints = {static_cast<double>(30 - i)};
  }
  const std::vector<Direction> both{Direction::Minimize, Direction::Maximize};
  EXPECT_EQ(split_of(trials, both).below, (Positions{0, 1, 24}));
}

TEST(SplitOfSeveral, PlacesAWrongNumberOfValuesLast) {
  std::vector<Observation> trials{several(0, {}), several(1, {5, kInactive}), several(2, {5, 5})};
  EXPECT_EQ(split_of(trials, {Direction::Minimize, Direction::Minimize}).below, Positions{2});
}

// Two objectives whose front lies at y = z = 0: x and (1 - sqrt x).
std::vector<double> zdt1(const Config& config) {
  const double g = 1 + 9 * (config[1] + config[2]) / 2;
  return {config[0], g * (1 - std::sqrt(config[0] / g))};
}

double volume_after(Sampler& sampler, std::uint64_t seed, std::vector<Direction> directions) {
  const SearchSpace space = testing::box_space(3);
  const Slice slice = whole_space(space);
  History history(directions);
  std::vector<Losses> points;
  for (int i = 0; i < 100; ++i) {
    Rng rng = Rng::for_trial(seed, i);
    const Config config = sampler.suggest(testing::open_task(space, slice), history, rng)->config;
    points.push_back(zdt1(config));
    Observation trial = several(i, losses(points.back(), directions));
    trial.config = config;
    history.apply(std::move(trial));
  }
  return hypervolume(points, Losses{1.1, 4});
}

TEST(TpeSampler, FindsALargerFrontThanRandomDraws) {
  // The whole front has 1.1 * 4 - 1/3 = 4.07.
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    TpeSampler tpe({});
    TpeSampler random({.startup = 1000});
    const std::vector<Direction> small{Direction::Minimize, Direction::Minimize};
    const double drawn = volume_after(random, seed, small);
    EXPECT_GT(volume_after(tpe, seed, small), drawn + 0.3);
    EXPECT_GT(volume_after(tpe, seed, {Direction::Minimize, Direction::Maximize}), drawn + 0.3);
    EXPECT_GT(volume_after(tpe, seed, {Direction::Maximize, Direction::Maximize}), drawn + 0.3);
  }
}

TEST(TpeSampler, ModelsSeveralObjectivesOneParameterAtATimeUnlessAsked) {
  const SearchSpace space = testing::box_space(2);
  const Slice slice = whole_space(space);
  const auto draw = [&](std::optional<bool> multivariate, std::size_t objectives) {
    History history(std::vector<Direction>(objectives, Direction::Minimize));
    for (int i = 0; i < 30; ++i) {
      const double x = 0.03 * i;
      history.apply(several(i, std::vector<double>(objectives, x)));
      Observation trial = history.observations().back();
      trial.config = {x, 1 - x};
      history.apply(trial);
    }
    Rng rng = Rng::for_trial(1, 30);
    return TpeSampler({.multivariate = multivariate})
        .suggest(testing::open_task(space, slice), history, rng)
        ->config;
  };
  EXPECT_EQ(draw({}, 2), draw(false, 2));
  EXPECT_NE(draw({}, 2), draw(true, 2));
  EXPECT_EQ(draw({}, 1), draw(true, 1));
}

}  // namespace
}  // namespace studyhall::sampler::tpe
