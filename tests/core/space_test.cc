#include "core/space.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/hash.h"
#include "core/rng.h"
#include "tests/support/spaces.h"

namespace studyhall {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::make_categorical;
using testing::make_float;
using testing::make_int;
using testing::make_space;
using testing::mixed_space;
using testing::when;

constexpr double kOff = kInactive;

bool same(const Config& a, const Config& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); });
}

// top in {a, b}; middle {1, 2} when top is a; leaf [0, 1] when middle is 2; written leaf first.
SearchSpace chained_space() {
  Parameter leaf = make_float("leaf", 0, 1);
  leaf.when = {{1, {1}}};
  Parameter middle = make_categorical("middle", {1, 2});
  middle.when = {{2, {0}}};
  return make_space({leaf, middle, make_categorical("top", {"a", "b"})});
}

// Every problem that `params` has, as "path: message".
std::vector<std::string> problems(const SearchSpace& space, const Json& params) {
  std::vector<std::string> all;
  try {
    static_cast<void>(space.partial_from_json(params));
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::Invalid);
    for (const Json& problem : e.details()) {
      all.push_back(problem["path"].get<std::string>() + ": " +
                    problem["message"].get<std::string>());
    }
  }
  return all;
}

// A configuration drawn from everything that the space contains but for require.
Config any_config(const SearchSpace& space, Rng& rng) {
  Config config;
  for (const Parameter& param : space.params()) {
    if (const auto n = param.cardinality()) {
      config.push_back(param.grid_value(rng.index(*n)));
    } else {
      config.push_back(rng.uniform(param.low, param.high));
    }
  }
  space.deactivate(config);
  return config;
}

TEST(SearchSpace, FindsParametersByName) {
  const SearchSpace space = mixed_space();

  EXPECT_EQ(space.size(), 6U);
  EXPECT_EQ(space.find("optimizer"), 3U);
  EXPECT_EQ(space.find("Optimizer"), std::nullopt);
}

TEST(SearchSpace, OrdersParentsBeforeChildren) {
  EXPECT_THAT(chained_space().parents_first(), ElementsAre(2U, 1U, 0U));
  EXPECT_THAT(mixed_space().parents_first(), ElementsAre(0U, 1U, 2U, 3U, 4U, 5U));
}

TEST(SearchSpace, OrdersALongChainWrittenBackwards) {
  const std::size_t n = 2000;
  std::vector<Parameter> params;
  for (std::size_t p = 0; p < n; ++p) {
    params.push_back(make_int(std::string("p").append(std::to_string(p)), 0, 1));
    if (p + 1 < n) params.back().when = {{p + 1, {1}}};
  }
  const SearchSpace space = make_space(std::move(params));

  EXPECT_EQ(space.parents_first().front(), n - 1);
  EXPECT_TRUE(space.is_active(0, Config(n, 1)));
  Config config(n, 1);
  config[n / 2] = 0;
  EXPECT_FALSE(space.is_active(0, config));
  EXPECT_TRUE(space.is_active(n / 2, config));
}

TEST(SearchSpace, IsActiveFollowsTheWholeChain) {
  const SearchSpace space = chained_space();

  EXPECT_TRUE(space.is_active(0, Config{0.5, 1, 0}));
  EXPECT_FALSE(space.is_active(0, Config{0.5, 0, 0}));
  // middle has the right value but is itself inactive.
  EXPECT_FALSE(space.is_active(0, Config{0.5, 1, 1}));
  EXPECT_FALSE(space.is_active(1, Config{0.5, 1, 1}));
  EXPECT_TRUE(space.is_active(2, Config{0.5, 1, 1}));
}

TEST(SearchSpace, NeedsEveryConditionOfAParameter) {
  const SearchSpace space = mixed_space();  // nesterov: optimizer sgd and layers 2
  const auto active = [&](double layers, double optimizer) {
    return space.is_active(5, Config{0.01, layers, 0.1, optimizer, 0.5, 0});
  };

  EXPECT_TRUE(active(2, 0));
  EXPECT_FALSE(active(3, 0));
  EXPECT_FALSE(active(2, 1));
}

