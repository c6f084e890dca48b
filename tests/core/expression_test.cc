#include "core/expression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "core/rng.h"
#include "core/space.h"
#include "tests/support/spaces.h"

namespace studyhall {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::make_categorical;
using testing::make_float;
using testing::make_int;

// a, b, c: numbers; mode: words; width: numbers; flag: booleans; mixed: both; other: words.
const std::vector<Parameter>& parameters() {
  static const std::vector<Parameter> params{
      make_float("a", -10, 10),
      make_float("b", -10, 10),
      make_int("c", 0, 9),
      make_categorical("mode", {"slow", "fast", "say \"hi\""}),
      make_categorical("width", {16, 32.5, 8}),
      make_categorical("flag", {true, false}),
      make_categorical("mixed", {1, "1", nullptr, true}),
      make_categorical("other", {"fast", "none", "slow"}),
  };
  return params;
}

// a, b, c, then the positions 0 of the categoricals.
Config config(double a, double b = 0, double c = 0) { return {a, b, c, 0, 0, 0, 0, 0}; }

bool holds(std::string_view text, const Config& values) {
  return Expression::parse(text, parameters()).holds(values);
}

std::string refusal(std::string_view text) {
  try {
    static_cast<void>(Expression::parse(text, parameters()));
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::Invalid);
    return e.what();
  }
  return "accepted";
}

TEST(Expression, ComparesNumbers) {
  EXPECT_TRUE(holds("a == 2", config(2)));
  EXPECT_FALSE(holds("a == 2", config(3)));
  EXPECT_TRUE(holds("a != 2", config(3)));
  EXPECT_FALSE(holds("a != 2", config(2)));
  EXPECT_TRUE(holds("a < 2", config(1)));
  EXPECT_FALSE(holds("a < 2", config(2)));
  EXPECT_TRUE(holds("a <= 2", config(2)));
  EXPECT_FALSE(holds("a <= 2", config(3)));
  EXPECT_TRUE(holds("a > 2", config(3)));
  EXPECT_FALSE(holds("a > 2", config(2)));
  EXPECT_TRUE(holds("a >= 2", config(2)));
  EXPECT_FALSE(holds("a >= 2", config(1)));
}

TEST(Expression, ReadsNumbersInEveryForm) {
  EXPECT_TRUE(holds("a == 1.5", config(1.5)));
  EXPECT_TRUE(holds("a == .5", config(0.5)));
  EXPECT_TRUE(holds("a == 25e-1", config(2.5)));
  EXPECT_TRUE(holds("a == 0.25E+1", config(2.5)));
  EXPECT_TRUE(holds("a == -3", config(-3)));
  EXPECT_TRUE(holds("-a == 3", config(-3)));
}

TEST(Expression, ChainsComparisonsAsMathematicsDoes) {
  EXPECT_TRUE(holds("0 < a < b <= 5", config(1, 5)));
  EXPECT_FALSE(holds("0 < a < b <= 5", config(1, 6)));
  EXPECT_FALSE(holds("0 < a < b <= 5", config(2, 2)));
  // As in C it would be (3 > 2) > 1, which is false.
  EXPECT_TRUE(holds("a > 2 > 1", config(3)));
  EXPECT_TRUE(holds("a == b == c", config(4, 4, 4)));
  EXPECT_FALSE(holds("a == b == c", config(4, 4, 1)));
}

TEST(Expression, BindsProductsBeforeSumsBeforeComparisonsBeforeTruths) {
  EXPECT_TRUE(holds("a + b * c == 14", config(2, 3, 4)));
  EXPECT_TRUE(holds("(a + b) * c == 20", config(2, 3, 4)));
  EXPECT_TRUE(holds("a - b - c == -5", config(2, 3, 4)));
  EXPECT_TRUE(holds("a - (b - c) == 3", config(2, 3, 4)));
  EXPECT_TRUE(holds("a / b * c == 6", config(3, 2, 4)));
  EXPECT_TRUE(holds("-a * b == -6", config(2, 3)));
  EXPECT_TRUE(holds("a - -b == 5", config(2, 3)));
  // "and" before "or", "not" before "and".
  EXPECT_TRUE(holds("a == 1 or a == 2 and b == 9", config(1, 0)));
  EXPECT_FALSE(holds("(a == 1 or a == 2) and b == 9", config(1, 0)));
  EXPECT_FALSE(holds("not a == 1 and b == 9", config(2, 0)));
  EXPECT_TRUE(holds("not (a == 1 and b == 9)", config(2, 0)));
  EXPECT_TRUE(holds("not a == 1 or b == 0", config(1, 0)));
}

