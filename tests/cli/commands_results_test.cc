#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/cli_run.h"

namespace studyhall::cli {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

class ResultCommands : public CliTest {
 protected:
  // Trials 0 to 3 of W1 and W2: 1, 3 (infeasible), 2, failed.
  void SetUp() override {
    create("demo", R"("constraints": [{"metric": "minutes", "max": 60}],)");
    study({"ask", "demo", "--worker", "W1", "--count", "2"});
    study({"ask", "demo", "--worker", "W2", "--count", "2"});
    study({"tell", "demo", "0", "1", "--metric", "minutes=50"});
    study({"tell", "demo", "1", "3", "--metric", "minutes=61"});
    study({"tell", "demo", "2", "2", "--metric", "minutes=60"});
    study({"tell", "demo", "3", "--state", "failed"});
  }
};

TEST_F(ResultCommands, BestRanksFeasibleOnesFirst) {
  const RunResult table = study({"best", "demo"});
  EXPECT_EQ(table.status, 0);
  EXPECT_THAT(table.out, ContainsRegex("\n +1 +2 +2 +1  yes +W2"));
  EXPECT_THAT(table.out, ContainsRegex("\n +3 +1 +3 +1  no +W1"));
  EXPECT_THAT(table.out, HasSubstr("luck"));

  const Json best = study({"best", "demo", "--top", "1", "--json"}).json()["best"];
  ASSERT_EQ(best.size(), 1U);
  EXPECT_EQ(best[0]["rank"], 1);
  EXPECT_EQ(best[0]["number"], 2);
  EXPECT_EQ(best[0]["value"], 2);
  EXPECT_EQ(best[0]["n"], 1);
  EXPECT_EQ(best[0]["feasible"], true);
  for (const char* member : {"params", "mean", "stderr", "interval", "p_best", "confirmed"})
    EXPECT_TRUE(best[0].contains(member)) << member;
  EXPECT_EQ(study({"best", "demo", "--top", "0", "--json"}).json()["best"].size(), 3U);
}

TEST_F(ResultCommands, BestOfAStudyWithoutResultsSaysSo) {
  create("empty");
  EXPECT_THAT(study({"best", "empty"}).out, HasSubstr("No results yet"));
  EXPECT_EQ(study({"best", "empty", "--json"}).json(), Json::parse(R"({"best": []})"));
}

TEST_F(ResultCommands, ExportWritesCsvAndJsonLines) {
  const RunResult csv = study({"export", "demo"});
  EXPECT_EQ(csv.status, 0);
  EXPECT_TRUE(csv.out.starts_with("number,value,params_x,params_kind,user_attrs_minutes,state,"))
      << csv.out;
  EXPECT_EQ(std::count(csv.out.begin(), csv.out.end(), '\n'), 5);

  const std::string file = path("trials.jsonl").string();
  const RunResult jsonl = study({"export", "demo", "--format", "jsonl", "-o", file});
  EXPECT_EQ(jsonl.status, 0);
  EXPECT_EQ(jsonl.out, "");
  std::istringstream lines(read_file(file));
  int number = 0;
  for (std::string line; std::getline(lines, line); ++number)
    EXPECT_EQ(Json::parse(line)["number"], number);
  EXPECT_EQ(number, 4);
  EXPECT_EQ(study({"export", "demo", "--json"}).out, read_file(file));

  EXPECT_EQ(study({"export", "demo", "--format", "xml"}).status, 2);
}

TEST_F(ResultCommands, AFailedExportLeavesTheFileAsItWas) {
  const auto file = write_file("trials.csv", "old");
  EXPECT_EQ(study({"export", "nobody", "-o", file.string()}).status, 1);
  EXPECT_EQ(read_file(file), "old");
  EXPECT_EQ(study({"export", "demo", "-o", path("no/folder.csv").string()}).status, 1);
  const RunResult full = study({"export", "demo", "-o", "/dev/full"});
  EXPECT_EQ(full.status, 1);
  EXPECT_THAT(full.err, HasSubstr("/dev/full"));
}

TEST_F(ResultCommands, PlotDrawsAStudy) {
  const std::string svg = path("it's history.svg").string();
  const RunResult result = study({"plot", "demo", "-o", svg});
  ASSERT_EQ(result.status, 0) << result.err;
  const std::string picture = read_file(svg);
  EXPECT_THAT(picture, HasSubstr("<svg"));
  for (const char* words :
       {"demo: best single result 2 (trial 2) of 3 results", "best single result so far", ">W1<",
        ">W2<", "infeasible", "value (maximize)"})
    EXPECT_THAT(picture, HasSubstr(words));

  const std::string png = path("history.png").string();
  const Json json = study({"plot", "demo", "-o", png, "--json"}).json();
  EXPECT_EQ(json["points"], 3);
  EXPECT_TRUE(read_file(png).starts_with("\x89PNG"));
}

TEST_F(ResultCommands, PlotDrawsAnExportedTable) {
  const std::string csv = path("trials.csv").string();
  const std::string svg = path("history.svg").string();
  study({"export", "demo", "-o", csv});

  const RunResult plain = run_plain({"plot", csv, "-o", svg});
  ASSERT_EQ(plain.status, 0) << plain.err;
  EXPECT_THAT(plain.err, HasSubstr("drawn for minimize"));
  EXPECT_THAT(read_file(svg), HasSubstr("trials: best single result 1 (trial 0) of 3 results"));

  const RunResult told =
      run_plain({"plot", csv, "--direction", "maximize", "--max", "minutes=60", "-o", svg});
  ASSERT_EQ(told.status, 0) << told.err;
  EXPECT_EQ(told.err, "");
  EXPECT_THAT(read_file(svg), HasSubstr("trials: best single result 2 (trial 2) of 3 results"));
}

TEST_F(ResultCommands, PlotDrawsEveryKindOfAStudyAndOfATable) {
  const std::string csv = path("trials.csv").string();
  study({"export", "demo", "-o", csv});
  for (const std::string kind :
       {"history", "importance", "slice", "contour", "rank", "parallel", "timeline", "edf"}) {
    const std::string svg = path(kind + ".svg").string();
    const RunResult drawn = study({"plot", "demo", "--kind", kind, "-o", svg});
    EXPECT_EQ(drawn.status, 0) << kind << ": " << drawn.err;
    EXPECT_THAT(read_file(svg), HasSubstr("demo: ")) << kind;

    const std::string png = path(kind + ".png").string();
    const RunResult table =
        run_plain({"plot", csv, "--kind", kind, "--direction", "maximize", "-o", png});
    EXPECT_EQ(table.status, 0) << kind << ": " << table.err;
    EXPECT_TRUE(read_file(png).starts_with("\x89PNG")) << kind;
  }
}

TEST_F(ResultCommands, PlotRefusesWhatDoesNotGoTogether) {
  const std::string svg = path("p.svg").string();
  EXPECT_EQ(study({"plot", "demo", "--param", "x", "-o", svg}).status, 2);
  EXPECT_EQ(study({"plot", "demo", "--objective", "1", "-o", svg}).status, 2);
  EXPECT_THAT(study({"plot", "demo", "--kind", "slice", "--param", "none", "-o", svg}).err,
              HasSubstr("there is no parameter none"));
  EXPECT_THAT(study({"plot", "demo", "--kind", "rank", "--param", "x", "-o", svg}).err,
              HasSubstr("two parameters, found 1"));
}

TEST_F(ResultCommands, PlotOpensThePicture) {
  const auto program =
      write_file("bin/xdg-open", "#!/bin/sh\nprintf %s \"$1\" > \"$(dirname \"$0\")/shown\"\n");
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  const std::string svg = path("history.svg").string();
  env_.variables["PATH"] = program.parent_path().string() + ":/usr/bin:/bin";

  ASSERT_EQ(study({"plot", "demo", "--open", "-o", svg}).status, 0);

  EXPECT_EQ(read_file(program.parent_path() / "shown"), svg);
}

TEST_F(ResultCommands, PlotSaysWhatItCannotDo) {
  const std::string svg = path("history.svg").string();
  const std::string csv = write_file("trials.csv", "a,b\n1,2\n").string();
  EXPECT_EQ(study({"plot", "demo", "--kind", "spiral", "-o", svg}).status, 2);
  EXPECT_EQ(study({"plot", "demo", "-o", path("history.pdf").string()}).status, 2);
  EXPECT_EQ(study({"plot", "demo", "--direction", "maximize", "-o", svg}).status, 2);
  EXPECT_EQ(study({"plot", "nobody", "-o", svg}).status, 1);
  EXPECT_EQ(run_plain({"plot", csv, "-o", svg}).status, 2);
  EXPECT_EQ(run_plain({"plot", path("none.csv").string(), "-o", svg}).status, 1);
  create("empty");
  EXPECT_THAT(study({"plot", "empty", "-o", svg}).err, HasSubstr("no results to draw yet"));

  env_.variables["PATH"] = dir_.path().string();
  const RunResult missing = study({"plot", "demo", "-o", svg});
  EXPECT_EQ(missing.status, 1);
  EXPECT_THAT(missing.err, HasSubstr("apt install gnuplot"));
  EXPECT_FALSE(std::filesystem::exists(svg));
}

TEST_F(ResultCommands, AFailingGnuplotLeavesThePictureAsItWas) {
  const auto program = write_file("bin/gnuplot",
                                  "#!/bin/sh\necho half a picture\n"
                                  "echo no such terminal >&2\nexit 1\n");
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  const auto svg = write_file("history.svg", "old");
  env_.variables["PATH"] = program.parent_path().string();

  const RunResult result = study({"plot", "demo", "-o", svg.string()});

  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("no such terminal"));
  EXPECT_EQ(read_file(svg), "old");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir_.path()), {}), 4)
      << "database, lock, bin, picture";
}

}  // namespace
}  // namespace studyhall::cli