TEST(SearchSpace, DeactivatesDownTheChain) {
  const SearchSpace space = chained_space();
  Config config{0.5, 1, 1};

  space.deactivate(config);

  EXPECT_TRUE(same(config, {kOff, kOff, 1}));
}

TEST(SearchSpace, ContainsLegalActiveAndAbsentInactiveValues) {
  const SearchSpace space = chained_space();

  EXPECT_TRUE(space.contains(Config{0.5, 1, 0}));
  EXPECT_TRUE(space.contains(Config{kOff, 0, 0}));
  EXPECT_TRUE(space.contains(Config{kOff, kOff, 1}));
  EXPECT_FALSE(space.contains(Config{kOff, 1, 0}));  // leaf is missing
  EXPECT_FALSE(space.contains(Config{0.5, 0, 0}));   // leaf is not active
  EXPECT_FALSE(space.contains(Config{0.5, 1, 1}));   // neither is middle
  EXPECT_FALSE(space.contains(Config{1.5, 1, 0}));   // out of range
  EXPECT_FALSE(space.contains(Config{0.5, 1}));      // too short
  EXPECT_FALSE(space.contains(Config{0.5, 1, kOff}));
}

TEST(SearchSpace, ContainsOnlyWhatMeetsItsRequirements) {
  const SearchSpace space =
      make_space({make_int("a", 0, 9), make_int("b", 0, 9)}, {"a <= b", "a + b != 10"});

  EXPECT_TRUE(space.contains(Config{2, 3}));
  EXPECT_FALSE(space.contains(Config{4, 3}));
  EXPECT_FALSE(space.contains(Config{4, 6}));
  EXPECT_TRUE(space.meets_require(Config{2, 3}));
  EXPECT_FALSE(space.meets_require(Config{4, 6}));
}

TEST(SearchSpace, DefaultsAreThoseOfTheStudyFile) {
  const SearchSpace space = testing::heat_signature_space();

  EXPECT_EQ(dump_json(space.to_json(space.default_config())),
            R"({"threshold_1src":0.35,"threshold_2src":0.45,"fallback_sigma":0.2,)"
            R"("init_strategy":"smart","refine_iters":3,"refine_top":2,"fallback_fevals":18,)"
            R"("fevals_1src":20,"fevals_2src":36})");
  EXPECT_TRUE(space.has_defaults());
  EXPECT_TRUE(space.contains(space.default_config()));
  EXPECT_FALSE(chained_space().has_defaults());
  EXPECT_TRUE(same(chained_space().default_config(), {kOff, 0, 0}));
}

TEST(SearchSpace, ShowsOnlyActiveParameters) {
  EXPECT_EQ(dump_json(chained_space().to_json(Config{kOff, 0, 0})), R"({"middle":1,"top":"a"})");
}

TEST(SearchSpace, EveryConfigurationSurvivesItsExternalForm) {
  const SearchSpace space = mixed_space();
  Rng rng = Rng::for_trial(31, 0);
  for (int i = 0; i < 2000; ++i) {
    const Config config = any_config(space, rng);
    ASSERT_TRUE(space.contains(config));

    const auto partial = space.partial_from_json(Json::parse(dump_json(space.to_json(config))));

    EXPECT_TRUE(same(partial.config, config));
    for (std::size_t p = 0; p < space.size(); ++p) {
      EXPECT_EQ(partial.given[p], !std::isnan(config[p]));
    }
  }
}

TEST(PartialConfig, MarksWhatWasGiven) {
  const auto partial = mixed_space().partial_from_json(Json::parse(R"({"layers": 2, "lr": 0.01})"));

  EXPECT_TRUE(same(partial.config, {0.01, 2, kOff, kOff, kOff, kOff}));
  EXPECT_THAT(partial.given, ElementsAre(true, true, false, false, false, false));
}

