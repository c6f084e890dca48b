#include <gmock/gmock.h>

#include "cli/text.h"
#include "tests/cli/cli_run.h"

namespace studyhall::cli {
namespace {

using ::testing::HasSubstr;

class QueueCommands : public CliTest {
 protected:
  void SetUp() override {
    env_.variables["USER"] = "ann";
    create("demo");
  }
  RunResult nested(const std::string& command, std::vector<std::string> args) {
    args.insert(args.begin(), command);
    args.insert(args.begin() + 2, "demo");
    return study(std::move(args));
  }
  RunResult queue(std::vector<std::string> args) { return nested("queue", std::move(args)); }
  // What waits, in order: "trial 3".
  std::vector<std::string> order() {
    std::vector<std::string> names;
    const Json list = queue({"list", "--json"}).json();
    for (const Json& item : list["items"]) {
      names.push_back(item["kind"].get<std::string>() + " " +
                      std::to_string(item["number"].get<int>()));
    }
    return names;
  }
  void enqueue(const std::string& x, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"enqueue", "demo", "x=" + x});
    const RunResult result = study(std::move(more));
    ASSERT_EQ(result.status, 0) << result.err;
  }
};

TEST_F(QueueCommands, ListWhatWaitsAndWhy) {
  EXPECT_EQ(queue({"list"}).out, "Nothing waits.\n");
  enqueue("1", {"--hold", "--title", "held one", "--wave", "2", "--needs", "gpu0"});
  enqueue("2", {"--for", "W9"});
  const std::string plain = queue({"list"}).out;
  EXPECT_THAT(plain, HasSubstr("held one: x=1"));
  EXPECT_THAT(plain, HasSubstr("hold"));
  EXPECT_THAT(plain, HasSubstr("ann"));
  env_.variables["COLUMNS"] = "160";
  const std::string why = queue({"list", "--why"}).out;
  EXPECT_THAT(why, HasSubstr("wave 2, needs gpu0"));
  EXPECT_THAT(why, HasSubstr("waits for approval"));
  EXPECT_THAT(why, HasSubstr("it is for W9, which has never asked"));
}

TEST_F(QueueCommands, ApproveHoldRejectAndMove) {
  for (const char* x : {"1", "2", "3", "4"}) enqueue(x);
  study({"task", "add", "demo", "Document it", "--hold"});
  EXPECT_EQ(order(),
            (std::vector<std::string>{"task 0", "trial 0", "trial 1", "trial 2", "trial 3"}));
  EXPECT_EQ(queue({"approve", "task:0"}).out, "task 0: approved\n");
  EXPECT_EQ(queue({"hold", "1", "2"}).out, "trial 1: held\ntrial 2: held\n");
  EXPECT_EQ(queue({"move", "3", "--before", "1"}).out, "trial 3: moved\n");
  EXPECT_EQ(order(),
            (std::vector<std::string>{"task 0", "trial 0", "trial 3", "trial 1", "trial 2"}));
  queue({"move", "2", "--before", "task:0"});
  EXPECT_EQ(order(),
            (std::vector<std::string>{"trial 2", "task 0", "trial 0", "trial 3", "trial 1"}));
  queue({"move", "1", "--priority", "critical"});
  EXPECT_EQ(order().front(), "trial 1");
  EXPECT_EQ(queue({"reject", "2", "task:0", "--reason", "tried"}).out,
            "trial 2: removed\ntask 0: removed\n");
  EXPECT_EQ(order(), (std::vector<std::string>{"trial 1", "trial 0", "trial 3"}));
  EXPECT_EQ(study({"show", "demo", "2", "--json"}).json()["note"], "tried");
}

TEST_F(QueueCommands, RefuseWrongUse) {
  enqueue("1");
  EXPECT_THAT(queue({"approve", "job:1"}).err, HasSubstr("task:NUMBER"));
  EXPECT_THAT(queue({"approve", "7"}).err, HasSubstr("no trial 7"));
  EXPECT_THAT(queue({"reject", "7"}).err, HasSubstr("trial 7"));
  EXPECT_THAT(queue({"move", "0"}).err, HasSubstr("--before"));
  EXPECT_THAT(queue({"move", "0", "--before", "0"}).err, HasSubstr("trial 0"));
  EXPECT_THAT(study({"enqueue", "demo", "x=3", "--topic", "none"}).err, HasSubstr("no topic"));
  study({"ask", "demo"});
  EXPECT_THAT(queue({"hold", "0"}).err, HasSubstr("running"));
  EXPECT_THAT(study({"requeue", "demo", "0"}).out, HasSubstr("waits again"));
  EXPECT_NE(study({"requeue", "demo", "0"}).status, 0);
}

TEST_F(QueueCommands, TopicsAreAddedOnce) {
  const RunResult added =
      nested("topic", {"add", "coarse-start", "x=2", "--trials", "2", "--hypothesis", "enough"});
  EXPECT_EQ(added.status, 0) << added.err;
  EXPECT_THAT(added.out, HasSubstr("trials 0, 1"));
  const RunResult again = nested("topic", {"add", "start-coarse", "--trials", "2"});
  EXPECT_EQ(again.status, 1);
  EXPECT_THAT(again.out, HasSubstr("coarse-start"));
  EXPECT_EQ(nested("topic", {"add", "start-coarse", "--anyway"}).status, 0);
  EXPECT_EQ(nested("topic", {"list", "--json"}).json()["topics"].size(), 2U);
  EXPECT_THAT(nested("topic", {"list"}).out, HasSubstr("enough"));
}

}  // namespace
}  // namespace studyhall::cli
