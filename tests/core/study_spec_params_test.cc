#include "core/study_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/study_files.h"

namespace studyhall {
namespace {

using testing::expect_refused;
using testing::has_problem;
using testing::list_problems;
using testing::parse;
using testing::smallest_study_file;
using testing::study_file_problems;
using testing::with;

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

}  // namespace
}  // namespace studyhall
