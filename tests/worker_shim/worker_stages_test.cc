// Trials that are pipelines of prompts and commands, with a fake of the CLI.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "core/error.h"
#include "tests/support/paths.h"
#include "tests/worker_shim/worker_fixture.h"

namespace studyhall::worker_shim {
namespace {

using studyhall::testing::FakeStudyApi;
using studyhall::testing::slurp;
using studyhall::testing::spit;
using ::testing::HasSubstr;

class WorkerStages : public WorkerTest {
 protected:
  void SetUp() override {
    setenv("STUDY_CLAUDE", source_path("tests/support/fake_claude").c_str(), 1);
    setenv("TMPDIR", dir_.path().c_str(), 1);
  }
  void TearDown() override {
    unsetenv("STUDY_CLAUDE");
    unsetenv("TMPDIR");
    WorkerTest::TearDown();
  }

  static Json command(const std::string& name, const std::string& script) {
    return {{"name", name}, {"command", {"sh", "-c", script}}};
  }
  // An agent whose prompt begins with the scenario.
  Json agent(const std::string& name, const std::string& scenario) {
    spit(dir_.path() / (name + ".md"), scenario + "\n");
    return {{"name", name}, {"prompt", name + ".md"}};
  }
  static Json pipeline(const std::vector<Json>& stages) {
    bool has_agent = false;
    for (const Json& stage : stages) has_agent = has_agent || stage.contains("prompt");
    return {{"agent", has_agent ? "claude" : "command"}, {"stages", stages}};
  }
};

TEST_F(WorkerStages, RunOneAfterTheOtherInOneWorkspace) {
  const TellRequest told = told_for(
      pipeline({command("first", "echo $STUDY_STAGE > a"),
                command("second", "echo $STUDY_STAGE >> a; echo '{\"score\": 2}' > result.json"),
                command("third", "cat a")}));

  EXPECT_EQ(told.state, TrialState::Complete);
  EXPECT_EQ(told.values, std::vector{2.0});
  EXPECT_EQ(told.evidence["kind"], "attested");
  EXPECT_EQ(slurp(workspace("W1-0") / "a"), "first\nsecond\n");
  EXPECT_EQ(slurp(workspace("W1-0") / "run.log"), "first\nsecond\n");
  EXPECT_TRUE(said("#0: stage 2 of 3: second"));
}

TEST_F(WorkerStages, KeepTheSummaryThatTheyLeave) {
  told_for(pipeline({command("run", "echo '{\"score\": 2}' > result.json"),
                     command("document", "echo 'It was the sensors.' > SUMMARY.md")}));
  EXPECT_THAT(slurp(workspace("W1-0") / "SUMMARY.md"), HasSubstr("**complete**"));
  EXPECT_THAT(slurp(workspace("W1-0") / "SUMMARY.md"), HasSubstr("It was the sensors."));
}

TEST_F(WorkerStages, StopAtTheFirstThatFails) {
  const TellRequest told =
      told_for(pipeline({command("first", "echo broken; exit 3"), command("second", "touch b")}));

  EXPECT_EQ(told.reason, FailReason::BadConfig);
  EXPECT_EQ(told.note, "stage first: exit code 3; last output:\nbroken");
  EXPECT_FALSE(std::filesystem::exists(workspace("W1-0") / "b"));
}

TEST_F(WorkerStages, HaveLimitsOfTheirOwn) {
  Json experiment = pipeline({command("first", "exec sleep 60"), command("second", "true")});
  experiment["stages"][0]["time_limit_min"] = 0.002;
  experiment["time_limit_min"] = 10;
  const TellRequest told = told_for(experiment);
  EXPECT_EQ(told.reason, FailReason::BadConfig);
  EXPECT_EQ(told.note, "stage first: time limit of 0.002 min");
}

TEST_F(WorkerStages, ShareTheExperimentsTimeLimit) {
  Json experiment = pipeline({command("first", "sleep 0.3"), command("second", "exec sleep 60")});
  experiment["time_limit_min"] = 0.01;
  const TellRequest told = told_for(experiment);
  EXPECT_EQ(told.note, "time limit of 0.01 min");
  EXPECT_LT(told.usage.seconds, 30);
}

TEST_F(WorkerStages, ReportProgressFromEveryCommand) {
  FakeStudyApi api(study_file(pipeline(
      {command("first", R"(echo '{"step": 1, "value": 0.5}')"),
       command("second",
               R"(echo '{"step": 2, "value": 0.75}'; echo '{"score": 1}' > result.json)")})));
  api.add_trial(params());
  work(api);
  ASSERT_EQ(api.reported().size(), 2U);
  EXPECT_EQ(api.reported()[0].second.value, 0.5);
  EXPECT_EQ(api.reported()[1].second.step, 2);
}

// "ok" leaves a score of 0.5 and says that it used 7 turns and 0.5 USD.
TEST_F(WorkerStages, TakeTheScoreThatACommandMeasuredAndNotTheAgents) {
  const TellRequest told =
      told_for(pipeline({agent("implement", "ok"),
                         command("run",
                                 "test ! -e result.json && echo '{\"score\": 0.25}' "
                                 "> result.json"),
                         agent("document", "lies")}));

  EXPECT_EQ(told.state, TrialState::Complete) << told.note;
  EXPECT_EQ(told.values, std::vector{0.25});
  EXPECT_EQ(told.evidence["kind"], "attested");
  EXPECT_EQ(told.evidence["command"][0], "sh");
  EXPECT_EQ(told.usage.turns, 14);
  EXPECT_EQ(told.usage.cost_usd, 1.0);
  EXPECT_EQ(slurp(workspace("W1-0") / "prompt.implement.md"), "ok\n");
  EXPECT_EQ(slurp(workspace("W1-0") / "prompt.document.md"), "lies\n");
}

TEST_F(WorkerStages, OnlyClaimAScoreThatNoCommandMeasured) {
  const TellRequest told = told_for(pipeline({command("prepare", "true"), agent("work", "ok")}));
  EXPECT_EQ(told.values, std::vector{0.5});
  EXPECT_EQ(told.evidence["kind"], "claimed");
}

TEST_F(WorkerStages, KeepWhatWasMeasuredWhenAnAgentFailsToWriteAboutIt) {
  const TellRequest told = told_for(pipeline({agent("implement", "idle"),
                                              command("run",
                                                      "echo '{\"score\": 0.25}' > "
                                                      "result.json"),
                                              agent("document", "max-turns")}));
  EXPECT_EQ(told.state, TrialState::Complete);
  EXPECT_EQ(told.values, std::vector{0.25});
  EXPECT_THAT(told.note, HasSubstr("stage document: claude: Reached maximum number of turns (3)"));
}

TEST_F(WorkerStages, DeclineWhereWhatAnAgentMadeDoesNotRun) {
  const TellRequest told = told_for(
      pipeline({agent("implement", "idle"), command("run", "echo no such module; exit 1")}));
  EXPECT_EQ(told.reason, FailReason::Declined);
  EXPECT_THAT(told.note, HasSubstr("stage run: exit code 1; last output:\nno such module"));
}

TEST_F(WorkerStages, GiveEachAgentItsOwnCaps) {
  Json experiment = pipeline({agent("one", "ok"), agent("two", "ok")});
  experiment["claude"] = {{"max_turns", 30}};
  experiment["stages"][1]["max_turns"] = 4;
  experiment["stages"][1]["max_cost_usd"] = 0.5;
  told_for(experiment);
  EXPECT_THAT(slurp(workspace("W1-0") / "argv.txt"),
              HasSubstr("<--max-turns>\n<4>\n<--max-budget-usd>\n<0.5>"));
}

TEST_F(WorkerStages, AreCheckedBeforeTheFirstTrial) {
  FakeStudyApi api(study_file(
      pipeline({agent("implement", "ok"), {{"name", "run"}, {"command", {"./nowhere"}}}})));
  std::filesystem::remove(dir_.path() / "implement.md");
  try {
    work(api);
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("/experiment/stages/0/prompt"));
    EXPECT_THAT(error.what(), HasSubstr("/experiment/stages/1/command/0"));
  }
}

// The worker is killed in its second stage; the next one goes on there, with what the first used.
TEST_F(WorkerStages, GoOnAtTheStageThatWasUnderWay) {
  FakeStudyApi api(study_file(pipeline(
      {agent("implement", "ok"), command("run",
                                         "if mkdir been; then touch ready; exec sleep 600; "
                                         "fi; echo '{\"score\": 0.25}' > result.json")})));
  api.add_trial(params());
  ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  const pid_t worker = fork();
  if (worker == 0) {
    work(api);
    _exit(0);
  }
  while (!std::filesystem::exists(workspace("W1-0") / "ready")) usleep(1000);
  kill(worker, SIGKILL);
  while (waitpid(-1, nullptr, 0) > 0) {
  }
  EXPECT_EQ(errno, ECHILD);
  prctl(PR_SET_CHILD_SUBREAPER, 0);
  AskRequest request;
  request.request_id = "of the dead worker";
  api.ask("s", request);

  EXPECT_EQ(work(api).completed, 1);

  EXPECT_TRUE(said("#0: an earlier run left it unfinished: going on with it"));
  EXPECT_FALSE(said("stage 1 of 2"));
  ASSERT_EQ(api.told().size(), 1U);
  EXPECT_EQ(api.told()[0].request.values, std::vector{0.25});
  EXPECT_EQ(api.told()[0].request.usage.turns, 7);
  EXPECT_FALSE(std::filesystem::exists(workspace("W1-0.2")));
}

}  // namespace
}  // namespace studyhall::worker_shim