TEST(Expression, ModuloHasTheSignOfTheDivisor) {
  EXPECT_TRUE(holds("a % 3 == 1", config(7)));
  EXPECT_TRUE(holds("a % 3 == 2", config(-7)));
  EXPECT_TRUE(holds("a % -3 == -2", config(7)));
  EXPECT_TRUE(holds("a % 3 == 0", config(-6)));
}

TEST(Expression, KnowsMinMaxAndAbs) {
  EXPECT_TRUE(holds("min(a, b, c) == 1", config(3, 1, 2)));
  EXPECT_TRUE(holds("max(a, b, c) == 3", config(1, 3, 2)));
  EXPECT_TRUE(holds("abs(a - b) <= 2", config(3, 5)));
  EXPECT_FALSE(holds("abs(a - b) <= 2", config(3, 5.5)));
  EXPECT_TRUE(holds("min(a) == 3", config(3)));
  EXPECT_TRUE(holds("min(max(a, 2), 5) == 2", config(1)));
}

TEST(Expression, ComparesCategoricalsWithTheirChoices) {
  Config values = config(0);
  values[3] = 1;  // fast
  EXPECT_TRUE(holds("mode == \"fast\"", values));
  EXPECT_TRUE(holds("'fast' == mode", values));
  EXPECT_TRUE(holds("mode != \"slow\"", values));
  EXPECT_FALSE(holds("mode == \"slow\"", values));
  values[3] = 2;
  EXPECT_TRUE(holds(R"(mode == "say \"hi\"")", values));
  EXPECT_TRUE(holds(R"(mode == 'say "hi"')", values));
  EXPECT_TRUE(holds("flag == true", values));
  EXPECT_TRUE(holds("flag != false", values));
  values[5] = 1;
  EXPECT_TRUE(holds("flag == false", values));
  EXPECT_TRUE(holds("(mode) != \"fast\"", values));
}

TEST(Expression, TellsEqualChoicesOfDifferentKindsApart) {
  Config values = config(0);
  const std::vector<std::string> texts = {"mixed == 1", "mixed == \"1\"", "", "mixed == true"};
  for (std::size_t choice = 0; choice < 4; ++choice) {
    values[6] = static_cast<double>(choice);
    for (std::size_t text = 0; text < 4; ++text) {
      if (texts[text].empty()) continue;
      EXPECT_EQ(holds(texts[text], values), choice == text) << texts[text];
    }
  }
}

TEST(Expression, ComparesCategoricalsWithEachOtherByChoice) {
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      Config values = config(0);
      values[3] = static_cast<double>(i);
      values[7] = static_cast<double>(j);
      const bool same = parameters()[3].choices[i] == parameters()[7].choices[j];
      EXPECT_EQ(holds("mode == other", values), same);
      EXPECT_EQ(holds("mode != other", values), !same);
    }
  }
}

TEST(Expression, CalculatesWithChoicesThatAreNumbers) {
  Config values = config(2);
  values[4] = 1;  // 32.5
  EXPECT_TRUE(holds("width * a == 65", values));
  EXPECT_TRUE(holds("width > 16", values));
  EXPECT_TRUE(holds("width == 32.5", values));
  values[4] = 2;  // 8
  EXPECT_TRUE(holds("8 <= width < 16", values));
}

TEST(Expression, HoldsWhereItNamesAnInactiveParameter) {
  const Config values = config(kInactive, 1);

  EXPECT_TRUE(holds("a < b", values));
  EXPECT_TRUE(holds("a == 1 and b == 2", values));
  EXPECT_TRUE(holds("not a < b", values));
  EXPECT_TRUE(holds("b == 2 or a == a", values));
  EXPECT_FALSE(holds("b == 2", values));
}

TEST(Expression, DoesNotHoldWhereArithmeticIsUndefined) {
  for (const char* text : {"1 / a < 1", "1 / a > 1", "1 / a != 1", "not 1 / a < 1", "0 / a == 0",
                           "b % a == 0", "min(1, 1 / a) < 5", "abs(1 / a) > 0", "-(1 / a) < 0",
                           "1e308 * 1e308 > a", "1 / a < 1 and b == 0", "1 / a < 1 or b == 1"}) {
    EXPECT_FALSE(holds(text, config(0))) << text;
  }
  // The other side decides, whichever comes first.
  EXPECT_TRUE(holds("a == 0 or 1 / a < 1", config(0)));
  EXPECT_TRUE(holds("1 / a < 1 or a == 0", config(0)));
  EXPECT_TRUE(holds("not (1 / a < 1 and a == 1)", config(0)));
}

