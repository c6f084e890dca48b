#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <sstream>

#include "cli/text.h"
#include "tests/cli/cli_run.h"

namespace studyhall::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ExplainCommand : public CliTest {
 protected:
  void SetUp() override {
    const RunResult result = study({"create", "-"}, R"({"name": "demo", "direction": "maximize",
      "seed": 3, "focus_share": 1, "sampler": "tpe", "workers": {"W1": {"focus": ["x"]}},
      "params": {"x": {"type": "float", "low": -10, "high": 10},
                 "kind": {"type": "categorical", "choices": ["a", "b"]}}})");
    ASSERT_EQ(result.status, 0) << result.err;
    for (int i = 0; i < 12; ++i) {
      study({"ask", "demo", "--worker", "W1"});
      study({"tell", "demo", std::to_string(i), std::to_string(i)});
    }
  }
};

TEST_F(ExplainCommand, TellsWhoChoseWhatAndWhy) {
  const RunResult first = study({"explain", "demo", "0"});
  const RunResult later = study({"explain", "demo", "11"});

  EXPECT_EQ(first.status, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("random (version "));
  EXPECT_THAT(first.out, HasSubstr("0 of the 10 results"));
  EXPECT_THAT(later.out, HasSubstr("trial:    11 of demo\n"));
  EXPECT_THAT(later.out, HasSubstr("purpose:  suggested for W1\n"));
  EXPECT_THAT(later.out, HasSubstr("made by:  tpe (version "));
  EXPECT_THAT(later.out, HasSubstr("it saw:   11 results and 0 running, up to event "));
  EXPECT_THAT(later.out, HasSubstr("pin:      trial 10 (version "));
  EXPECT_THAT(later.out, HasSubstr("why:      largest ratio"));
  EXPECT_THAT(later.out, HasSubstr("chosen"));
  EXPECT_THAT(later.out, HasSubstr("held at the pin"));
  EXPECT_THAT(later.out, HasSubstr("log good"));
}

TEST_F(ExplainCommand, FitsTheTerminal) {
  for (const int columns : {80, 40}) {
    env_.variables["COLUMNS"] = std::to_string(columns);
    std::istringstream lines(study({"explain", "demo", "11"}).out);
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(display_width(line), static_cast<std::size_t>(columns)) << line;
    }
  }
}

TEST_F(ExplainCommand, PrintsJson) {
  const RunResult result = study({"explain", "demo", "11", "--json"});

  EXPECT_EQ(result.status, 0) << result.err;
  const Json json = result.json();
  EXPECT_EQ(json["number"], 11);
  EXPECT_EQ(json["sampler"], "tpe");
  EXPECT_EQ(json["results"], 11);
  EXPECT_EQ(json["doubt"], "");
  EXPECT_EQ(json["values"].size(), 2U);
  EXPECT_EQ(json["terms"][0]["name"], "log_good");
  EXPECT_TRUE(json["terms"][0]["value"].is_number());
}

TEST_F(ExplainCommand, SaysPlainlyWhatItDoesNotKnow) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(this->database().c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database,
                         "UPDATE studyhall_events SET body = json_set(body, '$.values[0]', -50) "
                         "WHERE kind = 'told' AND json_extract(body, '$.number') = 10",
                         nullptr, nullptr, nullptr),
            SQLITE_OK)
      << sqlite3_errmsg(database);
  sqlite3_close(database);

  const RunResult result = study({"explain", "demo", "11"});

  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("not known"));
  EXPECT_THAT(result.out, Not(HasSubstr("largest ratio")));
  EXPECT_THAT(result.out, Not(HasSubstr("log good")));
}

TEST_F(ExplainCommand, RefusesWhatIsNotThere) {
  EXPECT_EQ(study({"explain", "demo", "12"}).status, 1);
  EXPECT_THAT(study({"explain", "demo", "12"}).err, HasSubstr("12"));
  EXPECT_EQ(study({"explain", "dome", "1"}).status, 1);
  EXPECT_EQ(study({"explain", "demo"}).status, 2);
  EXPECT_EQ(study({"explain", "demo", "x"}).status, 2);
}

}  // namespace
}  // namespace studyhall::cli
