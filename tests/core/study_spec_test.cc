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
using testing::full_study_file;
using testing::has_problem;
using ::testing::HasSubstr;
using testing::list_problems;
using testing::smallest_study_file;
using testing::study_file_problems;

Json parse(std::string_view text) { return parse_json(text, "test"); }

// The smallest file with one member replaced.
Json with(std::string_view pointer, const Json& value, Json file = smallest_study_file()) {
  file[Json::json_pointer(std::string(pointer))] = value;
  return file;
}

struct BadCase {
  std::string pointer;  // what is replaced in the file
  std::string value;    // by what
  std::string path;     // where the problem is to be reported
  std::string message;  // what its message must hold
};

void expect_refused(const std::vector<BadCase>& cases, const Json& file) {
  for (const BadCase& bad : cases) {
    const auto problems = study_file_problems(with(bad.pointer, parse(bad.value), file));
    EXPECT_TRUE(has_problem(problems, bad.path, bad.message))
        << bad.pointer << " = " << bad.value << "\nwanted " << bad.path << ": " << bad.message
        << "\ngot\n"
        << list_problems(problems);
  }
}

TEST(StudyFile, NamesEveryMistakeAtOnce) {
  const Json file = parse(R"({
    "name": "a b", "direction": "up",
    "params": {"x": {"type": "float", "low": 2, "high": 1},
               "y": {"type": "int", "low": 1, "high": 5, "lo": 2}},
    "require": ["x < w"],
    "workers": {"W1": {"focus": ["y", "yy"]}},
    "limits": {"trails": 3, "hours": 2}})");

  const auto problems = study_file_problems(file);

  EXPECT_TRUE(has_problem(problems, "/name", "found \"a b\""));
  EXPECT_TRUE(has_problem(problems, "/direction", "expected \"minimize\" or \"maximize\""));
  EXPECT_TRUE(has_problem(problems, "/params/x/high", "expected at least low, 2, found 1"));
  EXPECT_TRUE(has_problem(problems, "/params/y/lo", "the nearest known one is \"low\""));
  EXPECT_TRUE(has_problem(problems, "/require/0", "\"w\""));
  EXPECT_TRUE(has_problem(problems, "/workers/W1/focus/1", "the nearest one is \"y\""));
  EXPECT_TRUE(has_problem(problems, "/limits/trails", "the nearest known one is \"trials\""));
  EXPECT_TRUE(has_problem(problems, "/limits/hours", "2: this build"));
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
  EXPECT_EQ(spec->sampler.options, parse(R"({"multivariate": false, "startup": 12,
                                             "candidates": 32})"));
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
  EXPECT_EQ(spec->sampler.name, "tpe");
  EXPECT_EQ(spec->focus_share, 0.8);
  EXPECT_EQ(spec->limits.trials, std::nullopt);
  EXPECT_EQ(spec->limits.failures, std::nullopt);
  EXPECT_EQ(spec->experiment, std::nullopt);
  EXPECT_EQ(spec->resolved["seed"], 12345);
  EXPECT_EQ(spec->resolved["sampler"], parse(R"({"name": "tpe", "multivariate": true,
      "startup": 10, "candidates": 24, "version": 1})"));
  EXPECT_EQ(spec->resolved["pruner"], parse(R"({"name": "none"})"));
  EXPECT_EQ(spec->resolved["confirm"], parse(R"({"replicates": 0})"));
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
  EXPECT_THAT(parse_study_spec(file)->directions, ElementsAre(Direction::Maximize));

  file["directions"] = {"maximize", "minimize"};
  EXPECT_TRUE(has_problem(study_file_problems(file), "/directions", "one objective"));
}

