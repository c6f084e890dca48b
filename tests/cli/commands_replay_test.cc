#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "tests/cli/cli_run.h"

namespace studyhall::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ReplayCommand : public CliTest {
 protected:
  void SetUp() override {
    create("demo");
    for (const char* number : {"0", "1", "2"}) {
      study({"ask", "demo", "--worker", "W1"});
      study({"tell", "demo", number, "4"});
    }
  }
  void change(const std::string& sql) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(this->database().c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(database);
    sqlite3_close(database);
  }
};

TEST_F(ReplayCommand, SaysThatAStudyIsWhatItsEventsSay) {
  const RunResult result = study({"replay", "demo"});

  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("3 trials, 3 suggestions drawn again, 3 equal"));
  EXPECT_THAT(result.out, HasSubstr("Equal"));
  EXPECT_THAT(result.out, Not(HasSubstr("\r")));
}

TEST_F(ReplayCommand, CountsOnATerminal) {
  env_.out_is_terminal = true;

  EXPECT_THAT(study({"replay", "demo"}).out, HasSubstr("of 8 events"));
}

TEST_F(ReplayCommand, NamesTheTrialAndBothSidesOfADifference) {
  change("UPDATE trial_values SET value = 5 WHERE trial_id = 2");

  const RunResult result = study({"replay", "demo"});

  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.out, HasSubstr("trial 1: values\n  replay  [4.0]\n  stored  [5.0]\n"));
  const RunResult json = study({"replay", "demo", "--json"});
  EXPECT_EQ(json.status, 1);
  EXPECT_EQ(json.json()["equal"], false);
  EXPECT_EQ(json.json()["differences"][0]["number"], 1);
  EXPECT_EQ(json.json()["differences"][0]["what"], "values");
}

TEST_F(ReplayCommand, NamesAnEventThatAnotherBuildWrote) {
  change("UPDATE studyhall_events SET body = json_remove(body, '$.cpu') WHERE kind = 'asked'");

  const RunResult result = study({"replay", "demo"});

  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, HasSubstr("event 2 (asked) was written by an earlier build"));
}

TEST_F(ReplayCommand, SaysWhatItCannotReplay) {
  EXPECT_EQ(study({"replay", "dem"}).status, 1);
  EXPECT_THAT(study({"replay", "dem"}).err, HasSubstr("did you mean \"demo\""));
  EXPECT_EQ(run_plain({"replay", "demo", "--db", path("none.db")}).status, 1);
  EXPECT_EQ(run_plain({"replay", "demo", "--server", "http://127.0.0.1:1"}).status, 2);
}

}  // namespace
}  // namespace studyhall::cli
