// Studies of several objectives on the command line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/cli_run.h"

namespace studyhall::cli {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

class SeveralObjectives : public CliTest {
 protected:
  // A cost and a gain; trials 0 to 3: (3, 9), (1, 5), (2, 5) dominated, (4, 10) infeasible.
  void SetUp() override {
    Json file = Json::parse(study_file("pump", R"("constraints": [{"metric": "t", "max": 1}],)"));
    file.erase("direction");
    file["directions"] = {"minimize", "maximize"};
    const RunResult created = study({"create", "-"}, file.dump());
    ASSERT_EQ(created.status, 0) << created.err;
    study({"ask", "pump", "--worker", "W1", "--count", "4"});
    study({"tell", "pump", "0", "3", "9", "--metric", "t=1"});
    study({"tell", "pump", "1", "1", "5", "--metric", "t=1"});
    study({"tell", "pump", "2", "2", "5", "--metric", "t=1"});
    study({"tell", "pump", "3", "4", "10", "--metric", "t=2"});
  }
};

TEST_F(SeveralObjectives, BestIsTheFrontByTheFirstObjective) {
  const RunResult table = study({"best", "pump"});
  EXPECT_EQ(table.status, 0);
  EXPECT_THAT(table.out, HasSubstr("Pareto front: 2 configurations (minimize, maximize)."));
  EXPECT_THAT(table.out, HasSubstr("value 0  value 1"));
  EXPECT_THAT(table.out, ContainsRegex("\n +1 +1 +5 +1 +W1.*\n +0 +3 +9 +1 +W1"));

  const Json best = study({"best", "pump", "--json"}).json()["best"];
  ASSERT_EQ(best.size(), 2U);
  EXPECT_EQ(best[0]["number"], 1);
  EXPECT_EQ(best[0]["values"], Json::parse("[1.0, 5.0]"));
  EXPECT_EQ(best[0]["value"], 1);
  EXPECT_EQ(best[1]["rank"], 1);
  EXPECT_EQ(study({"best", "pump", "--top", "1", "--json"}).json()["best"].size(), 1U);
}

TEST_F(SeveralObjectives, OverviewsNameTheFront) {
  EXPECT_THAT(study({"list"}).out, HasSubstr("front 2"));
  EXPECT_THAT(study({"show", "pump"}).out, ContainsRegex("directions: +minimize, maximize"));
  EXPECT_THAT(study({"show", "pump"}).out, ContainsRegex("front: +2 configurations"));
  EXPECT_THAT(study({"status", "pump"}).out, HasSubstr("2 configurations on the Pareto front"));
  const Json status = study({"status", "pump", "--json"}).json();
  EXPECT_EQ(status["study"]["front_size"], 2);
  EXPECT_TRUE(status["best"].is_null());
  EXPECT_THAT(study({"trials", "pump"}).out, ContainsRegex("\n +0 +complete +3, 9 "));
}

TEST_F(SeveralObjectives, TellWantsAValueForEach) {
  study({"ask", "pump", "--worker", "W1"});
  const RunResult one = study({"tell", "pump", "4", "1", "--metric", "t=1"});
  EXPECT_NE(one.status, 0);
  EXPECT_THAT(one.err, HasSubstr("found 1 values, expected 2"));
  EXPECT_EQ(study({"tell", "pump", "4", "0", "20", "--metric", "t=1"}).status, 0);
  EXPECT_EQ(study({"best", "pump", "--json"}).json()["best"].size(), 1U);
}

TEST_F(SeveralObjectives, ExportHasAColumnForEach) {
  const std::string csv = study({"export", "pump"}).out;
  EXPECT_TRUE(csv.starts_with("number,values_0,values_1,params_x,params_kind,")) << csv;
  EXPECT_THAT(csv, HasSubstr("\n0,3.0,9.0,"));
}

TEST_F(SeveralObjectives, PlotDrawsTwoAndSaysWhatItCannotDraw) {
  const std::string svg = path("front.svg").string();
  const RunResult drawn = study({"plot", "pump", "--kind", "pareto", "-o", svg});
  ASSERT_EQ(drawn.status, 0) << drawn.err;
  const std::string picture = read_file(svg);
  for (const char* words : {"pump: 2 of 4 results on the Pareto front", "value 0 (minimize)",
                            "value 1 (maximize)", "infeasible", "Pareto front"})
    EXPECT_THAT(picture, HasSubstr(words));

  const RunResult history = study({"plot", "pump", "-o", svg});
  EXPECT_NE(history.status, 0);
  EXPECT_THAT(history.err, HasSubstr("pump has 2: choose with --objective"));
  EXPECT_THAT(history.err, HasSubstr("--kind pareto"));
  create("demo");
  EXPECT_THAT(study({"plot", "demo", "--kind", "pareto", "-o", svg}).err, HasSubstr("demo has 1"));
}

TEST_F(SeveralObjectives, CreateNamesWhatIsForOneObjective) {
  Json file = Json::parse(study_file("other", R"("target": 3, "pruner": {"name": "median"},)"));
  file.erase("direction");
  file["directions"] = {"minimize", "maximize"};
  file["sampler"] = "cmaes";
  const RunResult refused = study({"create", "-"}, file.dump());
  EXPECT_NE(refused.status, 0);
  for (const char* words :
       {"/sampler", "\"cmaes\" searches for one objective", "/target", "/pruner"})
    EXPECT_THAT(refused.err, HasSubstr(words));
}

}  // namespace
}  // namespace studyhall::cli