TEST(StudyFile, RefusesBadRanges) {
  const auto x = [](const std::string& members) { return "{" + members + "}"; };
  expect_refused(
      {
          {"/params/x", "3", "/params/x", "expected an object with a type, found 3"},
          {"/params/x", x(""), "/params/x/type", "missing"},
          {"/params/x", x(R"("type": "real")"), "/params/x/type", "found \"real\""},
          {"/params/x", x(R"("type": "float", "low": 0)"), "/params/x/high", "missing"},
          {"/params/x", x(R"("type": "float", "low": "0", "high": 1)"), "/params/x/low",
           "a finite number, found \"0\""},
          {"/params/x", x(R"("type": "float", "low": -1.7e308, "high": 1.7e308)"), "/params/x/high",
           "below 1.8e308"},
          {"/params/x", x(R"("type": "float", "low": 0, "high": 1, "log": true)"), "/params/x/low",
           "more than 0"},
          {"/params/x", x(R"("type": "float", "low": 1, "high": 2, "log": true, "step": 0.1)"),
           "/params/x/step", "does not go with \"log\""},
          {"/params/x", x(R"("type": "float", "low": 0, "high": 1, "step": 0)"), "/params/x/step",
           "a number > 0, found 0"},
          {"/params/x", x(R"("type": "float", "low": 0, "high": 1, "step": 1e-20)"),
           "/params/x/step", "2^53"},
          {"/params/x", x(R"("type": "float", "low": 0, "high": 1, "default": 2)"),
           "/params/x/default", "expected float in [0, 1], found 2"},
          {"/params/x", x(R"("type": "float", "low": 0, "high": 1, "step": 0.4, "default": 0.5)"),
           "/params/x/default", "steps of 0.4"},
          {"/params/x", x(R"("type": "float", "low": 0, "high": 1, "choices": [1])"),
           "/params/x/choices", "unknown field"},
          {"/params/x", x(R"("type": "int", "low": 0.5, "high": 2)"), "/params/x/low", "found 0.5"},
          {"/params/x", x(R"("type": "int", "low": 0, "high": 9007199254740993)"), "/params/x/high",
           "2^53"},
          {"/params/x", x(R"("type": "int", "low": 0, "high": 9, "log": true)"), "/params/x/low",
           "at least 1"},
          {"/params/x", x(R"("type": "int", "low": 1, "high": 9, "log": true, "step": 2)"),
           "/params/x/step", "does not go with \"log\""},
          {"/params/x", x(R"("type": "int", "low": 1, "high": 9, "step": 0)"), "/params/x/step",
           "at least 1, found 0"},
          {"/params/x", x(R"("type": "int", "low": 1, "high": 9, "default": 2.5)"),
           "/params/x/default", "found 2.5"},
          {"/params/x", x(R"("type": "categorical")"), "/params/x/choices", "missing"},
          {"/params/x", x(R"("type": "categorical", "choices": [])"), "/params/x/choices",
           "1 to 10000 choices, found 0"},
          {"/params/x", x(R"("type": "categorical", "choices": ["a", "b", "a"])"),
           "/params/x/choices/2", "\"a\" is a choice already"},
          {"/params/x", x(R"("type": "categorical", "choices": [1, 1.0])"), "/params/x/choices/1",
           "is a choice already"},
          {"/params/x", x(R"("type": "categorical", "choices": [[1]])"), "/params/x/choices/0",
           "a string, a number, true, false or null, found [1]"},
          {"/params/x", x(R"("type": "categorical", "choices": ["a\u0000b"])"),
           "/params/x/choices/0", "a string"},
          {"/params/x", x(R"("type": "categorical", "choices": ["a"], "default": "b")"),
           "/params/x/default", "found \"b\""},
          {"/params/x", x(R"("type": "categorical", "choices": ["a"], "ordered": 1)"),
           "/params/x/ordered", "true or false, found 1"},
          {"/params/x", x(R"("type": "categorical", "choices": ["a"], "low": 1)"), "/params/x/low",
           "unknown field"},
      },
      smallest_study_file());
}

TEST(StudyFile, TakesTrueAndOneAsDifferentChoices) {
  const Json file =
      with("/params/x", parse(R"({"type": "categorical", "choices": [true, 1, "1", null]})"));
  EXPECT_EQ(parse_study_spec(file)->space.params()[0].choices.size(), 4u);
}

