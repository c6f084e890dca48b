#include "cli/arguments.h"

#include <gtest/gtest.h>

#include "core/error.h"

namespace studyhall::cli {
namespace {

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::Invalid);
    return error.what();
  }
  return "no error";
}

TEST(ParseNumber, TakesWhatStrtodTakesButNothingElse) {
  EXPECT_EQ(parse_number("1.5", "VALUE"), 1.5);
  EXPECT_EQ(parse_number(" -0.25", "VALUE"), -0.25);
  EXPECT_EQ(parse_number("+3", "VALUE"), 3);
  EXPECT_EQ(parse_number(".5e-3", "VALUE"), 0.0005);
  for (const char* text : {"abc", "", "1.5x", "1,5", "0x10", "--1", "+-1", "1 2"})
    EXPECT_NE(message_of([&] { parse_number(text, "VALUE"); }).find("is not a number"),
              std::string::npos)
        << text;
}

TEST(ParseNumber, RefusesWhatIsNotFinite) {
  for (const char* text : {"nan", "NaN", "-nan", "inf", "-inf", "Infinity"})
    EXPECT_NE(message_of([&] { parse_number(text, "VALUE"); }).find("finite"), std::string::npos)
        << text;
}

TEST(ParseInteger, IsDecimalAndBounded) {
  EXPECT_EQ(parse_integer("010", "NUMBER", 0), 10);
  EXPECT_EQ(message_of([] { parse_integer("-1", "NUMBER", 0); }),
            "NUMBER: \"-1\" is not a whole number of at least 0");
  for (const char* text : {"3abc", "1.5", "", "99999999999999999999"})
    EXPECT_NE(message_of([&] { parse_integer(text, "NUMBER", 0); }), "no error") << text;
}

TEST(SplitAssignment, SplitsAtTheFirstEqualsSign) {
  EXPECT_EQ(split_assignment("a=b=c", "--metric"),
            (std::pair<std::string, std::string>{"a", "b=c"}));
  EXPECT_EQ(message_of([] { split_assignment("=3", "--metric"); }),
            "--metric: \"=3\" is not of the form name=value");
}

TEST(ParseParameter, KnowsTheChoicesOfACategorical) {
  const Json spec = Json::parse(R"({"params": {
      "kind": {"type": "categorical", "choices": ["1", "true", "grid"]},
      "mixed": {"type": "categorical", "choices": [1, 2.5, true, null]},
      "x": {"type": "float", "low": 0, "high": 9}}})");

  EXPECT_EQ(parse_parameter(spec, "kind", "1"), Json("1"));
  EXPECT_EQ(parse_parameter(spec, "kind", "true"), Json("true"));
  EXPECT_EQ(parse_parameter(spec, "mixed", "1"), Json(1));
  EXPECT_EQ(parse_parameter(spec, "mixed", "2.5"), Json(2.5));
  EXPECT_EQ(parse_parameter(spec, "mixed", "true"), Json(true));
  EXPECT_EQ(parse_parameter(spec, "mixed", "null"), Json(nullptr));
  EXPECT_EQ(parse_parameter(spec, "x", "1e-1"), Json(0.1));
  EXPECT_EQ(parse_parameter(spec, "x", "-3"), Json(-3));
  EXPECT_EQ(parse_parameter(spec, "x", "abc"), Json("abc"));
  EXPECT_EQ(parse_parameter(spec, "no/such~name", "abc"), Json("abc"));
}

TEST(ProtectNegativeNumbers, LeavesOptionsAndWhatFollowsTwoDashes) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(protect_negative_numbers({"tell", "s", "3", "-1.5", "--metric", "-inf", "-.5"}, "tell"),
            (Words{"tell", "s", "3", " -1.5", "--metric", " -inf", " -.5"}));
  EXPECT_EQ(protect_negative_numbers({"tell", "-h", "-nano", "--", "-2"}, "tell"),
            (Words{"tell", "-h", "-nano", "--", "-2"}));
}

}  // namespace
}  // namespace studyhall::cli
