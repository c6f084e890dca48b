#include "sampler/cmaes/cmaes_sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "sampler/cmaes/run.h"
#include "tests/sampler/histories.h"
#include "tests/support/spaces.h"

namespace studyhall::sampler::cmaes {
namespace {

using testing::complete;
using testing::failed;
using testing::infeasible;
using testing::make_categorical;
using testing::make_float;
using testing::make_history;
using testing::make_int;
using testing::make_log_float;
using testing::make_space;
using testing::open_task;
using testing::pruned;
using testing::with_default;

TEST(CmaEsSampler, StartsAtTheDefaultConfiguration) {
  const SearchSpace space = make_space({with_default(make_float("x", 0, 10), 8.0),
                                        with_default(make_log_float("y", 1e-4, 1), 1e-3)});
  const Slice slice = whole_space(space);
  CmaEsSampler sampler({.sigma = 0.01});
  double x = 0;
  double log_y = 0;
  for (int i = 0; i < 100; ++i) {
    Rng rng = Rng::for_trial(1, i);
    const std::optional<Suggestion> suggestion =
        sampler.suggest(open_task(space, slice), make_history({}), rng);
    ASSERT_TRUE(suggestion);
    EXPECT_EQ(suggestion->sampler, "cmaes");
    x += suggestion->config[0] / 100;
    log_y += std::log10(suggestion->config[1]) / 100;
  }

  // Standard errors 0.01 and 0.004.
  EXPECT_NEAR(x, 8, 0.05);
  EXPECT_NEAR(log_y, -3, 0.02);
}

// The best value after `trials` trials, `parallel` running at once, told in the order 0, 1, ...
double best_after(int trials, int parallel, const SearchSpace& space, const Slice& slice,
                  const std::function<double(const Config&)>& f, std::uint64_t seed,
                  const Options& options = {}) {
  History history({Direction::Minimize});
  CmaEsSampler sampler(options);
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < trials + parallel; ++i) {
    if (i < trials) {
      Rng rng = Rng::for_trial(seed, i);
      const std::optional<Suggestion> made = sampler.suggest(open_task(space, slice), history, rng);
      Observation trial = testing::running(i, made->config);
      trial.slice = slice.key;
      trial.sampler = made->sampler;
      history.apply(trial);
    }
    if (i < parallel) continue;
    Observation done = *history.find(i - parallel);
    const double value = f(done.config);
    done.state = TrialState::Complete;
    done.values = {value};
    history.apply(done);
    best = std::min(best, value);
  }
  return best;
}

double bowl(const Config& config) {
  double sum = 0;
  for (std::size_t i = 0; i < config.size(); ++i) {
    sum += std::pow(config[i] - 0.3 - 0.05 * static_cast<double>(i), 2);
  }
  return sum;
}

TEST(CmaEsSampler, ConvergesAloneAndWithManyWorkers) {
  const SearchSpace space = testing::box_space(5);
  const Slice slice = whole_space(space);
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    EXPECT_LT(best_after(800, 1, space, slice, bowl, seed), 1e-8);
    EXPECT_LT(best_after(800, 16, space, slice, bowl, seed), 1e-4);
  }
}

TEST(CmaEsSampler, ConvergesInOneDimensionAndOnAGrid) {
  const SearchSpace one = testing::box_space(1);
  EXPECT_LT(best_after(200, 1, one, whole_space(one), bowl, 4), 1e-8);

  const SearchSpace grid = make_space({make_int("i", 0, 1000), make_int("j", 0, 1000)});
  const auto distance = [](const Config& config) {
    return std::hypot(config[0] - 700, config[1] - 123);
  };
  EXPECT_LT(best_after(300, 1, grid, whole_space(grid), distance, 5), 6);
}

Observation in_slice(Observation trial, std::string slice) {
  trial.slice = std::move(slice);
  return trial;
}

cmaes::Run run_after(const std::vector<Observation>& trials, const SearchSpace& space,
                     const Slice& slice, const Options& options) {
  cmaes::Run run(space, slice, options);
  run.catch_up(space, make_history(trials));
  return run;
}

