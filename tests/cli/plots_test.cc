// What the scripts of the pictures hold; that gnuplot draws them is commands_plot_test.cc's.
#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <sstream>

#include "cli/param_plots.h"
#include "cli/plot_axes.h"
#include "cli/run_plots.h"

namespace studyhall::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

Timestamp second(int s) { return Timestamp(std::chrono::seconds(1'790'000'000 + s)); }

// x is a number, rate one in the logarithm, mode one of three; trial 3 is infeasible, 4 failed.
PlotData some_trials() {
  PlotData data;
  data.title = "s";
  data.params = {{.name = "x", .log = false, .whole = false, .choices = {}},
                 {.name = "rate", .log = true, .whole = false, .choices = {}},
                 {.name = "mode", .log = false, .whole = false, .choices = {"a", "b", "c"}}};
  const auto add = [&](double value, std::vector<double> params, const std::string& worker,
                       int start, int end) -> PlotTrial& {
    data.trials.push_back({.number = static_cast<std::int64_t>(data.trials.size()),
                           .state = TrialState::Complete,
                           .value = value,
                           .params = std::move(params),
                           .worker = worker,
                           .feasible = true,
                           .started = second(start),
                           .completed = second(end)});
    return data.trials.back();
  };
  add(3, {0, 0.001, 0}, "W1", 0, 10);
  add(1, {1, 0.1, 1}, "W2", 0, 20);
  add(2, {0.5, kNone, 2}, "W1", 5, 20);
  add(0, {0.25, 0.01, 0}, "W1", 20, 30).feasible = false;
  add(kNone, {0.75, 0.01, 0}, "W2", 20, 25).state = TrialState::Fail;
  return data;
}

// The lines of a data block.
std::vector<std::string> block(const std::string& script, const std::string& name) {
  const std::string head = name + " << STUDYHALL_END\n";
  const std::size_t begin = script.find(head);
  if (begin == std::string::npos) return {};
  std::istringstream in(script.substr(begin + head.size()));
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line) && line != "STUDYHALL_END";) lines.push_back(line);
  return lines;
}

TEST(AxisRange, IsOfTheCoordinatesWithAMargin) {
  const AxisRange rate = axis_range(some_trials(), 1);
  EXPECT_DOUBLE_EQ(rate.low, -3.1);
  EXPECT_DOUBLE_EQ(rate.high, -0.9);
  EXPECT_EQ(axis_range(some_trials(), 2).high, 2.5);
}

TEST(AxisLines, LabelDecadesChoicesAndWholeNumbers) {
  const PlotData data = some_trials();
  EXPECT_THAT(axis_lines("x", data.params[1], {-3, -1}, 80),
              HasSubstr("('0.001' -3, '0.01' -2, '0.1' -1)"));
  EXPECT_THAT(axis_lines("y", data.params[2], {-0.5, 2.5}, 80),
              HasSubstr("set ytics ('a' 0, 'b' 1, 'c' 2)"));
  EXPECT_THAT(
      axis_lines("x", {.name = "n", .log = false, .whole = true, .choices = {}}, {-0.1, 3.1}, 80),
      HasSubstr("('0' 0, '1' 1, '2' 2, '3' 3)"));
}

TEST(Quantile, Interpolates) {
  const std::vector<double> values{1, 2, 4};
  EXPECT_DOUBLE_EQ(quantile(values, 0.5), 2);
  EXPECT_DOUBLE_EQ(quantile(values, 0.75), 3);
}

TEST(Slice, HasAPanelForEachParameterAndInfeasibleResultsApart) {
  const std::vector<std::size_t> params{0, 1};
  const std::string script = slice_script(some_trials(), params, Picture::Svg);
  EXPECT_THAT(block(script, "$results0"), ::testing::ElementsAre("0 3 0", "1 1 1", "0.5 2 2"));
  EXPECT_THAT(block(script, "$infeasible0"), ::testing::ElementsAre("0.25 0 3"));
  EXPECT_EQ(block(script, "$results1").size(), 2U) << "where rate is active";
  EXPECT_THAT(script, HasSubstr("layout 1,2"));
}

TEST(Parallel, DrawsTheBestLastAndEndsALineWhereAParameterIsNotActive) {
  const std::vector<std::size_t> params{0, 1, 2};
  const std::vector<std::string> lines =
      block(parallel_script(some_trials(), params, Picture::Svg), "$lines");
  EXPECT_THAT(lines, ::testing::ElementsAre("0 1 3", "1 0 3", "2 0 3", "3 0 3", "",  //
                                            "0 0.5 2", "1 0.5 2", "", "3 1 2", "",   //
                                            "0 0 1", "1 1 1", "2 1 1", "3 0.5 1", ""));
}

TEST(Contour, IsTheMeanBetweenTwoResultsAndEachNearItself) {
  PlotData data = some_trials();
  data.trials.resize(2);
  const std::vector<std::string> ground =
      block(contour_script(data, 0, 1, Picture::Svg), "$ground");
  double low = 10;
  double high = 0;
  for (const std::string& line : ground) {
    if (line.empty()) continue;
    const double value = std::stod(line.substr(line.rfind(' ')));
    low = std::min(low, value);
    high = std::max(high, value);
  }
  EXPECT_NEAR(low, 1, 1e-6);
  EXPECT_NEAR(high, 3, 1e-6);
}

TEST(Rank, GivesTheBestOne) {
  PlotData data = some_trials();
  EXPECT_THAT(block(rank_script(data, 0, 2, Picture::Svg), "$results"),
              ::testing::ElementsAre("0 0 3", "0.5 2 2", "1 1 1"));
  data.direction = Direction::Maximize;
  EXPECT_THAT(block(rank_script(data, 0, 2, Picture::Svg), "$results"),
              ::testing::ElementsAre("1 1 3", "0.5 2 2", "0 0 1"));
}

TEST(Timeline, GivesOverlappingTrialsOfAWorkerRowsOfTheirOwn) {
  PlotData data = some_trials();
  data.trials[4].state = TrialState::Running;
  data.trials[4].completed.reset();
  const std::string script = timeline_script(data, second(40), Picture::Svg);
  EXPECT_THAT(
      block(script, "$complete"),
      ::testing::ElementsAre("0 0 0 10 -0.38 0.38", "0 2 0 20 1.62 2.38", "5 1 5 20 0.62 1.38"));
  EXPECT_THAT(block(script, "$running"), ::testing::ElementsAre("20 2 20 40 1.62 2.38"));
  EXPECT_THAT(script, HasSubstr("('W1' 0.5, 'W2' 2)"));
  EXPECT_THAT(script, Not(HasSubstr("$failed <<")));
}

TEST(Edf, StepsUpByTheShareOfEachResult) {
  const std::string script = edf_script(some_trials(), Picture::Svg);
  EXPECT_THAT(block(script, "$all"),
              ::testing::ElementsAre("1 0", "1 0.3333333333333333", "2 0.6666666666666666", "3 1"));
  EXPECT_THAT(block(script, "$worker1"), ::testing::ElementsAre("1 0", "1 1"));
}

TEST(ImportanceOfATable, FindsTheParameterThatTheValueIs) {
  PlotData data;
  data.params = {{.name = "noise", .log = false, .whole = false, .choices = {}},
                 {.name = "x", .log = false, .whole = false, .choices = {}}};
  for (int i = 0; i < 100; ++i)
    data.trials.push_back({.number = i,
                           .state = TrialState::Complete,
                           .value = i / 100.0,
                           .params = {std::fmod(i * 0.618, 1.0), i / 100.0},
                           .worker = {},
                           .feasible = true,
                           .started = {},
                           .completed = {}});
  const std::vector<ImportanceRow> rows = importance_of(data);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].name, "x");
  EXPECT_GT(rows[0].importance, 0.9);
  EXPECT_THAT(importance_script("s", rows, Picture::Svg), HasSubstr("'x' 0, 'noise' 1"));
}

}  // namespace
}  // namespace studyhall::cli
