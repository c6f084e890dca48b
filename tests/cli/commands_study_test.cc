#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/cli_run.h"

namespace studyhall::cli {
namespace {

using ::testing::HasSubstr;

class StudyCommands : public CliTest {};

TEST_F(StudyCommands, CreateReadsCommentsAndSaysWhatComesNext) {
  write_file("study.jsonc", "// a study\n" + study_file("demo"));

  const RunResult result = study({"create", path("study.jsonc").string()});

  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("Created demo"));
  EXPECT_THAT(result.out, HasSubstr("2 parameters"));
  EXPECT_THAT(result.out, HasSubstr("study ask demo"));
}

TEST_F(StudyCommands, CreateFillsInTheFolderOfTheExperiment) {
  const std::string experiment = R"("experiment": {"command": ["./run"]},)";
  write_file("sub/study.jsonc", study_file("demo", experiment));
  const RunResult absent = study({"create", path("sub/study.jsonc").string(), "--json"});
  EXPECT_EQ(absent.json()["spec"]["experiment"]["dir"], path("sub").string());

  const std::string relative = R"("experiment": {"dir": "../other", "command": ["./run"]},)";
  write_file("sub/study2.jsonc", study_file("demo2", relative));
  const RunResult given = study({"create", path("sub/study2.jsonc").string(), "--json"});
  EXPECT_EQ(given.json()["spec"]["experiment"]["dir"], path("other").string());

  const RunResult input = study({"create", "-", "--json"}, study_file("demo3", experiment));
  EXPECT_EQ(input.json()["spec"]["experiment"]["dir"], std::filesystem::current_path().string());
}

TEST_F(StudyCommands, CreateOfAnExperimentPointsToItsFirstWorker) {
  const RunResult result = study({"create", "-"}, study_file("demo", R"(
      "experiment": {"command": ["./run"]}, "workers": {"anna": {"focus": ["x"]}},)"));
  EXPECT_THAT(result.out, HasSubstr("study work demo --worker anna"));
}

TEST_F(StudyCommands, CreateNamesAllMistakesOnePerLine) {
  const RunResult result = study({"create", "-"}, R"({
      "name": "with/slash",
      "direction": "upwards",
      "params": {"x": {"type": "float", "low": 3, "high": 1},
                 "kind": {"type": "categorical", "choices": []}},
      "limits": {"trials": -4}})");

  EXPECT_EQ(result.status, 2);
  for (const char* path :
       {"/name", "/direction", "/params/x", "/params/kind/choices", "/limits/trials"})
    EXPECT_THAT(result.err, HasSubstr("\n  " + std::string(path))) << result.err;
  EXPECT_THAT(result.err, HasSubstr("with/slash"));
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 6) << result.err;
}

TEST_F(StudyCommands, CreateNamesTheLineOfBadSyntax) {
  write_file("study.jsonc", "{\n  \"name\": demo\n}");
  const RunResult result = study({"create", path("study.jsonc").string()});
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, HasSubstr("study.jsonc"));
  EXPECT_THAT(result.err, HasSubstr("line 2"));
}

TEST_F(StudyCommands, CreateRefusesInvalidUtf8AMissingFileAndAFolder) {
  write_file("bad.jsonc", "{\"name\": \"\xFF\"}");
  EXPECT_EQ(study({"create", path("bad.jsonc").string()}).status, 2);
  const RunResult missing = study({"create", path("none.jsonc").string()});
  EXPECT_EQ(missing.status, 1);
  EXPECT_THAT(missing.err, HasSubstr("none.jsonc"));
  EXPECT_EQ(study({"create", dir_.path().string()}).status, 1);
}

TEST_F(StudyCommands, CreateTwiceIsAConflict) {
  create();
  const RunResult result = study({"create", "-"}, study_file("demo"));
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("demo"));
}

