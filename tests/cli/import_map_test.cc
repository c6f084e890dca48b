#include "cli/import_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/support/temp_dir.h"

#include <fstream>

namespace studyhall::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Import : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) const {
    const auto file = dir_.path() / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
  }
  [[nodiscard]] std::string path(const std::string& name) const {
    return (dir_.path() / name).string();
  }
  // What becomes of the records at `place`.
  [[nodiscard]] std::vector<MappedRecord> mapped(const std::string& place,
                                                 const std::string& map = "{}") const {
    ImportMap parsed = parse_import_map(Json::parse(map));
    const Source source = read_source(place, parsed.list);
    EXPECT_THAT(source.problems, IsEmpty());
    const RecordMapper mapper(*spec_, std::move(parsed), source.kind);
    std::vector<MappedRecord> records;
    for (const SourceRecord& record : source.records) records.push_back(mapper.map(record));
    return records;
  }

  testing::TempDir dir_;
  std::shared_ptr<const StudySpec> spec_ = parse_study_spec(Json::parse(R"({
      "name": "heat", "direction": "maximize", "params": {
        "threshold": {"type": "float", "low": 0, "high": 1},
        "init": {"type": "categorical", "choices": ["smart", "grid"], "default": "smart"},
        "size": {"type": "int", "low": 1, "high": 9, "default": 3, "when": {"init": ["grid"]}}}})"),
                                                            1);
};

TEST_F(Import, ReadsTheStateFilesOfEarlierExperiments) {
  write("exp/W1_a/STATE.json", R"({"experiment_id": "W1_a", "worker": "W1", "status": "completed",
      "started_at": "2026-01-02T03:04:05Z", "tuning_runs": [
        {"run": 1, "config": {"threshold": 0.5}, "score": 1.05, "time_min": 57.1, "notes": "good"},
        {"run": 2, "config": {"threshold": 0.6, "init": "grid"}, "score": 1.1}]})");
  const auto records = mapped(path("exp"));
  ASSERT_EQ(records.size(), 2U);
  EXPECT_TRUE(records[0].is_result);
  EXPECT_EQ(records[0].params, (Json{{"threshold", 0.5}, {"init", "smart"}}));
  EXPECT_THAT(records[0].values, ElementsAre(1.05));
  EXPECT_EQ(records[0].metrics.at("time_min"), 57.1);
  EXPECT_EQ(records[0].worker, "W1");
  EXPECT_EQ(records[0].note, "good");
  EXPECT_EQ(format_utc(records[0].started.value()), "2026-01-02T03:04:05.000000Z");
  EXPECT_EQ(records[1].params["size"], 3);
  EXPECT_THAT(records[0].problems, IsEmpty());
}

TEST_F(Import, ReadsLinesAndTablesOfResultsAndOfConfigurations) {
  write("all.jsonl",
        "{\"config\": {\"threshold\": 0.25}, \"score\": 0.5, \"metrics\": {\"rmse\": 2}}\n\n"
        "{\"config\": {\"threshold\": 0.75}, \"status\": \"crashed\"}\n");
  const auto lines = mapped(path("all.jsonl"));
  EXPECT_EQ(lines[0].metrics.at("rmse"), 2);
  EXPECT_EQ(lines[1].state, TrialState::Fail);
  EXPECT_EQ(lines[1].origin, path("all.jsonl") + ":3");

  // Optuna's trials_dataframe().
  write(
      "optuna.csv",
      "number,value,params_threshold,params_init,params_size,user_attrs_time,state,datetime_start\n"
      "0,0.5,0.5,grid,4.0,3.5,COMPLETE,2026-01-02 03:04:05.500000\n"
      "1,,0.75,smart,,,FAIL,\n");
  const auto rows = mapped(path("optuna.csv"));
  EXPECT_EQ(rows[0].params, (Json{{"threshold", 0.5}, {"init", "grid"}, {"size", 4}}));
  EXPECT_EQ(rows[0].metrics.at("time"), 3.5);
  EXPECT_EQ(format_utc(rows[0].started.value()), "2026-01-02T03:04:05.500000Z");
  EXPECT_EQ(rows[1].state, TrialState::Fail);
  EXPECT_THAT(rows[1].problems, IsEmpty());

  write("try.json", R"({"configs": [{"threshold": 0.125, "priority": "high"}]})");
  const auto configs = mapped(path("try.json"));
  EXPECT_FALSE(configs[0].is_result);
  EXPECT_EQ(configs[0].priority, 10);
}

