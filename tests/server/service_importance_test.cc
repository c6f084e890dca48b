#include <gmock/gmock.h>

#include <cmath>

#include "tests/server/service_fixture.h"

namespace studyhall::server {
namespace {

using ::testing::HasSubstr;

class ImportanceVerb : public ServiceTest {
 protected:
  // Trials over a grid of x and y in [0, 1], told x + y / 50: x decides.
  void run_grid(int side) {
    for (int i = 0; i < side * side; ++i) {
      const double x = (i % side + 0.5) / side;
      const double y = (static_cast<double>(i / side) + 0.5) / side;
      enqueue({{"x", x}, {"y", y}});
    }
    AskRequest request;
    request.count = side * side;
    for (const AskedTrial& trial : service_->ask("s", request).trials) {
      tell(trial, trial.params["x"].get<double>() + trial.params["y"].get<double>() / 50);
    }
  }
  std::string message_of(const ImportanceRequest& request, ErrorCode code) {
    try {
      service_->importance("s", request);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code);
      return error.what();
    }
    ADD_FAILURE() << "no error";
    return "";
  }
};
INSTANTIATE_TEST_SUITE_P(Backends, ImportanceVerb, ::testing::Values("memory", "sqlite"),
                         [](const auto& backend) { return backend.param; });

TEST_P(ImportanceVerb, NamesTheParameterThatDecidesFirst) {
  create(two_floats());
  run_grid(8);

  const ImportanceAnswer answer = service_->importance("s", {});

  EXPECT_EQ(answer.trials, 64);
  EXPECT_EQ(answer.target_trials, 7);
  EXPECT_TRUE(answer.informative);
  ASSERT_EQ(answer.parameters.size(), 2U);
  EXPECT_EQ(answer.parameters[0].name, "x");
  EXPECT_GT(answer.parameters[0].importance, 0.9);
  EXPECT_NEAR(answer.parameters[0].importance + answer.parameters[1].importance, 1, 1e-12);
  EXPECT_EQ(answer.parameters[0].trials, 64);

  restart();
  EXPECT_EQ(service_->importance("s", {}).parameters[0].importance,
            answer.parameters[0].importance);
}

TEST_P(ImportanceVerb, CountsCompleteTrialsOnly) {
  create(two_floats());
  EXPECT_EQ(service_->importance("s", {}).trials, 0);
  EXPECT_FALSE(service_->importance("s", {}).informative);
  run_grid(2);
  fail(ask(), FailReason::BadConfig);
  TellRequest pruned;
  pruned.state = TrialState::Pruned;
  service_->tell("s", ask().number, pruned);
  ask();
  enqueue({{"x", 0.25}});

  EXPECT_EQ(service_->importance("s", {}).trials, 4);
}

TEST_P(ImportanceVerb, OfAWorkerLooksAtItsRangesAndParameters) {
  create(two_floats(), Json::parse(R"({"workers": {
    "W1": {"focus": {"x": {"low": 0, "high": 0.5}}},
    "W2": {"fixed": {"y": 0.0625}}, "W3": {}}})"));
  run_grid(8);

  const ImportanceAnswer narrowed = service_->importance("s", {.worker = "W1"});
  EXPECT_EQ(narrowed.trials, 32);
  ASSERT_EQ(narrowed.parameters.size(), 1U);
  EXPECT_EQ(narrowed.parameters[0].name, "x");
  EXPECT_EQ(narrowed.parameters[0].importance, 1);

  const ImportanceAnswer fixed = service_->importance("s", {.worker = "W2"});
  EXPECT_EQ(fixed.trials, 8) << "those with y at its fixed value";
  ASSERT_EQ(fixed.parameters.size(), 1U);
  EXPECT_EQ(fixed.parameters[0].name, "x");

  EXPECT_EQ(service_->importance("s", {.worker = "W3"}).trials, 64);
}

TEST_P(ImportanceVerb, ComparesWithTheRegionAskedFor) {
  create(two_floats());
  run_grid(8);

  const ImportanceAnswer half =
      service_->importance("s", {.worker = "", .target_quantile = 0.25, .region_quantile = 0.5});

  EXPECT_EQ(half.trials, 32);
  EXPECT_EQ(half.target_trials, 16);
}

TEST_P(ImportanceVerb, DoesNotCountOnForbiddenResults) {
  create(two_floats(), Json::parse(R"({"constraints": [{"metric": "cost", "max": 0.25}]})"));
  for (int i = 0; i < 64; ++i) {
    const double x = (i % 8 + 0.5) / 8;
    const double y = (static_cast<double>(i / 8) + 0.5) / 8;
    enqueue({{"x", x}, {"y", y}});
    tell(ask(), x, {{"cost", y}});
  }

  const ImportanceAnswer answer =
      service_->importance("s", {.worker = "", .target_quantile = 0.25});

  EXPECT_EQ(answer.target_trials, 16) << "the feasible ones";
  EXPECT_EQ(answer.parameters[0].name, "y");
  EXPECT_GT(answer.parameters[0].importance, 0.9);
}

TEST_P(ImportanceVerb, RefusesWhatIsNotThere) {
  create(two_floats(), Json::parse(R"({"workers": {"W1": {}, "gpu": {}}})"));

  EXPECT_EQ(code_of([&] { service_->importance("t", {}); }), ErrorCode::NotFound);
  EXPECT_THAT(message_of({.worker = "gpx"}, ErrorCode::NotFound), HasSubstr("mean \"gpu\"?"));
  EXPECT_THAT(message_of({.worker = "someone"}, ErrorCode::NotFound), HasSubstr("W1, gpu"));
  EXPECT_THAT(message_of({.worker = "", .objective = 1}, ErrorCode::Invalid),
              HasSubstr("objective"));
  EXPECT_THAT(message_of({.worker = "", .objective = -1}, ErrorCode::Invalid),
              HasSubstr("found -1"));
  for (const double quantile : {0.0, -0.1, 1.0, 1.5, std::nan("")}) {
    EXPECT_THAT(message_of({.worker = "", .target_quantile = quantile}, ErrorCode::Invalid),
                HasSubstr("/target_quantile"));
  }
  for (const double quantile : {0.0, 1.5, std::nan("")}) {
    EXPECT_THAT(message_of({.worker = "", .region_quantile = quantile}, ErrorCode::Invalid),
                HasSubstr("/region_quantile"));
  }
}

}  // namespace
}  // namespace studyhall::server
