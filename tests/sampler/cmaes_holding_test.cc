#include "sampler/cmaes/holding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "sampler/cmaes/cmaes_sampler.h"
#include "sampler/cmaes/run.h"
#include "tests/sampler/histories.h"
#include "tests/support/spaces.h"

namespace studyhall::sampler::cmaes {
namespace {

using testing::complete;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::make_categorical;
using testing::make_float;
using testing::make_history;
using testing::make_space;
using testing::open_task;

// model in {a, b, c}; kind in {u, v} of c alone; depth of kind v alone.
SearchSpace tree() {
  std::vector<Parameter> params{make_categorical("model", {"a", "b", "c"})};
  params.push_back(testing::when(make_categorical("kind", {"u", "v"}), params, "model", {"c"}));
  params.push_back(testing::when(make_categorical("depth", {"1", "2"}), params, "kind", {"v"}));
  return make_space(params);
}

Candidate choices(std::vector<int> chosen) {
  Candidate candidate;
  candidate.chosen = std::move(chosen);
  return candidate;
}

TEST(Tried, NamesTheValueWithFewestResultsButTheBestOne) {
  const SearchSpace space = tree();
  const std::vector<Choice> all = coordinates(space, whole_space(space)).choices;
  Tried tried(space, all);
  for (const int model : {0, 0, 0, 1}) tried.note(choices({model, -1, -1}));
  tried.note(choices({2, 0, -1}));
  tried.note(choices({2, 0, -1}));
  tried.note(choices({2, 1, 0}));
  tried.note(choices({2, 1, 1}));

  EXPECT_THAT(tried.least(choices({0, -1, -1})), ElementsAre(1, kFree, kFree));
  // What depth 0 needs is held with it, where b is the best.
  EXPECT_THAT(tried.least(choices({1, -1, -1})), ElementsAre(2, 1, 0));
  EXPECT_THAT(tried.least(choices({1, 1, 0})), ElementsAre(2, 1, 1));
}

TEST(Tried, HoldsNothingWhereThereIsNoChoice) {
  const SearchSpace space = testing::box_space(2);
  EXPECT_TRUE(Tried(space, {}).least(Candidate{}).empty());
}

TEST(Held, IsKeptByCandidatesWithItsValues) {
  EXPECT_TRUE(keeps({kFree, 1}, choices({0, 1})));
  EXPECT_FALSE(keeps({kFree, 1}, choices({0, 0})));
  EXPECT_FALSE(keeps({kFree, 1}, choices({0, -1})));
  EXPECT_TRUE(keeps({}, choices({})));
}

TEST(Categorical, KeepsAHeldValueWhileTheOthersLearn) {
  const std::vector<int> values{3, 2};
  Categorical distribution = uniform_categorical(values, 0.05);
  hold(distribution, 0, 2);
  Eigen::VectorXd weights(2);
  weights << 0.7, 0.3;
  for (int i = 0; i < 20; ++i) {
    tell(distribution, weights, std::vector<std::vector<int>>{{2, 1}, {2, 1}});
  }
  EXPECT_THAT(distribution.q[0], ElementsAre(0, 0, 1));
  EXPECT_NEAR(distribution.q[1][1], 0.95, 1e-12);
  EXPECT_TRUE(distribution.s.allFinite());
  Rng rng = Rng::for_trial(1, 1);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(draw(distribution, rng)[0], 2);
}

TEST(Stopping, IsLevelWhereTheLastThreeGenerationsHardlyDiffer) {
  EXPECT_TRUE(is_level({.best = {1, 5, 5, 5}, .median = {9, 5.1, 5.1, 5.1}}, 0.2));
  EXPECT_FALSE(is_level({.best = {1, 5, 5, 5}, .median = {9, 5.1, 5.3, 5.1}}, 0.2));
  EXPECT_FALSE(is_level({.best = {5, 5}, .median = {5, 5}}, 0.2)) << "two say little";
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_FALSE(is_level({.best = {inf, inf, inf}, .median = {inf, inf, inf}}, 0.2));
}

TEST(Stopping, IsHopelessFarBehindTheBest) {
  const Progress progress{.best = {5, 5, 5}, .median = {6, 6, 6}};
  EXPECT_TRUE(is_hopeless(progress, 1.9));
  EXPECT_FALSE(is_hopeless(progress, 2.1));
  EXPECT_FALSE(is_hopeless({.best = {5, 5, 5}, .median = {6, 9, 6}}, 1.9));
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(is_hopeless({.best = {inf, inf, inf}, .median = {inf, inf, inf}}, 1.9));
  EXPECT_FALSE(is_hopeless({.best = {inf, inf, 5}, .median = {inf, inf, inf}}, 1.9));
}

// The first model is fair everywhere, the second better in a narrow valley alone.
SearchSpace two_models() {
  std::vector<Parameter> params{make_categorical("model", {"broad", "narrow"})};
  params.push_back(testing::when(make_float("x", 0, 1), params, "model", {"broad"}));
  params.push_back(testing::when(make_float("y", 0, 1), params, "model", {"narrow"}));
  params.push_back(testing::when(make_float("z", 0, 1), params, "model", {"narrow"}));
  return make_space(params);
}
double deceptive(const Config& c) {
  if (c[0] == 0) return 0.1 + 0.2 * std::pow(c[1] - 0.6, 2);
  return 1 - std::exp(-50 * (std::pow(c[2] - 0.7, 2) + std::pow(c[3] - 0.2, 2)));
}

struct Outcome {
  History history{{Direction::Minimize}};
  double best = std::numeric_limits<double>::infinity();
  int held = 0;  // suggestions that say so
};
Outcome search(int trials, std::uint64_t seed, const Options& options) {
  const SearchSpace space = two_models();
  const Slice slice = whole_space(space);
  CmaEsSampler sampler(options);
  Outcome out;
  for (int i = 0; i < trials; ++i) {
    Rng rng = Rng::for_trial(seed, i);
    const Suggestion made = *sampler.suggest(open_task(space, slice), out.history, rng);
    Observation trial = complete(i, made.config, deceptive(made.config));
    trial.sampler = made.sampler;
    trial.slice = slice.key;
    out.best = std::min(out.best, trial.values[0]);
    if (made.why.find("in a run that holds model \"narrow\"") != std::string::npos) ++out.held;
    out.history.apply(std::move(trial));
  }
  return out;
}

TEST(CmaEsSampler, LooksAgainAtAChoiceThatDidBadlyAtFirst) {
  int needed = 0;
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const Outcome found = search(600, seed, {});
    EXPECT_LT(found.best, 0.01) << seed;
    const Outcome stayed = search(600, seed, {.restart = Restart::None});
    EXPECT_EQ(stayed.held, 0);
    if (found.held > 0) {
      ++needed;
      EXPECT_GT(stayed.best, 0.05) << seed;
    }
  }
  EXPECT_GT(needed, 0);
}

// However often it was asked on the way, and whoever's the first results are.
TEST(CmaEsRun, HoldsTheSameWhenAskedOnceAsWhenAskedOften) {
  const SearchSpace space = two_models();
  const Slice slice = whole_space(space);
  for (const int others : {0, 30, 45, 200}) {
    const Outcome all = search(600, 3, {});
    History history({Direction::Minimize});
    cmaes::Run often(space, slice, {});
    int held = 0;
    for (int i = 0; i < 600; ++i) {
      Observation trial = *all.history.find(i);
      if (i < others) trial.sampler = "gp";
      history.apply(std::move(trial));
      often.catch_up(space, history);
      if (i % 97 != 0) continue;
      cmaes::Run once(space, slice, {});
      once.catch_up(space, history);
      ASSERT_EQ(often.held(), once.held()) << others << " " << i;
      ASSERT_EQ(often.restarts(), once.restarts());
      ASSERT_EQ(often.mixed().gaussian.mean, once.mixed().gaussian.mean);
      if (keeps({1}, choices({often.held()[0]}))) ++held;
    }
    EXPECT_GT(held, 0);
  }
}

SearchSpace choice_and_number() {
  return make_space({make_categorical("c", {"a", "b", "d"}), make_float("x", 0, 1)});
}

// All of what the run holds may be handed out already: then it gets no result of its own.
TEST(CmaEsRun, GivesUpAHeldValueThatNobodyTriesAnyMore) {
  const SearchSpace space = choice_and_number();
  const Slice slice = whole_space(space);
  cmaes::Run run(space, slice, {});
  History history({Direction::Minimize});
  std::vector<Held> seen;
  for (int i = 0; i < 400; ++i) {
    Observation trial = complete(i, {0, 0.001 * i}, i < 20 ? 1 - 0.01 * i : 0.5);
    trial.sampler = "cmaes";
    history.apply(std::move(trial));
    run.catch_up(space, history);
    if (seen.empty() || seen.back() != run.held()) seen.push_back(run.held());
  }
  ASSERT_GE(seen.size(), 3U);
  EXPECT_THAT(seen[0], Each(kFree));
  EXPECT_THAT(seen[1], ElementsAre(1));
  EXPECT_NE(seen[2], seen[1]);
}

// What the run that was given up had got counts no more for the next one.
TEST(CmaEsRun, BeginsAnewAfterAHeldValueThatWasGivenUp) {
  const SearchSpace space = choice_and_number();
  const Slice slice = whole_space(space);
  cmaes::Run run(space, slice, {});
  History history({Direction::Minimize});
  Held held = run.held();
  for (int i = 0; i < 600; ++i) {
    const bool first = held[0] == kFree;
    const double c = first || i % 3 != 0 ? 0 : held[0];
    Observation trial = complete(i, {c, 0.001 * i}, i < 20 ? 1 - 0.01 * i : 0.5 + 1e-3 * c);
    trial.sampler = "cmaes";
    history.apply(std::move(trial));
    run.catch_up(space, history);
    if (run.held() != held) {
      ASSERT_EQ(run.waiting(), 0U) << i;
    }
    ASSERT_LT(run.waiting(), static_cast<std::size_t>(run.mixed().constants.lambda)) << i;
    held = run.held();
  }
  EXPECT_NE(held[0], kFree);
}

}  // namespace
}  // namespace studyhall::sampler::cmaes
