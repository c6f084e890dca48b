#include "sampler/importance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "core/rng.h"
#include "core/study_spec.h"
#include "sampler/unit_cube.h"
#include "tests/sampler/golden.h"
#include "tests/support/property.h"
#include "tests/support/spaces.h"

namespace studyhall::sampler {
namespace {

using testing::make_categorical;
using testing::make_float;
using testing::make_int;
using testing::make_log_float;
using testing::make_space;
using testing::when;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<std::size_t> all_of(const SearchSpace& space) {
  std::vector<std::size_t> all(space.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return all;
}

Importance over_whole(const SearchSpace& space, const ImportanceTrials& trials,
                      const ImportanceOptions& options = {}) {
  return parameter_importance(space, whole_space(space), all_of(space), trials, options);
}

double share(const Importance& found, std::size_t parameter) {
  for (const ParameterImportance& p : found.parameters) {
    if (p.parameter == parameter) return p.importance;
  }
  ADD_FAILURE() << "no parameter " << parameter;
  return -1;
}

double total_share(const Importance& found) {
  double sum = 0;
  for (const ParameterImportance& p : found.parameters) sum += p.importance;
  return sum;
}

Config draw(const SearchSpace& space, Rng& rng) {
  const Slice whole = whole_space(space);
  Config config;
  for (std::size_t p = 0; p < space.size(); ++p) {
    const Parameter& param = space.params()[p];
    const double unit = rng.uniform();
    config.push_back(param.is_numeric()
                         ? Scale(param, whole.domains[p]).from_unit(unit)
                         : std::floor(unit * static_cast<double>(param.choices.size())));
  }
  space.deactivate(config);
  return config;
}

using Loss = std::function<double(const Config&)>;

ImportanceTrials random_trials(const SearchSpace& space, int count, std::uint64_t seed,
                               const Loss& loss) {
  ImportanceTrials trials(space.size());
  for (int n = 0; n < count; ++n) {
    Rng rng = Rng::for_trial(seed, n);
    const Config config = draw(space, rng);
    trials.add(config, loss(config), 0);
  }
  return trials;
}

// --- Optuna's own numbers ---

ImportanceTrials trials_of(const Json& study, const StudySpec& spec) {
  ImportanceTrials trials(spec.space.size());
  const double sign = spec.directions.front() == Direction::Minimize ? 1 : -1;
  for (std::size_t n = 0; n < study["values"].size(); ++n) {
    Config config;
    for (const Parameter& param : spec.space.params()) {
      const Json& value = study["trials"][param.name][n];
      config.push_back(value.is_null() ? kInactive : param.to_internal(value));
    }
    trials.add(config, sign * study["values"][n].get<double>(), 0);
  }
  return trials;
}

TEST(Importance, IsOptunasInRandomStudies) {
  const Json golden = testing::load_golden("importance_optuna5.json");
  ASSERT_GE(golden["cases"].size(), 16U);
  for (const Json& study : golden["cases"]) {
    SCOPED_TRACE(study["name"].get<std::string>());
    Json file = {{"name", "s"}, {"direction", study["direction"]}, {"params", study["params"]}};
    if (study.contains("focus")) file["workers"]["W1"]["focus"] = study["focus"];
    const auto spec = parse_study_spec(file);
    const auto worker = spec->workers.find("W1");
    const WorkerRegion region =
        worker_region(*spec, worker == spec->workers.end() ? WorkerSpec{} : worker->second);
    ImportanceOptions options;
    options.target_quantile = study.value("target_quantile", options.target_quantile);
    options.region_quantile = study.value("region_quantile", options.region_quantile);

    const Importance found = parameter_importance(spec->space, region.slice, region.moved,
                                                  trials_of(study, *spec), options);

    ASSERT_EQ(found.parameters.size(), study["variance"].size());
    for (const ParameterImportance& p : found.parameters) {
      const std::string& name = spec->space.params()[p.parameter].name;
      const double variance = study["variance"][name].get<double>();
      EXPECT_NEAR(p.variance, variance, 1e-9 * variance) << name;
      EXPECT_NEAR(p.importance, study["importance"][name].get<double>(), 1e-9) << name;
    }
  }
}

// --- Properties ---

SearchSpace two_floats() { return make_space({make_float("x", 0, 1), make_float("y", 0, 1)}); }

TEST(Importance, FavoursTheParameterThatMattersMost) {
  const SearchSpace space =
      make_space({make_log_float("lr", 1e-4, 1), make_float("x", -1, 1), make_int("idle", 0, 9),
                  make_categorical("kind", {"a", "b", "c"})});
  const Loss additive = [](const Config& c) {
    return 10 * std::abs(std::log10(c[0]) + 2) + 2 * std::abs(c[1]) + 0.5 * c[3];
  };
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const Importance found = over_whole(space, random_trials(space, 1000, seed, additive));
    EXPECT_EQ(found.parameters[0].parameter, 0U);
    EXPECT_EQ(found.parameters[1].parameter, 1U);
    EXPECT_GT(share(found, 0), 0.8);
    // Chance alone: with n = 100 among the best and 10 cells, a divergence of about 9 / n, where
    // that of lr is above 5.
    EXPECT_LT(share(found, 2), 0.03) << "moves nothing";
    EXPECT_NEAR(total_share(found), 1, 1e-12);
    EXPECT_TRUE(found.informative);
  }
}

TEST(Importance, SeesOnlyTheOrderOfTheResults) {
  EXPECT_TRUE(testing::holds([](std::uint64_t seed) {
    const SearchSpace space = testing::mixed_space();
    const Loss loss = [](const Config& c) {
      return std::log10(c[0]) + 0.1 * c[1] + (std::isnan(c[4]) ? 0 : c[4]);
    };
    const auto trials = [&](const Loss& of) { return random_trials(space, 120, seed, of); };
    const Importance plain = over_whole(space, trials(loss));
    const Importance bent =
        over_whole(space, trials([&](const Config& c) { return std::exp(3 * loss(c)) - 7; }));
    RC_ASSERT(plain.parameters.size() == bent.parameters.size());
    for (std::size_t i = 0; i < plain.parameters.size(); ++i) {
      RC_ASSERT(plain.parameters[i].parameter == bent.parameters[i].parameter);
      RC_ASSERT(plain.parameters[i].variance == bent.parameters[i].variance);
    }
  }));
}

TEST(Importance, DoesNotDependOnTheOrderOfParametersOrTrials) {
  EXPECT_TRUE(testing::holds([](std::uint64_t seed) {
    const std::vector<Parameter> params{make_float("x", -2, 2), make_int("k", 1, 5),
                                        make_categorical("kind", {"a", "b", "c"})};
    const SearchSpace forward = make_space(params);
    const SearchSpace backward = make_space({params.rbegin(), params.rend()});
    ImportanceTrials trials(3);
    ImportanceTrials turned(3);
    std::vector<std::pair<Config, double>> drawn;
    for (int n = 0; n < 80; ++n) {
      Rng rng = Rng::for_trial(seed, n);
      const Config c = draw(forward, rng);
      drawn.emplace_back(c, c[0] * c[0] + c[1] * (c[2] - 1));
    }
    for (const auto& [c, loss] : drawn) trials.add(c, loss, 0);
    std::reverse(drawn.begin(), drawn.end());
    for (const auto& [c, loss] : drawn) turned.add(Config{c[2], c[1], c[0]}, loss, 0);

    const Importance a = over_whole(forward, trials);
    const Importance b = over_whole(backward, turned);
    for (std::size_t p = 0; p < 3; ++p) {
      RC_ASSERT(std::abs(share(a, p) - share(b, 2 - p)) < 1e-12);
    }
  }));
}

TEST(Importance, IsTheSameForAllParametersWhileNothingTellsThemApart) {
  const SearchSpace space = two_floats();
  const auto expect_equal = [&](const ImportanceTrials& trials, std::size_t count) {
    const Importance found = over_whole(space, trials);
    EXPECT_FALSE(found.informative);
    EXPECT_EQ(found.region_trials, count);
    EXPECT_EQ(share(found, 0), 0.5);
    EXPECT_EQ(share(found, 1), 0.5);
  };
  expect_equal(ImportanceTrials(2), 0);
  expect_equal(random_trials(space, 1, 1, [](const Config& c) { return c[0]; }), 1);
  expect_equal(random_trials(space, 50, 1, [](const Config&) { return 3; }), 50);
}

TEST(Importance, OfAParameterWithOneValueIsZero) {
  Parameter fixed = make_int("k", 4, 4);
  const SearchSpace space =
      make_space({fixed, make_categorical("only", {"a"}), make_float("x", 0, 1)});
  const Importance found =
      over_whole(space, random_trials(space, 40, 3, [](const Config& c) { return c[2]; }));
  EXPECT_EQ(share(found, 0), 0);
  EXPECT_EQ(share(found, 1), 0);
  EXPECT_EQ(share(found, 2), 1);
}

TEST(Importance, LeavesOutResultsThatAreNotFinite) {
  const SearchSpace space = two_floats();
  ImportanceTrials finite(2);
  ImportanceTrials all(2);
  for (int n = 0; n < 60; ++n) {
    Rng rng = Rng::for_trial(5, n);
    const Config c = draw(space, rng);
    finite.add(c, c[0], 0);
    all.add(c, c[0], 0);
    all.add(draw(space, rng), n % 3 == 0 ? -kInfinity : n % 3 == 1 ? kInfinity : kInactive, 0);
  }
  const Importance found = over_whole(space, all);
  EXPECT_EQ(found.region_trials, 60U);
  EXPECT_EQ(share(found, 0), share(over_whole(space, finite), 0));
}

// The values alone would say that y matters: but its good ones are forbidden.
TEST(Importance, RanksInfeasibleTrialsBehindFeasibleOnes) {
  const SearchSpace space = two_floats();
  ImportanceTrials constrained(2);
  ImportanceTrials free(2);
  for (int n = 0; n < 500; ++n) {
    Rng rng = Rng::for_trial(7, n);
    const Config c = draw(space, rng);
    const double loss = (c[0] > 0.5 ? 100 * c[1] : 200) + c[0];
    constrained.add(c, loss, std::max(0.0, 0.7 - c[0]));
    free.add(c, loss, 0);
  }
  const Importance found = over_whole(space, constrained, {.target_quantile = 0.3});
  EXPECT_GT(share(found, 0), 0.95) << "the best 30 % are the feasible ones";
  EXPECT_LT(share(over_whole(space, free, {.target_quantile = 0.1}), 0), 0.5);
}

// Where nothing is feasible, those that break the constraints least are the best.
TEST(Importance, RanksInfeasibleTrialsByTheirViolation) {
  const SearchSpace space = two_floats();
  ImportanceTrials trials(2);
  for (int n = 0; n < 300; ++n) {
    Rng rng = Rng::for_trial(8, n);
    const Config c = draw(space, rng);
    trials.add(c, c[1], n % 10 == 0 ? kInfinity : 1 + c[0]);
  }
  EXPECT_GT(share(over_whole(space, trials), 0), 0.95);
}

// Only trials inside count: outside, y decides; inside, x does.
TEST(Importance, LooksAtTheSliceAlone) {
  const SearchSpace space = two_floats();
  const ImportanceTrials trials = random_trials(space, 4000, 11, [](const Config& c) {
    return c[1] < 0.25 ? 5 + std::abs(c[0] - 0.3) : c[1];
  });
  Slice low = whole_space(space);
  low.domains[1].high = 0.25;
  const Importance inside = parameter_importance(space, low, all_of(space), trials);
  const Importance outside = over_whole(space, trials);
  EXPECT_GT(share(inside, 0), 0.95);
  EXPECT_LT(share(outside, 0), 0.05);
  EXPECT_LT(inside.region_trials, 1200U);

  const std::vector<std::size_t> only_y{1};
  const Importance one = parameter_importance(space, low, only_y, trials);
  ASSERT_EQ(one.parameters.size(), 1U);
  EXPECT_EQ(one.parameters[0].importance, 1) << "shares are among the parameters asked for";
}

// Two regimes: with "deep" its own parameter decides, and the other's own one is never among the
// best.
TEST(Importance, ComparesAConditionalParameterWhereItIsActive) {
  std::vector<Parameter> params{make_categorical("kind", {"deep", "flat"})};
  params.push_back(when(make_float("depth", 0, 1), params, "kind", {"deep"}));
  params.push_back(when(make_float("width", 0, 1), params, "kind", {"flat"}));
  const SearchSpace space = make_space(params);
  const Importance found = over_whole(space, random_trials(space, 600, 13, [](const Config& c) {
                                        return c[0] == 0 ? c[1] : 2 + c[2];
                                      }));
  EXPECT_EQ(found.parameters[0].parameter, 1U);
  EXPECT_GT(share(found, 0), 0) << "only one kind is among the best";
  EXPECT_EQ(share(found, 2), 0) << "never active among the best";
  EXPECT_EQ(found.parameters[0].active + found.parameters[2].active, 600U);
}

TEST(Importance, OfAParameterActiveOnceIsZero) {
  std::vector<Parameter> params{make_categorical("kind", {"rare", "usual"})};
  params.push_back(when(make_float("depth", 0, 1), params, "kind", {"rare"}));
  const SearchSpace space = make_space(params);
  ImportanceTrials trials(2);
  trials.add(Config{0, 0.5}, 0, 0);
  for (int n = 1; n < 30; ++n) trials.add(Config{1, kInactive}, n, 0);
  const Importance found = over_whole(space, trials);
  EXPECT_EQ(share(found, 0), 1);
  EXPECT_EQ(found.parameters[1].active, 1U);
}

TEST(Importance, IgnoresTrialsThatAreNotOfTheSpace) {
  const SearchSpace space = two_floats();
  ImportanceTrials trials = random_trials(space, 50, 17, [](const Config& c) { return c[0]; });
  trials.add(Config{7, 0.5}, -1, 0);
  trials.add(Config{kInactive, 0.5}, -1, 0);
  EXPECT_EQ(over_whole(space, trials).region_trials, 50U);
}

}  // namespace
}  // namespace studyhall::sampler