TEST(StudyFile, MovesHighDownToTheGridInDecimals) {
  struct Case {
    std::string param;
    double high;
    std::uint64_t values;
  };
  const std::vector<Case> cases = {
      {R"({"type": "float", "low": 0, "high": 1, "step": 0.3})", 0.9, 4},
      {R"({"type": "float", "low": 0, "high": 1, "step": 0.1})", 1, 11},
      {R"({"type": "float", "low": 0, "high": 0.3, "step": 0.1})", 0.3, 4},
      {R"({"type": "float", "low": 0.1, "high": 0.35, "step": 0.1})", 0.3, 3},
      {R"({"type": "float", "low": -1, "high": 1, "step": 0.3})", 0.8, 7},
      {R"({"type": "float", "low": 0, "high": 0.29999999, "step": 0.1})", 0.2, 3},
      {R"({"type": "float", "low": 2, "high": 2, "step": 0.5})", 2, 1},
      {R"({"type": "float", "low": 2, "high": 3, "step": 5})", 2, 1},
      {R"({"type": "int", "low": 1, "high": 10, "step": 4})", 9, 3},
      {R"({"type": "int", "low": 1, "high": 9, "step": 4})", 9, 3},
      {R"({"type": "int", "low": -5, "high": 5})", 5, 11},
  };
  for (const Case& c : cases) {
    const auto spec = parse_study_spec(with("/params/x", parse(c.param)));
    EXPECT_EQ(spec->space.params()[0].high, c.high) << c.param;
    EXPECT_EQ(spec->space.params()[0].cardinality(), c.values) << c.param;
    EXPECT_EQ(spec->resolved["params"]["x"]["high"], c.high) << c.param;
  }
}

TEST(StudyFile, ChecksTheNamesOfParameters) {
  const auto problems_of_name = [](const std::string& name) {
    Json file = smallest_study_file();
    file["params"] = {{name, {{"type", "float"}, {"low", 0}, {"high", 1}}}};
    return study_file_problems(file).size();
  };
  for (const std::string& good : {std::string("a b"), std::string("größe"), std::string("a/b~c"),
                                  std::string("lr.x-1"), std::string(256, 'x')}) {
    EXPECT_EQ(problems_of_name(good), 0u) << good;
  }
  for (const std::string& bad : {std::string(), std::string("a\nb"), std::string("{x}"),
                                 std::string("x}"), std::string(257, 'x')}) {
    EXPECT_EQ(problems_of_name(bad), 1u) << bad;
  }
}

TEST(StudyFile, HoldsOneToAThousandParameters) {
  const auto problems_of_count = [](int count) {
    Json file = smallest_study_file();
    file["params"] = Json::object();
    for (int i = 0; i < count; ++i) {
      file["params"][std::string(1, 'p').append(std::to_string(i))] = {
          {"type", "int"}, {"low", 0}, {"high", 1}};
    }
    return study_file_problems(file);
  };
  EXPECT_TRUE(has_problem(problems_of_count(0), "/params", "1 to 1000 parameters, found 0"));
  EXPECT_TRUE(problems_of_count(1000).empty());
  EXPECT_TRUE(has_problem(problems_of_count(1001), "/params", "found 1001"));
}

TEST(StudyFile, RefusesBadConditions) {
  const Json file = with("/params", parse(R"({
      "kind": {"type": "categorical", "choices": ["a", "b"]},
      "depth": {"type": "int", "low": 1, "high": 3},
      "rate": {"type": "float", "low": 0, "high": 1},
      "x": {"type": "float", "low": 0, "high": 1}})"));
  expect_refused(
      {
          {"/params/x/when", "[]", "/params/x/when", "found []"},
          {"/params/x/when", "{\"kin\": [\"a\"]}", "/params/x/when/kin",
           "the nearest one is \"kind\""},
          {"/params/x/when", "{\"x\": [1]}", "/params/x/when/x", "its own condition"},
          {"/params/x/when", "{\"rate\": [1]}", "/params/x/when/rate", "continuous float"},
          {"/params/x/when", "{\"kind\": \"a\"}", "/params/x/when/kind", "a list of values"},
          {"/params/x/when", "{\"kind\": []}", "/params/x/when/kind", "at least one value"},
          {"/params/x/when", "{\"kind\": [\"c\"]}", "/params/x/when/kind/0",
           "expected one of \"a\", \"b\", found \"c\""},
          {"/params/x/when", "{\"kind\": [\"a\", \"a\"]}", "/params/x/when/kind/1",
           "listed already"},
          {"/params/x/when", "{\"depth\": [4]}", "/params/x/when/depth/0", "int in [1, 3]"},
      },
      file);
}

