#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/cli_run.h"

namespace studyhall::cli {
namespace {

using ::testing::HasSubstr;

class TrialCommands : public CliTest {
 protected:
  void SetUp() override { create(); }
  // The state of a trial as --json shows it.
  std::string state(const std::string& number) {
    return study({"show", "demo", number, "--json"}).json()["state"];
  }
};

TEST_F(TrialCommands, AskPrintsTheTrialAndHowToTellIt) {
  const RunResult result = study({"ask", "demo", "--worker", "W1"});
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.out, HasSubstr("trial 0 (suggested)"));
  EXPECT_THAT(result.out, HasSubstr("  x = "));
  EXPECT_THAT(result.out, HasSubstr("study tell demo 0 VALUE"));
  EXPECT_EQ(result.out.find('\x1b'), std::string::npos);
}

TEST_F(TrialCommands, AskPrintsJson) {
  const Json answer = study({"ask", "demo", "--count", "2", "--json"}).json();
  ASSERT_EQ(answer["trials"].size(), 2U);
  const Json& trial = answer["trials"][1];
  EXPECT_EQ(trial["number"], 1);
  EXPECT_EQ(trial["attempt"], 1);
  EXPECT_EQ(trial["purpose"], "suggested");
  EXPECT_TRUE(trial["params"]["x"].is_number());
  EXPECT_FALSE(trial["lease"]["token"].get<std::string>().empty());
  EXPECT_TRUE(trial["lease"]["expires_at"].is_string());
}

TEST_F(TrialCommands, AskRefusesAWorkerWithASlash) {
  const RunResult result = study({"ask", "demo", "--worker", "team/W1"});
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, HasSubstr("team/W1"));
}

TEST_F(TrialCommands, AskTakesALeaseAndARequestId) {
  const RunResult first = study({"ask", "demo", "--request-id", "r1", "--lease-s", "5", "--json"});
  const RunResult again = study({"ask", "demo", "--request-id", "r1", "--lease-s", "5", "--json"});
  EXPECT_EQ(first.json(), again.json());
  EXPECT_EQ(study({"ask", "demo", "--lease-s", "soon"}).status, 2);
}

TEST_F(TrialCommands, NothingToHandOutIsStatusThree) {
  create("small", R"("limits": {"trials": 1},)");
  EXPECT_EQ(study({"ask", "small"}).status, 0);
  const RunResult waiting = study({"ask", "small"});
  EXPECT_EQ(waiting.status, 0);
  EXPECT_THAT(waiting.out, HasSubstr("Ask again in"));
  study({"tell", "small", "0", "1"});
  const RunResult finished = study({"ask", "small", "--json"});
  EXPECT_EQ(finished.status, 3);
  EXPECT_EQ(finished.json()["error"]["code"], "finished");
  EXPECT_THAT(finished.err, HasSubstr("nothing to hand out"));

  const RunResult made = study({"create", "-"}, R"({"name": "two", "direction": "minimize",
      "sampler": {"name": "random"},
      "params": {"kind": {"type": "categorical", "choices": ["a", "b"]}}})");
  ASSERT_EQ(made.status, 0) << made.err;
  EXPECT_EQ(study({"ask", "two", "--count", "2"}).status, 0);
  study({"tell", "two", "0", "1"});
  study({"tell", "two", "1", "1"});
  const RunResult exhausted = study({"ask", "two", "--json"});
  EXPECT_EQ(exhausted.status, 3);
  EXPECT_EQ(exhausted.json()["error"]["code"], "exhausted");
}

TEST_F(TrialCommands, TellTakesNegativeValuesWithAndWithoutDashes) {
  study({"ask", "demo", "--count", "3"});
  EXPECT_EQ(study({"tell", "demo", "0", "-1.5"}).status, 0);
  EXPECT_EQ(study({"tell", "demo", "1", "--", "-2.5"}).status, 0);
  EXPECT_EQ(study({"tell", "--metric", "loss=-3", "demo", "2", "-.5e1"}).status, 0);
  const Json trials = study({"trials", "demo", "--json"}).json()["trials"];
  EXPECT_EQ(trials[0]["value"], -1.5);
  EXPECT_EQ(trials[1]["value"], -2.5);
  EXPECT_EQ(trials[2]["value"], -5);
  EXPECT_EQ(trials[2]["metrics"]["loss"], -3);
}

