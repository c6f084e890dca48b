#include "cli/history_plot.h"

#include <gtest/gtest.h>

#include <sstream>

#include "core/error.h"

namespace studyhall::cli {
namespace {

HistoryData some_points(Direction direction) {
  HistoryData data{.title = "s", .direction = direction, .points = {}};
  data.points = {{.number = 0, .value = 3, .worker = "W1"},
                 {.number = 1, .value = 9, .worker = "W2", .feasible = false},
                 {.number = 2, .value = 1, .worker = "W1"},
                 {.number = 3, .value = 10, .worker = "W1", .feasible = true, .pruned = true},
                 {.number = 5, .value = 4, .worker = "W2"}};
  return data;
}

TEST(BestSoFar, FollowsTheDirectionAndLeavesOutInfeasibleAndPrunedOnes) {
  EXPECT_EQ(best_so_far(some_points(Direction::Maximize)), (std::vector<BestStep>{{0, 3}, {5, 4}}));
  EXPECT_EQ(best_so_far(some_points(Direction::Minimize)), (std::vector<BestStep>{{0, 3}, {2, 1}}));
}

TEST(ReadTable, TakesWhatExportWrites) {
  std::istringstream in(
      "number,value,params_x,user_attrs_minutes,state,worker\n"
      "2,0.5,1,61,COMPLETE,W1\n"
      "0,1.25,2,59.5,COMPLETE,\"W,2\"\n"
      "1,,3,,FAIL,W1\n"
      "3,0.75,3,,PRUNED,W1\n"
      "4,inf,3,1,COMPLETE,W1\n"
      "5,,3,,RUNNING,W1\n");
  CsvReader table(in, "t.csv");
  HistoryData data;

  read_table(data, table, {{.metric = "minutes", .max = 60, .min = {}}});

  ASSERT_EQ(data.points.size(), 3U);
  EXPECT_EQ(data.points[0].number, 0);
  EXPECT_EQ(data.points[0].value, 1.25);
  EXPECT_EQ(data.points[0].worker, "W,2");
  EXPECT_TRUE(data.points[0].feasible);
  EXPECT_EQ(data.points[1].number, 2);
  EXPECT_FALSE(data.points[1].feasible);
  EXPECT_TRUE(data.points[2].pruned);
}

TEST(ReadTable, NamesWhatIsWrong) {
  const auto message = [](const std::string& text) -> std::string {
    std::istringstream in(text);
    CsvReader table(in, "t.csv");
    HistoryData data;
    try {
      read_table(data, table, {});
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };

  EXPECT_NE(message("number,state\n").find("no column \"value\""), std::string::npos);
  EXPECT_EQ(message("number,value,state\n1,2,COMPLETE\n2,two,COMPLETE\n"),
            "t.csv, line 3: value is \"two\", not a number");
}

TEST(GnuplotString, IsTakenLiterally) {
  EXPECT_EQ(gnuplot_string("it's"), "'it''s'");
  EXPECT_EQ(gnuplot_string("two\nlines"), "'two lines'");
}

TEST(PictureKind, IsTheEndingOfTheFile) {
  EXPECT_EQ(picture_kind("a/b.SVG"), Picture::Svg);
  EXPECT_EQ(picture_kind("b.png"), Picture::Png);
  EXPECT_THROW(picture_kind("b.pdf"), Error);
}

}  // namespace
}  // namespace studyhall::cli
