#include "core/clock.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/rng.h"
#include "tests/support/fake_clock.h"

namespace studyhall {
namespace {

using namespace std::chrono_literals;

Timestamp at(std::int64_t microseconds) { return Timestamp(Duration(microseconds)); }

TEST(FormatUtc, AlwaysHasSixDigitsOfFraction) {
  EXPECT_EQ(format_utc(at(0)), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(format_utc(at(-1)), "1969-12-31T23:59:59.999999Z");
  // date -u -d @1772366400; date -u -d @951827696
  EXPECT_EQ(format_utc(at(1'772'366'400'000'000)), "2026-03-01T12:00:00.000000Z");
  EXPECT_EQ(format_utc(at(951'827'696'000'120)), "2000-02-29T12:34:56.000120Z");
}

TEST(FormatUtc, StaysWithinFourDigitYears) {
  EXPECT_EQ(format_utc(Timestamp::max()), "9999-12-31T23:59:59.999999Z");
  EXPECT_EQ(format_utc(Timestamp::min()), "0000-01-01T00:00:00.000000Z");
}

TEST(ParseUtc, ReadsWhatFormatWrote) {
  Rng rng = Rng::for_trial(3, 0);
  for (int i = 0; i < 2000; ++i) {
    const auto time = at(static_cast<std::int64_t>(rng.index(8'000'000'000'000'000'000 / 40)) -
                         60'000'000'000'000'000);
    EXPECT_EQ(parse_utc(format_utc(time)), time);
  }
}

TEST(ParseUtc, TakesAShorterFractionOrNone) {
  const Timestamp noon = at(1'772'366'400'000'000);

  EXPECT_EQ(parse_utc("2026-03-01T12:00:00Z"), noon);
  EXPECT_EQ(parse_utc("2026-03-01T12:00:00.5Z"), noon + 500ms);
  EXPECT_EQ(parse_utc("2026-03-01T12:00:00.000001Z"), noon + 1us);
}

TEST(ParseUtc, RefusesOtherForms) {
  for (const char* text :
       {"", "2026-03-01", "2026-03-01 12:00:00Z", "2026-03-01T12:00:00",
        "2026-03-01T12:00:00+00:00", "2026-02-29T12:00:00Z", "2026-13-01T12:00:00Z",
        "2026-00-01T12:00:00Z", "2026-03-00T12:00:00Z", "2026-03-01T24:00:00Z",
        "2026-03-01T12:60:00Z", "2026-03-01T12:00:60Z", "2026-03-01T12:00:00.Z",
        "2026-03-01T12:00:00.1234567Z", "2026-03-01T12:00:00Zx", "x2026-03-01T12:00:00Z",
        "2026-3-01T12:00:00Z", "-026-03-01T12:00:00Z"}) {
    EXPECT_EQ(parse_utc(text), std::nullopt) << text;
  }
}

TEST(SecondsToDuration, RoundsToTheMicrosecond) {
  EXPECT_EQ(seconds_to_duration(1.5), 1500ms);
  EXPECT_EQ(seconds_to_duration(-0.000001), -1us);
  EXPECT_EQ(seconds_to_duration(0.0000016), 2us);
  EXPECT_EQ(to_seconds(1500ms), 1.5);
}

TEST(SecondsToDuration, SaturatesWhereTheSumWithATimeWouldOverflow) {
  const double inf = std::numeric_limits<double>::infinity();
  const Timestamp far = at(4'102'444'800'000'000);  // 2100-01-01

  for (const double seconds : {inf, 1e300, 9.2e12}) {
    EXPECT_EQ(seconds_to_duration(seconds), seconds_to_duration(inf));
    EXPECT_GT(far + seconds_to_duration(seconds), far);
    EXPECT_EQ(seconds_to_duration(-seconds), -seconds_to_duration(inf));
  }
  EXPECT_NEAR(to_seconds(seconds_to_duration(inf)) / (365.25 * 86400), 290'000, 1);
  EXPECT_EQ(seconds_to_duration(std::nan("")), Duration::zero());
}

TEST(SystemClock, TellsTheSystemsTime) {
  const SystemClock clock;
  const auto before = std::chrono::system_clock::now();

  const Timestamp now = clock.now();

  EXPECT_GE(now + 1us, before);
  EXPECT_LE(now, std::chrono::system_clock::now());
}

TEST(FakeClock, MovesOnlyWhenTold) {
  testing::FakeClock clock;
  EXPECT_EQ(format_utc(clock.now()), "2026-03-01T12:00:00.000000Z");

  clock.advance(90s);
  EXPECT_EQ(format_utc(clock.now()), "2026-03-01T12:01:30.000000Z");
  clock.set(at(0));
  EXPECT_EQ(clock.now(), at(0));
}

}  // namespace
}  // namespace studyhall