TEST(Expression, NamesItsParametersInOrder) {
  const Expression expression =
      Expression::parse("c + a > 1 and mode == 'fast' or a < c", parameters());

  EXPECT_THAT(expression.parameters(), ElementsAre(0U, 2U, 3U));
  EXPECT_EQ(expression.text(), "c + a > 1 and mode == 'fast' or a < c");
}

TEST(Expression, MayUseAFunctionsNameAsAParameter) {
  const std::vector<Parameter> params{make_float("min", 0, 1), make_float("lr.decay", 0, 1),
                                      make_float("größe", 0, 1)};
  const Expression expression = Expression::parse("min(min, lr.decay) < größe", params);

  EXPECT_TRUE(expression.holds(Config{0.2, 0.9, 0.3}));
  EXPECT_FALSE(expression.holds(Config{0.4, 0.9, 0.3}));
}

TEST(Expression, AgreesWithTheSameConditionInCpp) {
  using Values = const Config&;
  const std::vector<std::pair<std::string, std::function<bool(Values)>>> conditions = {
      {"a + b * c <= 4 - a", [](Values v) { return v[0] + v[1] * v[2] <= 4 - v[0]; }},
      {"a < b < c or c < b", [](Values v) { return (v[0] < v[1] && v[1] < v[2]) || v[2] < v[1]; }},
      {"not (a > 0 and b > 0) and c != 3",
       [](Values v) { return !(v[0] > 0 && v[1] > 0) && v[2] != 3; }},
      {"abs(a) + max(b, -c, 2) > min(a, b) * 2",
       [](Values v) {
         return std::abs(v[0]) + std::max({v[1], -v[2], 2.0}) > std::min(v[0], v[1]) * 2;
       }},
      {"c % 3 == 1 or a / (c + 1) > b - 2 / 4",
       [](Values v) { return std::fmod(v[2], 3) == 1 || v[0] / (v[2] + 1) > v[1] - 0.5; }},
  };
  Rng rng = Rng::for_trial(11, 0);
  for (const auto& [text, expected] : conditions) {
    const Expression expression = Expression::parse(text, parameters());
    int true_count = 0;
    for (int i = 0; i < 2000; ++i) {
      const Config values = config(std::floor(rng.uniform(-5, 6)), std::floor(rng.uniform(-5, 6)),
                                   static_cast<double>(rng.index(10)));
      EXPECT_EQ(expression.holds(values), expected(values)) << text;
      true_count += expected(values) ? 1 : 0;
    }
    EXPECT_GT(true_count, 20);
    EXPECT_LT(true_count, 1980);
  }
}

TEST(ExpressionErrors, NameColumnFoundAndExpected) {
  EXPECT_EQ(refusal("a <"),
            "\"a <\": column 4: found end of text, expected a name, a number, a string or \"(\"");
  EXPECT_EQ(refusal("a < 1 b"),
            "\"a < 1 b\": column 7: found name \"b\", expected an operator or the end");
  EXPECT_EQ(refusal("(a < 1"), "\"(a < 1\": column 7: found end of text, expected \")\"");
  EXPECT_THAT(refusal("a < 1)"), HasSubstr("column 6: found \")\""));
  EXPECT_THAT(refusal("a = 1"), HasSubstr("column 3: found \"=\", expected \"==\""));
  EXPECT_THAT(refusal("a && b"), HasSubstr("column 3: found \"&\""));
  EXPECT_THAT(refusal("a < 1 and and b < 1"), HasSubstr("column 11: found name \"and\""));
  EXPECT_THAT(refusal("a < 1e999"), HasSubstr("column 5: number 1e999 is out of the range"));
  EXPECT_THAT(refusal("mode == \"fast"), HasSubstr("column 9: a string that is not closed"));
  EXPECT_THAT(refusal("mode == \"fast\\"), HasSubstr("column 9: a string that is not closed"));
  EXPECT_THAT(refusal("mode == \"f\\n\""), HasSubstr("column 11: a backslash"));
  EXPECT_THAT(refusal("a - - - b < 1"), HasSubstr("column 7: found \"-\""));
  EXPECT_THAT(refusal("'ä' == nothing"), HasSubstr("column 8: unknown parameter"));
  EXPECT_THAT(refusal("abs(a, b) < 1"), HasSubstr("column 6: found \",\", expected \")\""));
  EXPECT_THAT(refusal("min() < 1"), HasSubstr("column 5: found \")\""));
  EXPECT_THAT(refusal("sqrt(a) < 1"),
              HasSubstr("unknown function \"sqrt\", expected min, max or abs"));
}

TEST(ExpressionErrors, NameTheNearestKnownParameter) {
  EXPECT_EQ(refusal("a < 1 and wdith > 3"),
            "\"a < 1 and wdith > 3\": column 11: unknown parameter \"wdith\"; did you mean "
            "\"width\"?");
  EXPECT_THAT(refusal("qqqqqq > 3"), ::testing::EndsWith("unknown parameter \"qqqqqq\""));
}