TEST_F(TrialCommands, TellRefusesWhatIsNoResult) {
  study({"ask", "demo"});
  const std::vector<std::vector<std::string>> cases{
      {"abc"},
      {"nan"},
      {"-nan"},
      {"inf"},
      {"-inf"},
      {},  //
      {"1", "--metric", "m=nan"},
      {"1", "--metric", "m"},
      {"1", "--metric", "=1"},
      {"1", "--state", "done"},
      {"1", "--state", "running"},
      {"--reason", "bad luck"},
      {"1", "--state", "complete", "--reason", "infra"},
      {"1", "2"}};
  for (const auto& words : cases) {
    std::vector<std::string> args{"tell", "demo", "0"};
    args.insert(args.end(), words.begin(), words.end());
    const RunResult result = study(args);
    EXPECT_EQ(result.status, 2) << ::testing::PrintToString(words);
    EXPECT_TRUE(result.err.starts_with("study: ")) << result.err;
  }
  EXPECT_EQ(study({"tell", "demo", "x", "1"}).status, 2);
  EXPECT_EQ(state("0"), "running");
}

TEST_F(TrialCommands, TellTwiceIsFineWithTheSameResultOnly) {
  study({"ask", "demo"});
  const Json first = study({"tell", "demo", "0", "1", "--json"}).json();
  EXPECT_EQ(first["number"], 0);
  EXPECT_EQ(first["state"], "complete");
  EXPECT_EQ(study({"tell", "demo", "0", "1", "--json"}).json()["already"], true);
  EXPECT_EQ(study({"tell", "demo", "0", "2"}).status, 1);
  EXPECT_EQ(study({"tell", "demo", "0", "1", "--lease", "never-issued"}).status, 1);
  EXPECT_EQ(study({"tell", "demo", "9", "1"}).status, 1);
}

TEST_F(TrialCommands, TellKnowsStatesAndReasons) {
  study({"ask", "demo", "--count", "3"});
  EXPECT_EQ(study({"tell", "demo", "0", "--state", "failed", "--reason", "config"}).status, 0);
  EXPECT_EQ(state("0"), "failed");
  const RunResult infra = study({"tell", "demo", "1", "--reason", "infra"});
  EXPECT_EQ(infra.status, 0);
  EXPECT_THAT(infra.out, HasSubstr("waits to be handed out again"));
  EXPECT_EQ(state("1"), "waiting");
  EXPECT_EQ(study({"tell", "demo", "2", "0.5", "--state", "pruned"}).status, 0);
  EXPECT_EQ(state("2"), "pruned");
}

TEST_F(TrialCommands, ReportHeartbeatAndReleaseWorkOnARunningTrial) {
  study({"ask", "demo"});
  EXPECT_EQ(study({"report", "demo", "0", "10", "-0.25", "--json"}).json()["stop"], false);
  EXPECT_THAT(study({"report", "demo", "0", "20", "0.5"}).out, HasSubstr("go on"));
  EXPECT_EQ(study({"report", "demo", "0", "30", "abc"}).status, 2);
  EXPECT_EQ(study({"report", "demo", "0", "-1", "1"}).status, 2);
  EXPECT_EQ(study({"show", "demo", "0", "--json"}).json()["intermediate"]["10"], -0.25);
  EXPECT_TRUE(study({"heartbeat", "demo", "0", "--json"}).json().contains("expires_at"));
  EXPECT_EQ(study({"release", "demo", "0", "--json"}).json()["released"], 0);
  EXPECT_EQ(state("0"), "waiting");
  const Json again = study({"ask", "demo", "--json"}).json()["trials"][0];
  EXPECT_EQ(again["number"], 0);
  EXPECT_EQ(again["attempt"], 1);
}

