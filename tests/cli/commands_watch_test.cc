#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/cli_run.h"

namespace studyhall::cli {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

class WatchCommands : public CliTest {
 protected:
  void SetUp() override {
    create("demo", R"("limits": {"trials": 2}, "workers": {"W1": {"focus": ["x"]}},)");
    study({"ask", "demo", "--worker", "W1"});
    study({"tell", "demo", "0", "1.5"});
  }
};

TEST_F(WatchCommands, StatusShowsWhoDoesWhat) {
  study({"ask", "demo", "--worker", "W2"});

  const RunResult screen = study({"status", "demo"});
  EXPECT_THAT(screen.out, HasSubstr(" 1/2\n"));
  EXPECT_THAT(screen.out, HasSubstr("1.5 (trial 0 by W1)"));
  EXPECT_THAT(screen.out, ContainsRegex("\nW1 +idle\n"));
  EXPECT_THAT(screen.out, ContainsRegex("\nW2 +running +1 "));

  const Json json = study({"status", "demo", "--json"}).json();
  EXPECT_EQ(json["trials_left"], 1);
  EXPECT_EQ(json["best"]["number"], 0);
  EXPECT_EQ(json["study"]["counts"]["running"], 1);
  ASSERT_EQ(json["workers"].size(), 2U);
  EXPECT_EQ(json["workers"][0]["trial"], nullptr);
  EXPECT_EQ(json["workers"][1]["worker"], "W2");
  EXPECT_EQ(json["workers"][1]["trial"], 1);
  EXPECT_TRUE(json["workers"][1]["since"].is_string());
}

TEST_F(WatchCommands, WatchEndsWithTheStudy) {
  study({"ask", "demo"});
  study({"tell", "demo", "1", "2.5"});

  const RunResult piped = study({"status", "demo", "--watch"});
  EXPECT_EQ(piped.status, 0);
  EXPECT_EQ(piped.out, "2/2 done, 0 running, 0 failed, best 2.5 (trial 1)\n");

  env_.out_is_terminal = true;
  env_.variables["NO_COLOR"] = "1";
  const RunResult terminal = study({"status", "demo", "--watch"});
  EXPECT_THAT(terminal.out, HasSubstr(" 2/2\n"));
  EXPECT_EQ(terminal.out.find("\x1b["), std::string::npos) << "nothing to redraw yet";
}

TEST_F(WatchCommands, AnInterruptEndsWatchingAndFollowing) {
  static const std::atomic<bool> kInterrupted{true};
  env_.catch_interrupts = []() -> const std::atomic<bool>& { return kInterrupted; };
  EXPECT_EQ(study({"status", "demo", "--watch"}).status, 0);
  EXPECT_EQ(study({"events", "demo", "--follow"}).status, 0);
}

TEST_F(WatchCommands, EventsAreInOrder) {
  const Json events = study({"events", "demo", "--json"}).json()["events"];
  std::vector<std::string> kinds;
  for (std::size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(events[i]["sequence"], i + 1);
    kinds.push_back(events[i]["kind"]);
  }
  ASSERT_GE(kinds.size(), 3U);
  EXPECT_EQ((std::vector<std::string>(kinds.begin(), kinds.begin() + 3)),
            (std::vector<std::string>{"created", "asked", "told"}));

  EXPECT_EQ(study({"events", "demo", "--after", "1", "--limit", "1", "--json"}).json()["events"],
            Json::array({events[1]}));
  const RunResult lines = study({"events", "demo"});
  EXPECT_EQ(std::count(lines.out.begin(), lines.out.end(), '\n'),
            static_cast<std::ptrdiff_t>(events.size()));
  EXPECT_THAT(lines.out, ContainsRegex(" +2  2[0-9-]+ [0-9:]+  asked +W1 .*number=0"));
}

TEST_F(WatchCommands, UnknownStudiesAreNamed) {
  for (const char* command : {"status", "events"}) {
    const RunResult result = study({command, "dmeo"});
    EXPECT_EQ(result.status, 1);
    EXPECT_THAT(result.err, HasSubstr("dmeo"));
  }
}

}  // namespace
}  // namespace studyhall::cli
