#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/study_spec.h"
#include "tests/support/study_files.h"

namespace studyhall {
namespace {

using testing::has_problem;
using testing::list_problems;
using testing::smallest_study_file;
using testing::study_file_problems;

Json with_pruner(const std::string& pruner) {
  Json file = smallest_study_file();
  file["pruner"] = parse_json(pruner, "test");
  return file;
}

std::string resolved(const std::string& pruner) {
  return dump_json(parse_study_spec(with_pruner(pruner))->resolved["pruner"]);
}

// The defaults are those of Optuna 5's constructors.
TEST(PrunerFile, FillsInOptunasDefaults) {
  EXPECT_EQ(resolved(R"({"name": "none"})"), R"({"name":"none"})");
  EXPECT_EQ(resolved(R"({"name": "median"})"),
            R"({"name":"median","n_startup_trials":5,"n_warmup_steps":0,"interval_steps":1,)"
            R"("n_min_trials":1})");
  EXPECT_EQ(resolved(R"({"name": "percentile", "percentile": 25})"),
            R"({"name":"percentile","percentile":25.0,"n_startup_trials":5,"n_warmup_steps":0,)"
            R"("interval_steps":1,"n_min_trials":1})");
  EXPECT_EQ(resolved(R"({"name": "successive_halving"})"),
            R"({"name":"successive_halving","min_resource":"auto","reduction_factor":4,)"
            R"("min_early_stopping_rate":0,"bootstrap_count":0})");
  EXPECT_EQ(resolved(R"({"name": "hyperband"})"),
            R"({"name":"hyperband","min_resource":1,"max_resource":"auto","reduction_factor":3,)"
            R"("bootstrap_count":0})");
  EXPECT_EQ(resolved(R"({"name": "patient", "patience": 3})"),
            R"({"name":"patient","wrapped_pruner":{"name":"none"},"patience":3,"min_delta":0.0})");
  EXPECT_EQ(resolved(R"({"name": "threshold", "upper": 1})"),
            R"({"name":"threshold","upper":1.0,"n_warmup_steps":0,"interval_steps":1})");
  EXPECT_EQ(resolved(R"({"name": "wilcoxon"})"),
            R"({"name":"wilcoxon","p_threshold":0.1,"n_startup_steps":2})");
}

TEST(PrunerFile, ReadsWhatIsGiven) {
  const auto spec = parse_study_spec(with_pruner(
      R"({"name": "patient", "patience": 2, "min_delta": 0.5, "wrapped_pruner":
          {"name": "successive_halving", "min_resource": 4, "bootstrap_count": 3}})"));

  ASSERT_EQ(spec->pruner.name, "patient");
  const auto& patient = std::get<PatientOptions>(spec->pruner.options);
  EXPECT_EQ(patient.patience, 2);
  EXPECT_EQ(patient.min_delta, 0.5);
  const auto& halving = std::get<HalvingOptions>(patient.wrapped_pruner->options);
  EXPECT_EQ(halving.min_resource, 4);
  EXPECT_EQ(halving.bootstrap_count, 3);
}

TEST(PrunerFile, IsReadFromItsResolvedFormAsTheSame) {
  for (const char* pruner :
       {R"({"name": "median", "n_warmup_steps": 3})", R"({"name": "percentile", "percentile": 10})",
        R"({"name": "successive_halving", "min_resource": 2})", R"({"name": "hyperband"})",
        R"({"name": "patient", "patience": 1, "wrapped_pruner": {"name": "wilcoxon"}})",
        R"({"name": "threshold", "lower": 0, "upper": 0})"}) {
    const auto spec = parse_study_spec(with_pruner(pruner));
    EXPECT_EQ(dump_json(parse_study_spec(spec->resolved)->resolved), dump_json(spec->resolved));
  }
}

TEST(PrunerFile, RefusesWhatBreaksARule) {
  struct Case {
    const char* pruner;
    const char* path;
    const char* message;
  };
  for (const Case& c : std::initializer_list<Case>{
           {R"("median")", "/pruner", "found \"median\""},
           {R"({})", "/pruner/name", "missing"},
           {R"({"name": "mean"})", "/pruner/name", "found \"mean\""},
           {R"({"name": "median", "percentile": 50})", "/pruner/percentile", "unknown field"},
           {R"({"name": "median", "n_startup_trails": 1})", "/pruner/n_startup_trails",
            "n_startup_trials"},
           {R"({"name": "median", "interval_steps": 0})", "/pruner/interval_steps", "found 0"},
           {R"({"name": "percentile"})", "/pruner/percentile", "missing"},
           {R"({"name": "percentile", "percentile": 101})", "/pruner/percentile", "found 101"},
           {R"({"name": "successive_halving", "min_resource": 0})", "/pruner/min_resource",
            "found 0"},
           {R"({"name": "successive_halving", "min_resource": "all"})", "/pruner/min_resource",
            "\"auto\""},
           {R"({"name": "successive_halving", "reduction_factor": 1})", "/pruner/reduction_factor",
            "found 1"},
           {R"({"name": "successive_halving", "bootstrap_count": 1})", "/pruner/bootstrap_count",
            "min_resource"},
           {R"({"name": "hyperband", "bootstrap_count": 1})", "/pruner/bootstrap_count",
            "max_resource"},
           {R"({"name": "hyperband", "min_resource": 5, "max_resource": 4})",
            "/pruner/max_resource", "at least min_resource, 5"},
           {R"({"name": "patient"})", "/pruner/patience", "missing"},
           {R"({"name": "patient", "patience": 1, "wrapped_pruner": {"name": "mean"}})",
            "/pruner/wrapped_pruner/name", "found \"mean\""},
           {R"({"name": "threshold"})", "/pruner/lower", "\"upper\" or both"},
           {R"({"name": "threshold", "lower": 2, "upper": 1})", "/pruner/lower", "at most upper"},
           {R"({"name": "wilcoxon", "p_threshold": 2})", "/pruner/p_threshold", "found 2"},
       }) {
    const auto problems = study_file_problems(with_pruner(c.pruner));
    EXPECT_TRUE(has_problem(problems, c.path, c.message)) << c.pruner << "\n"
                                                          << list_problems(problems);
    EXPECT_EQ(problems.size(), 1u) << c.pruner << "\n" << list_problems(problems);
  }
}

}  // namespace
}  // namespace studyhall