TEST(ExpressionErrors, WantAComparisonAsTheWhole) {
  EXPECT_THAT(refusal(""), HasSubstr("column 1: found end of text"));
  EXPECT_THAT(refusal("a + 1"), HasSubstr("column 1: found a number, expected a comparison"));
  EXPECT_THAT(refusal("3"), HasSubstr("found the number 3"));
  EXPECT_THAT(refusal("true"), HasSubstr("found true, expected a comparison"));
  EXPECT_THAT(refusal("flag"), HasSubstr("found the categorical parameter \"flag\""));
  EXPECT_THAT(refusal("a < 1 and b"), HasSubstr("column 11"));
  EXPECT_THAT(refusal("not a"), HasSubstr("column 5"));
}

TEST(ExpressionErrors, KeepConditionsNumbersAndChoicesApart) {
  EXPECT_THAT(refusal("(a < 1) == true"), HasSubstr("column 1: a condition cannot be compared"));
  EXPECT_THAT(refusal("(a < 1) + 2 > 1"), HasSubstr("found a condition, expected a number"));
  EXPECT_THAT(refusal("min(a < 1, 2) > 1"), HasSubstr("column 5: found a condition"));
  EXPECT_THAT(refusal("\"x\" + a > 1"), HasSubstr("found the string \"x\", expected a number"));
  EXPECT_THAT(refusal("a == \"x\""), HasSubstr("may only be compared with a categorical"));
  EXPECT_THAT(refusal("'x' == 'y'"), HasSubstr("may only be compared with a categorical"));
  EXPECT_THAT(refusal("c == true"), HasSubstr("may only be compared with a categorical"));
  EXPECT_THAT(refusal("mode == \"fsat\""),
              HasSubstr("column 9: the string \"fsat\" is no choice of mode, expected one of "
                        "\"slow\", \"fast\""));
  EXPECT_THAT(refusal("mode == true"), HasSubstr("is no choice of mode"));
  EXPECT_THAT(refusal("flag == 1"), HasSubstr("the number 1.0 is no choice of flag"));
  EXPECT_THAT(refusal("mode < \"fast\""), HasSubstr("may only be compared by == or !="));
  EXPECT_THAT(refusal("mode + 1 > 2"),
              HasSubstr("mode is categorical and its choice \"slow\" is no number"));
  EXPECT_THAT(refusal("mode == a"), HasSubstr("is no number"));
  EXPECT_THAT(refusal("mode < other"), HasSubstr("is no number"));
  EXPECT_THAT(refusal("-mode == 2"), HasSubstr("is no number"));
}

TEST(ExpressionErrors, BoundTheDepthOfParentheses) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '(') + "a < 1" + std::string(depth, ')');
  };
  EXPECT_EQ(refusal(nested(64)), "accepted");
  EXPECT_THAT(refusal(nested(65)), HasSubstr("column 65: nested deeper than 64 parentheses"));
  EXPECT_THAT(refusal(nested(10'000)), HasSubstr("nested deeper"));
  std::string calls;
  for (int i = 0; i < 10'000; ++i) calls += "abs(";
  EXPECT_THAT(refusal(calls), HasSubstr("nested deeper"));
}

TEST(Expression, TakesLongTextsWithoutRecursion) {
  std::string sum = "a";
  std::string both = "a == 1";
  for (int i = 0; i < 100'000; ++i) {
    sum += " + 1";
    both += i % 2 == 0 ? " and a < 2" : " or a < 0";
  }
  EXPECT_TRUE(holds(sum + " == 100001", config(1)));
  EXPECT_TRUE(holds(both, config(1)));
}

TEST(ExpressionErrors, AreAllThatAnyTextCanCause) {
  const std::vector<std::string> words = {
      "a",   "mode", "width", "flag",     "(",   ")",   "min(", "abs(", ",",    "+",
      "-",   "*",    "/",     "%",        "==",  "!=",  "<",    ">=",   "1",    "0",
      "2.5", "true", "'",     "\"slow\"", "not", "and", "or",   "\\",   "\xC3", "="};
  Rng rng = Rng::for_trial(12, 0);
  int accepted = 0;
  for (int i = 0; i < 50'000; ++i) {
    std::string text;
    for (std::size_t n = 1 + rng.index(7); n > 0; --n) text += words[rng.index(words.size())] + " ";
    accepted += refusal(text) == "accepted" ? 1 : 0;
  }
  EXPECT_GT(accepted, 10);
}

}  // namespace
}  // namespace studyhall
