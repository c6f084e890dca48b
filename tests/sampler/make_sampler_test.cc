#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "sampler/sampler.h"
#include "tests/sampler/histories.h"
#include "tests/support/spaces.h"

namespace studyhall::sampler {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

SamplerSpec spec(std::string name, Json options = nullptr) {
  SamplerSpec result;
  result.name = std::move(name);
  result.options = std::move(options);
  return result;
}

void expect_refused(const SamplerSpec& asked, ErrorCode code,
                    const ::testing::Matcher<std::string>& message) {
  try {
    make_sampler(asked);
    FAIL() << asked.name << " was made";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code);
    EXPECT_THAT(error.what(), message);
  }
}

TEST(MakeSampler, MakesWhatThisBuildHas) {
  EXPECT_TRUE(make_sampler(spec("random")));
  EXPECT_TRUE(make_sampler(spec("tpe")));
  EXPECT_TRUE(
      make_sampler(spec("tpe", {{"multivariate", false}, {"startup", 0}, {"candidates", 1}})));
  EXPECT_TRUE(make_sampler(spec("cmaes", Json::object())));
  EXPECT_TRUE(make_sampler(spec("cmaes", {{"sigma", 0.3}})));
  EXPECT_TRUE(make_sampler(spec("cmaes", {{"covariance", "diagonal"}})));
  EXPECT_TRUE(make_sampler(spec("cmaes", {{"learning_rate", "adaptive"}})));
  EXPECT_TRUE(make_sampler(spec("auto")));
  EXPECT_TRUE(make_sampler(spec("gp")));
  EXPECT_TRUE(make_sampler(spec("gp", {{"startup", 3}, {"incumbent", "observed"}})));
  EXPECT_TRUE(make_sampler(spec("qmc")));
  EXPECT_TRUE(make_sampler(spec("grid")));
  EXPECT_TRUE(make_sampler(spec("grid", {{"points", 1}})));
}

TEST(MakeSampler, RefusesByNameWhatItDoesNotHave) {
  expect_refused(spec("tpee"), ErrorCode::Invalid, AllOf(HasSubstr("tpee"), HasSubstr("mean tpe")));
}

TEST(MakeSampler, RefusesOptionsThatBreakTheirRules) {
  expect_refused(spec("tpe", {{"candidate", 3}}), ErrorCode::Invalid,
                 AllOf(HasSubstr("unknown option candidate"), HasSubstr("mean candidates")));
  expect_refused(spec("tpe", {{"candidates", 0}}), ErrorCode::Invalid,
                 AllOf(HasSubstr("candidates is 0"), HasSubstr("from 1 to")));
  expect_refused(spec("tpe", {{"candidates", 1e30}}), ErrorCode::Invalid, HasSubstr("integer"));
  expect_refused(spec("tpe", {{"startup", 18446744073709551615u}}), ErrorCode::Invalid,
                 HasSubstr("18446744073709551615"));
  expect_refused(spec("tpe", {{"multivariate", 1}}), ErrorCode::Invalid,
                 HasSubstr("true or false"));
  expect_refused(spec("cmaes", {{"sigma", -1}}), ErrorCode::Invalid, HasSubstr("sigma is -1"));
  expect_refused(spec("cmaes", {{"sigma", "wide"}}), ErrorCode::Invalid, HasSubstr("wide"));
  expect_refused(spec("cmaes", {{"popsize", 3}}), ErrorCode::Invalid, HasSubstr("popsize is 3"));
  expect_refused(spec("cmaes", {{"covariance", "banded"}}), ErrorCode::Invalid,
                 HasSubstr("covariance is"));
  expect_refused(spec("cmaes", {{"covariance", "diagonal"}, {"learning_rate", "adaptive"}}),
                 ErrorCode::Unsupported, HasSubstr("expected full"));
  expect_refused(spec("gp", {{"startup", 0}}), ErrorCode::Invalid, HasSubstr("startup is 0"));
  expect_refused(spec("gp", {{"incumbent", "best"}}), ErrorCode::Invalid,
                 HasSubstr("incumbent is"));
  expect_refused(spec("tpe", {{"mode", "optuna"}}), ErrorCode::Invalid,
                 AllOf(HasSubstr("mode is"), HasSubstr("optuna5")));
  expect_refused(spec("tpe", {{"group", true}}), ErrorCode::Invalid, HasSubstr("group"));
  expect_refused(spec("random", {{"seed", 1}}), ErrorCode::Invalid, HasSubstr("seed"));
  expect_refused(spec("qmc", {{"points", 1}}), ErrorCode::Invalid, HasSubstr("points"));
  expect_refused(spec("grid", {{"points", 0}}), ErrorCode::Invalid, HasSubstr("points is 0"));
  expect_refused(spec("tpe", Json::array()), ErrorCode::Invalid, HasSubstr("object"));
}

TEST(MakeSampler, RefusesSeveralObjectivesWhereASamplerHasOne) {
  const SearchSpace space = testing::box_space(2);
  const Slice slice = whole_space(space);
  const History history({Direction::Minimize, Direction::Maximize});
  Rng rng = Rng::for_trial(1, 0);
  for (const char* name : {"cmaes", "gp"}) {
    try {
      make_sampler(spec(name))->suggest(testing::open_task(space, slice), history, rng);
      FAIL() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::Unsupported);
      EXPECT_THAT(error.what(), AllOf(HasSubstr(name), HasSubstr("2 objectives")));
    }
  }
  for (const char* name : {"tpe", "random", "qmc", "grid"}) {
    EXPECT_TRUE(make_sampler(spec(name))->suggest(testing::open_task(space, slice), history, rng))
        << name;
  }
}

}  // namespace
}  // namespace studyhall::sampler
