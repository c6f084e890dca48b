#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "cli/spawn.h"
#include "tests/cli/asking_test.h"
#include "tests/support/paths.h"

namespace studyhall::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A shell in a tmux window of 100 columns.
class TopCommand : public AskingTest {
 protected:
  void SetUp() override {
    if (!program_on_path("tmux")) GTEST_SKIP() << "there is no tmux";
    ASSERT_EQ(tmux({"new-session", "-d", "-x", "100", "-y", "40", "env",
                    "PS1=ready:", "HOME=" + dir_.path().string(), "LC_ALL=C.UTF-8", "/bin/sh"})
                  .status,
              0);
  }
  void TearDown() override {
    if (program_on_path("tmux")) tmux({"kill-server"});
  }
  ProgramAnswer tmux(std::vector<std::string> words) const {
    words.insert(words.begin(), {"tmux", "-u", "-L", name_, "-f", "/dev/null"});
    return run_to_end(*program_on_path("tmux"), words);
  }
  void type(const std::string& text) const { tmux({"send-keys", "-l", text}); }
  void enter(const std::string& text) const {
    type(text);
    tmux({"send-keys", "Enter"});
  }
  std::string screen() const { return tmux({"capture-pane", "-p"}).out; }
  // Without a bound: the test's own time limit is one.
  std::string screen_with(const std::string& text) const {
    while (true) {
      std::string shown = screen();
      if (shown.find(text) != std::string::npos) return shown;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
  std::string program(const std::string& words) const {
    return build_path("bin/study") + " " + words + " --db " + database().string() + " --runs " +
           path("runs").string();
  }

  // A server of its own: that of the test before may still be ending.
  std::string name_ = "studyhall-test-" + dir_.path().filename().string();
};

TEST_F(TopCommand, ShowsTheStudyTakesKeysAndRestoresTheTerminal) {
  create("demo", R"("limits": {"trials": 9}, "target": 2,)");
  for (int i = 0; i < 3; ++i) {
    study({"ask", "demo", "--worker", "W1"});
    study({"tell", "demo", std::to_string(i), std::to_string(i * 0.5)});
  }
  enter("echo before; " + program("top demo"));

  const std::string shown = screen_with("q: leave");
  EXPECT_THAT(shown, HasSubstr("1 (trial 2 by W1)"));
  EXPECT_THAT(shown, HasSubstr("target   2, 1 to go"));
  EXPECT_THAT(shown, HasSubstr("history  ▁▅█"));
  EXPECT_THAT(shown, HasSubstr("new_best"));
  EXPECT_THAT(shown, Not(HasSubstr("before"))) << "it has a screen of its own";
  type("s");
  screen_with("Stop the study, for every worker?");
  type("n");
  screen_with("q: leave");
  EXPECT_EQ(study({"show", "demo", "--json"}).json()["state"], "running");
  type("s");
  screen_with("Stop the study, for every worker?");
  type("y");
  screen_with("The study is stopped");
  EXPECT_EQ(study({"show", "demo", "--json"}).json()["state"], "stopped");
  type("q");

  screen_with("before");
  enter("stty -a");
  const std::string settings = screen_with(" echo ");
  EXPECT_THAT(settings, Not(HasSubstr("-icanon")));
  EXPECT_THAT(settings, Not(HasSubstr("-isig")));
}

TEST_F(TopCommand, EndsOnASignalAndOnErrorsWithTheTerminalAsItWas) {
  create("demo");
  EXPECT_EQ(study({"top", "demo"}).status, 2) << "this test's output is no terminal";
  enter("clear; " + program("top none"));
  screen_with("no study");
  enter("clear; " + program("top demo"));
  screen_with("q: leave");
  const ProgramAnswer children =
      run_to_end("/bin/sh", {"sh", "-c",
                             "kill -TERM $(cat /proc/$(tmux -L " + name_ +
                                 " display-message -p '#{pane_pid}')/task/*/children)"});
  EXPECT_EQ(children.status, 0) << children.err;
  screen_with("ready:");
  enter("stty -a");
  EXPECT_THAT(screen_with(" echo "), Not(HasSubstr("-icanon")));
}

TEST_F(TopCommand, AnswersAQuestionOfAnAgent) {
  create("demo");
  const auto questions = [this] {
    return study({"questions", "demo", "--all", "--json"}).json()["questions"];
  };
  ask_as("W1", "May the cache be kept?");
  ask_as("W2", "Which of the two formats?");
  enter(program("top demo"));

  screen_with("a: answer a question");
  type("a");
  EXPECT_THAT(screen_with("(1 of 2)"), HasSubstr("May the cache be kept?"));
  type("never mind");
  screen_with("> never mind_");
  tmux({"send-keys", "Escape"});
  screen_with("q: leave");
  type("a");
  tmux({"send-keys", "Tab"});
  EXPECT_THAT(screen_with("(2 of 2)"), HasSubstr("Which of the two formats?"));
  enter("the öld one, q");
  screen_with("Question 2 is answered; W2 goes on with trial 1.");
  type("q");

  EXPECT_EQ(questions()[0]["state"], "open");
  EXPECT_EQ(questions()[1]["answer"], "the öld one, q");
}

}  // namespace
}  // namespace studyhall::cli