// Six results of each other's slices, and what is not one of them.
TEST(CmaEsRun, TellsWholeGenerationsOfItsSliceInFinishOrder) {
  const SearchSpace space = testing::box_space(3);
  Slice slice = whole_space(space);
  slice.key = "W1";
  slice.domains[2].free = false;
  slice.domains[2].held = 0.5;
  std::vector<Observation> trials;
  const std::vector<Config> places = {{.1, .2, .5}, {.7, .4, .5}, {.3, .9, .5},
                                      {.5, .6, .5}, {.2, .2, .5}, {.8, .1, .5}};
  // Finished in the order 5, 4, ..., 0; every other one was drawn from elsewhere.
  for (int i = 5; i >= 0; --i) {
    const auto k = static_cast<std::size_t>(i);
    const std::string key = i % 2 == 0 ? "W1" : "W2";
    trials.push_back(in_slice(complete(2 * i, places[k], bowl(places[k])), key));
    trials.push_back(in_slice(complete(2 * i + 1, {.9, .9, .6}, -5), "W2"));
  }
  const Options options{.sigma = 0.2, .restart = Restart::None};

  const State s = run_after(trials, space, slice, options).mixed().gaussian;

  State expected = initial_state(Eigen::VectorXd::Constant(2, 0.5), 0.2);
  const Constants k = default_constants(2);
  ASSERT_EQ(k.lambda, 6);
  Eigen::MatrixXd X(2, 6);
  Eigen::VectorXd f(6);
  for (int i = 0; i < 6; ++i) {
    const Config& place = places[static_cast<std::size_t>(5 - i)];
    X.col(i) << place[0], place[1];
    f[i] = bowl(place);
  }
  tell(expected, k, X, f, injection_limits(2));
  EXPECT_EQ(s.g, 1);
  EXPECT_EQ(s.mean, expected.mean);
  EXPECT_EQ(s.C, expected.C);

  trials.pop_back();
  trials.pop_back();  // five results are no generation
  EXPECT_EQ(run_after(trials, space, slice, options).mixed().gaussian.g, 0);
}

TEST(CmaEsResults, RankFeasibleThenPrunedThenInfeasibleThenFailed) {
  const SearchSpace space = testing::box_space(1);
  const Coordinates at = coordinates(space, whole_space(space));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<Observation> from_worst = {
      failed(0, {.1}, true),       infeasible(1, {.1}, -7, 2), infeasible(2, {.1}, 7, 1),
      pruned(3, {.1}, -1, nan),    pruned(4, {.1}, 2, nan),    pruned(5, {.1}, 2, 4),
      pruned(6, {.1}, 3, 9),       complete(7, {.1}, 1e308),   complete(8, {.1}, 3),
      complete(9, {.1}, -INFINITY)};
  const auto result = [&](const Observation& trial) {
    return result_of(trial, Direction::Minimize, at);
  };

  for (std::size_t i = 0; i + 1 < from_worst.size(); ++i) {
    EXPECT_TRUE(result(from_worst[i + 1])->ranks_before(*result(from_worst[i]))) << i;
    EXPECT_FALSE(result(from_worst[i])->ranks_before(*result(from_worst[i + 1]))) << i;
  }
  EXPECT_FALSE(result(failed(10, {.1}, false))) << "not the configuration's fault: left out";
}

void expect_same(const cmaes::Run& a, const cmaes::Run& b) {
  EXPECT_EQ(a.mixed().gaussian.g, b.mixed().gaussian.g);
  EXPECT_EQ(a.mixed().gaussian.mean, b.mixed().gaussian.mean);
  EXPECT_EQ(a.mixed().gaussian.C, b.mixed().gaussian.C);
  EXPECT_EQ(a.mixed().gaussian.p_c, b.mixed().gaussian.p_c);
  EXPECT_EQ(a.mixed().margin.A, b.mixed().margin.A);
  EXPECT_EQ(a.mixed().categorical.q, b.mixed().categorical.q);
  EXPECT_EQ(a.held(), b.held());
}

