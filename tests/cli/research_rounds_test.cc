// A worker that does research, with the real Claude Code CLI (STUDYHALL_CLAUDE) against a mock of
// its API: the agent proposes through the study's tools.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <memory>

#include "tests/cli/cli_run.h"
#include "tests/cli/study_process.h"
#include "tests/support/mock_messages_api.h"

namespace studyhall::cli {
namespace {

using ::testing::HasSubstr;

class ResearchRoundsRealCli : public CliTest {
 protected:
  void SetUp() override {
    const char* cli = std::getenv("STUDYHALL_CLAUDE");
    if (cli == nullptr || *cli == '\0') {
      GTEST_SKIP() << "STUDYHALL_CLAUDE does not name the Claude Code CLI";
    }
    cli_ = cli;
    write_file("prompt.md", "Do trial {{trial}}.");
    const RunResult created = study({"create", "-"}, R"({"name": "s", "direction": "maximize",
        "seed": 1, "params": {"x": {"type": "float", "low": 0, "high": 1}},
        "experiment": {"agent": "claude", "prompt": "prompt.md", "time_limit_min": 2,
                       "score": {"file": "result.json", "value": "/value"}, "dir": ")" +
                                                         dir_.path().string() + R"("}})");
    ASSERT_EQ(created.status, 0) << created.err;
  }

  std::string cli_;
};

TEST_F(ResearchRoundsRealCli, ProposeWithinTheirQuota) {
  const auto enqueue = [](double x) {
    return testing::uses("mcp__studyhall__enqueue", {{"study", "s"},
                                                     {"params", {{"x", x}}},
                                                     {"title", "a guess"},
                                                     {"author", "somebody else"}});
  };
  std::vector<std::string> answers;
  testing::MockMessagesApi api([&](const testing::MockRequest& request) {
    answers.push_back(request.body["messages"].back().dump());
    switch (request.turn) {
      case 0:
        return testing::uses("mcp__studyhall__show", {{"study", "s"}});
      case 1:
        return enqueue(0.25);
      case 2:
        return testing::uses("mcp__studyhall__add_topic",
                             {{"study", "s"}, {"name", "wide"}, {"trials", 5}});
      case 3:
        return enqueue(0.75);
      case 4:
        return testing::uses("mcp__studyhall__add_insight",
                             {{"study", "s"}, {"text", "nothing is known yet"}});
      case 5:
        return testing::runs("echo 'Proposed two guesses.' > SUMMARY.md");
      default:
        return testing::says("Done.");
    }
  });
  StudyProcess worker(
      {"work", "s", "--role", "scout", "--every", "1h", "--quota", "2", "--once", "--db",
       database().string(), "--runs", path("runs").string()},
      dir_.path(),
      {"STUDY_CLAUDE=" + cli_, "ANTHROPIC_API_KEY=dummy-key", "ANTHROPIC_BASE_URL=" + api.url()});
  const std::string said = worker.read_all();

  EXPECT_THAT(said, HasSubstr("a research round begins: task 0, up to 2 proposals"));
  const Json task = study({"task", "show", "s", "0", "--json"}).json();
  EXPECT_EQ(task["state"], "done") << said << task.dump(1);
  const Json items = study({"queue", "list", "s", "--json"}).json()["items"];
  ASSERT_EQ(items.size(), 2U) << said;
  for (const Json& item : items) EXPECT_EQ(item["author"], "scout");
  EXPECT_EQ(items[1]["params"]["x"], 0.75);
  ASSERT_GT(answers.size(), 3U);
  EXPECT_THAT(answers[3], HasSubstr("the quota is 2 trials and tasks in this round"));
  EXPECT_EQ(study({"insight", "list", "s", "--json"}).json()["insights"][0]["author"], "scout");
}

}  // namespace
}  // namespace studyhall::cli
