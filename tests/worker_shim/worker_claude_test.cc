// Trials that an agent runs, with a fake of its CLI (tests/support/fake_claude).
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <thread>

#include "core/error.h"
#include "tests/worker_shim/worker_claude_fixture.h"

namespace studyhall::worker_shim {
namespace {

using studyhall::testing::FakeStudyApi;
using studyhall::testing::slurp;
using studyhall::testing::spit;
using ::testing::HasSubstr;
using ::testing::Not;

class WorkerClaudeTrials : public WorkerClaude {
 protected:
  Json scored_agent(const std::string& scenario, const std::string& score_script) {
    Json experiment = agent(scenario);
    experiment["score"] = {{"command", {"sh", "-c", score_script}}};
    return experiment;
  }
};

TEST_F(WorkerClaudeTrials, StoresAScoreThatOnlyTheAgentReportsAsClaimed) {
  const TellRequest told = told_for(agent("ok"));

  EXPECT_EQ(told.state, TrialState::Complete);
  EXPECT_EQ(told.values, std::vector{0.5});
  EXPECT_EQ(told.evidence["kind"], "claimed");
  EXPECT_EQ(told.usage.turns, 7);
  EXPECT_EQ(told.usage.tokens, 150);
  EXPECT_EQ(told.usage.cost_usd, 0.5);
  EXPECT_GT(told.usage.seconds, 0);
}

TEST_F(WorkerClaudeTrials, BelievesTheScoreCommandAndNotTheAgent) {
  const TellRequest told = told_for(scored_agent("lies", "echo '{\"score\": 0.25}' > result.json"));

  EXPECT_EQ(told.values, std::vector{0.25});
  EXPECT_EQ(told.evidence["kind"], "attested");
  EXPECT_EQ(told.evidence["command"][0], "sh");
  EXPECT_EQ(told.evidence["claimed"], Json({99.0}));
  EXPECT_EQ(told.note, "the agent claimed 99, measured was 0.25");
}

TEST_F(WorkerClaudeTrials, DoesNotFlagAClaimThatTheMeasurementBearsOut) {
  const TellRequest told = told_for(scored_agent("ok", "echo '{\"score\": 0.5}' > result.json"));
  EXPECT_FALSE(told.evidence.contains("claimed"));
  EXPECT_EQ(told.note, "");
}

TEST_F(WorkerClaudeTrials, GivesTheCliItsFlagsEnvironmentAndPrompt) {
  Json experiment =
      agent("ok",
            "x {{config.x}} {{{config.mode}}} <{{workspace}}> {{trial}} & {{config_json}}\n"
            "{{#params}}\n{{name}}={{value}}\n{{/params}}\n");
  experiment["claude"] = {
      {"model", "opus"}, {"max_turns", 3}, {"max_cost_usd", 1.5}, {"tools", {"Bash", "Read"}}};
  experiment["env"] = {{"API_TIMEOUT_MS", "60000"}};
  setenv("SECRET_OF_THE_WORKER", "1", 1);
  told_for(experiment);
  unsetenv("SECRET_OF_THE_WORKER");

  const std::string argv = slurp(workspace("W1-0") / "argv.txt");
  EXPECT_THAT(argv,
              HasSubstr("<-p>\n<--output-format>\n<stream-json>\n<--verbose>\n<--session-id>\n"));
  EXPECT_THAT(argv, ::testing::ContainsRegex(
                        "<[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}>"));
  EXPECT_THAT(argv, HasSubstr("<--model>\n<opus>\n<--max-turns>\n<3>\n<--max-budget-usd>\n<1.5>\n"
                              "<--permission-mode>\n<dontAsk>\n<--tools>\n<Bash,Read>\n"
                              "<--allowedTools>\n<Bash,Read>\n<--strict-mcp-config>\n"
                              "<--setting-sources>\n<>\n<--disable-slash-commands>\n"));
  const std::string environment = slurp(workspace("W1-0") / "env.txt");
  const std::string home = (dir_.path() / "runs/s/.home-W1").string();
  for (const std::string line :
       {"ANTHROPIC_API_KEY=dummy-key", "ANTHROPIC_BASE_URL=http://127.0.0.1:1",
        "API_TIMEOUT_MS=60000", "CLAUDE_CODE_MAX_RETRIES=3", "STUDY_PARAM_MODE=fast"}) {
    EXPECT_THAT(environment, HasSubstr(line + "\n"));
  }
  EXPECT_THAT(environment, HasSubstr("HOME=" + home + "\n"));
  EXPECT_THAT(environment, HasSubstr("CLAUDE_CONFIG_DIR=" + home + "/.claude\n"));
  EXPECT_THAT(environment, HasSubstr("CLAUDE_CODE_TMPDIR=" + dir_.path().string() + "/study-"));
  EXPECT_THAT(environment, Not(HasSubstr("SECRET_OF_THE_WORKER")));
  EXPECT_EQ(slurp(workspace("W1-0") / "prompt-seen.txt"),
            "ok\nx 1.5 fast <" + workspace("W1-0").string() +
                "> 0 & {\n  \"x\": 1.5,\n  \"mode\": \"fast\"\n}\nx=1.5\nmode=fast\n");
}

TEST_F(WorkerClaudeTrials, ReadsThePromptAfreshForEachTrial) {
  FakeStudyApi api(study_file(agent("ok")));
  api.add_trial(params());
  api.add_trial(params());
  api.on_tell = [this] { spit(dir_.path() / "prompt.md", "lies\n"); };

  work(api);

  EXPECT_EQ(api.told()[0].request.values, std::vector{0.5});
  EXPECT_EQ(api.told()[1].request.values, std::vector{99.0});
}

TEST_F(WorkerClaudeTrials, KeepsEventsApartFromWhatWentWrong) {
  told_for(agent("ok"));
  EXPECT_THAT(slurp(workspace("W1-0") / "events.jsonl"), HasSubstr("\"subtype\":\"init\""));
  EXPECT_EQ(slurp(workspace("W1-0") / "run.log"), "");
}

TEST_F(WorkerClaudeTrials, ReadsEventsOfAnyLengthAndTheLastOfSeveralResults) {
  EXPECT_EQ(told_for(agent("long-line")).usage.turns, 7);
  std::filesystem::remove_all(dir_.path() / "runs");
  const TellRequest told = told_for(agent("two-results"));
  EXPECT_EQ(told.state, TrialState::Complete);
  EXPECT_EQ(told.usage.turns, 7);
}

TEST_F(WorkerClaudeTrials, ReadsAPatternFromTheAgentsLastWords) {
  Json experiment = agent("idle");
  experiment["score"] = {{"pattern", "Score: ([0-9.]+)"}};
  const TellRequest told = told_for(experiment);
  EXPECT_EQ(told.values, std::vector{0.75});
  EXPECT_EQ(told.evidence["kind"], "claimed");
}

struct Declines {
  const char* scenario;
  const char* score;  // command; empty: none
  FailReason reason;
  const char* note;
};

class WorkerClaudeFails : public WorkerClaudeTrials,
                          public ::testing::WithParamInterface<Declines> {};

TEST_P(WorkerClaudeFails, WithItsReason) {
  const Declines& expected = GetParam();
  const std::string score = expected.score;
  const TellRequest told =
      told_for(score.empty() ? agent(expected.scenario) : scored_agent(expected.scenario, score));

  EXPECT_EQ(told.state, TrialState::Fail);
  EXPECT_EQ(told.reason, expected.reason);
  EXPECT_THAT(told.note, HasSubstr(expected.note));
}

INSTANTIATE_TEST_SUITE_P(
    All, WorkerClaudeFails,
    ::testing::Values(Declines{"idle", "", FailReason::Declined, "result.json was not written"},
                      Declines{"denied", "", FailReason::Declined, "1 tool calls were denied"},
                      Declines{"idle", "true", FailReason::Declined, "result.json was not written"},
                      Declines{"idle", "echo nothing to score; exit 1", FailReason::Declined,
                               "score command: exit code 1; last output:\nnothing to score"},
                      Declines{"ok", "echo '{\"score\": null}' > result.json",
                               FailReason::BadConfig, "expected a number"},
                      Declines{"max-turns", "echo '{\"score\": 1}' > result.json",
                               FailReason::Declined, "Reached maximum number of turns (3)"},
                      Declines{"crash", "", FailReason::Infra, "killed by signal 9"}),
    [](const auto& tested) { return "Case" + std::to_string(tested.index); });

TEST_F(WorkerClaudeTrials, CountsWhatAFailedAgentCost) {
  EXPECT_EQ(told_for(agent("max-turns")).usage.cost_usd, 1.5);
}

struct Passing {
  const char* scenario;
  const char* wait;  // with a unit of 1 ms
};

class WorkerClaudeWaits : public WorkerClaude, public ::testing::WithParamInterface<Passing> {};

TEST_P(WorkerClaudeWaits, AndBeginsTheStageAgainWithTheTrialKept) {
  FakeStudyApi api(study_file(agent(GetParam().scenario)));
  api.add_trial(params());
  WorkOptions mended = options();
  mended.say = [&, before = mended.say](const std::string& line) {
    if (line.find("API status") != std::string::npos) spit(dir_.path() / "prompt.md", "ok\n");
    before(line);
  };

  const WorkSummary summary = work(api, mended);

  EXPECT_EQ(summary.completed, 1);
  EXPECT_EQ(summary.failed, 0);
  EXPECT_TRUE(api.released().empty());
  EXPECT_TRUE(said(GetParam().wait));
  EXPECT_EQ(api.told()[0].request.usage.cost_usd, 0.75) << "the attempt that failed counts too";
}

INSTANTIATE_TEST_SUITE_P(All, WorkerClaudeWaits,
                         ::testing::Values(Passing{"rate-limit", "rate limit: parked for"},
                                           Passing{"rate-limit-retried", "rate limit: parked for"},
                                           Passing{"overloaded", "trying again in 0.1 s"}),
                         [](const auto& tested) { return "Case" + std::to_string(tested.index); });

TEST_F(WorkerClaudeTrials, ParksTheTrialForAsLongAsItWaits) {
  FakeStudyApi api(study_file(agent("rate-limit")));
  api.add_trial(params());
  WorkOptions stopped = options();
  stopped.backoff = std::chrono::seconds(1);
  stopped.say = [&](const std::string& line) {
    if (line.find("parked for") == std::string::npos) return;
    while (api.parked().empty()) std::this_thread::yield();
    interrupted_ = true;
  };

  EXPECT_EQ(work(api, stopped).end, WorkEnd::Stopped);

  ASSERT_FALSE(api.parked().empty());
  EXPECT_GT(api.parked()[0].for_s, 800);
  EXPECT_LT(api.parked()[0].for_s, 900 * 1.25 + 1);
  EXPECT_EQ(api.parked()[0].reason, "rate limit");
  EXPECT_EQ(api.told()[0].request.reason, FailReason::Cancelled);
}

// The other worker meets no rate limit of its own: it hears of the first one's.
TEST_F(WorkerClaudeTrials, WaitsWhileAnotherWorkerOfItsLoginDoes) {
  FakeStudyApi api(study_file(agent("rate-limit")));
  api.add_trial(params());
  WorkOptions stopped = options();
  stopped.backoff = std::chrono::seconds(1);
  stopped.say = [&](const std::string& line) {
    if (line.find("parked for") != std::string::npos) interrupted_ = true;
  };
  work(api, stopped);
  interrupted_ = false;

  FakeStudyApi other(study_file(agent("ok")));
  other.add_trial(params());
  stopped.worker = "W2";
  work(other, stopped);
  EXPECT_EQ(other.told()[0].request.reason, FailReason::Cancelled);
  EXPECT_EQ(slurp(workspace("W2-0") / "events.jsonl"), "");

  // Another login does not wait.
  interrupted_ = false;
  setenv("ANTHROPIC_API_KEY", "another-key", 1);
  FakeStudyApi free(study_file(agent("ok")));
  free.add_trial(params());
  EXPECT_EQ(work(free, stopped).completed, 1);
}

TEST_F(WorkerClaudeTrials, GivesTheTrialBackWhenTheApiStaysAway) {
  FakeStudyApi api(study_file(agent("overloaded")));
  api.add_trial(params());
  WorkOptions stopped = options();
  stopped.say = [&, before = stopped.say](const std::string& line) {
    before(line);
    if (line.find("given back") != std::string::npos) interrupted_ = true;
  };
  work(api, stopped);
  EXPECT_EQ(api.released(), std::vector<std::int64_t>{0});
  ASSERT_EQ(api.sent_back().size(), 1U);
  EXPECT_EQ(api.sent_back()[0].request.cause, FaultCause::ServerError);
  EXPECT_EQ(api.sent_back()[0].request.usage.cost_usd, 5 * 0.25) << "what five attempts cost";
  EXPECT_TRUE(said("trying again in 0.5 s") || said("trying again in 0.6 s"));
}

TEST_F(WorkerClaudeTrials, IsEndedWhenNothingIsHeardOfIt) {
  Json experiment = agent("hang");
  experiment["stall_min"] = 0.005;
  const TellRequest told = told_for(experiment);
  EXPECT_EQ(told.reason, FailReason::Infra);
  EXPECT_EQ(told.cause, FaultCause::Stall);
  EXPECT_EQ(told.note, "claude: stalled: nothing was heard for 0.3 s");
}

TEST_F(WorkerClaudeTrials, TellsTheNextAttemptWhatTheLastOneDid) {
  Json experiment =
      agent("max-turns", "{{#last_attempt}}Before: {{last_attempt}}{{/last_attempt}}");
  told_for(experiment);
  EXPECT_EQ(slurp(workspace("W1-0") / "prompt.md"), "max-turns\n");
  spit(dir_.path() / "prompt.md", "ok\n");
  told_for(experiment);
  EXPECT_THAT(slurp(workspace("W1-0.2") / "prompt.md"),
              HasSubstr("ok\n\n\n## The last attempt at this trial\n\nIt ran in " +
                        workspace("W1-0").string() + ".\nIt ended: claude: Reached maximum"));
  // That one is complete: nothing is left to tell.
  told_for(experiment);
  EXPECT_EQ(slurp(workspace("W1-0.3") / "prompt.md"), "ok\n");
}

TEST_F(WorkerClaudeTrials, FillsThePromptWithWhatTheStudyFileSays) {
  Json experiment = agent("ok",
                          "{{context.language}} {{context.test}} "
                          "{{#context.rules}}[{{.}}]{{/context.rules}}\n"
                          "{{#focus}}{{name}}:{{low}}..{{high}} {{/focus}}\n"
                          "{{leave_behind}}\n{{^leader}}none leads{{/leader}}{{^pin}} yet{{/pin}}");
  experiment["context"] = {
      {"language", "C++"}, {"test", "make test"}, {"rules", {"no macros", "no goto"}}};
  Json file = study_file(experiment);
  file["workers"] = {{"W1", {{"focus", {"x"}}}}};
  told_for_file(file);
  EXPECT_EQ(
      slurp(workspace("W1-0") / "prompt.md"),
      "ok\nC++ make test [no macros][no goto]\nx:0..10 \n"
      "SUMMARY.md: what you did and found, in a few lines. result.json: JSON with the score as "
      "a number at /score.\nnone leads yet");
}

class WorkerClaudeEnds : public WorkerClaude, public ::testing::WithParamInterface<Passing> {};

// No trial is to blame, and none could run: "refused-key" would hang if it were waited for.
TEST_P(WorkerClaudeEnds, GivesTheTrialBackAndEnds) {
  FakeStudyApi api(study_file(agent(GetParam().scenario)));
  api.add_trial(params());
  try {
    work(api);
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::Invalid);
    EXPECT_THAT(error.what(), HasSubstr(GetParam().wait));
  }
  EXPECT_EQ(api.released(), std::vector<std::int64_t>{0});
  EXPECT_TRUE(api.told().empty());
}

INSTANTIATE_TEST_SUITE_P(All, WorkerClaudeEnds,
                         ::testing::Values(Passing{"refused-key", "refused the key"},
                                           Passing{"no-credit", "Credit balance is too low"},
                                           Passing{"bad-model", "There is no such model"},
                                           Passing{"bad-flag", "unknown option '--frobnicate'"}),
                         [](const auto& tested) { return "Case" + std::to_string(tested.index); });

TEST_F(WorkerClaudeTrials, EndsTheAgentsTreeWhenInterrupted) {
  FakeStudyApi api(study_file(agent("hang")));
  api.add_trial(params());
  std::thread user([&] {
    while (!std::filesystem::exists(workspace("W1-0") / "ready")) std::this_thread::yield();
    interrupted_ = true;
  });

  EXPECT_EQ(work(api).end, WorkEnd::Stopped);

  user.join();
  EXPECT_EQ(api.told()[0].request.reason, FailReason::Cancelled);
}

TEST_F(WorkerClaudeTrials, RefusesAPromptOrCliThatIsNotThere) {
  FakeStudyApi api(study_file(agent("ok")));
  std::filesystem::remove(dir_.path() / "prompt.md");
  setenv("STUDY_CLAUDE", "/nowhere/claude", 1);
  try {
    work(api);
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::Invalid);
    EXPECT_THAT(error.what(), HasSubstr("prompt.md: there is no such file"));
    EXPECT_THAT(error.what(), HasSubstr("/nowhere/claude"));
  }
  EXPECT_EQ(api.calls("ask"), 0);
}

TEST_F(WorkerClaudeTrials, RefusesAPromptWithNamesThatNobodyGives) {
  FakeStudyApi api(study_file(agent("ok", "{{config.treshold}} {{trail}} {{> part}}")));
  try {
    work(api);
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("unknown {{> part}}, {{config.treshold}}, {{trail}}"));
  }
}

}  // namespace
}  // namespace studyhall::worker_shim
