// Texts in Optuna's tables. Wanted texts are what Optuna 5.0 (and 3.1) wrote into files of their
// own for the same parameters.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <ctime>
#include <limits>
#include <vector>

#include "core/error.h"
#include "storage/optuna_distribution.h"
#include "storage/optuna_time.h"
#include "storage/optuna_values.h"
#include "tests/storage/time_zone.h"
#include "tests/support/spaces.h"

namespace studyhall::storage {
namespace {

using studyhall::testing::make_categorical;
using studyhall::testing::make_float;
using studyhall::testing::make_int;
using studyhall::testing::make_log_float;
using studyhall::testing::make_space;
using studyhall::testing::make_stepped_float;
using ::testing::ElementsAre;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(OptunaDistribution, IsWrittenAsOptunaWritesIt) {
  Parameter log_int = make_int("n", 1, 64);
  log_int.log = true;

  EXPECT_EQ(distribution_json(make_log_float("x", 1e-3, 1)),
            R"({"name": "FloatDistribution", "attributes": {"step": null, "low": 0.001, )"
            R"("high": 1.0, "log": true}})");
  EXPECT_EQ(distribution_json(make_stepped_float("y", 0, 1, 0.25)),
            R"({"name": "FloatDistribution", "attributes": {"step": 0.25, "low": 0.0, )"
            R"("high": 1.0, "log": false}})");
  EXPECT_EQ(distribution_json(log_int),
            R"({"name": "IntDistribution", "attributes": {"log": true, "step": 1, "low": 1, )"
            R"("high": 64}})");
  EXPECT_EQ(distribution_json(make_int("i", 1, 9, 2)),
            R"({"name": "IntDistribution", "attributes": {"log": false, "step": 2, "low": 1, )"
            R"("high": 9}})");
  EXPECT_EQ(
      distribution_json(make_categorical("c", {"a", nullptr, true, 1, 2.5, "\u00fc\"x"})),
      R"({"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, true, 1, 2.5, )"
      R"("\u00fc\"x"]}})");
}

TEST(OptunaDistribution, FindsAChoiceThatStandsElsewhereInTheStoredOne) {
  const Parameter size = make_categorical("size", {"s", "m", "l"});
  const std::string stored =
      R"({"name": "CategoricalDistribution", "attributes": {"choices": ["l", "xl", "s"]}})";

  EXPECT_EQ(internal_value(size, 0, stored), 2);
  EXPECT_EQ(internal_value(size, 2, stored), 0);
  EXPECT_TRUE(std::isnan(internal_value(size, 1, stored)));
  EXPECT_TRUE(std::isnan(internal_value(size, 3, stored)));
  EXPECT_TRUE(std::isnan(internal_value(size, 0, "not JSON")));
}

TEST(OptunaDistribution, KeepsNumbersThatAreInRange) {
  const Parameter x = make_float("x", 0, 1);

  EXPECT_EQ(internal_value(x, 0.5, "{}"), 0.5);
  EXPECT_TRUE(std::isnan(internal_value(x, 1.5, "{}")));
}

TEST(OptunaDistribution, TellsWhatAStoredValueStandsFor) {
  EXPECT_EQ(external_value(0.5, distribution_json(make_float("x", 0, 1))), Json(0.5));
  EXPECT_EQ(dump_json(*external_value(3, distribution_json(make_int("i", 1, 9)))), "3");
  const std::string choices = distribution_json(make_categorical("c", {"a", nullptr, true}));
  EXPECT_EQ(external_value(1, choices), Json(nullptr));
  EXPECT_EQ(external_value(2, choices), Json(true));
  EXPECT_EQ(external_value(3, choices), std::nullopt);
  EXPECT_EQ(external_value(-1, choices), std::nullopt);
  EXPECT_EQ(external_value(0, "not JSON"), std::nullopt);
}

TEST(OptunaDistribution, IsWidenedForAValueThatIsOutOfRange) {
  const StoredValue number = widened(make_float("x", 0, 1), 2.5);
  const StoredValue choice = widened(make_categorical("c", {"a", "b"}), "gone");
  const StoredValue known = widened(make_categorical("c", {"a", "b"}), "b");

  EXPECT_EQ(external_value(number.value, number.distribution), Json(2.5));
  EXPECT_EQ(number.distribution, distribution_json(make_float("x", 0, 2.5)));
  EXPECT_EQ(external_value(choice.value, choice.distribution), Json("gone"));
  EXPECT_EQ(known.value, 1);
  EXPECT_EQ(known.distribution, distribution_json(make_categorical("c", {"a", "b"})));
}

TEST(OptunaFixedParams, AreWrittenAsPythonWritesThem) {
  EXPECT_EQ(fixed_params_json({{"x", 0.25}, {"i", 3}, {"c", nullptr}, {"\u00fc", true}}),
            R"({"x": 0.25, "i": 3, "c": null, "\u00fc": true})");
  EXPECT_EQ(fixed_params_json(Json::object()), "{}");
}

