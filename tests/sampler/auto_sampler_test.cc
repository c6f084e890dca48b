#include "sampler/auto_sampler.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "tests/sampler/histories.h"
#include "tests/support/spaces.h"

namespace studyhall::sampler {
namespace {

using testing::complete;
using testing::make_float;
using testing::make_history;
using testing::make_space;
using testing::open_task;

const SearchSpace& plane() {
  static const SearchSpace space = make_space({make_float("x", 0, 1), make_float("y", 0, 1)});
  return space;
}

History finished(int trials, const std::vector<Direction>& directions = {Direction::Minimize}) {
  History history(directions);
  for (int i = 0; i < trials; ++i) {
    Observation trial = complete(i, {0.37 * i - static_cast<int>(0.37 * i), 0.001 * i}, 0.1 * i);
    trial.values.resize(directions.size(), 1.0);
    history.apply(trial);
  }
  return history;
}

// Who made the suggestions for 80 trials.
std::map<std::string, int> makers(const History& history, std::size_t tpe_every = 0) {
  const Slice slice = whole_space(plane());
  AutoSampler sampler({.gp_results = 20, .tpe_every = tpe_every});
  std::map<std::string, int> count;
  for (int i = 0; i < 80; ++i) {
    Rng rng = Rng::for_trial(3, i);
    ++count[sampler.suggest(open_task(plane(), slice), history, rng)->sampler];
  }
  return count;
}

TEST(AutoSampler, BeginsLocallyThenModelsThenEvolves) {
  EXPECT_EQ(makers(finished(0)), (std::map<std::string, int>{{"start", 80}}));
  EXPECT_EQ(makers(finished(19)), (std::map<std::string, int>{{"gp", 80}}));
  EXPECT_EQ(makers(finished(20)), (std::map<std::string, int>{{"cmaes", 80}}));
  std::map<std::string, int> late = makers(finished(20), 8);
  EXPECT_EQ(late["cmaes"] + late["tpe"], 80);
  EXPECT_GT(late["tpe"], 2);  // of 80 / 8
  EXPECT_GT(late["cmaes"], 50);
}

TEST(AutoSampler, LeavesSeveralObjectivesToTpe) {
  const History history = finished(15, {Direction::Minimize, Direction::Maximize});
  EXPECT_EQ(makers(history), (std::map<std::string, int>{{"tpe", 80}}));
}

TEST(AutoSampler, SuggestsWhatAFreshOneSuggests) {
  const Slice slice = whole_space(plane());
  AutoSampler lived({.gp_results = 20});
  for (int n = 0; n < 60; n += 3) {
    const History history = finished(n);
    Rng a = Rng::for_trial(3, n);
    Rng b = Rng::for_trial(3, n);
    EXPECT_EQ(
        lived.suggest(open_task(plane(), slice), history, a)->config,
        AutoSampler({.gp_results = 20}).suggest(open_task(plane(), slice), history, b)->config)
        << n;
  }
}

}  // namespace
}  // namespace studyhall::sampler