TEST_F(StudyCommands, ListShowsEachStudy) {
  EXPECT_THAT(study({"list"}).out, HasSubstr("No studies"));
  EXPECT_EQ(study({"list", "--json"}).json(), Json::parse(R"({"studies": []})"));
  create("first", R"("limits": {"trials": 5},)");
  create("second");
  study({"ask", "first"});
  study({"tell", "first", "0", "2.5"});

  const RunResult table = study({"list"});
  EXPECT_THAT(table.out, ::testing::ContainsRegex("first +running +1/5 +0 +0 +2.5 +0"));
  const Json studies = study({"list", "--json"}).json()["studies"];
  ASSERT_EQ(studies.size(), 2U);
  EXPECT_EQ(studies[0]["name"], "first");
  EXPECT_EQ(studies[0]["best_value"], 2.5);
  EXPECT_EQ(studies[1]["counts"]["complete"], 0);
}

TEST_F(StudyCommands, ShowPrintsAStudyOrATrial) {
  create("demo", R"("constraints": [{"metric": "minutes", "max": 60}],)");
  study({"ask", "demo", "--worker", "W1"});
  study({"tell", "demo", "0", "1.5", "--metric", "minutes=61", "--note", "too long"});

  const RunResult show = study({"show", "demo"});
  EXPECT_THAT(show.out, HasSubstr("maximize"));
  EXPECT_THAT(show.out, HasSubstr("-10 .. 10"));
  EXPECT_THAT(show.out, HasSubstr("a | b"));
  const RunResult trial = study({"show", "demo", "0"});
  EXPECT_THAT(trial.out, HasSubstr("complete, infeasible"));
  EXPECT_THAT(trial.out, HasSubstr("minutes=61"));
  EXPECT_THAT(trial.out, HasSubstr("too long"));
  const Json json = study({"show", "demo", "0", "--json"}).json();
  EXPECT_EQ(json["number"], 0);
  EXPECT_EQ(json["value"], 1.5);
  EXPECT_EQ(json["feasible"], false);
  EXPECT_EQ(study({"show", "demo", "7"}).status, 1);
  EXPECT_EQ(study({"show", "demo", "-1"}).status, 2);
}

TEST_F(StudyCommands, StopEndsAskingAndResumeGoesOn) {
  create();
  EXPECT_EQ(study({"stop", "demo", "--reason", "good enough"}).status, 0);
  const RunResult asked = study({"ask", "demo"});
  EXPECT_EQ(asked.status, 3);
  EXPECT_THAT(asked.err, HasSubstr("good enough"));
  EXPECT_EQ(study({"show", "demo", "--json"}).json()["state"], "stopped");

  EXPECT_EQ(study({"resume", "demo", "--json"}).json()["state"], "running");
  EXPECT_EQ(study({"ask", "demo"}).status, 0);
}

TEST_F(StudyCommands, DeleteAsksOnATerminalOnly) {
  create();
  env_.in_is_terminal = env_.out_is_terminal = true;
  const RunResult refused = study({"delete", "demo"}, "n\n");
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.out, HasSubstr("Delete demo with 0 trials"));
  EXPECT_EQ(study({"show", "demo"}).status, 0);
  EXPECT_EQ(study({"delete", "demo"}, "y\n").status, 0);
  EXPECT_EQ(study({"show", "demo"}).status, 1);

  env_.in_is_terminal = env_.out_is_terminal = false;
  create();
  EXPECT_EQ(study({"delete", "demo", "--json"}).json(), Json::parse(R"({"deleted": "demo"})"));
  EXPECT_EQ(study({"delete", "demo"}).status, 1);
}

TEST_F(StudyCommands, SchemaIsAJsonSchemaOfStudyFiles) {
  const RunResult result = run_plain({"schema"});
  EXPECT_EQ(result.status, 0);
  const Json schema = result.json();
  EXPECT_THAT(schema["$schema"].get<std::string>(), HasSubstr("2020-12"));
  EXPECT_TRUE(schema["properties"].contains("params"));
}

}  // namespace
}  // namespace studyhall::cli