TEST(CmaEsRun, IsThatOfAFreshOneWhateverTheHistoryWasBefore) {
  const SearchSpace space =
      make_space({make_float("x", 0, 1), make_int("i", 0, 9), make_categorical("c", {"a", "b"})});
  const Slice slice = whole_space(space);
  std::vector<Observation> trials;
  for (int i = 0; i < 31; ++i) {
    const Config place = {0.03 * i, static_cast<double>(i % 10), static_cast<double>(i % 2)};
    trials.push_back(complete(i, place, place[0] + place[1] + place[2]));
  }
  History history({Direction::Minimize});
  cmaes::Run lived(space, slice, {});
  const auto check = [&] {
    lived.catch_up(space, history);
    cmaes::Run fresh(space, slice, {});
    fresh.catch_up(space, history);
    expect_same(lived, fresh);
  };

  for (const Observation& trial : trials) {
    history.apply(trial);
    check();
  }
  EXPECT_EQ(lived.mixed().gaussian.g, 31 / 7);
  trials[3].values = {-100.0};
  history.apply(trials[3]);
  check();
  history.remove(5);
  check();
  history = make_history(trials);
  check();
}

// Two hundred workers, told in an order that an even spread of durations gives.
TEST(CmaEsRun, HasLargerGenerationsWhereResultsComeLate) {
  const SearchSpace space = testing::box_space(4);
  std::vector<Observation> in_turn;
  for (int i = 0; i < 600; ++i) {
    const double u = 0.001 * i;
    in_turn.push_back(complete(i, {u, 1 - u, u * u, 0.5}, u));
    in_turn.back().sampler = "cmaes";
  }
  std::vector<Observation> late = in_turn;
  std::stable_sort(late.begin(), late.end(), [](const Observation& a, const Observation& b) {
    return a.number + a.number * 37 % 200 < b.number + b.number * 37 % 200;
  });
  const auto lambda = [&](const std::vector<Observation>& trials, const Options& options) {
    return run_after(trials, space, whole_space(space), options).mixed().constants.lambda;
  };

  EXPECT_EQ(lambda(in_turn, {}), 8);
  EXPECT_GT(lambda(late, {}), 30);
  EXPECT_LT(lambda(late, {}), 100);
  EXPECT_EQ(lambda(late, {.popsize = 8}), 8);
}

TEST(CmaEsRun, HasGenerationsOfTheSizeAskedFor) {
  const SearchSpace space = testing::box_space(2);
  std::vector<Observation> trials;
  for (int i = 0; i < 11; ++i) {
    const Config place = {0.05 * i, 1 - 0.04 * i};
    trials.push_back(complete(i, place, bowl(place)));
  }
  const cmaes::Run run = run_after(trials, space, whole_space(space), {.popsize = 4});

  EXPECT_EQ(run.mixed().constants.lambda, 4);
  EXPECT_EQ(run.mixed().gaussian.g, 2);
}

bool is_diagonal(std::size_t axes, const Options& options) {
  const SearchSpace space = testing::box_space(axes);
  return run_after({}, space, whole_space(space), options).mixed().gaussian.is_diagonal();
}

TEST(CmaEsRun, KeepsTheDiagonalAloneOfManyAxesOrWhereItWasAskedTo) {
  EXPECT_FALSE(is_diagonal(kMostLearnedAxes, {}));
  EXPECT_TRUE(is_diagonal(kMostLearnedAxes + 1, {}));
  EXPECT_FALSE(is_diagonal(kMostLearnedAxes + 1, {.shape = Shape::Full}));
  EXPECT_FALSE(is_diagonal(kMostLearnedAxes + 1, {.adapt_rates = true}));
  EXPECT_TRUE(is_diagonal(2, {.shape = Shape::Diagonal}));
}

TEST(CmaEsSampler, ConvergesWithADiagonalCovarianceAndWithAdaptedRates) {
  const SearchSpace space = testing::box_space(5);
  const Slice slice = whole_space(space);
  for (const Options& options : {Options{.shape = Shape::Diagonal}, Options{.adapt_rates = true}}) {
    EXPECT_LT(best_after(1000, 1, space, slice, bowl, 1, options), 1e-5);
  }
}

