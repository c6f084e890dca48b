#include <gmock/gmock.h>

#include "cli/text.h"
#include "tests/cli/cli_run.h"

namespace studyhall::cli {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::ResultOf;
using ::testing::SizeIs;

class TaskCommands : public CliTest {
 protected:
  void SetUp() override { create("demo"); }
  RunResult task(std::vector<std::string> args, const std::string& study_name = "demo") {
    args.insert(args.begin(), "task");
    args.insert(args.begin() + 2, study_name);
    return study(std::move(args));
  }
};

TEST_F(TaskCommands, TakeATaskFromItsBeginToItsEnd) {
  EXPECT_EQ(task({"add", "Vectorise", "the", "solver", "--priority", "high", "--tag", "cpp"}).out,
            "Waiting to be handed out: task 0.\n");
  EXPECT_EQ(task({"add", "Describe it", "--after", "0", "--json", "--author", "Ann"}).json(),
            Json::parse(R"({"number": 1})"));

  EXPECT_THAT(task({"ask", "--worker", "W1"}).out, HasSubstr("No task now"));
  const Json asked = task({"ask", "--worker", "W1", "--accepts", "cpp", "--json"}).json();
  EXPECT_EQ(asked["tasks"][0]["title"], "Vectorise the solver");
  const std::string token = asked["tasks"][0]["lease"]["token"].get<std::string>();
  EXPECT_THAT(task({"heartbeat", "0", "--lease", token}).out, HasSubstr("go on"));
  EXPECT_EQ(task({"tell", "0", "--lease", token, "--result", R"({"commit": "1f3a"})"}).out,
            "Task 0 is done.\n");

  EXPECT_THAT(task({"show", "0"}).out, HasSubstr(R"(result:       {"commit":"1f3a"})"));
  EXPECT_EQ(task({"show", "0", "--json"}).json()["result"]["commit"], "1f3a");
  EXPECT_THAT(study({"ask", "demo", "--tasks", "--worker", "W2"}).out, HasSubstr("Describe it"));
  EXPECT_EQ(task({"release", "1"}).out, "Task 1 is waiting.\n");
  EXPECT_EQ(task({"cancel", "1", "--reason", "no"}).out, "Task 1 is cancelled.\n");
  EXPECT_EQ(task({"list", "--state", "cancelled", "--json"}).json()["tasks"][0]["author"], "Ann");
  EXPECT_EQ(task({"list", "--state", "waiting"}).out, "No tasks.\n");
}

TEST_F(TaskCommands, WaitForATaskAndParkIt) {
  const RunResult none = task({"ask", "--worker", "W1", "--wait", "0.05"});
  EXPECT_THAT(none.out, HasSubstr("No task now"));
  EXPECT_EQ(task({"ask", "--wait", "-1"}).status, 2);
  task({"add", "Describe it"});
  const Json asked = task({"ask", "--worker", "W1", "--wait", "60", "--json"}).json();
  EXPECT_EQ(asked["tasks"][0]["number"], 0);

  EXPECT_THAT(task({"park", "0", "--for-s", "600", "--reason", "429"}).out,
              HasSubstr("Task 0 is parked, lease until"));
  EXPECT_TRUE(task({"show", "0", "--json"}).json()["parked_until"].is_string());
  EXPECT_THAT(task({"park", "0"}).err, HasSubstr("--until or --for-s"));
}

TEST_F(TaskCommands, ListFitsTheTerminal) {
  task({"add", std::string(150, 'x'), "--tag", "a-long-tag-name", "--tag", "another-long-tag"});
  task({"add", "second", "--after", "0", "--priority", "-2.5"});

  std::vector<std::string> lines;
  std::istringstream text(task({"list"}).out);
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  EXPECT_THAT(lines, SizeIs(3));
  EXPECT_THAT(lines, Each(ResultOf(display_width, Le(80U))));
}

TEST_F(TaskCommands, RefuseWrongUse) {
  task({"add", "t"});
  EXPECT_EQ(study({"task"}).status, 2);
  EXPECT_EQ(task({"add"}).status, 2);
  EXPECT_EQ(task({"add", "t", "--priority", "urgent"}).status, 2);
  EXPECT_EQ(task({"add", "t", "--after", "9"}).status, 2);
  EXPECT_EQ(task({"list", "--state", "complete"}).status, 2);
  EXPECT_EQ(task({"show", "9"}).status, 1);
  EXPECT_EQ(task({"tell", "0"}).status, 1) << "never handed out";
  EXPECT_EQ(task({"tell", "0", "--reason", "config"}).status, 2);
  EXPECT_EQ(task({"tell", "0", "--state", "done", "--reason", "infra"}).status, 2);
  EXPECT_EQ(task({"tell", "0", "--cause", "crash"}).status, 2);
  EXPECT_THAT(task({"add", "t"}, "dmeo").err, HasSubstr("did you mean \"demo\""));
  study({"stop", "demo"});
  EXPECT_EQ(task({"ask"}).status, 3);
}

}  // namespace
}  // namespace studyhall::cli
