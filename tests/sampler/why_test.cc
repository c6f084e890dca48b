// What samplers say of their suggestions is what led to them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <Eigen/LU>
#include <cmath>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "sampler/auto_sampler.h"
#include "sampler/cmaes/cmaes_sampler.h"
#include "sampler/gp/gp_sampler.h"
#include "sampler/gp/training.h"
#include "sampler/grid.h"
#include "sampler/qmc.h"
#include "sampler/tpe/exact_model.h"
#include "sampler/tpe/incremental_model.h"
#include "sampler/tpe/tpe_sampler.h"
#include "tests/sampler/histories.h"
#include "tests/support/spaces.h"

namespace studyhall::sampler {
namespace {

using testing::complete;
using testing::fresh_task;
using ::testing::HasSubstr;
using testing::make_categorical;
using testing::make_float;
using testing::make_history;
using testing::make_int;
using testing::make_space;
using testing::open_task;
using testing::running;

double term(const Suggestion& suggestion, const std::string& name) {
  for (const auto& [known, value] : suggestion.terms) {
    if (known == name) return value;
  }
  ADD_FAILURE() << "no term " << name;
  return std::numeric_limits<double>::quiet_NaN();
}

SearchSpace float_and_choice() {
  return make_space({make_float("x", -5, 5), make_categorical("c", {"a", "b", "d"})});
}

History some_results(std::int64_t count) {
  std::vector<Observation> trials;
  Rng rng = Rng::for_trial(5, 0);
  for (std::int64_t i = 0; i < count; ++i) {
    const double x = 10 * rng.uniform() - 5;
    trials.push_back(complete(i, {x, static_cast<double>(rng.index(3))}, x * x));
  }
  trials.push_back(running(count, {0.5, 1}));
  return make_history(trials);
}

TEST(WhyTpe, ScoreIsTheLogOfTheRatioOfTheDensities) {
  const SearchSpace space = float_and_choice();
  const Slice slice = whole_space(space);
  const History history = some_results(30);
  tpe::TpeSampler sampler({.mode = tpe::Mode::Optuna5});
  Rng rng = Rng::for_trial(1, 31);

  const Suggestion found = *sampler.suggest(open_task(space, slice), history, rng);

  tpe::ExactModel model(space, slice, history, tpe::Grouping::Unconditional);
  ASSERT_EQ(model.groups(), 1U);
  tpe::Points point{.axes = 2, .values = {}};
  for (const std::size_t p : model.parameters(0)) point.values.push_back(found.config[p]);
  const double l = model.densities(0).good.log_density(point).front();
  const double g = model.densities(0).other.log_density(point).front();
  EXPECT_DOUBLE_EQ(term(found, "log_good"), l);
  EXPECT_DOUBLE_EQ(term(found, "log_other"), g);
  EXPECT_DOUBLE_EQ(term(found, "score"), l - g);
  EXPECT_EQ(term(found, "good"), 3);
  EXPECT_EQ(term(found, "results"), 30);
  EXPECT_EQ(term(found, "candidates"), 24);
  EXPECT_THAT(found.why, HasSubstr("among 24 candidates"));
}

TEST(WhyTpe, LogsOfTheDefaultModeAreThoseOfDensities) {
  const SearchSpace space =
      make_space({make_int("k", 0, 5), make_categorical("c", {"a", "b", "d"})});
  const Slice slice = whole_space(space);
  std::vector<Observation> trials;
  for (std::int64_t i = 0; i < 30; ++i) {
    trials.push_back(complete(i, {static_cast<double>(i % 6), static_cast<double>(i % 3)},
                              std::abs(static_cast<double>(i % 6) - 2)));
  }
  trials.push_back(running(30, {4, 1}));
  const History history = make_history(trials);
  tpe::IncrementalModel model(space, slice, Direction::Minimize, tpe::Grouping::Together);
  model.update(history, slice);
  Rng rng = Rng::for_trial(2, 0);
  constexpr std::size_t kDraws = 100'000;

  const tpe::Candidates drawn = model.draw(0, kDraws, rng);

  struct Cell {
    double good = 0;
    double other = 0;
    double draws = 0;
  };
  std::map<std::pair<double, double>, Cell> cells;
  for (std::size_t i = 0; i < kDraws; ++i) {
    Cell& cell = cells[{drawn.values[2 * i], drawn.values[2 * i + 1]}];
    cell.good = std::exp(drawn.log_good[i]);
    cell.other = std::exp(drawn.log_other[i]);
    ++cell.draws;
  }
  ASSERT_EQ(cells.size(), 18U);
  double good = 0;
  double other = 0;
  for (const auto& [value, cell] : cells) {
    good += cell.good;
    other += cell.other;
    // Five standard errors of the share of a cell.
    EXPECT_NEAR(cell.draws / kDraws, cell.good, 5 * std::sqrt(cell.good / kDraws) + 1e-3);
  }
  EXPECT_NEAR(good, 1, 1e-3);
  EXPECT_NEAR(other, 1, 1e-3);

  Rng ask = Rng::for_trial(3, 31);
  const Suggestion found = *tpe::TpeSampler({}).suggest(open_task(space, slice), history, ask);
  const Cell& chosen = cells.at({found.config[0], found.config[1]});
  EXPECT_NEAR(term(found, "log_good"), std::log(chosen.good), 1e-9);
  EXPECT_NEAR(term(found, "score"), std::log(chosen.good / chosen.other), 1e-9);
  EXPECT_EQ(term(found, "good"), 3);
}

TEST(WhyTpe, SaysHowManyResultsTheModelWaitsFor) {
  const SearchSpace space = float_and_choice();
  const Slice slice = whole_space(space);
  Rng rng = Rng::for_trial(1, 5);

  const Suggestion found =
      *tpe::TpeSampler({}).suggest(open_task(space, slice), some_results(4), rng);

  EXPECT_EQ(found.sampler, "random");
  EXPECT_THAT(found.why, HasSubstr("4 of the 10 results"));
}

TEST(WhyTpe, SaysThatBetterCandidatesWereTriedAlready) {
  const SearchSpace space = make_space({make_int("k", 0, 3)});
  const Slice slice = whole_space(space);
  const History history =
      make_history({complete(0, {0}, 0), complete(1, {1}, 1), complete(2, {2}, 2)});
  Rng rng = Rng::for_trial(1, 3);

  const Suggestion found =
      *tpe::TpeSampler({.startup = 0}).suggest(fresh_task(space, slice, history), history, rng);

  EXPECT_EQ(found.config[0], 3);
  EXPECT_THAT(found.why, HasSubstr("those before it were tried already"));
}

TEST(WhyCmaes, StepIsTheMahalanobisLength) {
  const SearchSpace space = testing::box_space(3);
  const Slice slice = whole_space(space);
  std::vector<Observation> trials;
  Rng draws = Rng::for_trial(8, 0);
  for (std::int64_t i = 0; i < 40; ++i) {
    const double x = draws.uniform();
    const double y = draws.uniform();
    const double z = draws.uniform();
    trials.push_back(complete(i, {x, y, z}, (x - 0.4) * (x - 0.4) + 10 * (y - x) * (y - x) + z));
  }
  const History history = make_history(trials);
  Rng rng = Rng::for_trial(1, 41);

  const Suggestion found = *cmaes::CmaEsSampler({}).suggest(open_task(space, slice), history, rng);

  cmaes::Run run(space, slice, {});
  run.catch_up(space, history);
  const cmaes::State& s = run.mixed().gaussian;
  const Eigen::Vector3d x(found.config[0], found.config[1], found.config[2]);
  const Eigen::Vector3d y = (x - s.mean) / s.sigma;
  EXPECT_NEAR(term(found, "step_length"), std::sqrt(y.dot(s.C.inverse() * y)), 1e-6);
  EXPECT_EQ(term(found, "sigma"), s.sigma);
  EXPECT_EQ(term(found, "generation_size"), 7);  // 4 + floor(3 ln 3)
  EXPECT_EQ(term(found, "generation"), 5);
  EXPECT_EQ(term(found, "results_since"), 5);
  EXPECT_EQ(term(found, "restarts"), 0);
  EXPECT_THAT(found.why, HasSubstr("generation 5"));
}

TEST(WhyCmaes, OfChoicesAloneThereIsNoStep) {
  const SearchSpace space = make_space({make_categorical("c", {"a", "b", "d"})});
  const Slice slice = whole_space(space);
  Rng rng = Rng::for_trial(1, 0);

  const Suggestion found =
      *cmaes::CmaEsSampler({}).suggest(open_task(space, slice), make_history({}), rng);

  for (const auto& [name, value] : found.terms) EXPECT_NE(name, "step_length") << value;
  EXPECT_THAT(found.why, HasSubstr("the search begins with"));
}

double normal_cdf(double z) { return std::erfc(-z / std::sqrt(2.0)) / 2; }
double normal_pdf(double z) { return std::exp(-z * z / 2) / std::sqrt(2 * std::acos(-1.0)); }

TEST(WhyGp, TermsAreThoseOfExpectedImprovement) {
  const SearchSpace space = testing::box_space(2);
  const Slice slice = whole_space(space);
  std::vector<Observation> trials;
  Rng draws = Rng::for_trial(8, 0);
  for (std::int64_t i = 0; i < 12; ++i) {
    const double x = draws.uniform();
    const double y = draws.uniform();
    trials.push_back(complete(i, {x, y}, 100 - (x - 0.4) * (x - 0.4) - std::sin(5 * y)));
  }
  const History history = make_history(trials, Direction::Maximize);
  Rng rng = Rng::for_trial(1, 12);

  const Suggestion found = *gp::GpSampler({}).suggest(open_task(space, slice), history, rng);

  const gp::Encoding encoding(space);
  gp::Surrogate surrogate(gp::kObjectiveBend);
  surrogate.learn(encoding, gp::training(history, Direction::Maximize).objective);
  gp::Posterior posterior = surrogate.posterior();
  posterior.prepare();
  const gp::Prediction at = posterior.predict(encoding.encode(found.config));
  const double best = posterior.means_at_points().minCoeff();
  const double sd = std::sqrt(at.variance[0]);
  const double z = (best - at.mean[0]) / sd;
  EXPECT_NEAR(term(found, "log_ei"), std::log(sd * (normal_pdf(z) + z * normal_cdf(z))), 1e-6);
  const gp::Standard& standard = surrogate.standard();
  EXPECT_NEAR(standard(-term(found, "mean")), at.mean[0], 1e-9);
  EXPECT_NEAR(standard(-term(found, "incumbent_mean")), best, 1e-9);
  EXPECT_GT(term(found, "mean"), 98);
  EXPECT_GT(term(found, "sd"), 0);
  EXPECT_EQ(term(found, "results"), 12);
  EXPECT_DOUBLE_EQ(term(found, "radius"), 0.2 + 0.3 * 12 / 15);
  EXPECT_THAT(found.why, HasSubstr("within 0.44 of each range"));
}

TEST(WhyGp, ConstraintsHaveAProbability) {
  const SearchSpace space = testing::box_space(1);
  const Slice slice = whole_space(space);
  std::vector<Observation> trials;
  for (std::int64_t i = 0; i < 11; ++i) {
    const double x = 0.1 * static_cast<double>(i);
    trials.push_back(testing::infeasible(i, {x}, x, 0.5 - x));
  }
  Rng rng = Rng::for_trial(1, 11);

  const Suggestion found =
      *gp::GpSampler({}).suggest(open_task(space, slice), make_history(trials), rng);

  EXPECT_GT(term(found, "probability_feasible"), 0.1);
  EXPECT_LE(term(found, "probability_feasible"), 1);
}

TEST(WhyGp, TheStartNamesWhatItChanged) {
  const SearchSpace space = make_space({testing::with_default(make_float("x", 0, 1), 0.5),
                                        testing::with_default(make_float("y", 0, 1), 0.25)});
  const Slice slice = whole_space(space);
  const History history = make_history({complete(0, {0.5, 0.25}, 1)});
  for (int i = 0; i < 20; ++i) {
    Rng rng = Rng::for_trial(1, i);
    const Suggestion found =
        *gp::GpSampler({}).suggest(fresh_task(space, slice, history), history, rng);
    const bool x = found.config[0] != 0.5;
    const bool y = found.config[1] != 0.25;
    EXPECT_EQ(found.why,
              std::string("the best configuration so far with changes of ") + (x && y ? "x, y"
                                                                               : x    ? "x"
                                                                                      : "y"));
    EXPECT_EQ(term(found, "results"), 1);
    EXPECT_EQ(term(found, "startup"), 5);
  }
}

TEST(WhyAuto, NamesTheRuleThatChose) {
  const SearchSpace space = testing::box_space(1);
  const Slice slice = whole_space(space);
  std::vector<Observation> trials;
  const auto why = [&](std::int64_t number) {
    Rng rng = Rng::for_trial(1, number);
    AutoSampler sampler({.gp_results = 6, .tpe_every = 2});
    return *sampler.suggest(open_task(space, slice), make_history(trials), rng);
  };

  EXPECT_THAT(why(0).why, HasSubstr("auto has gp for the first 6 results: "));
  for (std::int64_t i = 0; i < 12; ++i) {
    trials.push_back(complete(i, {0.05 * static_cast<double>(i)}, 1));
  }
  for (std::int64_t n = 0; n < 20; ++n) {
    const Suggestion found = why(n);
    EXPECT_THAT(found.why, HasSubstr(found.sampler == "tpe" ? "auto has tpe for one in 2 after 6"
                                                            : "auto has cmaes after 6 results: "));
  }
}

TEST(WhyGridAndQmc, NameThePoint) {
  const SearchSpace space = make_space({make_int("a", 0, 3), make_int("b", 0, 2)});
  const Slice slice = whole_space(space);
  History history({Direction::Minimize});
  GridSampler grid({});
  QmcSampler qmc;
  for (int i = 0; i < 12; ++i) {
    Rng rng = Rng::for_trial(1, i);
    const Suggestion found = *grid.suggest(fresh_task(space, slice, history), history, rng);
    EXPECT_EQ(term(found, "place"), i + 1);
    EXPECT_EQ(term(found, "points"), 12);
    Observation trial = complete(i, found.config, 0);
    trial.sampler = i < 5 ? "qmc" : "grid";
    history.apply(trial);
  }
  Rng rng = Rng::for_trial(1, 12);

  const Suggestion found = *qmc.suggest(open_task(space, slice), history, rng);

  EXPECT_EQ(term(found, "index"), 5);
}

}  // namespace
}  // namespace studyhall::sampler
