#include "core/slice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "core/rng.h"
#include "tests/support/spaces.h"

namespace studyhall {
namespace {

using ::testing::ElementsAre;
using testing::make_float;
using testing::make_int;
using testing::make_space;
using testing::mixed_space;
using testing::small_finite_space;

constexpr double kOff = kInactive;

Domain held(double value) {
  Domain domain;
  domain.free = false;
  domain.held = value;
  return domain;
}

std::vector<std::string> shown(const SearchSpace& space, const std::vector<Config>& configs) {
  std::vector<std::string> texts;
  for (const Config& config : configs) texts.push_back(dump_json(space.to_json(config)));
  return texts;
}

// Every combination of grid values and "inactive" that the space and the slice contain, found the
// slow way. REQUIRES: every parameter is discrete.
std::set<std::string> all_members(const SearchSpace& space, const Slice& slice) {
  std::vector<Config> configs{{}};
  for (const Parameter& param : space.params()) {
    std::vector<Config> longer;
    for (const Config& config : configs) {
      for (std::uint64_t k = 0; k <= *param.cardinality(); ++k) {
        longer.push_back(config);
        longer.back().push_back(k < *param.cardinality() ? param.grid_value(k) : kOff);
      }
    }
    configs = std::move(longer);
  }
  std::set<std::string> members;
  for (const Config& config : configs) {
    if (space.contains(config) && slice.contains(space, config)) {
      members.insert(dump_json(space.to_json(config)));
    }
  }
  return members;
}

TEST(Slice, OfTheWholeSpaceContainsIt) {
  const SearchSpace space = mixed_space();
  const Slice slice = whole_space(space);

  EXPECT_EQ(slice.key, "");
  EXPECT_TRUE(slice.contains(space, Config{0.01, 2, 0.3, 0, 0.9, 1}));
  EXPECT_TRUE(slice.contains(space, Config{0.01, 3, 0.3, 1, kOff, kOff}));
  EXPECT_FALSE(slice.contains(space, Config{0.01, 3, 0.3, 1, 0.9, kOff}));
  EXPECT_FALSE(slice.contains(space, Config{0.01, 2, 0.3, 0, 0.9, kOff}));
  EXPECT_FALSE(slice.contains(space, Config{0.01, 2.5, 0.3, 1, kOff, kOff}));
  EXPECT_FALSE(slice.contains(space, Config{0.01, 3, 0.3, 1, kOff}));
}

TEST(Slice, ContainsOnlyItsRangesChoicesAndHeldValues) {
  const SearchSpace space = mixed_space();
  Slice slice = whole_space(space);
  slice.domains[1].low = 2;
  slice.domains[1].high = 3;
  slice.domains[2] = held(0.3);
  slice.domains[3].choices = {1};

  EXPECT_TRUE(slice.contains(space, Config{0.01, 2, 0.3, 1, kOff, kOff}));
  EXPECT_TRUE(slice.contains(space, Config{0.01, 2, 0.1 + 0.2, 1, kOff, kOff}));
  EXPECT_FALSE(slice.contains(space, Config{0.01, 1, 0.3, 1, kOff, kOff}));
  EXPECT_FALSE(slice.contains(space, Config{0.01, 4, 0.3, 1, kOff, kOff}));
  EXPECT_FALSE(slice.contains(space, Config{0.01, 2, 0.4, 1, kOff, kOff}));
  EXPECT_FALSE(slice.contains(space, Config{0.01, 3, 0.3, 0, 0.9, kOff}));
}

TEST(Project, MovesEveryValueIntoItsDomain) {
  const SearchSpace space = mixed_space();
  Slice slice = whole_space(space);
  slice.domains[0] = held(0.05);
  slice.domains[1].low = 2;
  slice.domains[1].high = 3;
  slice.domains[2].high = 0.2;

  const Config config = project(space, slice, {0.01, 4, 0.34, 0, 0.9, kOff});

  EXPECT_THAT(std::vector<double>(config.begin(), config.begin() + 5),
              ElementsAre(0.05, 3, 0.2, 0, 0.9));
  EXPECT_TRUE(std::isnan(config[5]));  // layers is 3
}

TEST(Project, GivesWhatBecomesActiveItsDefault) {
  const SearchSpace space = mixed_space();
  Slice slice = whole_space(space);
  slice.domains[3] = held(0);
  slice.domains[4].high = 0.25;

  const Config config = project(space, slice, {0.01, 2, 0.3, 1, kOff, kOff});

  EXPECT_EQ(config[3], 0);
  EXPECT_EQ(config[4], 0.25);  // the middle, 0.495, moved into the domain
  EXPECT_EQ(config[5], 0);
  EXPECT_TRUE(slice.contains(space, config));
}

TEST(Project, TakesTheNearestOfOrderedChoicesElseTheDefault) {
  const SearchSpace space = make_space({
      testing::make_ordered("size", {"xs", "s", "m", "l", "xl"}),
      testing::with_default(testing::make_categorical("kind", {"a", "b", "c", "d"}), "c"),
  });
  Slice slice = whole_space(space);
  slice.domains[0].choices = {0, 3};
  slice.domains[1].choices = {1, 2};

  EXPECT_THAT(project(space, slice, {4, 1}), ElementsAre(3, 1));
  EXPECT_THAT(project(space, slice, {1, 3}), ElementsAre(0, 2));
  slice.domains[1].choices = {1, 3};
  EXPECT_THAT(project(space, slice, {2, 0}), ElementsAre(3, 1));
}

TEST(Project, AlwaysGivesAMemberAndKeepsMembers) {
  const SearchSpace space = mixed_space();
  Rng rng = Rng::for_trial(41, 0);
  for (int i = 0; i < 2000; ++i) {
    Slice slice = whole_space(space);
    Config config;
    for (std::size_t p = 0; p < space.size(); ++p) {
      const Parameter& param = space.params()[p];
      if (rng.index(3) == 0) slice.domains[p] = held(param.snap(rng.uniform(-1, 5)));
      if (param.is_numeric() && rng.index(2) == 0) slice.domains[p].low = param.snap(0.2);
      config.push_back(rng.index(4) == 0 ? kOff : rng.uniform(-1, 5));
    }

    const Config member = project(space, slice, config);

    EXPECT_TRUE(slice.contains(space, member));
    const Config again = project(space, slice, member);
    EXPECT_EQ(dump_json(space.to_json(again)), dump_json(space.to_json(member)));
  }
}

TEST(Enumerate, ListsEveryConfigurationInOrder) {
  const SearchSpace space = small_finite_space();

  const auto configs = enumerate(space, whole_space(space), 1000);

  ASSERT_TRUE(configs);
  EXPECT_THAT(
      shown(space, *configs),
      ElementsAre(R"({"a":0,"b":"x"})", R"({"a":0,"b":"y","c":0.0})", R"({"a":0,"b":"y","c":0.5})",
                  R"({"a":0,"b":"y","c":1.0})", R"({"a":1,"b":"x"})", R"({"a":1,"b":"y","c":0.0})",
                  R"({"a":1,"b":"y","c":0.5})", R"({"a":1,"b":"y","c":1.0})", R"({"a":2,"b":"x"})",
                  R"({"a":2,"b":"y","c":0.0})", R"({"a":2,"b":"y","c":0.5})",
                  R"({"a":2,"b":"y","c":1.0})"));
}

TEST(Enumerate, FindsExactlyTheMembersThatMeetTheRequirements) {
  std::vector<Parameter> params{make_int("a", 0, 4),
                                testing::make_categorical("b", {"x", "y", "z"})};
  params.push_back(
      testing::when(testing::make_stepped_float("c", 0, 0.4, 0.1), params, "b", {"y"}));
  params.push_back(testing::when(make_int("d", 1, 9, 2), params, "b", {"y", "z"}));
  const SearchSpace space =
      make_space(params, {"a != 2", "c * 10 <= a", "d > a or b == 'z'", "a + d < 12"});
  Slice slice = whole_space(space);
  slice.domains[0].high = 3;
  slice.domains[2].low = 0.1;
  for (const bool narrow : {false, true}) {
    if (narrow) {
      slice.domains[1].choices = {1};
      slice.domains[3] = held(5);
    }

    const auto configs = enumerate(space, slice, 100'000);

    ASSERT_TRUE(configs);
    const auto texts = shown(space, *configs);
    const auto expected = all_members(space, slice);
    EXPECT_GT(expected.size(), 3U);
    EXPECT_EQ(texts.size(), expected.size());
    EXPECT_EQ(std::set<std::string>(texts.begin(), texts.end()), expected);
  }
}

TEST(Enumerate, NeedsEveryFreeParameterToBeDiscrete) {
  const SearchSpace space = make_space({make_float("x", 0, 1), make_int("n", 1, 3)});
  Slice slice = whole_space(space);
  EXPECT_EQ(enumerate(space, slice, 1000), std::nullopt);

  slice.domains[0] = held(0.25);
  EXPECT_THAT(enumerate(space, slice, 1000)->size(), 3U);
  slice.domains[0] = Domain{.free = true, .low = 0.5, .high = 0.5, .choices = {}};
  EXPECT_EQ(shown(space, *enumerate(space, slice, 1000)).front(), R"({"x":0.5,"n":1})");
}

TEST(Enumerate, GivesUpAfterTheLimit) {
  std::vector<Parameter> params;
  for (const char* name : {"a", "b", "c", "d", "e", "f"})
    params.push_back(make_int(name, 0, 999999));
  const SearchSpace huge = make_space(params, {"a + b + c + d + e + f < 0"});
  EXPECT_EQ(enumerate(huge, whole_space(huge), 10'000), std::nullopt);

  // 3 values of a, 6 of b, 12 of c (NaN where b is x): 21 steps.
  const SearchSpace small = small_finite_space();
  EXPECT_EQ(enumerate(small, whole_space(small), 20), std::nullopt);
  EXPECT_THAT(enumerate(small, whole_space(small), 21)->size(), 12U);
}

TEST(Enumerate, EndsABranchAsSoonAsARequirementFails) {
  std::vector<Parameter> params;
  for (const char* name : {"a", "b", "c", "d"}) params.push_back(make_int(name, 0, 99));
  const SearchSpace space = make_space(params, {"a == 7", "b == a", "c == b", "d == c"});

  const auto configs = enumerate(space, whole_space(space), 400);

  ASSERT_TRUE(configs);
  EXPECT_THAT(shown(space, *configs), ElementsAre(R"({"a":7,"b":7,"c":7,"d":7})"));
}

}  // namespace
}  // namespace studyhall
