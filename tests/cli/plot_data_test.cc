#include "cli/plot_data.h"

#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "cli/history_plot.h"
#include "core/error.h"

namespace studyhall::cli {
namespace {

PlotData read(const std::string& text, const std::vector<MetricConstraint>& constraints = {},
              std::size_t objective = 0) {
  std::istringstream in(text);
  CsvReader table(in, "t.csv");
  PlotData data;
  read_table(data, table, constraints, objective);
  return data;
}

TEST(ReadTable, TakesWhatExportWrites) {
  const PlotData data = read(
      "number,value,params_x,user_attrs_minutes,state,datetime_start,datetime_complete,worker\n"
      "2,0.5,1,61,COMPLETE,2026-03-01T12:00:00.000000Z,2026-03-01T12:00:30.500000Z,W1\n"
      "0,1.25,2,59.5,COMPLETE,,,\"W,2\"\n"
      "1,,3,,FAIL,,,W1\n"
      "3,0.75,,,PRUNED,,,W1\n"
      "4,inf,3,1,COMPLETE,,,W1\n",
      {{.metric = "minutes", .max = 60, .min = {}}});

  ASSERT_EQ(data.trials.size(), 5U);
  EXPECT_EQ(data.trials[0].number, 0);
  EXPECT_EQ(data.trials[0].value, 1.25);
  EXPECT_EQ(data.trials[0].worker, "W,2");
  EXPECT_TRUE(data.trials[0].feasible && data.trials[0].is_result());
  EXPECT_EQ(data.trials[1].state, TrialState::Fail);
  EXPECT_FALSE(data.trials[2].feasible);
  EXPECT_EQ(*data.trials[2].completed - *data.trials[2].started, std::chrono::milliseconds(30'500));
  EXPECT_TRUE(std::isnan(data.trials[3].params[0]));
  EXPECT_FALSE(data.trials[4].is_result()) << "an infinity has no place in a picture";

  const HistoryData history = history_of(data);
  ASSERT_EQ(history.points.size(), 3U);
  EXPECT_TRUE(history.points[2].pruned);
}

TEST(ReadTable, TellsNumbersLogarithmsAndChoicesApart) {
  const PlotData data = read(
      "number,value,params_rate,params_n,params_mode,params_x,state\n"
      "0,1,0.0001,2,fast,-1,COMPLETE\n"
      "1,2,0.1,3,slow,900.5,COMPLETE\n"
      "2,3,0.01,5,fast,0,COMPLETE\n");

  ASSERT_EQ(data.params.size(), 4U);
  EXPECT_TRUE(data.params[0].log);
  EXPECT_TRUE(data.params[1].whole && !data.params[1].log);
  EXPECT_EQ(data.params[2].choices, (std::vector<std::string>{"fast", "slow"}));
  EXPECT_EQ(data.trials[1].params[2], 1);
  EXPECT_FALSE(data.params[3].log || data.params[3].whole);
}

TEST(ReadTable, NamesWhatIsWrong) {
  const auto message = [](const std::string& text, std::size_t objective = 0) -> std::string {
    try {
      (void)read(text, {}, objective);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };

  EXPECT_NE(message("number,state\n").find("no column \"value\""), std::string::npos);
  EXPECT_NE(message("number,value,state\n", 1).find("no column \"values_1\""), std::string::npos);
  EXPECT_EQ(message("number,value,state\n1,2,COMPLETE\n2,two,COMPLETE\n"),
            "t.csv, line 3: value is \"two\", not a number");
}

TEST(PlotDataOfAStudy, HasItsParametersAndPositionsOfChoices) {
  StudyInfo info;
  info.name = "s";
  info.spec = Json::parse(R"({"directions": ["minimize", "maximize"], "params": {
    "rate": {"type": "float", "low": 0.001, "high": 1, "log": true},
    "mode": {"type": "categorical", "choices": ["a", null, 3]},
    "n": {"type": "int", "low": 1, "high": 5}}})");
  PlotData data = plot_data(info, 1);
  TrialView trial;
  trial.params = Json::parse(R"({"rate": 0.5, "mode": null})");
  trial.values = {1, 2};
  trial.state = TrialState::Complete;

  add_trial(data, trial, 1);

  EXPECT_EQ(data.direction, Direction::Maximize);
  EXPECT_TRUE(data.params[0].log && data.params[2].whole);
  EXPECT_EQ(data.trials[0].value, 2);
  EXPECT_EQ(data.trials[0].params[0], 0.5);
  EXPECT_EQ(data.trials[0].params[1], 1);
  EXPECT_TRUE(std::isnan(data.trials[0].params[2]));
}

}  // namespace
}  // namespace studyhall::cli
