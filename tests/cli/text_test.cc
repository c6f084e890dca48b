#include "cli/text.h"

#include <gtest/gtest.h>

namespace studyhall::cli {
namespace {

TEST(DisplayWidth, CountsColumnsNotBytes) {
  EXPECT_EQ(display_width("abc"), 3U);
  EXPECT_EQ(display_width("größe"), 5U);
  EXPECT_EQ(display_width("温度"), 4U);
  EXPECT_EQ(display_width("e\xCC\x81"), 1U);  // e and a combining acute accent
}

TEST(Ellipsize, CutsBetweenCharacters) {
  EXPECT_EQ(ellipsize("threshold", 9), "threshold");
  EXPECT_EQ(ellipsize("threshold", 6), "thres…");
  EXPECT_EQ(ellipsize("größenordnung", 4), "grö…");
  EXPECT_EQ(ellipsize("温度計", 4), "温…");  // two columns each, so that three remain for one
  EXPECT_EQ(ellipsize("abc", 1), "…");
  EXPECT_EQ(ellipsize("abc", 0), "");
}

TEST(Printable, CannotSteerATerminal) {
  EXPECT_EQ(printable("a\x1b[31mb\nc\td"), "a [31mb c d");
  EXPECT_EQ(printable("\xC2\x9B"), " ");  // U+009B begins an escape sequence on some terminals
  EXPECT_EQ(printable("a\xFFz"), "a\xEF\xBF\xBDz");
  EXPECT_EQ(printable("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // a surrogate
  EXPECT_EQ(printable("größe 温度"), "größe 温度");
}

TEST(FormatDuration, UsesTwoUnits) {
  EXPECT_EQ(format_duration(std::chrono::seconds(-3)), "0.0s");
  EXPECT_EQ(format_duration(std::chrono::milliseconds(1'390)), "1.3s");
  EXPECT_EQ(format_duration(std::chrono::milliseconds(10'020)), "10s");
  EXPECT_EQ(format_duration(std::chrono::milliseconds(48'900)), "48s");
  EXPECT_EQ(format_duration(std::chrono::seconds(192)), "3m 12s");
  EXPECT_EQ(format_duration(std::chrono::minutes(125)), "2h 05m");
  EXPECT_EQ(format_duration(std::chrono::hours(76)), "3d 04h");
}

TEST(FormatParams, ShowsScalarsWithoutQuotes) {
  EXPECT_EQ(format_params(Json::parse(R"({"x": 0.25, "kind": "a", "n": 3, "on": true})")),
            "x=0.25 kind=a n=3 on=true");
}

TEST(CountOf, HasAPlural) {
  EXPECT_EQ(count_of(0, "trial"), "0 trials");
  EXPECT_EQ(count_of(1, "trial"), "1 trial");
}

}  // namespace
}  // namespace studyhall::cli
