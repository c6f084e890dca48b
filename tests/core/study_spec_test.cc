#include "core/study_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "core/study_file_refusals.h"
#include "tests/support/study_files.h"

namespace studyhall {
namespace {

using testing::claude_study_file;
using ::testing::ElementsAre;
using testing::expect_refused;
using testing::full_study_file;
using testing::has_problem;
using ::testing::HasSubstr;
using testing::list_problems;
using testing::parse;
using testing::smallest_study_file;
using testing::study_file_problems;
using testing::with;

TEST(StudyFile, NamesEveryMistakeAtOnce) {
  const Json file = parse(R"({
    "name": "a b", "direction": "up",
    "params": {"x": {"type": "float", "low": 2, "high": 1},
               "y": {"type": "int", "low": 1, "high": 5, "lo": 2}},
    "require": ["x < w"],
    "workers": {"W1": {"focus": ["y", "yy"], "env": {"A B": "b"}}},
    "limits": {"trails": 3}})");

  const auto problems = study_file_problems(file);

  EXPECT_TRUE(has_problem(problems, "/name", "found \"a b\""));
  EXPECT_TRUE(has_problem(problems, "/direction", "expected \"minimize\" or \"maximize\""));
  EXPECT_TRUE(has_problem(problems, "/params/x/high", "expected at least low, 2, found 1"));
  EXPECT_TRUE(has_problem(problems, "/params/y/lo", "the nearest known one is \"low\""));
  EXPECT_TRUE(has_problem(problems, "/require/0", "\"w\""));
  EXPECT_TRUE(has_problem(problems, "/workers/W1/focus/1", "the nearest one is \"y\""));
  EXPECT_TRUE(has_problem(problems, "/limits/trails", "the nearest known one is \"trials\""));
  EXPECT_TRUE(has_problem(problems, "/workers/W1/env/A B", "is no name for an environment"));
  EXPECT_EQ(problems.size(), 8u) << list_problems(problems);
}

TEST(StudyFile, ReadsEveryFieldOfAFullFile) {
  const auto spec = parse_study_spec(full_study_file());

  EXPECT_EQ(spec->name, "heat_signature");
  EXPECT_THAT(spec->directions, ElementsAre(Direction::Maximize));
  EXPECT_EQ(spec->seed, 7u);
  ASSERT_EQ(spec->space.size(), 10u);
  EXPECT_EQ(spec->space.params()[2].name, "fallback_sigma");
  EXPECT_TRUE(spec->space.params()[2].log);
  EXPECT_EQ(spec->space.params()[3].default_value, 0);
  EXPECT_EQ(spec->space.params()[6].step, 2);
  EXPECT_TRUE(spec->space.params()[9].ordered);
  ASSERT_EQ(spec->space.params()[9].when.size(), 1u);
  EXPECT_EQ(spec->space.params()[9].when[0].parent, 3u);
  EXPECT_THAT(spec->space.params()[9].when[0].values, ElementsAre(3));
  ASSERT_EQ(spec->space.require().size(), 1u);
  ASSERT_EQ(spec->constraints.size(), 1u);
  EXPECT_EQ(spec->constraints[0].metric, "runtime_min");
  EXPECT_EQ(spec->constraints[0].max, 60);
  EXPECT_EQ(spec->constraints[0].min, 0);
  EXPECT_EQ(spec->focus_share, 0.8);
  EXPECT_EQ(spec->sampler.name, "tpe");
  EXPECT_EQ(spec->sampler.options, parse(R"({"mode": "default", "multivariate": false,
                                             "startup": 12, "candidates": 32})"));
  EXPECT_EQ(spec->limits.trials, 200);
  EXPECT_EQ(spec->limits.failures, 50);
  EXPECT_EQ(spec->limits.running, 4);
  EXPECT_EQ(spec->target, 1.25);
  ASSERT_TRUE(spec->experiment.has_value());
  EXPECT_EQ(spec->workers.size(), 3u);
  EXPECT_EQ(spec->workers.at("W1").sampler->name, "cmaes");
  EXPECT_THAT(spec->workers.at("W1").fixed, ElementsAre(std::pair<std::size_t, double>(5, 2)));
}

TEST(StudyFile, FillsInWhatIsAbsent) {
  const auto spec = parse_study_spec(smallest_study_file(), 12345);

  EXPECT_EQ(spec->seed, 12345u);
  EXPECT_EQ(spec->sampler.name, "auto");
  EXPECT_EQ(spec->focus_share, 0.8);
  EXPECT_EQ(spec->limits.trials, std::nullopt);
  EXPECT_EQ(spec->limits.failures, std::nullopt);
  EXPECT_EQ(spec->experiment, std::nullopt);
  EXPECT_EQ(spec->resolved["seed"], 12345);
  EXPECT_EQ(spec->resolved["sampler"], parse(R"({"name": "auto", "version": 1})"));
  EXPECT_EQ(spec->resolved["pruner"], parse(R"({"name": "none"})"));
  EXPECT_EQ(spec->resolved["confirm"], parse(R"({"replicates": 0})"));
}

TEST(StudyFile, ConfirmsWithOneObjectiveOnly) {
  const auto spec = parse_study_spec(with("/confirm", parse(R"({"replicates": 2})")));
  EXPECT_EQ(spec->confirm.replicates, 2);
  EXPECT_EQ(spec->resolved["confirm"], parse(R"({"replicates": 2})"));

  Json several = smallest_study_file();
  several.erase("direction");
  several["directions"] = {"minimize", "maximize"};
  several["confirm"] = {{"replicates", 2}};
  EXPECT_TRUE(has_problem(study_file_problems(several), "/confirm/replicates", "this study has 2"));
}

TEST(StudyFile, BoundsFailuresByTrialsUnlessSaid) {
  const auto spec = parse_study_spec(with("/limits", parse(R"({"trials": 30})")));

  EXPECT_EQ(spec->limits.failures, 30);
  EXPECT_EQ(spec->resolved["limits"], parse(R"({"trials": 30, "failures": 30})"));
}

TEST(StudyFile, ReadsItsResolvedFormAsTheSame) {
  const std::vector<Json> files = {
      smallest_study_file(),
      full_study_file(),
      claude_study_file(),
      with("/sampler", "cmaes"),
      with("/sampler", "gp"),
      with("/sampler", parse(R"({"name": "gp", "startup": 8})")),
      with("/sampler", parse(R"({"name": "cmaes", "popsize": 8})")),
      with("/params/x", parse(R"({"type": "float", "low": 0, "high": 1, "step": 0.3})")),
      with("/params/x", parse(R"({"type": "int", "low": 1.0, "high": 1e3, "step": 7})")),
      with("/limits", parse(R"({"trials": 1e3})")),
      with("/experiment", parse(R"x({"command": ["a"], "score": {"pattern": "s=([0-9.]+)"}})x")),
      with("/experiment", parse(R"({"agent": "claude", "prompt": "p.md"})")),
  };
  for (const Json& file : files) {
    const auto spec = parse_study_spec(file, 99);
    const auto again = parse_study_spec(spec->resolved, 5);
    EXPECT_EQ(dump_json(again->resolved), dump_json(spec->resolved));
    EXPECT_EQ(again->seed, spec->seed);
  }
}

TEST(StudyFile, KeepsTheOrderOfParameters) {
  const Json file = full_study_file();

  const auto spec = parse_study_spec(file);

  std::vector<std::string> given;
  for (const auto& [name, value] : file["params"].items()) given.push_back(name);
  ASSERT_EQ(given.size(), 10u);
  std::vector<std::string> resolved;
  for (const auto& [name, value] : spec->resolved["params"].items()) resolved.push_back(name);
  EXPECT_EQ(resolved, given);
}

TEST(StudyFile, TakesAnySeedOf64Bits) {
  EXPECT_EQ(parse_study_spec(with("/seed", UINT64_MAX))->seed, UINT64_MAX);
  EXPECT_EQ(parse_study_spec(smallest_study_file(), UINT64_MAX)->resolved["seed"], UINT64_MAX);
  EXPECT_EQ(parse_study_spec(with("/seed", 7.0))->seed, 7u);
}

TEST(StudyFile, RefusesIllFormedHeads) {
  expect_refused(
      {
          {"/name", "7", "/name", "found 7"},
          {"/name", "\"\"", "/name", "expected 1 to 64"},
          {"/name", "\".hidden\"", "/name", "found \".hidden\""},
          {"/name", "\"a/b\"", "/name", "found \"a/b\""},
          {"/direction", "\"max\"", "/direction", "\"minimize\" or \"maximize\""},
          {"/directions", "[\"minimize\"]", "/directions", "not both"},
          {"/seed", "-1", "/seed", "an integer of at least 0, found -1"},
          {"/seed", "1.5", "/seed", "found 1.5"},
          {"/seed", "\"x\"", "/seed", "found \"x\""},
          {"/focus_share", "1.5", "/focus_share", "a number from 0 to 1, found 1.5"},
          {"/target", "\"high\"", "/target", "a finite number, found \"high\""},
          {"/limits", "{\"trials\": 0}", "/limits/trials", "found 0"},
          {"/limits", "{\"running\": 2.5}", "/limits/running", "found 2.5"},
          {"/limits", "{\"hours\": 0}", "/limits/hours", "a number above 0, found 0"},
          {"/limits", "{\"tokens\": 1.5}", "/limits/tokens", "found 1.5"},
          {"/limits", "[]", "/limits", "expected an object, found []"},
          {"/confirm", "{}", "/confirm/replicates", "missing"},
          {"/pruner", "{\"name\": \"soft\"}", "/pruner/name", "found \"soft\""},
          {"/$schema", "1", "/$schema", "found 1"},
      },
      smallest_study_file());
}

TEST(StudyFile, NamesWhatIsMissing) {
  const auto problems = study_file_problems(Json::object());

  EXPECT_TRUE(has_problem(problems, "/name", "missing"));
  EXPECT_TRUE(has_problem(problems, "/direction", "missing"));
  EXPECT_TRUE(has_problem(problems, "/params", "missing"));
  EXPECT_EQ(problems.size(), 3u) << list_problems(problems);
}

TEST(StudyFile, TakesOneDirectionAsAList) {
  Json file = smallest_study_file();
  file.erase("direction");
  file["directions"] = {"maximize"};
  file["sampler"] = "tpe";
  EXPECT_THAT(parse_study_spec(file)->directions, ElementsAre(Direction::Maximize));
  EXPECT_EQ(parse_study_spec(file)->resolved["sampler"]["multivariate"], true);
}

Json two_objectives() {
  Json file = smallest_study_file();
  file.erase("direction");
  file["directions"] = {"maximize", "minimize"};
  return file;
}

TEST(StudyFile, TakesSeveralDirections) {
  Json file = two_objectives();
  file["sampler"] = "tpe";
  const auto spec = parse_study_spec(file);

  EXPECT_THAT(spec->directions, ElementsAre(Direction::Maximize, Direction::Minimize));
  EXPECT_EQ(spec->sampler.name, "tpe");
  EXPECT_EQ(spec->resolved["sampler"]["multivariate"], false);
  EXPECT_EQ(parse_study_spec(spec->resolved)->resolved, spec->resolved);
}

TEST(StudyFile, RefusesWhatIsForOneObjective) {
  expect_refused(
      {
          {"/directions", "[]", "/directions", "expected 1 to 10 directions, found 0"},
          {"/directions", "[\"minimize\", \"up\"]", "/directions/1", "found \"up\""},
          {"/sampler", "\"cmaes\"", "/sampler", "one objective, and this study has 2"},
          {"/sampler", "\"gp\"", "/sampler", "\"gp\" searches for one objective"},
          {"/sampler", "{\"name\": \"cmaes\"}", "/sampler/name", "use \"auto\", \"tpe\""},
          {"/workers", "{\"W1\": {\"sampler\": \"cmaes\"}}", "/workers/W1/sampler",
           "this study has 2"},
          {"/pruner", "{\"name\": \"median\"}", "/pruner", "this study has 2"},
          {"/target", "0.5", "/target", "0.5: a target is a value of one objective"},
          {"/experiment", "{\"command\": [\"true\"]}", "/experiment/score", "\"values\""},
      },
      two_objectives());
}

TEST(StudyFile, RefusesBadConstraints) {
  expect_refused(
      {
          {"/constraints", "{}", "/constraints", "a list of constraints"},
          {"/constraints", "[1]", "/constraints/0", "found 1"},
          {"/constraints", "[{\"max\": 1}]", "/constraints/0/metric", "missing"},
          {"/constraints", "[{\"metric\": \"\", \"max\": 1}]", "/constraints/0/metric",
           "found \"\""},
          {"/constraints", "[{\"metric\": \"m\"}]", "/constraints/0", "\"max\", \"min\" or both"},
          {"/constraints", "[{\"metric\": \"m\", \"max\": 1, \"min\": 2}]", "/constraints/0/min",
           "at most max, 1, found 2"},
          {"/constraints", "[{\"metric\": \"m\", \"max\": 1}, {\"metric\": \"m\", \"min\": 0}]",
           "/constraints/1/metric", "already"},
          {"/constraints", "[{\"metric\": \"m\", \"maximum\": 1}]", "/constraints/0/maximum",
           "unknown field"},
          {"/constraints", "[{\"metric\": \"mass\", \"max\": 1}]", "/constraints",
           "experiment.score.metrics does not read it"},
      },
      full_study_file());
}

// Every row of the table is reached from a file, or it would be an unknown field in disguise.
TEST(StudyFile, RefusesByNameWhatThisBuildLacks) {
  for (const Refusal& refusal : refusals()) {
    std::string path(refusal.path);
    if (const auto star = path.find('*'); star != std::string::npos) path.replace(star, 1, "W1");
    const Json value = refusal.value.empty() ? Json(1) : Json(std::string(refusal.value));
    const Json file = full_study_file();

    const auto problems = study_file_problems(with(path, value, file));

    EXPECT_TRUE(has_problem(problems, path, refusal.why)) << path << "\n"
                                                          << list_problems(problems);
    EXPECT_TRUE(has_problem(problems, path, refusal.instead)) << path;
  }
}

// The JSON pointers of every object in `json`.
void collect_objects(const Json& json, const std::string& at, std::vector<std::string>& out) {
  if (json.is_object()) out.push_back(at);
  if (!json.is_structured()) return;
  for (const auto& [key, value] : json.items()) collect_objects(value, at + "/" + key, out);
}

TEST(StudyFile, RefusesUnknownFieldsAtEveryLevel) {
  // Here the names are the user's own.
  const std::set<std::string> open = {
      "/params",           "/workers",          "/experiment/env",   "/experiment/score/metrics",
      "/workers/W1/fixed", "/params/size/when", "/workers/W2/focus", "/workers/W3/focus"};
  for (const Json& file : {full_study_file(), claude_study_file()}) {
    std::vector<std::string> objects;
    collect_objects(file, "", objects);
    ASSERT_GT(objects.size(), 25u);
    for (const std::string& at : objects) {
      if (open.contains(at)) continue;
      const auto problems = study_file_problems(with(at + "/zzzzzz", 1, file));
      EXPECT_TRUE(has_problem(problems, at + "/zzzzzz", "unknown field \"zzzzzz\"; known here: "))
          << at << "\n"
          << list_problems(problems);
    }
  }
}

void collect_places(const Json& json, const std::string& at, std::vector<std::string>& out) {
  out.push_back(at);
  if (!json.is_structured()) return;
  for (const auto& [key, value] : json.items()) collect_places(value, at + "/" + key, out);
}

TEST(StudyFile, ReportsWrongTypesAnywhereWithoutFailing) {
  const std::vector<Json> strangers = {nullptr,
                                       true,
                                       3,
                                       -1.5,
                                       UINT64_MAX,
                                       std::numeric_limits<double>::quiet_NaN(),
                                       std::numeric_limits<double>::infinity(),
                                       "x",
                                       "",
                                       Json::array(),
                                       Json::object(),
                                       parse("[[]]"),
                                       parse("[{}, null, 1, \"x\"]"),
                                       parse("{\"\": {\"x\": [null]}}"),
                                       parse("{\"name\": 3, \"type\": [], \"low\": {}}")};
  int refused = 0;
  for (const Json& file : {full_study_file(), claude_study_file()}) {
    std::vector<std::string> places;
    collect_places(file, "", places);
    for (const std::string& at : places) {
      for (const Json& stranger : strangers) {
        const auto problems = study_file_problems(with(at, stranger, file));
        refused += problems.empty() ? 0 : 1;
        for (const Problem& problem : problems) EXPECT_FALSE(problem.message.empty());
      }
    }
  }
  EXPECT_GT(refused, 3000);
}

TEST(StudyFile, ThrowsInvalidWithTheProblemsInItsMessage) {
  try {
    (void)parse_study_spec(with("/direction", "up"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::Invalid);
    EXPECT_THAT(error.what(), HasSubstr("study file s: /direction: expected"));
  }
}

TEST(MetricConstraint, MeasuresHowFarAValueIsBeyondABound) {
  const MetricConstraint at_most{"m", 60, std::nullopt};
  EXPECT_EQ(at_most.violation(61.5), 1.5);
  EXPECT_EQ(at_most.violation(50), -10);
  EXPECT_EQ(at_most.violation(60), 0);
  const MetricConstraint at_least{"m", std::nullopt, 2};
  EXPECT_EQ(at_least.violation(1.5), 0.5);
  EXPECT_EQ(at_least.violation(5), -3);
  const MetricConstraint between{"m", 10, 0};
  EXPECT_EQ(between.violation(4), -4);
  EXPECT_EQ(between.violation(9), -1);
  EXPECT_EQ(between.violation(-3), 3);
}

TEST(Name, HasOneTo64OfAFewCharacters) {
  for (const std::string& good : {std::string("a"), std::string("W1"), std::string("a.b-c_D9"),
                                  std::string("_x"), std::string(64, 'n')}) {
    EXPECT_TRUE(is_valid_name(good)) << good;
  }
  for (const std::string& bad :
       {std::string(), std::string(".a"), std::string("-a"), std::string("a b"), std::string("a/b"),
        std::string("ä"), std::string(65, 'n'), std::string("a\0b", 3)}) {
    EXPECT_FALSE(is_valid_name(bad)) << bad;
  }
}

}  // namespace
}  // namespace studyhall
