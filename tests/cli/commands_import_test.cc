#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/cli_run.h"

namespace studyhall::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class ImportCommand : public CliTest {
 protected:
  Json trials() { return study({"trials", "demo", "--json"}).json()["trials"]; }
};

TEST_F(ImportCommand, ResultsBecomeTrialsAndConfigurationsWaitAndTheRestIsListed) {
  create("demo", R"("limits": {"trials": 5},)");
  const auto file = write_file("all.jsonl",
                               "{\"params\": {\"x\": 1.5, \"kind\": \"a\"}, \"score\": 7, "
                               "\"metrics\": {\"time_min\": 3}, \"worker\": \"W9\"}\n"
                               "{\"params\": {\"x\": 2.5, \"kind\": \"b\"}, \"title\": \"try\"}\n"
                               "{\"params\": {\"x\": 99, \"kind\": \"b\"}, \"score\": 1}\n");
  const std::vector<std::string> command{"import", "demo", file.string()};

  std::vector<std::string> dry = command;
  dry.emplace_back("--dry-run");
  EXPECT_THAT(study(dry).out, HasSubstr("Would import: 1 result and 1 configuration to try."));
  EXPECT_TRUE(trials().empty());

  const RunResult result = study(command);
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.out, AllOf(HasSubstr("Imported: 1 result and 1 configuration to try."),
                                HasSubstr("all.jsonl:3: ")));
  EXPECT_THAT(result.err, HasSubstr("1 record was not imported"));
  ASSERT_EQ(trials().size(), 2U);
  EXPECT_EQ(trials()[0]["state"], "complete");
  EXPECT_EQ(trials()[0]["value"], 7);
  EXPECT_EQ(trials()[0]["metrics"]["time_min"], 3);
  EXPECT_EQ(trials()[0]["worker"], "W9");
  EXPECT_EQ(trials()[1]["state"], "waiting");
  EXPECT_EQ(study({"best", "demo", "--json"}).json()["best"][0]["value"], 7);

  EXPECT_EQ(study(command).status, 1);
  EXPECT_EQ(trials().size(), 2U);
}

TEST_F(ImportCommand, AnExportOfAStudyGoesIntoAnother) {
  create("demo", R"("limits": {"trials": 5},)");
  create("other", R"("limits": {"trials": 5},)");
  for (const char* value : {"0.5", "0.25"}) {
    const Json asked = study({"ask", "other", "--json"}).json()["trials"][0];
    study({"tell", "other", std::to_string(asked["number"].get<int>()), value, "--metric", "m=2"});
  }
  for (const char* format : {"csv", "mlflow"}) {
    const auto file = path(std::string("out.") + format);
    ASSERT_EQ(study({"export", "other", "--format", format, "-o", file.string()}).status, 0);
    const RunResult result = study({"import", "demo", file.string(), "--json"});
    EXPECT_EQ(result.status, 0) << result.out;
    EXPECT_EQ(result.json()["results"], 2) << format;
  }
  const Json from = study({"trials", "other", "--json"}).json()["trials"];
  const Json to = trials();
  ASSERT_EQ(to.size(), 4U);
  EXPECT_EQ(to[0]["params"], from[0]["params"]);
  EXPECT_EQ(to[1]["value"], from[1]["value"]);
  EXPECT_EQ(to[0]["metrics"]["m"], 2);
}

TEST_F(ImportCommand, AMapMayStandOnTheLine) {
  create();
  const auto file = write_file("odd.json", R"([{"a": 1, "k": "first", "s": 3}])");
  const std::string map =
      R"({"params": {"x": "a", "kind": "k"}, "choices": {"kind": {"first": "a"}}, "value": "s"})";
  const RunResult result = study({"import", "demo", file.string(), "--map", map});
  EXPECT_EQ(result.status, 0) << result.out << result.err;
  EXPECT_EQ(trials()[0]["params"], (Json{{"x", 1.0}, {"kind", "a"}}));
  EXPECT_THAT(study({"import", "demo", file.string(), "--map", "{\"parms\": 1}"}).err,
              HasSubstr("/parms"));
}

}  // namespace
}  // namespace studyhall::cli