// The warm start, integers and choices of a space with more axes than a covariance is learned for.
TEST(CmaEsSampler, FindsManyMixedParametersWithADiagonalCovariance) {
  std::vector<Parameter> params;
  for (int i = 0; i < 6; ++i) {
    params.push_back(make_float("x" + std::to_string(i), 0, 1));
    params.push_back(make_int("i" + std::to_string(i), 0, 20));
  }
  const SearchSpace space = make_space(params);
  const auto f = [](const Config& config) {
    double sum = 0;
    for (std::size_t i = 0; i < config.size(); i += 2) {
      sum += std::pow(config[i] - 0.3, 2) + std::pow(config[i + 1] / 20 - 0.7, 2);
    }
    return sum;
  };
  const Options options{.shape = Shape::Diagonal};
  EXPECT_LT(best_after(2000, 1, space, whole_space(space), f, 3, options), 1e-3);

  std::vector<Observation> trials;
  Rng rng = Rng::for_trial(4, 0);
  for (int i = 0; i < 300; ++i) {
    Config place;
    for (int k = 0; k < 6; ++k) {
      place.push_back(rng.uniform());
      place.push_back(static_cast<double>(rng.index(21)));
    }
    trials.push_back(complete(i, place, f(place)));
    trials.back().sampler = "tpe";
  }
  const State begun = run_after(trials, space, whole_space(space), options).mixed().gaussian;
  EXPECT_TRUE(begun.is_diagonal());
  EXPECT_LT(std::abs(begun.mean[0] - 0.3), 0.15);
}