TEST(OptunaNumbers, AreReadInPythonsDialect) {
  EXPECT_EQ(number_from_json("1.5"), 1.5);
  EXPECT_EQ(number_from_json(" -3 "), -3);
  EXPECT_EQ(number_from_json("1e-05"), 1e-5);
  EXPECT_EQ(number_from_json("Infinity"), kInfinity);
  EXPECT_EQ(number_from_json("-Infinity"), -kInfinity);
  EXPECT_TRUE(std::isnan(number_from_json("NaN").value()));
  for (const char* other : {"", "-", "true", "null", "\"1\"", "[1]", "inf", "nan", "1 2", "0x10"}) {
    EXPECT_EQ(number_from_json(other), std::nullopt) << other;
  }
}

TEST(OptunaNumbers, ComeInLists) {
  EXPECT_THAT(number_list_from_json("[-0.5, 1, Infinity]").value(),
              ElementsAre(-0.5, 1, kInfinity));
  EXPECT_THAT(number_list_from_json("[ ]").value(), ElementsAre());
  EXPECT_EQ(number_list_from_json("[1, \"x\"]"), std::nullopt);
  EXPECT_EQ(number_list_from_json("1"), std::nullopt);
  EXPECT_EQ(number_list_from_json("null"), std::nullopt);
}

TEST(OptunaColumns, RefuseWhatOptunaDoesNotWrite) {
  EXPECT_THROW((void)state_from_column("DONE"), Error);
  EXPECT_THROW((void)direction_from_column("UP"), Error);
  EXPECT_THROW((void)value_from_columns({std::nullopt, "FINITE"}), Error);
  EXPECT_THROW((void)value_from_columns({1.0, "HUGE"}), Error);
  EXPECT_EQ(direction_from_column("NOT_SET"), Direction::Minimize);
}

// 1767225600 is 2026-01-01T00:00:00Z, 1782864000 is 2026-07-01T00:00:00Z (date -u -d @...).
constexpr Timestamp kWinter{std::chrono::seconds(1'767'225'600)};
constexpr Timestamp kSummer{std::chrono::seconds(1'782'864'000)};

TEST(OptunaTime, IsLocalWithoutAZone) {
  const TimeZone berlin("CET-1CEST,M3.5.0,M10.5.0/3");

  EXPECT_EQ(naive_text(kWinter + Duration(42), NaiveTime::Local), "2026-01-01 01:00:00.000042");
  EXPECT_EQ(naive_text(kSummer, NaiveTime::Local), "2026-07-01 02:00:00.000000");
  EXPECT_EQ(naive_text(kSummer, NaiveTime::Utc), "2026-07-01 00:00:00.000000");
  EXPECT_EQ(parse_naive("2026-01-01 01:00:00.000042", NaiveTime::Local), kWinter + Duration(42));
  EXPECT_EQ(parse_naive("2026-07-01 02:00:00", NaiveTime::Local), kSummer);
  EXPECT_EQ(parse_naive("2026-07-01 00:00:00.5", NaiveTime::Utc),
            kSummer + std::chrono::milliseconds(500));
}

// The last: where local time was not whole minutes from UTC.
TEST(OptunaTime, IsReadOneAfterTheOther) {
  const std::vector<const char*> texts{
      "2026-03-29 01:59:59.9", "2026-03-29 01:59:01",   "2026-03-29 03:00:00",
      "2026-10-25 04:30:00",   "2026-10-25 04:30:59",   "2026-10-25 04:30",
      "2026-10-25 04:30:5x",   "2026-10-25 04:31:00.5", "2026-10-25 04:31:00.x",
      "2026-10-25T04:31:07",   "2026-10-25 04:31:07"};
  for (const char* zone : {"CET-1CEST,M3.5.0,M10.5.0/3", "LMT-0:53:28"}) {
    const TimeZone here(zone);
    NaiveReader local(NaiveTime::Local);
    NaiveReader utc(NaiveTime::Utc);
    for (const char* text : texts) {
      EXPECT_EQ(local.parse(text), parse_naive(text, NaiveTime::Local)) << zone << ", " << text;
      EXPECT_EQ(utc.parse(text), parse_naive(text, NaiveTime::Utc)) << text;
    }
  }
}

TEST(OptunaTime, IsNotReadFromOtherTexts) {
  for (const char* text :
       {"", "2026-07-01", "2026-07-01 00:00", "2026-07-01 00:00:00.", "2026-07-01 00:00:00Z",
        "2026-07-01 00:00:00.1234567", "2026/07/01 00:00:00", "2026-07--1 00:00:00"}) {
    EXPECT_EQ(parse_naive(text, NaiveTime::Utc), std::nullopt) << text;
  }
}

TEST(OptunaTime, FollowsTheVersionThatMadeTheFile) {
  EXPECT_EQ(naive_time_of("3.2.0"), NaiveTime::Local);
  EXPECT_EQ(naive_time_of("4.5.0"), NaiveTime::Local);
  EXPECT_EQ(naive_time_of("5.0.0.dev"), NaiveTime::Utc);
  EXPECT_EQ(naive_time_of("10.1"), NaiveTime::Utc);
  EXPECT_EQ(naive_time_of(""), NaiveTime::Local);
}

}  // namespace
}  // namespace studyhall::storage
