// The layout that MLflow's FileStore reads (mlflow/store/tracking/file_store.py): what each file
// must hold is written out here by hand from there.
#include "cli/mlflow_export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "tests/cli/cli_run.h"

namespace studyhall::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class ExportToMlflow : public CliTest {
 protected:
  RunResult export_study() {
    return study({"export", "demo", "--format", "mlflow", "--out", path("mlruns").string()});
  }
  static std::vector<std::filesystem::path> folders_in(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
      if (entry.is_directory()) found.push_back(entry.path());
    return found;
  }
  // The run of a trial; a failed expectation if there is not one.
  [[nodiscard]] std::filesystem::path run_of(int trial) const {
    for (const auto& run : folders_in(folders_in(path("mlruns")).front()))
      if (read_file(run / "tags/studyhall.trial") == std::to_string(trial)) return run;
    ADD_FAILURE() << "no run of trial " << trial;
    return {};
  }
  // "key: value" lines of a meta.yaml.
  static std::map<std::string, std::string> meta(const std::filesystem::path& folder) {
    std::istringstream lines(read_file(folder / "meta.yaml"));
    std::map<std::string, std::string> values;
    for (std::string line; std::getline(lines, line);)
      values[line.substr(0, line.find(": "))] = line.substr(line.find(": ") + 2);
    return values;
  }
};

TEST_F(ExportToMlflow, WritesAnExperimentWithARunForEachTrialThatWasHandedOut) {
  create("demo", R"("limits": {"trials": 5},)");
  study({"enqueue", "demo", "x=0.5", "kind=b", "--title", "By \"hand\""});
  study({"ask", "demo", "--worker", "W1", "--count", "3"});
  study({"report", "demo", "0", "10", "0.25"});
  study({"report", "demo", "0", "20", "0.75"});
  study({"tell", "demo", "0", "0.875", "--metric", "time_min=57.5", "--metric", "a/b:c=1",
         "--cost-usd", "1.5", "--note", "as expected"});
  study({"tell", "demo", "1", "--reason", "config"});
  study({"enqueue", "demo", "x=0.75", "kind=a"});

  const RunResult result = export_study();
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("Wrote 3 runs of experiment"));

  const auto experiments = folders_in(path("mlruns"));
  ASSERT_EQ(experiments.size(), 1U);
  const std::string id = experiments[0].filename().string();
  EXPECT_THAT(id, MatchesRegex("[1-9][0-9]{17}"));
  auto experiment = meta(experiments[0]);
  EXPECT_EQ(experiment["name"], "\"demo\"");
  EXPECT_EQ(experiment["experiment_id"], "'" + id + "'");
  EXPECT_EQ(experiment["lifecycle_stage"], "active");
  EXPECT_EQ(experiment["artifact_location"], "\"file://" + experiments[0].string() + "\"");
  ASSERT_EQ(folders_in(experiments[0]).size(), 3U);

  const auto run = run_of(0);
  auto info = meta(run);
  EXPECT_THAT(run.filename().string(), MatchesRegex("[0-9a-f]{32}"));
  EXPECT_EQ(info["run_id"], "\"" + run.filename().string() + "\"");
  EXPECT_EQ(info["run_uuid"], info["run_id"]);
  EXPECT_EQ(info["experiment_id"], "'" + id + "'");
  EXPECT_EQ(info["run_name"], R"("By \"hand\"")");
  EXPECT_EQ(info["status"], "3");
  EXPECT_EQ(info["user_id"], "\"W1\"");
  EXPECT_THAT(info["start_time"], MatchesRegex("[0-9]{13}"));
  EXPECT_THAT(info["end_time"], MatchesRegex("[0-9]{13}"));
  EXPECT_TRUE(std::filesystem::is_directory(run / "artifacts"));
  EXPECT_EQ(read_file(run / "params/x"), "0.5");
  EXPECT_EQ(read_file(run / "params/kind"), "b");
  EXPECT_EQ(read_file(run / "metrics/value"), info["end_time"] + " 0.875 0\n");
  EXPECT_EQ(read_file(run / "metrics/intermediate_value"),
            info["start_time"] + " 0.25 10\n" + info["start_time"] + " 0.75 20\n");
  EXPECT_EQ(read_file(run / "metrics/time_min"), info["end_time"] + " 57.5 0\n");
  EXPECT_EQ(read_file(run / "metrics/a_b_c"), info["end_time"] + " 1.0 0\n");
  EXPECT_EQ(read_file(run / "metrics/usage.cost_usd"), info["end_time"] + " 1.5 0\n");
  EXPECT_EQ(read_file(run / "tags/mlflow.note.content"), "as expected");

  EXPECT_EQ(meta(run_of(1))["status"], "4");
  EXPECT_EQ(read_file(run_of(1) / "tags/studyhall.reason"), "config");
  EXPECT_EQ(meta(run_of(2))["status"], "1");
  EXPECT_EQ(meta(run_of(2))["end_time"], "null");
}

TEST_F(ExportToMlflow, AgainWritesTheSameRunsAgain) {
  create("demo", R"("limits": {"trials": 5},)");
  study({"ask", "demo"});
  ASSERT_EQ(export_study().status, 0);
  const auto before = run_of(0);
  write_file("mlruns/" + before.parent_path().filename().string() + "/" +
                 before.filename().string() + "/metrics/stale",
             "1 1 0\n");
  study({"tell", "demo", "0", "0.5"});
  ASSERT_EQ(export_study().status, 0);

  EXPECT_EQ(run_of(0), before);
  EXPECT_EQ(meta(before)["status"], "3");
  EXPECT_FALSE(std::filesystem::exists(before / "metrics/stale"));
}

TEST_F(ExportToMlflow, NeedsAFolder) {
  create();
  const RunResult result = study({"export", "demo", "--format", "mlflow"});
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, HasSubstr("give --out DIR"));
}

TEST(MlflowName, IsAFileThatMlflowTakes) {
  for (const std::string name :
       {"plain", "with blank", "a/b", "../etc/passwd", "..", "", "µs:x", "line\nend"}) {
    const std::string made = mlflow_name(name);
    EXPECT_TRUE(std::regex_match(made, std::regex("[A-Za-z0-9_.\\- ]+"))) << made;
    EXPECT_TRUE(made != "." && made != "..") << made;
  }
  EXPECT_EQ(mlflow_name("with blank"), "with blank");
  EXPECT_EQ(mlflow_name(std::string(300, 'a')).size(), 250U);
}

}  // namespace
}  // namespace studyhall::cli
