#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/spawn.h"
#include "tests/cli/cli_run.h"

namespace studyhall::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

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

// The tables of our databases are Optuna's.
TEST_F(ImportCommand, AStudyOfOptunasDatabaseIsRead) {
  create();
  create("old");
  study({"enqueue", "old", "x=2.5", "kind=a"});
  study({"ask", "old"});
  study({"report", "old", "0", "3", "0.5"});
  study({"tell", "old", "0", "4", "--metric", "minutes=7"});
  study({"ask", "old"});
  study({"tell", "old", "1", "--state", "failed", "--reason", "config"});
  study({"ask", "old"});
  const auto file = path("old.db");
  ASSERT_EQ(study({"backup", file.string()}).status, 0);

  const std::vector<std::string> command{"import", "demo", file.string()};
  EXPECT_THAT(study(command).err,
              AllOf(HasSubstr("has 2 studies"), HasSubstr("demo (0 trials), old (3 trials)")));
  std::vector<std::string> named = command;
  named.insert(named.end(), {"--optuna-study", "old", "--json"});
  const RunResult result = study(named);
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.json()["results"], 2);
  EXPECT_EQ(result.json()["without_intermediate"], 1);
  EXPECT_THAT(result.json()["not_imported"].dump(), HasSubstr("trial 2: is \\\"running\\\""));
  EXPECT_EQ(study(named).json()["numbers"], result.json()["numbers"]) << "imported once";
  ASSERT_EQ(trials().size(), 2U);
  const Json complete = trials()[0];
  EXPECT_EQ(complete["params"], (Json{{"x", 2.5}, {"kind", "a"}}));
  EXPECT_EQ(complete["value"], 4);
  EXPECT_EQ(complete["metrics"]["minutes"], 7);
  EXPECT_EQ(trials()[1]["state"], "failed");
  EXPECT_EQ(study({"replay", "demo"}).status, 0);

  EXPECT_THAT(study({"import", "demo", file.string(), "--optuna-study", "none"}).err,
              HasSubstr("it has: demo, old"));
}

TEST_F(ImportCommand, ADatabaseThatTheRealOptunaWroteIsRead) {
  const auto python = [](const std::string& code) {
    return run_to_end("/usr/bin/python3", {"python3", "-W", "ignore", "-c", code});
  };
  if (python("import optuna").status != 0) {
    GTEST_SKIP() << "/usr/bin/python3 has no optuna (Debian: python3-optuna)";
  }
  create();
  const std::string place = "sqlite:///" + path("optuna.db").string();
  const ProgramAnswer written = python(R"(
import optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
study = optuna.create_study(study_name='s', storage=')" +
                                       place + R"(', direction='maximize')
def objective(trial):
    x = trial.suggest_float('x', -10, 10)
    kind = trial.suggest_categorical('kind', ['b', 'a'])
    trial.set_user_attr('minutes', 3.5)
    trial.set_user_attr('commit', 'f00')
    trial.report(0.25, 4)
    if trial.number == 1:
        raise optuna.TrialPruned()
    return x
study.enqueue_trial({'x': 1.5, 'kind': 'a'})
study.optimize(objective, n_trials=2)
study.enqueue_trial({'x': 2.5})
)");
  ASSERT_EQ(written.status, 0) << written.err;

  const RunResult result = study({"import", "demo", place, "--json"});
  EXPECT_EQ(result.status, 0) << result.out << result.err;
  EXPECT_EQ(result.json()["results"], 2);
  EXPECT_EQ(result.json()["configurations"], 1);
  const Json imported = trials();
  ASSERT_EQ(imported.size(), 3U);
  EXPECT_EQ(imported[0]["params"], (Json{{"x", 1.5}, {"kind", "a"}}));
  EXPECT_EQ(imported[0]["value"], 1.5);
  EXPECT_EQ(imported[0]["metrics"], (Json{{"minutes", 3.5}}));
  EXPECT_EQ(imported[0]["note"], "commit = f00");
  EXPECT_EQ(imported[1]["state"], "pruned");
  EXPECT_EQ(imported[2]["state"], "waiting");
}

TEST_F(ImportCommand, OtherDatabasesAreRefusedByName) {
  create();
  EXPECT_THAT(study({"import", "demo", "postgresql://u:secret@h/db"}).err,
              AllOf(HasSubstr("SQLite files alone"), Not(HasSubstr("secret"))));
  const auto file = write_file("all.jsonl", "{}\n");
  EXPECT_THAT(study({"import", "demo", file.string(), "--optuna-study", "s"}).err,
              HasSubstr("is none"));
}

}  // namespace
}  // namespace studyhall::cli
