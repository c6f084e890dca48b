#include <gmock/gmock.h>

#include "tests/cli/asking_test.h"

namespace studyhall::cli {
namespace {

using ::testing::HasSubstr;

class QuestionCommands : public AskingTest {
 protected:
  void SetUp() override {
    create("demo");
    env_.variables["USER"] = "ann";
  }
};

TEST_F(QuestionCommands, ListAndAnswer) {
  EXPECT_THAT(study({"questions", "demo"}).out, HasSubstr("No question is open"));
  ask_as("W1", "Keep the cache?");
  ask_as("W2", "Which branch?");
  const std::string list = study({"questions", "demo"}).out;
  EXPECT_THAT(list, HasSubstr("Keep the cache?"));
  EXPECT_THAT(list, HasSubstr("Which branch?"));
  const std::string status = study({"status", "demo"}).out;
  EXPECT_THAT(status, HasSubstr("Keep the cache?"));
  EXPECT_THAT(status, HasSubstr("has a question"));

  EXPECT_EQ(study({"respond", "demo", "W2", "main,", "please"}).status, 0);
  EXPECT_EQ(study({"respond", "demo", "#1", "no"}).status, 0);
  const Json all = study({"questions", "demo", "--all", "--json"}).json()["questions"];
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0]["answer"], "no");
  EXPECT_EQ(all[1]["answer"], "main, please");
  EXPECT_EQ(all[1]["author"], "ann");
}

TEST_F(QuestionCommands, RefuseWrongUse) {
  EXPECT_THAT(study({"respond", "demo", "W1", "yes"}).err, HasSubstr("W1"));
  EXPECT_THAT(study({"respond", "demo", "7", "yes"}).err, HasSubstr("no question 7"));
  ask_as("W1", "Keep the cache?");
  study({"respond", "demo", "1", "yes"});
  const RunResult again = study({"respond", "demo", "1", "no"});
  EXPECT_NE(again.status, 0);
  EXPECT_THAT(again.err, HasSubstr("was answered by ann"));
}

}  // namespace
}  // namespace studyhall::cli
