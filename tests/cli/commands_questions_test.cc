#include <gmock/gmock.h>

#include "tests/cli/cli_run.h"

namespace studyhall::cli {
namespace {

using ::testing::HasSubstr;

class QuestionCommands : public CliTest {
 protected:
  void SetUp() override {
    create("demo");
    env_.variables["USER"] = "ann";
  }
  // A trial of the worker, and its question through the tools of an agent.
  void ask_as(const std::string& worker, const std::string& text) {
    const Json asked = study({"ask", "demo", "--worker", worker, "--json"}).json();
    const Json& trial = asked["trials"][0];
    const Json call{{"jsonrpc", "2.0"},
                    {"id", 1},
                    {"method", "tools/call"},
                    {"params",
                     {{"name", "ask_question"},
                      {"arguments",
                       {{"study", "demo"},
                        {"number", trial["number"]},
                        {"text", text},
                        {"lease", trial["lease"]["token"]}}}}}};
    const Json answer = study({"mcp"}, call.dump() + "\n").json();
    EXPECT_FALSE(answer["result"].contains("isError")) << answer;
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
