#include "core/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <limits>

#include "core/error.h"
#include "core/rng.h"

namespace studyhall {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string refusal(std::string_view text, Comments comments = Comments::Refuse) {
  try {
    parse_json(text, "body", comments);
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::Malformed);
    return e.what();
  }
  return "accepted";
}

// A double of any size: random bits, infinities and NaN left out.
double any_double(Rng& rng) {
  while (true) {
    const double value = std::bit_cast<double>(rng.bits());
    if (std::isfinite(value)) return value;
  }
}

TEST(ParseJson, KeepsTheOrderOfMembers) {
  const Json json =
      parse_json(R"( {"z": 1, "a": {"y": [], "b": {}}, "m": [true, null, "x"]} )", "body");

  EXPECT_EQ(dump_json(json), R"({"z":1,"a":{"y":[],"b":{}},"m":[true,null,"x"]})");
}

TEST(ParseJson, ReadsEveryKindOfValue) {
  EXPECT_EQ(parse_json("18446744073709551615", "n").get<std::uint64_t>(), UINT64_MAX);
  EXPECT_EQ(parse_json("-9223372036854775808", "n").get<std::int64_t>(), INT64_MIN);
  EXPECT_EQ(parse_json("2.5e-3", "n").get<double>(), 0.0025);
  EXPECT_TRUE(parse_json("1.0", "n").is_number_float());
  EXPECT_TRUE(parse_json("1", "n").is_number_integer());
  EXPECT_EQ(parse_json(R"("\u00e4\ud83d\ude00\n")", "s").get<std::string>(), "ä😀\n");
  EXPECT_TRUE(parse_json("null", "n").is_null());
  EXPECT_EQ(parse_json("\xEF\xBB\xBF[1]", "with a byte order mark"), Json::array({1}));
}

TEST(ParseJson, NamesLineAndColumnOfBadSyntax) {
  EXPECT_THAT(refusal("{\n  \"a\": 1,\n  \"b\": nul\n}"), StartsWith("body: line 3, column 11: "));
  EXPECT_THAT(refusal(""), HasSubstr("line 1, column 1"));
  EXPECT_THAT(refusal("[1, 2"), HasSubstr("end of input"));
  EXPECT_THAT(refusal("[1] 2"), HasSubstr("column 5"));
  EXPECT_THAT(refusal("[1,]"), HasSubstr("column 4"));
  EXPECT_THAT(refusal("{'a': 1}"), HasSubstr("column 2"));
  EXPECT_THAT(refusal("NaN"), HasSubstr("column 1"));
  EXPECT_THAT(refusal("[1e999]"), HasSubstr("number overflow"));
}

TEST(ParseJson, RefusesAKeyThatAppearsTwice) {
  EXPECT_EQ(refusal("{\"seed\": 1,\n \"seed\": 2}"),
            "body: line 2, column 7: the key \"seed\" appears twice in one object");
  EXPECT_THAT(refusal(R"([{"a": {"b": 1, "c": 2, "b": 3}}])"), HasSubstr("the key \"b\""));
  EXPECT_THAT(refusal(R"({"a": 1, "\u0061": 2})"), HasSubstr("the key \"a\""));
  EXPECT_EQ(refusal(R"({"a": {"a": 1}, "b": {"a": 1}})"), "accepted");
}

