#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdio.h>

#include <regex>
#include <set>

#include "tests/cli/cli_run.h"
#include "tests/support/paths.h"

namespace studyhall::cli {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsSupersetOf;
using ::testing::UnorderedElementsAre;

class Completion : public CliTest {
 protected:
  // What bash offers for `words`, the last of which is being typed.
  std::vector<std::string> offered(const std::vector<std::string>& words) {
    std::string line = "cd '" + dir_.path().string() + "'\nPATH=" + build_path("bin") +
                       ":$PATH\nsource <(study completion bash)\nCOMP_WORDS=(study";
    for (const std::string& word : words) line += " '" + word + "'";
    line += ")\nCOMP_CWORD=" + std::to_string(words.size()) +
            "\n_study\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n";
    const auto script = write_file("ask.bash", line);
    FILE* bash = popen(("bash --norc '" + script.string() + "'").c_str(), "r");
    std::string text;
    for (int c = 0; (c = fgetc(bash)) != EOF;) text += static_cast<char>(c);
    EXPECT_EQ(pclose(bash), 0);
    std::vector<std::string> result;
    std::istringstream lines(text);
    for (std::string word; std::getline(lines, word);)
      if (!word.empty()) result.push_back(word);
    return result;
  }
};

TEST_F(Completion, OffersCommandsOptionsAndValues) {
  EXPECT_THAT(offered({"he"}), ElementsAre("heartbeat"));
  EXPECT_THAT(offered({"st"}), UnorderedElementsAre("status", "stop"));
  EXPECT_THAT(offered({"export", "--form"}), ElementsAre("--format"));
  EXPECT_THAT(offered({"export", "--format", ""}), ElementsAre("csv", "jsonl", "mlflow"));
  EXPECT_THAT(offered({"compare", "demo", "--format", ""}), ElementsAre("md", "html", "json"));
  EXPECT_THAT(offered({"tell", "demo", "3", "--reason", "in"}), ElementsAre("infra"));
  EXPECT_THAT(offered({"completion", ""}), ElementsAre("bash"));
}

TEST_F(Completion, OffersTheStudiesOfTheDatabase) {
  create("first");
  create("second");
  EXPECT_THAT(offered({"show", ""}), ElementsAre("first", "second"));
  EXPECT_THAT(offered({"best", "--db", database().string(), "--top", "3", "se"}),
              ElementsAre("second"));
  EXPECT_THAT(offered({"show", "--db", "other.db", ""}), ElementsAre());
}

TEST_F(Completion, KnowsEveryCommandAndOptionOfTheProgram) {
  const std::string help = run_plain({"--help"}).out;
  const std::regex command_line("\n  ([a-z]+) +[a-z]");
  int commands = 0;
  for (std::sregex_iterator it(help.begin(), help.end(), command_line), end; it != end; ++it) {
    const std::string command = (*it)[1];
    if (command == "study") continue;
    ++commands;
    EXPECT_THAT(offered({command}), Contains(command));

    const std::string text = run_plain({command, "--help"}).out;
    const std::string options = text.substr(0, text.find("Examples:"));
    const std::regex option("[ ,](--[a-z-]+)");
    std::set<std::string> known;
    for (std::sregex_iterator o(options.begin(), options.end(), option); o != end; ++o)
      known.insert((*o)[1]);
    EXPECT_GE(known.size(), 5U) << options;
    EXPECT_THAT(offered({command, "--"}), IsSupersetOf(known)) << command;
  }
  EXPECT_EQ(commands, 60);
}

TEST_F(Completion, KnowsTheActionsOnTasks) {
  create("demo");
  const std::vector<std::string> actions{"add",  "import",    "list", "show",    "ask",
                                         "tell", "heartbeat", "park", "release", "cancel"};
  EXPECT_EQ(offered({"task", ""}), actions);
  EXPECT_THAT(offered({"task", "add", "--db", database().string(), "de"}), ElementsAre("demo"));
  EXPECT_THAT(offered({"task", "tell", "demo", "3", "--state", ""}), ElementsAre("done", "failed"));
  EXPECT_THAT(offered({"task", "add", "demo", "--priority", "h"}), ElementsAre("high"));
  for (const std::string& action : actions) {
    const std::string text = run_plain({"task", action, "--help"}).out;
    const std::string options = text.substr(0, text.find("Examples:"));
    const std::regex option("[ ,](--[a-z-]+)");
    std::set<std::string> known;
    for (std::sregex_iterator o(options.begin(), options.end(), option), end; o != end; ++o)
      known.insert((*o)[1]);
    EXPECT_THAT(offered({"task", action, "--"}), IsSupersetOf(known)) << action;
  }
}

TEST_F(Completion, ExistsForBashOnly) {
  EXPECT_EQ(run_plain({"completion", "fish"}).status, 2);
  EXPECT_EQ(run_plain({"completion", "bash"}).out,
            read_file(source_path("cli/completion/study.bash")));
}

}  // namespace
}  // namespace studyhall::cli
