#include <gmock/gmock.h>

#include "tests/server/service_fixture.h"

namespace studyhall::server {
namespace {

using ::testing::ElementsAre;

class ColumnsVerb : public ServiceTest {
 protected:
  void run(int count, double (*value)(int)) {
    for (int i = 0; i < count; ++i) tell(ask(i % 2 == 0 ? "W1" : "W2"), value(i));
  }
};
INSTANTIATE_TEST_SUITE_P(Backends, ColumnsVerb, ::testing::Values("memory", "sqlite"),
                         [](const auto& backend) { return backend.param; });

TEST_P(ColumnsVerb, HasEveryTrialOfASmallStudyAsItIs) {
  create(two_floats());
  const AskedTrial first = ask("W1");
  TellRequest result;
  result.values = {0.5};
  result.metrics = {{"runtime", 4}};
  result.usage.cost_usd = 1.5;
  service_->tell("s", first.number, result);
  service_->report("s", ask("W2").number, {.step = 3, .value = 0.25, .lease = ""});
  fail(ask("W1"), FailReason::BadConfig);

  const TrialColumns columns = service_->columns("s", {});

  EXPECT_EQ(columns.trials, 3);
  EXPECT_EQ(columns.last_event, service_->study("s").last_event);
  EXPECT_EQ(columns.columns.at("number"), Json({0, 1, 2}));
  EXPECT_EQ(columns.names.at("state"), Json({"complete", "running", "failed"}));
  EXPECT_EQ(columns.columns.at("state"), Json({0, 1, 2}));
  EXPECT_EQ(columns.names.at("worker"), Json({"W1", "W2"}));
  EXPECT_EQ(columns.columns.at("worker"), Json({0, 1, 0}));
  EXPECT_EQ(columns.columns.at("reason"), Json({-1, -1, 0}));
  EXPECT_EQ(columns.columns.at("values"), Json::parse("[[0.5, null, null]]"));
  EXPECT_EQ(columns.columns.at("metrics"), Json::parse(R"({"runtime": [4.0, null, null]})"));
  EXPECT_EQ(columns.columns.at("params").at("x").at(0), first.params.at("x"));
  EXPECT_EQ(columns.columns.at("cost_usd"), Json({1.5, 1.5, 1.5}));
  EXPECT_TRUE(columns.columns.at("completed").at(1).is_null());
  EXPECT_EQ(columns.intermediate, Json::parse(R"({"1": [[3, 0.25]]})"));
  EXPECT_THAT(columns.quantiles, ElementsAre(ElementsAre(0.5)));
}

TEST_P(ColumnsVerb, ThinsALargeStudyOutButKeepsEachImprovement) {
  create(two_floats());
  // The best so far is at 0, 1, 3, 7, 15, ...: rare, and each must be shown.
  run(600, [](int i) { return ((i + 1) & i) == 0 ? 10.0 + i : static_cast<double>(i % 7); });
  const std::int64_t running = ask("W1").number;
  tell(ask("W1"), 0);

  const TrialColumns columns = service_->columns("s", {.points = 100});

  EXPECT_EQ(columns.trials, 602);
  const auto numbers = columns.columns.at("number").get<std::vector<std::int64_t>>();
  EXPECT_LE(numbers.size(), 100U);
  EXPECT_GE(numbers.size(), 60U);
  EXPECT_TRUE(std::is_sorted(numbers.begin(), numbers.end()));
  for (const std::int64_t one : {0, 1, 3, 7, 15, 31, 63, 127, 255, 511}) {
    EXPECT_TRUE(std::binary_search(numbers.begin(), numbers.end(), one)) << one;
  }
  EXPECT_TRUE(std::binary_search(numbers.begin(), numbers.end(), running));
  for (const auto& [name, column] : columns.columns.items()) {
    if (column.is_array() && name != "values") {
      EXPECT_EQ(column.size(), numbers.size()) << name;
    }
  }
  ASSERT_EQ(columns.quantiles.size(), 1U);
  EXPECT_EQ(columns.quantiles[0].size(), kMostQuantiles);
  EXPECT_EQ(columns.quantiles[0].front(), 0);
  EXPECT_EQ(columns.quantiles[0].back(), 521);
  EXPECT_EQ(service_->columns("s", {.points = 0}).columns.at("number").size(), 602U);
}

TEST_P(ColumnsVerb, RefusesPointsOutOfRange) {
  create(two_floats());
  for (const std::int64_t points : {std::int64_t{-1}, kFewestPoints - 1, kMostPoints + 1}) {
    EXPECT_EQ(code_of([&] { service_->columns("s", {.points = points}); }), ErrorCode::Invalid);
  }
  EXPECT_EQ(code_of([&] { service_->columns("t", {}); }), ErrorCode::NotFound);
}

TEST_P(ColumnsVerb, TheListHasASparklineAndWhoRuns) {
  create(two_floats());
  EXPECT_TRUE(service_->studies().front().sparkline.empty());
  run(3, [](int i) { return i == 1 ? 5.0 : 2.0; });
  ask("W2");

  const StudyInfo listed = service_->studies().front();

  EXPECT_THAT(listed.sparkline, ElementsAre(2, 5, 5, 5));
  EXPECT_THAT(listed.running_workers, ElementsAre("W2"));
  EXPECT_TRUE(service_->study("s").sparkline.empty());
}

}  // namespace
}  // namespace studyhall::server
