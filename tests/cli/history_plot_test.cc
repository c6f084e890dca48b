#include "cli/history_plot.h"

#include <gtest/gtest.h>

#include "core/error.h"

namespace studyhall::cli {
namespace {

HistoryData some_points(Direction direction) {
  HistoryData data{.title = "s", .direction = direction, .points = {}, .leader = {}};
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

TEST(HistoryScript, NamesTheLeaderWhereTheBestSingleResultIsAnotherTrial) {
  HistoryData data = some_points(Direction::Minimize);
  data.leader = {2, 1};
  EXPECT_EQ(history_script(data, Picture::Svg).find("leader of study best"), std::string::npos);

  data.leader = {0, 3};
  const std::string script = history_script(data, Picture::Svg);
  EXPECT_NE(script.find("$leader << STUDYHALL_END\n0 3\n"), std::string::npos);
  EXPECT_NE(script.find("'leader of study best: trial 0'"), std::string::npos);
  EXPECT_NE(script.find("'best single result so far'"), std::string::npos);
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
