// Studies of several objectives.
#include <gmock/gmock.h>

#include <functional>
#include <map>
#include <set>

#include "tests/server/service_fixture.h"

namespace studyhall::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Several : public ServiceTest {
 protected:
  // A cost to be minimised and a gain to be maximised.
  void create_two(const Json& patch = Json::object()) {
    Json file = two_floats();
    file.erase("direction");
    file["directions"] = {"minimize", "maximize"};
    create(file, patch);
  }
  TellAnswer tell_both(const AskedTrial& trial, double cost, double gain,
                       std::map<std::string, double> metrics = {}) {
    TellRequest request;
    request.values = {cost, gain};
    request.metrics = std::move(metrics);
    request.lease = trial.lease.token;
    return service_->tell("s", trial.number, request);
  }
  std::vector<std::int64_t> front() {
    std::vector<std::int64_t> numbers;
    for (const BestRow& row : service_->best("s", 0)) numbers.push_back(row.number);
    return numbers;
  }
  std::string refusal(const std::function<void()>& verb) {
    try {
      verb();
    } catch (const Error& error) {
      return error.what();
    }
    return "not refused";
  }
};

INSTANTIATE_TEST_SUITE_P(Backends, Several, ::testing::Values("memory", "sqlite"),
                         [](const auto& backend) { return backend.param; });

TEST_P(Several, BestIsTheFront) {
  create_two();
  EXPECT_EQ(service_->study("s").front_size, 0);
  EXPECT_TRUE(tell_both(ask(), 3, 9).new_best);
  EXPECT_TRUE(tell_both(ask(), 1, 5).new_best);
  EXPECT_FALSE(tell_both(ask(), 2, 5).new_best);
  EXPECT_THAT(front(), ElementsAre(1, 0));
  EXPECT_TRUE(tell_both(ask(), 1, 9).new_best);

  EXPECT_THAT(front(), ElementsAre(3));
  const BestRow row = service_->best("s", 0).front();
  EXPECT_THAT(row.values, ElementsAre(1, 9));
  EXPECT_EQ(row.rank, 1);
  const StudyInfo info = service_->study("s");
  EXPECT_EQ(info.front_size, 1);
  EXPECT_FALSE(info.best_number);
  EXPECT_FALSE(info.best_value);

  restart();
  EXPECT_THAT(front(), ElementsAre(3));
}

TEST_P(Several, EventsTellWhoJoinedTheFrontAndWhoLeft) {
  create_two();
  tell_both(ask(), 3, 9);
  tell_both(ask(), 1, 5);
  tell_both(ask(), 4, 1);
  tell_both(ask(), 0, 9);
  std::vector<Json> news;
  for (const Event& event : service_->events("s", 0, 0)) {
    if (event.kind == EventKind::NewBest) news.push_back(event.body);
  }
  ASSERT_EQ(news.size(), 3U);
  EXPECT_EQ(news[0], Json::parse(R"({"joined": [0], "left": [], "front_size": 1})"));
  EXPECT_EQ(news[1], Json::parse(R"({"joined": [1], "left": [], "front_size": 2})"));
  EXPECT_EQ(news[2], Json::parse(R"({"joined": [3], "left": [0, 1], "front_size": 1})"));
}

TEST_P(Several, InfeasibleResultsAreNotOnTheFront) {
  create_two({{"constraints", {{{"metric", "t"}, {"max", 1}}}}});
  EXPECT_FALSE(tell_both(ask(), 0, 9, {{"t", 2}}).new_best);
  EXPECT_TRUE(tell_both(ask(), 5, 5, {{"t", 0.5}}).new_best);
  EXPECT_THAT(front(), ElementsAre(1));
}

TEST_P(Several, ALuckyRunLeavesTheFrontWhenItIsRepeated) {
  create_two();
  for (int i = 0; i < 3; ++i) {
    const Json params = {{"x", 0.25 * i}, {"y", 0.5}};
    enqueue(params, 0, 3);
  }
  // Two configurations are steady at a lower cost, the third was lucky once.
  std::vector<AskedTrial> asked;
  for (int i = 0; i < 9; ++i) asked.push_back(ask());
  for (const AskedTrial& trial : asked) {
    if (trial.params["x"] == 0.5) {
      tell_both(trial, 2, trial.number == 6 ? 12 : 1);
    } else {
      tell_both(trial, 1, 5 + 0.125 * static_cast<double>(trial.number % 3));
    }
  }
  ASSERT_EQ(service_->study("s").counts["complete"], 9);
  for (const BestRow& row : service_->best("s", 0)) {
    EXPECT_NE(row.number, 6);
    EXPECT_EQ(row.means.size(), 2U);
  }
}

TEST_P(Several, RefusesAnotherNumberOfValuesNamingBoth) {
  create_two();
  const AskedTrial trial = ask();
  TellRequest one;
  one.values = {1};
  EXPECT_THAT(refusal([&] { service_->tell("s", trial.number, one); }),
              HasSubstr("found 1 values, expected 2"));
  one.values = {1, 2, 3};
  EXPECT_THAT(refusal([&] { service_->tell("s", trial.number, one); }),
              HasSubstr("found 3 values, expected 2"));
  tell_both(trial, 1, 2);
  EXPECT_THAT(view(0).values, ElementsAre(1, 2));
  EXPECT_TRUE(tell_both(trial, 1, 2).already);
}

TEST_P(Several, RefusesReports) {
  create_two();
  const AskedTrial trial = ask();
  const ReportRequest report{1, 0.5, trial.lease.token};
  EXPECT_THAT(refusal([&] { service_->report("s", trial.number, report); }), HasSubstr("has 2"));
  EXPECT_FALSE(service_->heartbeat("s", trial.number, {trial.lease.token}).stop);
}

TEST_P(Several, FocusedWorkersHoldTheRestAtMembersOfTheFront) {
  create_two({{"workers", {{"W1", {{"focus", {"x"}}}}}}, {"focus_share", 1}});
  std::map<std::int64_t, double> y_of;
  for (int i = 0; i < 4; ++i) {
    const AskedTrial trial = ask();
    y_of[trial.number] = trial.params["y"].get<double>();
    tell_both(trial, i, i);  // each is better in one and worse in the other
  }
  std::set<std::int64_t> pins;
  for (int i = 0; i < 20; ++i) {
    const AskedTrial trial = ask("W1");
    ASSERT_TRUE(y_of.contains(trial.pin)) << trial.pin;
    EXPECT_EQ(trial.params["y"].get<double>(), y_of[trial.pin]);
    EXPECT_EQ(trial.pin_version, 4);
    pins.insert(trial.pin);
  }
  EXPECT_EQ(pins.size(), 4U);
}

TEST_P(Several, SuggestTheSameAfterARestart) {
  const auto campaign = [&](bool restarting) {
    std::vector<std::string> params;
    for (int i = 0; i < 30; ++i) {
      const AskedTrial trial = ask(i % 3 == 0 ? "W1" : "");
      params.push_back(dump_json(trial.params) + std::to_string(trial.pin));
      const auto x = trial.params["x"].get<double>();
      const auto y = trial.params["y"].get<double>();
      tell_both(trial, x * x + y, x - y * y);
      if (restarting && i % 7 == 6) restart();
    }
    return params;
  };
  create_two({{"workers", {{"W1", {{"focus", {"x"}}}}}}});
  const auto expected = campaign(false);
  service_->delete_study("s");
  create_two({{"workers", {{"W1", {{"focus", {"x"}}}}}}});

  EXPECT_EQ(campaign(true), expected);
}

}  // namespace
}  // namespace studyhall::server