TEST_F(TrialCommands, EnqueuedConfigurationsAreAskedFirst) {
  const RunResult result = study({"enqueue", "demo", "x=-2.5", "kind=b", "--priority", "-1"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("trial 0"));
  EXPECT_EQ(
      study({"enqueue", "demo", "x=1", "kind=a", "--priority", "3", "--json"}).json()["numbers"],
      Json::parse("[1]"));
  EXPECT_THAT(study({"enqueue", "demo", "x=1", "kind=a"}).out, HasSubstr("Nothing added: trial 1"));

  const Json first = study({"ask", "demo", "--json"}).json()["trials"][0];
  EXPECT_EQ(first["number"], 1);
  EXPECT_EQ(first["purpose"], "enqueued");
  const Json second = study({"ask", "demo", "--json"}).json()["trials"][0];
  EXPECT_EQ(second["params"], Json::parse(R"({"x": -2.5, "kind": "b"})"));
}

TEST_F(TrialCommands, EnqueueNamesWhatIsWrong) {
  const RunResult range = study({"enqueue", "demo", "x=11"});
  EXPECT_EQ(range.status, 2);
  EXPECT_THAT(range.err, HasSubstr("11"));
  EXPECT_THAT(study({"enqueue", "demo", "y=1"}).err, HasSubstr("y"));
  EXPECT_EQ(study({"enqueue", "demo", "kind=c"}).status, 2);
  EXPECT_EQ(study({"enqueue", "demo", "x"}).status, 2);
  EXPECT_EQ(study({"enqueue", "demo", "x=1", "x=2"}).status, 2);
  const RunResult tag = study({"enqueue", "demo", "x=1", "--tag", "g p"});
  EXPECT_EQ(tag.status, 2);
  EXPECT_THAT(tag.err, HasSubstr("/tags: found \"g p\""));
  const RunResult after = study({"enqueue", "demo", "x=1", "--after", "0"});
  EXPECT_EQ(after.status, 2);
  EXPECT_THAT(after.err, HasSubstr("there is no trial 0"));
}

TEST_F(TrialCommands, TrialsFilterByStateWorkerAndNumber) {
  study({"ask", "demo", "--worker", "W1", "--count", "2"});
  study({"ask", "demo", "--worker", "W2", "--count", "2"});
  study({"tell", "demo", "1", "1"});
  study({"tell", "demo", "2", "2"});
  const auto numbers = [&](std::vector<std::string> filter) {
    filter.insert(filter.begin(), {"trials", "demo", "--json"});
    std::vector<int> result;
    const Json trials = study(filter).json()["trials"];
    for (const Json& trial : trials) result.push_back(trial["number"]);
    return result;
  };
  using Numbers = std::vector<int>;
  EXPECT_EQ(numbers({}), (Numbers{0, 1, 2, 3}));
  EXPECT_EQ(numbers({"--state", "complete"}), (Numbers{1, 2}));
  EXPECT_EQ(numbers({"--worker", "W2"}), (Numbers{2, 3}));
  EXPECT_EQ(numbers({"--after", "1", "--limit", "1"}), (Numbers{2}));
  EXPECT_EQ(numbers({"--state", "pruned"}), Numbers{});
  EXPECT_EQ(study({"trials", "demo", "--state", "sleeping"}).status, 2);

  const RunResult table = study({"trials", "demo", "--limit", "2"});
  EXPECT_THAT(table.out, ::testing::ContainsRegex("\n +1  complete +1  W1"));
  EXPECT_THAT(table.out, HasSubstr("--after 1"));
}

TEST_F(TrialCommands, TrialsFitTheTerminal) {
  study({"ask", "demo", "--worker",
         "a-worker-with-a-name-of-sixty-four-letters-that-is-the-longest0", "--count", "3"});
  study({"tell", "demo", "0", "1", "--metric", "größe_温度=1.5", "--metric", "runtime=3"});
  for (const int width : {60, 80, 200}) {
    env_.variables["COLUMNS"] = std::to_string(width);
    for (const char* command : {"trials", "best", "list", "status"}) {
      const RunResult result =
          std::string(command) == "list" ? study({command}) : study({command, "demo"});
      EXPECT_EQ(result.status, 0);
      EXPECT_EQ(result.out.find('\x1b'), std::string::npos);
      std::istringstream lines(result.out);
      for (std::string line; std::getline(lines, line);) {
        // Every character of these tables but 温 and 度 takes one column.
        const auto characters = std::count_if(line.begin(), line.end(), [](char c) {
          return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
        });
        const bool wide = line.find("温度") != std::string::npos;
        EXPECT_LE(characters + (wide ? 2 : 0), width) << line;
      }
    }
  }
}

TEST_F(TrialCommands, ColourIsForTerminalsThatWantIt) {
  study({"ask", "demo"});
  env_.out_is_terminal = true;
  EXPECT_NE(study({"trials", "demo"}).out.find("\x1b["), std::string::npos);
  EXPECT_EQ(study({"trials", "demo", "--json"}).out.find("\x1b["), std::string::npos);
  env_.variables["NO_COLOR"] = "1";
  EXPECT_EQ(study({"trials", "demo"}).out.find("\x1b["), std::string::npos);
  env_.variables.erase("NO_COLOR");
  env_.variables["TERM"] = "dumb";
  EXPECT_EQ(study({"trials", "demo"}).out.find("\x1b["), std::string::npos);
}

}  // namespace
}  // namespace studyhall::cli