TEST(PartialConfig, ReportsEveryProblemAtOnce) {
  const Json params = Json::parse(
      R"({"lr": 5, "layer": 2, "dropout": 0.15, "optimizer": "adam", "momentum": 0.9, "a/b": 1})");

  EXPECT_THAT(problems(mixed_space(), params),
              ElementsAre("/lr: lr: expected float in [0.00001, 0.1], found 5",
                          "/layer: unknown parameter \"layer\"; did you mean \"layers\"?",
                          "/dropout: dropout: expected float in [0, 0.5] in steps of 0.1, found "
                          "0.15",
                          "/a~1b: unknown parameter \"a/b\"",
                          "/momentum: momentum is active only when optimizer is \"sgd\", found "
                          "\"adam\""));
}

TEST(PartialConfig, IsAnObject) {
  EXPECT_THAT(problems(mixed_space(), Json::array({1})),
              ElementsAre(": expected an object of parameter values, found [1]"));
  EXPECT_THAT(problems(mixed_space(), nullptr).size(), 1U);
  EXPECT_TRUE(problems(mixed_space(), Json::object()).empty());
}

TEST(PartialConfig, RefusesAValueWhoseConditionCannotHold) {
  const SearchSpace space = chained_space();

  EXPECT_TRUE(problems(space, {{"leaf", 0.5}}).empty());
  EXPECT_TRUE(problems(space, {{"leaf", 0.5}, {"top", "a"}}).empty());
  EXPECT_THAT(problems(space, {{"leaf", 0.5}, {"middle", 1}}),
              ElementsAre("/leaf: leaf is active only when middle is 2, found 1"));
  // Through a parent that was not given itself.
  EXPECT_THAT(problems(space, {{"leaf", 0.5}, {"top", "b"}}),
              ElementsAre("/leaf: leaf is active only when top is \"a\" (through middle), found "
                          "\"b\""));
}

TEST(PartialConfig, RefusesValuesThatNeedDifferentParents) {
  std::vector<Parameter> params{make_categorical("top", {"a", "b", "c"})};
  params.push_back(when(make_int("x", 0, 9), params, "top", {"a", "b"}));
  params.push_back(when(make_int("y", 0, 9), params, "top", {"b", "c"}));
  params.push_back(when(make_int("z", 0, 9), params, "top", {"c"}));
  const SearchSpace space = make_space(params);

  EXPECT_TRUE(problems(space, {{"x", 1}, {"y", 1}}).empty());
  EXPECT_TRUE(problems(space, {{"y", 1}, {"z", 1}}).empty());
  EXPECT_THAT(problems(space, {{"x", 1}, {"z", 1}}),
              ElementsAre(HasSubstr("x is active only when top is \"a\", \"b\", found other "
                                    "parameters that need it to be \"c\"")));
  EXPECT_EQ(problems(space, {{"x", 1}, {"y", 1}, {"z", 1}}).size(), 1U);
}

TEST(ConfigHash, IsOfTheCanonicalText) {
  std::vector<Parameter> params{make_float("rate", 0, 1), make_categorical("algo", {"x", 2}),
                                make_int("n", 0, 9)};
  const SearchSpace space = make_space(params);

  EXPECT_EQ(config_hash(space, Config{0.1, 0, 3}),
            sha256_hex("[\"algo\",\"categorical\",\"x\"]\n[\"n\",\"int\",3.0]\n"
                       "[\"rate\",\"float\",0.1]\n")
                .substr(0, 32));
}

