#include "core/experiment_version.h"

#include <gtest/gtest.h>

#include "core/study_spec.h"
#include "tests/support/study_files.h"

namespace studyhall {
namespace {

Json experiment() {
  return Json::parse(R"({"agent": "command", "command": ["./run", "{x}"], "dir": "/a",
    "env": {"A": "1", "B": "2"}, "pass_env": ["PATH"], "time_limit_min": 3, "retries": 2,
    "score": {"file": "result.json", "value": "/score"},
    "workspace": {"kind": "directory", "keep": "all"}})");
}

TEST(ExperimentVersion, ChangesWithWhatDecidesAScore) {
  const std::string version = experiment_version(experiment());
  EXPECT_EQ(version.size(), 64U);
  for (const char* patch :
       {R"({"command": ["./run", "{x}", "--fast"]})", R"({"env": {"A": "2"}})",
        R"({"score": {"value": "/other"}})", R"({"agent": "claude"})", R"({"prompt": "p.md"})",
        R"({"claude": {"model": "opus"}})", R"({"workspace": {"kind": "worktree"}})"}) {
    Json changed = experiment();
    changed.merge_patch(Json::parse(patch));
    EXPECT_NE(experiment_version(changed), version) << patch;
  }
}

TEST(ExperimentVersion, DoesNotChangeWithWhereAndHowLongItRuns) {
  const std::string version = experiment_version(experiment());
  for (const char* patch :
       {R"({"dir": "/b"})", R"({"time_limit_min": 9})", R"({"retries": 0})",
        R"({"pass_env": ["PATH", "LANG"]})", R"({"cpus": "0-3"})", R"({"max_output_mb": 1})",
        R"({"max_disk_gb": 1})", R"({"workspace": {"keep": "best"}})"}) {
    Json changed = experiment();
    changed.merge_patch(Json::parse(patch));
    EXPECT_EQ(experiment_version(changed), version) << patch;
  }
  Json reordered;
  const Json plain = experiment();
  for (const char* name : {"score", "workspace", "env", "command", "agent"}) {
    reordered[name] = plain[name];
  }
  EXPECT_EQ(experiment_version(reordered), version);
}

TEST(ExperimentVersion, DoesNotChangeWithHowLongAStageMayTake) {
  const auto with_stage = [](const char* stage) {
    return experiment_version({{"stages", {Json::parse(stage)}}});
  };
  const std::string version = with_stage(R"({"name": "a", "command": ["a"]})");
  EXPECT_EQ(with_stage(R"({"name": "a", "command": ["a"], "time_limit_min": 3, "stall_min": 1})"),
            version);
  EXPECT_NE(with_stage(R"({"name": "a", "command": ["a", "b"]})"), version);
}

TEST(ExperimentVersion, IsThatOfTheResolvedStudyFile) {
  Json file = testing::smallest_study_file();
  EXPECT_EQ(parse_study_spec(file)->experiment_version, "");
  file["experiment"] = {{"command", {"./run"}}};
  const auto spec = parse_study_spec(file);
  EXPECT_EQ(spec->experiment_version, experiment_version(spec->resolved["experiment"]));
  EXPECT_EQ(parse_study_spec(spec->resolved)->experiment_version, spec->experiment_version);
}

}  // namespace
}  // namespace studyhall