TEST(StudyFile, NamesACycleOfConditions) {
  const auto problems = study_file_problems(with("/params", parse(R"({
      "z": {"type": "int", "low": 0, "high": 1, "when": {"a": [1]}},
      "a": {"type": "int", "low": 0, "high": 1, "when": {"b": [1]}},
      "b": {"type": "int", "low": 0, "high": 1, "when": {"c": [1]}},
      "c": {"type": "int", "low": 0, "high": 1, "when": {"a": [1]}}})")));

  EXPECT_TRUE(has_problem(problems, "/params", "a -> b -> c -> a")) << list_problems(problems);
}

TEST(StudyFile, TakesAConditionOnALaterParameter) {
  const auto spec = parse_study_spec(with("/params", parse(R"({
      "x": {"type": "float", "low": 0, "high": 1, "when": {"kind": ["b"]}},
      "kind": {"type": "categorical", "choices": ["a", "b"]}})")));

  EXPECT_TRUE(std::isnan(spec->space.default_config()[0]));
}

TEST(StudyFile, FindsWhetherRequireCanBeMet) {
  const auto problems_of = [](const std::string& params, const std::string& require) {
    return study_file_problems(with("/require", parse(require), with("/params", parse(params))));
  };
  const std::string box = R"({"x": {"type": "float", "low": 0, "high": 1},
                              "y": {"type": "float", "low": 0, "high": 1, "log": false}})";
  // Met by the default, then only by random draws.
  EXPECT_TRUE(problems_of(box, R"(["x <= y"])").empty());
  EXPECT_TRUE(problems_of(box, R"(["x + 0.9 < y"])").empty());
  EXPECT_TRUE(has_problem(problems_of(box, R"(["x > y + 1"])"), "/require",
                          "none of 100,000 random configurations"));
  // One configuration in four million: only trying them all finds it.
  const std::string needle = R"({"a": {"type": "int", "low": 1, "high": 2000},
                                 "b": {"type": "int", "low": 1, "high": 2000}})";
  EXPECT_TRUE(problems_of(needle, R"(["a == 1", "b == 1234"])").empty());
  EXPECT_TRUE(has_problem(problems_of(needle, R"(["a == 1", "b == 0"])"), "/require",
                          "no configuration meets"));
  // A condition on an inactive parameter holds.
  const std::string conditional = R"({
      "kind": {"type": "categorical", "choices": ["a", "b"]},
      "x": {"type": "int", "low": 0, "high": 1, "when": {"kind": ["a"]}}})";
  EXPECT_TRUE(problems_of(conditional, R"(["x > 1"])").empty());
}

TEST(StudyFile, RefusesBadRequire) {
  std::string many = "[\"x < 2\"";
  for (int i = 0; i < 100; ++i) many += ", \"x < 2\"";
  expect_refused(
      {
          {"/require", "\"x < 1\"", "/require", "a list of conditions"},
          {"/require", "[3]", "/require/0", "found 3"},
          {"/require", "[\"x <\"]", "/require/0", "x <"},
          {"/require", "[\"x < 1\", \"xx < 1\"]", "/require/1", "did you mean \"x\""},
          {"/require", many + "]", "/require", "at most 100 conditions, found 101"},
      },
      smallest_study_file());
}

TEST(StudyFile, DoesNotBlameAConditionForAParameterItCannotRead) {
  const auto problems = study_file_problems(
      with("/require", parse(R"(["x == \"a\""])"),
           with("/params/x", parse(R"({"type": "categoric", "choices": ["a"]})"))));

  ASSERT_EQ(problems.size(), 1u) << list_problems(problems);
  EXPECT_EQ(problems[0].path, "/params/x/type");
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