TEST_F(Import, ReadsMlflowsFileStore) {
  write("mlruns/12/meta.yaml", "experiment_id: '12'\nname: heat\n");
  const std::string run = "mlruns/12/0123456789abcdef0123456789abcdef/";
  write(run + "meta.yaml",
        "end_time: 1767323045000\nexperiment_id: '12'\nlifecycle_stage: active\nrun_id: "
        "0123456789abcdef0123456789abcdef\nrun_name: bold-cat\nstart_time: 1767323044000\nstatus: "
        "3\n");
  write(run + "params/threshold", "0.5");
  write(run + "params/init", "grid");
  write(run + "metrics/score", "1767323044500 0.25 0\n1767323044900 0.75 1\n");
  write(run + "metrics/rmse", "1767323044500 2.5 0\n");
  write(run + "tags/mlflow.user", "me");

  const auto records = mapped(path("mlruns"), R"({"value": "/metrics/score"})");
  ASSERT_EQ(records.size(), 1U);
  EXPECT_THAT(records[0].values, ElementsAre(0.75));
  EXPECT_EQ(records[0].metrics, (std::map<std::string, double>{{"rmse", 2.5}}));
  EXPECT_EQ(records[0].params["init"], "grid");
  EXPECT_EQ(records[0].title, "bold-cat");
  EXPECT_EQ(records[0].worker, "me");
  EXPECT_EQ(format_utc(records[0].completed.value()), "2026-01-02T03:04:05.000000Z");
}

TEST_F(Import, AMapSaysWhereThingsAreAndWhatTheyAreCalled) {
  write("odd.json", R"({"log": {"entries": [
      {"t": "0.5", "strategy": "smart_init", "result": {"score": "1.5", "rmse": 3}, "verdict": "kept",
       "extra": {"x": 1}}]}})");
  const auto records = mapped(path("odd.json"), R"({"records": "/log/entries",
      "params": {"threshold": "t", "init": "strategy"}, "value": "/result/score",
      "metrics": {"rmse": "/result/rmse"}, "state": "verdict", "states": {"kept": "complete"},
      "choices": {"init": {"smart_init": "smart"}}})");
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].params, (Json{{"threshold", 0.5}, {"init", "smart"}}));
  EXPECT_THAT(records[0].values, ElementsAre(1.5));
  EXPECT_EQ(records[0].metrics.at("rmse"), 3);
  EXPECT_THAT(records[0].problems, IsEmpty());
}

TEST_F(Import, SaysOfEachRecordWhyItCannotBeMapped) {
  write("bad.jsonl",
        "{\"config\": {\"threshold\": 7}, \"score\": 1}\n"
        "{\"config\": {\"init\": \"smart\"}, \"score\": 1}\n"
        "{\"config\": {\"threshold\": 0.5, \"colour\": 3}, \"score\": 1}\n"
        "{\"config\": {\"threshold\": 0.5}, \"score\": \"high\"}\n"
        "{\"config\": {\"threshold\": 0.5}, \"score\": \"NaN\"}\n"
        "{\"config\": {\"threshold\": 0.5}, \"score\": 1, \"state\": \"odd\"}\n"
        "{\"score\": 1, \"config\": {\"threshold\": 0.5, \"init\": \"random\"}}\n");
  const auto records = mapped(path("bad.jsonl"));
  ASSERT_EQ(records.size(), 7U);
  const std::vector<std::string> expected{
      "threshold",
      "has no threshold, and neither --map nor the study has a default",
      "has a parameter colour = 3, which the study has not",
      "score is \"high\", no number",
      "not finite",
      "is \"odd\"",
      "init"};
  for (std::size_t i = 0; i < records.size(); ++i) {
    ASSERT_FALSE(records[i].problems.empty()) << i;
    EXPECT_THAT(records[i].problems[0], HasSubstr(expected[i])) << i;
  }
  EXPECT_THAT(
      mapped(path("bad.jsonl"), R"({"ignore": ["colour"], "defaults": {"threshold": 0.5}})")[2]
          .problems,
      IsEmpty());
}

TEST_F(Import, RefusesMapsAndFilesThatAreNone) {
  EXPECT_THROW(parse_import_map(Json::parse(R"({"parms": "x"})")), Error);
  EXPECT_THROW(parse_import_map(Json::parse(R"({"states": {"kept": "good"}})")), Error);
  write("empty/readme", "");
  EXPECT_THROW(read_source(path("empty"), ""), Error);
  EXPECT_THROW(read_source(path("nowhere.json"), ""), Error);
  write("x.json", R"({"a": 1})");
  EXPECT_THROW(read_source(path("x.json"), "/list"), Error);
  write("y.db", "SQLite format 3\\0");
  EXPECT_THROW(read_source(path("y.db"), ""), Error);
}

}  // namespace
}  // namespace studyhall::cli
