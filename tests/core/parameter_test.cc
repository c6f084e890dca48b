#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>

#include "core/rng.h"
#include "core/space.h"
#include "tests/support/spaces.h"

namespace studyhall {
namespace {

using ::testing::HasSubstr;
using testing::make_categorical;
using testing::make_float;
using testing::make_int;
using testing::make_log_float;
using testing::make_ordered;
using testing::make_stepped_float;

std::string refusal(const Parameter& param, const Json& value) {
  try {
    static_cast<void>(param.to_internal(value));
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::Invalid);
    return e.what();
  }
  return "accepted";
}

// Any parameter of any kind.
Parameter any_parameter(Rng& rng) {
  switch (rng.index(4)) {
    case 0:
      return make_float("p", rng.uniform(-100, 0), rng.uniform(0, 100));
    case 1: {
      const int low = static_cast<int>(rng.index(2000)) - 1000;
      const int step = 1 + static_cast<int>(rng.index(7));
      return make_int("p", low, low + step * static_cast<int>(rng.index(50)), step);
    }
    case 2: {
      // Decimals with up to four places, as users write them: read from text.
      const int places = static_cast<int>(rng.index(5));
      const auto decimal = [&](std::int64_t units) {
        return std::strtod((std::to_string(units) + "e-" + std::to_string(places)).c_str(),
                           nullptr);
      };
      const auto low = static_cast<std::int64_t>(rng.index(2000)) - 1000;
      const auto step = static_cast<std::int64_t>(1 + rng.index(300));
      const auto last = static_cast<std::int64_t>(rng.index(400));
      return make_stepped_float("p", decimal(low), decimal(low + last * step), decimal(step));
    }
    default:
      return make_categorical("p", {"a", 1, 2.5, true, nullptr, "1"});
  }
}

TEST(Parameter, CountsItsValues) {
  EXPECT_EQ(make_float("x", 0, 1).cardinality(), std::nullopt);
  EXPECT_EQ(make_float("x", 1, 1).cardinality(), 1U);
  EXPECT_EQ(make_log_float("x", 0.1, 1).cardinality(), std::nullopt);
  EXPECT_EQ(make_int("x", -2, 3).cardinality(), 6U);
  EXPECT_EQ(make_int("x", 0, 9, 3).cardinality(), 4U);
  EXPECT_EQ(make_stepped_float("x", 0, 1, 0.1).cardinality(), 11U);
  EXPECT_EQ(make_stepped_float("x", 0.1, 0.7, 0.2).cardinality(), 4U);
  EXPECT_EQ(make_categorical("x", {"a", "b", 3}).cardinality(), 3U);
}

TEST(Parameter, GridHasTheShortestDecimals) {
  const Parameter tenths = make_stepped_float("x", 0, 1, 0.1);
  const std::vector<double> expected = {0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1};
  for (std::uint64_t k = 0; k < expected.size(); ++k) EXPECT_EQ(tenths.grid_value(k), expected[k]);

  EXPECT_EQ(make_stepped_float("x", -0.3, 0.3, 0.1).grid_value(4), 0.1);
  EXPECT_EQ(make_stepped_float("x", 1e-5, 1e-3, 1e-5).grid_value(2), 3e-5);
  EXPECT_EQ(make_stepped_float("x", 0.05, 2.05, 0.25).grid_value(5), 1.3);
  EXPECT_EQ(make_stepped_float("x", 1000, 1e6, 1000.5).grid_value(2), 3001);
  EXPECT_EQ(make_int("x", -4, 8, 3).grid_value(2), 2);
  EXPECT_EQ(make_categorical("x", {"a", "b", "c"}).grid_value(2), 2);
}

TEST(Parameter, GridIsTheDecimalOfAnExactCalculation) {
  Rng rng = Rng::for_trial(21, 0);
  for (int i = 0; i < 3000; ++i) {
    const int places = static_cast<int>(rng.index(9));
    const auto low = static_cast<std::int64_t>(rng.index(2'000'000)) - 1'000'000;
    const auto step = static_cast<std::int64_t>(1 + rng.index(5000));
    const auto k = static_cast<std::int64_t>(rng.index(1000));
    const auto decimal = [&](std::int64_t units) {
      return std::strtod((std::to_string(units) + "e-" + std::to_string(places)).c_str(), nullptr);
    };
    const Parameter param =
        make_stepped_float("x", decimal(low), decimal(low + 1000 * step), decimal(step));

    EXPECT_EQ(param.grid_value(static_cast<std::uint64_t>(k)), decimal(low + k * step));
  }
}

TEST(Parameter, GridOfStepsThatAreNoDecimalsStaysInRange) {
  const double step = 1.0 / 3;
  const Parameter thirds = make_stepped_float("x", 0, 300 * step, step);
  for (std::uint64_t k = 0; k <= 300; ++k) {
    EXPECT_NEAR(thirds.grid_value(k), static_cast<double>(k) * step, 1e-13);
    EXPECT_TRUE(thirds.contains(thirds.grid_value(k)));
  }
  const Parameter tiny = make_stepped_float("x", 0, 1e-300, 1e-301);
  EXPECT_NEAR(tiny.grid_value(3) / 3e-301, 1, 1e-12);
}

TEST(Parameter, SnapsToTheNearestLegalValue) {
  const Parameter tenths = make_stepped_float("x", 0, 1, 0.1);
  EXPECT_EQ(tenths.snap(0.349), 0.3);
  EXPECT_EQ(tenths.snap(-7), 0);
  EXPECT_EQ(tenths.snap(7), 1);
  EXPECT_EQ(tenths.snap(std::numeric_limits<double>::infinity()), 1);
  EXPECT_EQ(make_stepped_float("x", 0, 4, 1).snap(0.5), 0);
  EXPECT_EQ(make_stepped_float("x", 0, 4, 1).snap(1.5), 2);
  EXPECT_EQ(make_int("x", 1, 9, 2).snap(6.2), 7);
  EXPECT_EQ(make_float("x", 0, 1).snap(0.123), 0.123);
  EXPECT_EQ(make_float("x", 0, 1).snap(1.5), 1);
  EXPECT_EQ(make_categorical("x", {"a", "b"}).snap(5), 1);
  EXPECT_EQ(make_categorical("x", {"a", "b"}).snap(-1), 0);
  // Steps finer than doubles of this size: every double is on the grid.
  const Parameter fine = make_stepped_float("x", 0, 1e300, 1e-3);
  EXPECT_EQ(fine.snap(5e299), 5e299);
  EXPECT_TRUE(fine.contains(5e299));
}

TEST(Parameter, SnapIsContainedNearestAndIdempotent) {
  Rng rng = Rng::for_trial(22, 0);
  for (int i = 0; i < 5000; ++i) {
    const Parameter param = any_parameter(rng);
    const double value = rng.uniform(-1200, 1200);
    const double snapped = param.snap(value);

    EXPECT_TRUE(param.contains(snapped));
    EXPECT_EQ(param.snap(snapped), snapped);
    if (!param.is_discrete()) continue;
    for (std::uint64_t k = 0; k < *param.cardinality(); ++k) {
      EXPECT_LE(std::abs(snapped - value), std::abs(param.grid_value(k) - value) + 1e-9);
    }
  }
}

TEST(Parameter, ContainsWhatIsLegalAsItStands) {
  const double nan = std::nan("");
  const Parameter real = make_float("x", 0.28, 0.42);
  EXPECT_TRUE(real.contains(0.28));
  EXPECT_TRUE(real.contains(0.42));
  EXPECT_FALSE(real.contains(std::nextafter(0.42, 1)));
  EXPECT_FALSE(real.contains(nan));

  const Parameter tenths = make_stepped_float("x", 0, 1, 0.1);
  EXPECT_TRUE(tenths.contains(0.1 + 0.2));  // an ulp off the grid
  EXPECT_FALSE(tenths.contains(0.35));
  EXPECT_FALSE(tenths.contains(1.1));
  EXPECT_FALSE(tenths.contains(-0.1));
  EXPECT_FALSE(make_int("x", 0, 5).contains(2.5));
  EXPECT_FALSE(make_int("x", 0, 6, 2).contains(3));

  const Parameter words = make_categorical("x", {"a", "b"});
  EXPECT_TRUE(words.contains(1));
  EXPECT_FALSE(words.contains(2));
  EXPECT_FALSE(words.contains(-1));
  EXPECT_FALSE(words.contains(0.5));
  EXPECT_FALSE(words.contains(nan));
}

TEST(Parameter, DefaultsToItsMiddleOrFirstChoice) {
  EXPECT_EQ(testing::with_default(make_float("x", 0, 1), 0.2).default_or_middle(), 0.2);
  EXPECT_EQ(make_float("x", 0, 1).default_or_middle(), 0.5);
  EXPECT_DOUBLE_EQ(make_log_float("x", 1e-4, 1e-2).default_or_middle(), 1e-3);
  EXPECT_EQ(make_stepped_float("x", 0, 1, 0.1).default_or_middle(), 0.5);
  EXPECT_EQ(make_int("x", 2, 6).default_or_middle(), 4);
  EXPECT_EQ(make_categorical("x", {"a", "b"}).default_or_middle(), 0);
  const double huge = std::numeric_limits<double>::max();
  EXPECT_EQ(make_float("x", huge / 2, huge).default_or_middle(), huge * 0.75);
}

TEST(Parameter, ReadsExternalValues) {
  const Parameter count = make_int("n", 1, 5);
  EXPECT_EQ(count.to_internal(3), 3);
  EXPECT_EQ(count.to_internal(3.0), 3);
  EXPECT_EQ(refusal(count, 3.5), "n: expected int in [1, 5], found 3.5");
  EXPECT_EQ(refusal(count, "3"), "n: expected int in [1, 5], found \"3\"");
  EXPECT_EQ(refusal(count, 6), "n: expected int in [1, 5], found 6");
  EXPECT_EQ(refusal(count, true), "n: expected int in [1, 5], found true");
  EXPECT_EQ(refusal(count, nullptr), "n: expected int in [1, 5], found null");
  EXPECT_THAT(refusal(count, UINT64_MAX), HasSubstr("found 18446744073709551615"));

  EXPECT_EQ(make_float("x", 0, 2).to_internal(1), 1);
  EXPECT_EQ(refusal(make_float("x", 0.28, 0.42), 0.5),
            "x: expected float in [0.28, 0.42], found 0.5");
  EXPECT_EQ(refusal(make_float("x", 0, 1), std::nan("")),
            "x: expected float in [0, 1], found null");
  EXPECT_EQ(refusal(make_stepped_float("x", 0, 1, 0.25), 0.3),
            "x: expected float in [0, 1] in steps of 0.25, found 0.3");
  EXPECT_EQ(make_stepped_float("x", 0, 1, 0.1).to_internal(0.1 + 0.2), 0.3);
}

TEST(Parameter, MatchesChoicesByJsonEquality) {
  const Parameter param = make_categorical("c", {"a", 1, true, nullptr, 2.5, "1"});
  EXPECT_EQ(param.to_internal("a"), 0);
  EXPECT_EQ(param.to_internal(1), 1);
  EXPECT_EQ(param.to_internal(1.0), 1);
  EXPECT_EQ(param.to_internal(true), 2);
  EXPECT_EQ(param.to_internal(nullptr), 3);
  EXPECT_EQ(param.to_internal(2.5), 4);
  EXPECT_EQ(param.to_internal("1"), 5);
  EXPECT_EQ(refusal(param, "b"),
            "c: expected one of \"a\", 1, true, null, 2.5, \"1\", found \"b\"");
  EXPECT_THAT(refusal(param, false), HasSubstr("found false"));
  EXPECT_THAT(refusal(make_categorical("c", {1, 0}), true), HasSubstr("expected one of 1, 0"));
}

TEST(Parameter, WritesExternalValues) {
  EXPECT_TRUE(make_int("n", 1, 5).to_external(3).is_number_integer());
  EXPECT_EQ(dump_json(make_float("x", 0, 2).to_external(1)), "1.0");
  EXPECT_EQ(dump_json(make_float("x", -1, 2).to_external(-0.0)), "0.0");
  EXPECT_EQ(dump_json(make_stepped_float("x", 0, 1, 0.1).to_external(0.1 + 0.2)), "0.3");
  EXPECT_EQ(make_ordered("s", {"s", "m"}).to_external(1), Json("m"));
}

TEST(Parameter, InternalOfExternalIsTheSame) {
  Rng rng = Rng::for_trial(23, 0);
  for (int i = 0; i < 5000; ++i) {
    const Parameter param = any_parameter(rng);
    const double value = param.snap(rng.uniform(-1200, 1200));

    const Json written = Json::parse(dump_json(param.to_external(value)));

    EXPECT_EQ(param.to_internal(written), value);
  }
}

TEST(Parameter, SaysWhatItExpects) {
  EXPECT_EQ(make_float("x", 0.28, 0.42).expectation(), "float in [0.28, 0.42]");
  EXPECT_EQ(make_float("x", -1, 1e-8).expectation(), "float in [-1, 1e-08]");
  EXPECT_EQ(make_int("x", 2, 5).expectation(), "int in [2, 5]");
  EXPECT_EQ(make_int("x", 2, 8, 2).expectation(), "int in [2, 8] in steps of 2");
  EXPECT_EQ(make_categorical("x", {"s", "m", "l"}).expectation(), "one of \"s\", \"m\", \"l\"");
  EXPECT_EQ(make_categorical("x", {"s"}).expectation(), "\"s\"");
  std::vector<Json> many;
  for (int i = 0; i < 100; ++i) many.emplace_back(i);
  EXPECT_EQ(make_categorical("x", many).expectation(),
            "one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, ... (100 choices)");
}

}  // namespace
}  // namespace studyhall