TEST(StudyFile, RefusesBadWorkers) {
  expect_refused(
      {
          {"/workers", "[]", "/workers", "an object of workers"},
          {"/workers", "{\"a/b\": {}}", "/workers/a~1b", "\"a/b\" is no name for a worker"},
          {"/workers/W1", "null", "/workers/W1", "found null"},
          {"/workers/W1", "{\"focs\": []}", "/workers/W1/focs", "is \"focus\""},
          {"/workers/W1", "{\"focus\": 3}", "/workers/W1/focus", "found 3"},
          {"/workers/W1", "{\"focus\": []}", "/workers/W1/focus", "at least one parameter"},
          {"/workers/W1", "{\"focus\": [\"refine_to\"]}", "/workers/W1/focus/0",
           "the nearest one is \"refine_top\""},
          {"/workers/W1", "{\"focus\": [\"size\", \"size\"]}", "/workers/W1/focus/1",
           "listed already"},
          {"/workers/W1", "{\"focus\": {\"refine_top\": {\"low\": 0}}}",
           "/workers/W1/focus/refine_top/low", "int in [1, 3], found 0"},
          {"/workers/W1", "{\"focus\": {\"refine_top\": {\"low\": 3, \"high\": 2}}}",
           "/workers/W1/focus/refine_top/high", "low 3 is above high 2"},
          {"/workers/W1", "{\"focus\": {\"fallback_fevals\": {\"low\": 15}}}",
           "/workers/W1/focus/fallback_fevals/low", "steps of 2, found 15"},
          {"/workers/W1", "{\"focus\": {\"refine_top\": {\"choices\": [1]}}}",
           "/workers/W1/focus/refine_top/choices", "unknown field"},
          {"/workers/W1", "{\"focus\": {\"size\": {\"choices\": []}}}",
           "/workers/W1/focus/size/choices", "at least one choice"},
          {"/workers/W1", "{\"focus\": {\"size\": {\"choices\": [\"xl\"]}}}",
           "/workers/W1/focus/size/choices/0", "found \"xl\""},
          {"/workers/W1", "{\"focus\": {\"size\": {\"choices\": [\"s\", \"s\"]}}}",
           "/workers/W1/focus/size/choices/1", "listed already"},
          {"/workers/W1", "{\"focus\": {\"size\": {\"low\": 1}}}", "/workers/W1/focus/size/low",
           "unknown field"},
          {"/workers/W1", "{\"fixed\": {\"refine_top\": 9}}", "/workers/W1/fixed/refine_top",
           "int in [1, 3], found 9"},
          {"/workers/W1", "{\"fixed\": {\"top\": 9}}", "/workers/W1/fixed/top",
           "no parameter is named \"top\""},
          {"/workers/W1", "{\"focus\": [\"refine_top\"], \"fixed\": {\"refine_top\": 2}}",
           "/workers/W1/fixed/refine_top", "cannot be fixed as well"},
          {"/workers/W1", "{\"fixed\": {\"fallback_fevals\": 24, \"fevals_1src\": 10}}",
           "/workers/W1/fixed", "meets \"require\""},
          {"/workers/W1", "{\"sampler\": \"gp\"}", "/workers/W1/sampler", "Gaussian process"},
          {"/workers/W1", "{\"sampler\": {\"name\": \"qmc\"}}", "/workers/W1/sampler/name",
           "quasi-random"},
      },
      full_study_file());
}

TEST(StudyFile, ResolvesSamplers) {
  const auto sampler_of = [](const std::string& sampler) {
    return dump_json(parse_study_spec(with("/sampler", parse(sampler)))->resolved["sampler"]);
  };
  const std::string tpe =
      R"({"name":"tpe","multivariate":true,"startup":10,"candidates":24,"version":1})";
  EXPECT_EQ(sampler_of(R"("auto")"), tpe);
  EXPECT_EQ(sampler_of(R"({"name": "auto"})"), tpe);
  EXPECT_EQ(sampler_of(R"("tpe")"), tpe);
  EXPECT_EQ(sampler_of(R"({"version": 1, "startup": 0, "name": "tpe"})"),
            R"({"name":"tpe","multivariate":true,"startup":0,"candidates":24,"version":1})");
  EXPECT_EQ(sampler_of(R"("random")"), R"({"name":"random","version":1})");
  EXPECT_EQ(sampler_of(R"({"name": "cmaes", "sigma": 0.25, "popsize": 9})"),
            R"({"name":"cmaes","sigma":0.25,"popsize":9,"version":1})");
  EXPECT_EQ(parse_study_spec(with("/sampler", "cmaes"))->sampler.options["sigma"], 1.0 / 6);
}