TEST(ConfigHash, DoesNotDependOnTheOrderOfParametersOrChoices) {
  const SearchSpace space = make_space(
      {make_float("x", 0, 1), make_int("n", 0, 9), make_categorical("c", {"a", "b", "d"})});
  const SearchSpace other = make_space(
      {make_categorical("c", {"d", "b", "e", "a"}), make_float("x", -5, 5), make_int("n", 0, 99)});
  Rng rng = Rng::for_trial(32, 0);
  for (int i = 0; i < 500; ++i) {
    const Config config = any_config(space, rng);
    const Config moved = other.partial_from_json(space.to_json(config)).config;

    EXPECT_EQ(config_hash(space, config), config_hash(other, moved));
  }
}

TEST(ConfigHash, DoesNotDependOnTheWayNumbersAreWritten) {
  const SearchSpace space = make_space({make_float("x", -1, 1), make_categorical("c", {1, "1"})});
  const auto hash = [&](const std::string& params) {
    return config_hash(space, space.partial_from_json(Json::parse(params)).config);
  };

  EXPECT_EQ(hash(R"({"x": 0.10, "c": 1})"), hash(R"({"c": 1.0, "x": 1e-1})"));
  EXPECT_EQ(hash(R"({"x": 1, "c": 1})"), hash(R"({"x": 1.0, "c": 1})"));
  EXPECT_EQ(hash(R"({"x": -0.0, "c": 1})"), hash(R"({"x": 0, "c": 1})"));
  EXPECT_NE(hash(R"({"x": 0, "c": 1})"), hash(R"({"x": 0, "c": "1"})"));
  const SearchSpace floats = make_space({make_float("x", -1, 1), make_categorical("c", {1.0})});
  EXPECT_EQ(config_hash(floats, Config{0.5, 0}), hash(R"({"x": 0.5, "c": 1})"));
}

TEST(ConfigHash, IsTheSameOnAndBesideTheGrid) {
  const SearchSpace space = make_space({testing::make_stepped_float("x", 0, 1, 0.1)});

  EXPECT_EQ(config_hash(space, Config{0.1 + 0.2}), config_hash(space, Config{0.3}));
  EXPECT_NE(config_hash(space, Config{0.4}), config_hash(space, Config{0.3}));
}

TEST(ConfigHash, TellsConfigurationsApart) {
  const SearchSpace space = mixed_space();
  Rng rng = Rng::for_trial(33, 0);
  std::vector<std::pair<std::string, std::string>> seen;
  for (int i = 0; i < 2000; ++i) {
    const Config config = any_config(space, rng);
    seen.emplace_back(config_hash(space, config), dump_json(space.to_json(config)));
    EXPECT_EQ(seen.back().first.size(), 32U);
  }
  std::sort(seen.begin(), seen.end());
  for (std::size_t i = 1; i < seen.size(); ++i) {
    EXPECT_EQ(seen[i].first == seen[i - 1].first, seen[i].second == seen[i - 1].second);
  }
  // A value in one parameter is not the same value in another, nor absent.
  const SearchSpace two = make_space({make_float("a", 0, 1), make_float("b", 0, 1)});
  EXPECT_NE(config_hash(two, Config{0, 1}), config_hash(two, Config{1, 0}));
}

TEST(NearestName, FindsSlipsOfTheKeyboard) {
  const std::vector<std::string> known{"direction", "directions", "seed", "params", "max"};

  EXPECT_EQ(nearest_name("directon", known), "direction");
  EXPECT_EQ(nearest_name("DIRECTIONS", known), "directions");
  EXPECT_EQ(nearest_name("sede", known), "seed");
  EXPECT_EQ(nearest_name("param", known), "params");
  EXPECT_EQ(nearest_name("mac", known), "max");
  EXPECT_EQ(nearest_name("workers", known), std::nullopt);
  EXPECT_EQ(nearest_name("min", known), std::nullopt);
  EXPECT_EQ(nearest_name("", known), std::nullopt);
  EXPECT_EQ(nearest_name(std::string(10'000'000, 'x'), known), std::nullopt);
  EXPECT_EQ(nearest_name("x", std::vector<std::string>{}), std::nullopt);
}

}  // namespace
}  // namespace studyhall