// Of very many earlier results the latest 10,000 count, whenever it is asked.
TEST(CmaEsRun, BeginsFromTheLatestOfVeryManyResults) {
  const SearchSpace space = testing::box_space(2);
  const Slice slice = whole_space(space);
  History history({Direction::Minimize});
  cmaes::Run asked_often(space, slice, {});
  Rng rng = Rng::for_trial(5, 0);
  for (int i = 0; i < 12'345; ++i) {
    const double optimum = i < 2'000 ? 0.9 : 0.2;
    const double x = rng.uniform();
    const double value = std::abs(x - optimum) - (i < 2'000 ? 1 : 0);
    history.apply(complete(i, {x, rng.uniform()}, value));
    if (i % 7 == 0 || i == 12'344) asked_often.catch_up(space, history);
  }
  cmaes::Run asked_once(space, slice, {});
  asked_once.catch_up(space, history);

  const Eigen::VectorXd mean = asked_often.mixed().gaussian.mean;
  EXPECT_NEAR(mean[0], asked_often.coordinates().axes[0].to_unit(0.2), 0.05);
  EXPECT_EQ(mean, asked_once.mixed().gaussian.mean);
  EXPECT_EQ(asked_often.mixed().gaussian.C, asked_once.mixed().gaussian.C);
}

// A flat function stops each run by TolFun.
int lambda_after(int trials, Restart restart) {
  const SearchSpace space = testing::box_space(2);
  std::vector<Observation> all;
  for (int i = 0; i < trials; ++i) {
    all.push_back(complete(i, {0.1, 0.01 * (i % 100)}, 1.0));
    all.back().sampler = "cmaes";
  }
  return run_after(all, space, whole_space(space), {.restart = restart}).mixed().constants.lambda;
}

TEST(CmaEsRun, RestartsWithTwiceTheCandidatesWhenItHasStopped) {
  const int generations = 10 + 30 * 2 / 6;  // that must be flat
  EXPECT_EQ(lambda_after(6 * generations - 1, Restart::Ipop), 6);
  EXPECT_EQ(lambda_after(6 * generations, Restart::Ipop), 12);
  EXPECT_EQ(lambda_after(6 * generations + 12 * 15, Restart::Ipop), 24);
  EXPECT_EQ(lambda_after(10'000, Restart::None), 6);
}

TEST(CmaEsRun, OfBipopAlternatesLargeAndSmall) {
  const int large = 6 * 20;
  EXPECT_EQ(lambda_after(large, Restart::Bipop), 12);
  const int small = lambda_after(large + 12 * 15, Restart::Bipop);
  EXPECT_GE(small, 6);
  EXPECT_LE(small, 12);
}

// Results of another sampler, the better the nearer to (0.8, 0.2) and choice 1.
TEST(CmaEsRun, BeginsFromWhatOthersFound) {
  const SearchSpace space =
      make_space({make_float("x", 0, 1), make_float("y", 0, 1), make_categorical("c", {"a", "b"})});
  std::vector<Observation> trials;
  Rng rng = Rng::for_trial(2, 0);
  for (int i = 0; i < 200; ++i) {
    const Config place = {rng.uniform(), rng.uniform(), static_cast<double>(rng.index(2))};
    trials.push_back(
        complete(i, place, std::hypot(place[0] - 0.8, place[1] - 0.2) - 0.3 * place[2]));
    trials.back().sampler = "tpe";
  }

  const Mixed begun = run_after(trials, space, whole_space(space), {}).mixed();

  EXPECT_EQ(begun.gaussian.g, 0);
  EXPECT_NEAR(begun.gaussian.mean[0], 0.8, 0.1);
  EXPECT_NEAR(begun.gaussian.mean[1], 0.2, 0.1);
  EXPECT_LT(begun.gaussian.sigma, 0.2);  // uniform draws have 0.29
  EXPECT_GT(begun.categorical.q[0][1], 0.8);

  trials.back().sampler = "cmaes";  // told on its own, after the start
  const std::vector<Observation> all(trials.begin(), trials.end());
  const Mixed after = run_after(all, space, whole_space(space), {}).mixed();
  EXPECT_EQ(after.gaussian.g, 0);
  trials.resize(40);  // too few to tell a shape from: told by generations
  EXPECT_EQ(run_after(trials, space, whole_space(space), {}).mixed().gaussian.g, 40 / 7);
}

TEST(CmaEsSampler, LearnsChoicesOrderedOnesAndIntegers) {
  Parameter size = make_categorical("size", {"s", "m", "l", "xl", "xxl"});
  size.ordered = true;
  const SearchSpace space =
      make_space({make_float("x", 0, 1), make_int("i", 0, 50), size,
                  make_categorical("c", {"a", "b", "c", "d", "e", "f"}), make_int("flag", 0, 1)});
  const auto f = [](const Config& config) {
    return std::pow(config[0] - 0.2, 2) + std::pow(config[1] / 50 - 0.8, 2) +
           std::pow(config[2] / 5 - 0.6, 2) + (config[3] == 4 ? 0 : 0.5) +
           (config[4] == 1 ? 0 : 0.5);
  };
  EXPECT_LT(best_after(400, 1, space, whole_space(space), f, 6), 1e-3);
  EXPECT_LT(best_after(600, 16, space, whole_space(space), f, 7), 1e-3);
}

TEST(CmaEsSampler, DrawsChoicesUniformlyAtFirst) {
  const SearchSpace space =
      make_space({make_float("x", 0, 1), make_categorical("c", {"a", "b", "c"})});
  const Slice slice = whole_space(space);
  CmaEsSampler sampler({});
  int counts[3] = {0, 0, 0};
  for (int i = 0; i < 900; ++i) {
    Rng rng = Rng::for_trial(8, i);
    const auto suggestion = sampler.suggest(open_task(space, slice), make_history({}), rng);
    ++counts[static_cast<int>(suggestion->config[1])];
  }
  // Mean 300, sd 14.
  for (const int count : counts) EXPECT_NEAR(count, 300, 70);
}

TEST(CmaEsSampler, HandsOutTheOneConfigurationOfAFixedSlice) {
  const SearchSpace space = make_space({make_categorical("c", {"a"}), make_int("i", 3, 3)});
  const Slice slice = whole_space(space);
  Rng rng = Rng::for_trial(8, 0);

  const auto suggestion = CmaEsSampler({}).suggest(open_task(space, slice), make_history({}), rng);

  ASSERT_TRUE(suggestion);
  EXPECT_EQ(suggestion->sampler, "random");
  EXPECT_EQ(suggestion->config[1], 3);
}

// A child of a numeric parent is active by the value that was drawn last, not by an earlier one.
TEST(CmaEsSampler, HonoursConditionsOnNumbersItMoves) {
  std::vector<Parameter> params = {make_int("layers", 1, 3)};
  params.push_back(
      testing::when(make_categorical("skip", {"yes", "no"}), params, "layers", {2, 3}));
  params.push_back(testing::when(make_float("gain", 0, 1), params, "layers", {3}));
  const SearchSpace space = make_space(params);
  const Slice slice = whole_space(space);
  CmaEsSampler sampler({.sigma = 0.5});
  int active = 0;
  for (int i = 0; i < 200; ++i) {
    Rng rng = Rng::for_trial(9, i);
    const auto suggestion = sampler.suggest(open_task(space, slice), make_history({}), rng);
    ASSERT_TRUE(slice.contains(space, suggestion->config));
    active += !std::isnan(suggestion->config[2]);
  }
  EXPECT_GT(active, 10);
  EXPECT_LT(active, 190);
}

}  // namespace
}  // namespace studyhall::sampler::cmaes