TEST(ParseJson, RefusesAKeyTwiceAmongManyInLinearTime) {
  std::string members;
  for (int i = 0; i < 100'000; ++i) members += "\"k" + std::to_string(i) + "\":0,";

  EXPECT_EQ(parse_json("{" + members + "\"last\":1}", "body").size(), 100'001U);
  for (const std::string repeated : {"k0", "k15", "k16", "k17", "k99999"}) {
    EXPECT_THAT(refusal("{" + members + "\"" + repeated + "\":1}"),
                HasSubstr("the key \"" + repeated + "\" appears twice"));
  }
}

TEST(ParseJson, AllowsSixtyFourLevels) {
  const std::string open(64, '[');
  const std::string close(64, ']');

  EXPECT_EQ(refusal(open + close), "accepted");
  EXPECT_EQ(refusal("[" + open + close + "]"),
            "body: line 1, column 65: nested deeper than 64 levels");
  std::string objects;
  for (int i = 0; i < 65; ++i) objects += "{\"a\":";
  EXPECT_THAT(refusal(objects), HasSubstr("nested deeper than 64 levels"));
}

TEST(ParseJson, SurvivesAMillionBrackets) {
  EXPECT_THAT(refusal(std::string(1'000'000, '[')), HasSubstr("nested deeper"));
  EXPECT_THAT(refusal(std::string(1'000'000, '{')), HasSubstr("column 2"));
}

TEST(ParseJson, RefusesTextThatIsNotUtf8) {
  const std::vector<std::string> bad = {
      "\xFF", "\xC3", "\xC0\xAF", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\x80"};
  for (const std::string& bytes : bad) {
    const std::string message = refusal("{\"name\": \"" + bytes + "\"}");
    EXPECT_THAT(message, HasSubstr("UTF-8"));
    EXPECT_THAT(message, HasSubstr("line 1, column "));
    // The message itself is printed as JSON.
    EXPECT_NO_THROW(static_cast<void>(Json(message).dump()));
  }
  EXPECT_THAT(refusal(R"(["\ud800"])"), HasSubstr("surrogate"));
}

TEST(ParseJson, ShortensLongMessages) {
  EXPECT_LT(refusal("\"" + std::string(1'000'000, 'x')).size(), 300U);
}

TEST(ParseJson, AllowsCommentsWhereAsked) {
  const std::string text = "// a study\n{\"a\": /* one */ 1, // \"b\"\n \"c\": \"// kept\"}";

  EXPECT_EQ(parse_json(text, "f", Comments::Allow), Json::parse(R"({"a": 1, "c": "// kept"})"));
  EXPECT_THAT(refusal(text), HasSubstr("line 1, column 1"));
  EXPECT_THAT(refusal("[1] /* open", Comments::Allow), HasSubstr("comment"));
}

TEST(ParseJson, AcceptsWhatNlohmannAccepts) {
  // Mutations of a document, judged by the parser without our handler; it does not mind a key
  // twice.
  const std::string document = R"({"a": [1, -2.5e3, "x\n", null], "b": {"c": true}, "d": ""})";
  const std::string letters = "{}[]\",:\\0e-+.tn \xC3";
  Rng rng = Rng::for_trial(1, 0);
  int accepted = 0;
  for (int i = 0; i < 5000; ++i) {
    std::string text = document;
    for (std::size_t edits = 1 + rng.index(2); edits > 0; --edits) {
      text[rng.index(text.size())] = letters[rng.index(letters.size())];
    }
    const bool expected = nlohmann::json::accept(text);
    accepted += expected ? 1 : 0;
    const std::string answer = refusal(text);
    const bool judged_alike = answer.find("twice") == std::string::npos;
    EXPECT_TRUE(!judged_alike || (answer == "accepted") == expected) << text;
  }
  EXPECT_GT(accepted, 100);
}

TEST(DumpJson, IsOneLineThatReadsBackTheSame) {
  const std::string text =
      R"({"s":"line\nquote\"","e":"ä","n":[0,-1,18446744073709551615,0.1,1e+22],"b":false,"o":{}})";

  EXPECT_EQ(dump_json(parse_json(text, "text")), text);
}

TEST(DumpJson, PrintsWhatJsonHasNotAsNull) {
  const double inf = std::numeric_limits<double>::infinity();

  EXPECT_EQ(dump_json(Json::array({std::nan(""), inf, -inf})), "[null,null,null]");
}

TEST(DumpJson, ReplacesBytesThatAreNotUtf8) {
  EXPECT_EQ(dump_json("a\xFFz"), "\"a\xEF\xBF\xBDz\"");
  EXPECT_EQ(dump_json(Json{{"k\xC3", 1}}), "{\"k\xEF\xBF\xBD\":1}");
}

TEST(ShortestDecimal, IsPlainForCommonSizes) {
  const std::vector<std::pair<double, std::string>> cases = {
      {0, "0.0"},
      {-0.0, "-0.0"},
      {1, "1.0"},
      {100000, "100000.0"},
      {0.1, "0.1"},
      {0.1 + 0.2, "0.30000000000000004"},
      {-2.5, "-2.5"},
      {1e15, "1000000000000000.0"},
      {1e16, "1e+16"},
      {1e-5, "0.00001"},
      {1e-7, "1e-07"},
      {5e-324, "5e-324"},
      {1.7976931348623157e308, "1.7976931348623157e+308"}};
  for (const auto& [value, text] : cases) EXPECT_EQ(shortest_decimal(value), text);
}

TEST(ShortestDecimal, ReadsBackTheSameAndNoShorterOneDoes) {
  Rng rng = Rng::for_trial(2, 0);
  for (int i = 0; i < 20'000; ++i) {
    const double value = i % 2 == 0 ? any_double(rng) : rng.uniform(-1000, 1000);
    const std::string text = shortest_decimal(value);
    EXPECT_EQ(std::strtod(text.c_str(), nullptr), value);
    EXPECT_EQ(parse_json(text, "number").get<double>(), value);

    // Significant digits of `text`, against the C library with one digit fewer.
    std::string digits;
    for (const char c : text.substr(0, text.find('e'))) {
      if (c >= '0' && c <= '9') digits += c;
    }
    digits.erase(0, digits.find_first_not_of('0'));
    digits.erase(digits.find_last_not_of('0') + 1);
    if (digits.size() < 2) continue;
    char fewer[64];
    std::snprintf(fewer, sizeof fewer, "%.*e", static_cast<int>(digits.size()) - 2, value);
    EXPECT_NE(std::strtod(fewer, nullptr), value) << text;
  }
}

TEST(Brief, CutsBetweenCharacters) {
  EXPECT_EQ(brief("short"), "\"short\"");
  std::string wide;
  for (int i = 0; i < 100; ++i) wide += "ä";

  const std::string text = brief(wide);

  EXPECT_LE(text.size(), 60U);
  EXPECT_THAT(text, StartsWith("\"ää"));
  EXPECT_EQ(text.substr(text.size() - 3), "...");
  EXPECT_NO_THROW(static_cast<void>(Json(text).dump()));
}

}  // namespace
}  // namespace studyhall