TEST(StudyFile, RefusesBadSamplers) {
  expect_refused(
      {
          {"/sampler", "3", "/sampler", "found 3"},
          {"/sampler", "\"tpee\"", "/sampler", "found \"tpee\""},
          {"/sampler", "{}", "/sampler/name", "missing"},
          {"/sampler", "\"gp\"", "/sampler", "Gaussian process"},
          {"/sampler", "{\"name\": \"grid\"}", "/sampler/name", "no grid sampler"},
          {"/sampler", "{\"name\": \"auto\", \"startup\": 3}", "/sampler/startup",
           "takes no options"},
          {"/sampler", "{\"name\": \"tpe\", \"starup\": 3}", "/sampler/starup", "is \"startup\""},
          {"/sampler", "{\"name\": \"tpe\", \"candidates\": 0}", "/sampler/candidates", "found 0"},
          {"/sampler", "{\"name\": \"tpe\", \"version\": 2}", "/sampler/version",
           "this build has version 1"},
          {"/sampler", "{\"name\": \"cmaes\", \"sigma\": 0}", "/sampler/sigma", "found 0"},
          {"/sampler", "{\"name\": \"cmaes\", \"popsize\": 3}", "/sampler/popsize", "found 3"},
          {"/sampler", "{\"name\": \"random\", \"sigma\": 1}", "/sampler/sigma", "unknown field"},
      },
      smallest_study_file());
}

// Every row of the table is reached from a file, or it would be an unknown field in disguise.
TEST(StudyFile, RefusesByNameWhatThisBuildLacks) {
  for (const Refusal& refusal : refusals()) {
    std::string path(refusal.path);
    if (const auto star = path.find('*'); star != std::string::npos) path.replace(star, 1, "W1");
    Json value = refusal.value.empty() ? Json(1) : Json(std::string(refusal.value));
    Json file = full_study_file();
    if (path == "/directions") {
      file.erase("direction");
      value = {"minimize", "minimize"};
    }

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

TEST(WorkerSlice, FreesTheFocusAndHoldsTheRestAtThePin) {
  const auto spec = parse_study_spec(full_study_file());
  const Config pin = {0.3, 0.4, 0.1, 1, 4, 3, 16, 9, 40, 0};

  const Slice slice = worker_slice(*spec, spec->workers.at("W3"), pin);

  EXPECT_EQ(slice.key, "W3");
  ASSERT_EQ(slice.domains.size(), pin.size());
  for (std::size_t p = 0; p < pin.size(); ++p) {
    EXPECT_EQ(slice.domains[p].free, p == 7 || p == 8) << p;
    if (slice.domains[p].free) continue;
    EXPECT_EQ(slice.domains[p].held, pin[p]);
  }
  EXPECT_EQ(slice.domains[7].low, 10);
  EXPECT_EQ(slice.domains[7].high, 20);
  EXPECT_EQ(slice.domains[8].low, 32);
  EXPECT_EQ(slice.domains[8].high, 44);
}

TEST(WorkerSlice, HoldsFixedValuesWhateverThePin) {
  const auto spec = parse_study_spec(full_study_file());
  const Config pin = {0.3, 0.4, 0.1, 1, 4, 3, 16, 9, 40, 0};

  const Slice slice = worker_slice(*spec, spec->workers.at("W1"), pin);

  EXPECT_FALSE(slice.domains[5].free);
  EXPECT_EQ(slice.domains[5].held, 2);
  EXPECT_TRUE(slice.domains[0].free);
}

TEST(WorkerSlice, NarrowsChoices) {
  const auto spec = parse_study_spec(full_study_file());
  const Config pin = {0.3, 0.4, 0.1, 1, 4, 3, 16, 9, 40, 0};

  const Slice slice = worker_slice(*spec, spec->workers.at("W2"), pin);

  EXPECT_THAT(slice.domains[3].choices, ElementsAre(0, 3));
}

TEST(WorkerSlice, IsTheWholeSpaceWithoutFocus) {
  const auto spec = parse_study_spec(full_study_file());
  const Config pin = {0.3, 0.4, 0.1, 1, 4, 3, 16, 9, 40, 0};

  const Slice whole = worker_slice(*spec, WorkerSpec{"W9", {}, {}, {}}, pin);
  EXPECT_EQ(whole.key, "");
  for (const Domain& domain : whole.domains) EXPECT_TRUE(domain.free);

  const Slice fixed = worker_slice(*spec, WorkerSpec{"W9", {}, {}, {{4, 5}}}, pin);
  EXPECT_EQ(fixed.key, "W9");
  EXPECT_FALSE(fixed.domains[4].free);
  EXPECT_EQ(fixed.domains[4].held, 5);
  EXPECT_TRUE(fixed.domains[0].free);
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
