// Trials run by the real Claude Code CLI against a mock of the Messages API on loopback.
//
// The CLI is STUDYHALL_CLAUDE, with a clean environment, a dummy key and a HOME of the test's own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <utility>

#include "core/error.h"
#include "tests/support/git_repo.h"
#include "tests/support/mock_messages_api.h"
#include "tests/worker_shim/worker_fixture.h"

namespace studyhall::worker_shim {
namespace {

using studyhall::testing::fails;
using studyhall::testing::FakeStudyApi;
using studyhall::testing::GitRepo;
using studyhall::testing::goes;
using studyhall::testing::MockMessagesApi;
using studyhall::testing::MockReply;
using studyhall::testing::MockRequest;
using studyhall::testing::runs;
using studyhall::testing::says;
using studyhall::testing::slurp;
using studyhall::testing::spit;
using studyhall::testing::uses;
using ::testing::HasSubstr;
using ::testing::Not;

class RealClaude : public WorkerTest {
 protected:
  void SetUp() override {
    const char* cli = std::getenv("STUDYHALL_CLAUDE");
    if (cli == nullptr || *cli == '\0') {
      GTEST_SKIP() << "STUDYHALL_CLAUDE does not name the Claude Code CLI";
    }
    setenv("STUDY_CLAUDE", cli, 1);
    setenv("ANTHROPIC_API_KEY", "dummy-key", 1);
    setenv("TMPDIR", dir_.path().c_str(), 1);
    spit(dir_.path() / "prompt.md", "Run the experiment with x = {{config.x}}.\n");
  }
  void TearDown() override {
    for (const char* name : {"STUDY_CLAUDE", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "TMPDIR"}) {
      unsetenv(name);
    }
    WorkerTest::TearDown();
  }

  static Json agent() {
    return {{"agent", "claude"},
            {"prompt", "prompt.md"},
            {"claude", {{"model", "claude-mock"}, {"max_turns", 6}}},
            {"env", {{"CLAUDE_CODE_MAX_RETRIES", "1"}, {"API_TIMEOUT_MS", "3000"}}}};
  }
  // An agent that a score command follows.
  static Json scored_agent(const std::string& script = "cp made.json result.json") {
    Json experiment = agent();
    experiment["score"] = {{"command", {"sh", "-c", script}}};
    return experiment;
  }

  // What the one trial is told as, with this script of the API.
  TellRequest told_with(const Json& experiment, MockMessagesApi::Script script) {
    FakeStudyApi api(study_file(experiment));
    api.add_trial(params());
    work_with(api, std::move(script));
    EXPECT_EQ(api.told().size(), 1U);
    return api.told().empty() ? TellRequest{} : api.told().front().request;
  }
  WorkSummary work_with(FakeStudyApi& api, MockMessagesApi::Script script) {
    MockMessagesApi mock(std::move(script));
    setenv("ANTHROPIC_BASE_URL", mock.url().c_str(), 1);
    const WorkSummary summary = work(api);
    requests_ = mock.requests();
    return summary;
  }

  std::vector<MockRequest> requests_;
};

MockReply writes_a_result(const MockRequest& request) {
  switch (request.turn) {
    case 0:
      return runs("echo '{\"score\": 0.75}' > made.json && cp made.json result.json");
    default:
      return says("All done.");
  }
}

TEST_F(RealClaude, RunsATrialWithItsToolsAndPrompt) {
  const TellRequest told = told_with(agent(), writes_a_result);

  EXPECT_EQ(told.state, TrialState::Complete) << told.note;
  EXPECT_EQ(told.values, std::vector{0.75});
  EXPECT_EQ(told.evidence["kind"], "claimed");
  EXPECT_EQ(told.usage.turns, 2);
  EXPECT_EQ(told.usage.tokens, 240);
  EXPECT_GT(told.usage.cost_usd, 0);
  ASSERT_FALSE(requests_.empty());
  EXPECT_TRUE(requests_[0].asks_for("Run the experiment with x = 1.5."));
  EXPECT_EQ(requests_[0].body["model"], "claude-mock");
  EXPECT_THAT(slurp(workspace("W1-0") / "events.jsonl"), HasSubstr("\"subtype\":\"init\""));
}

TEST_F(RealClaude, WritesWithTheWriteTool) {
  const TellRequest told = told_with(agent(), [&](const MockRequest& request) {
    if (request.turn > 0) return says("Written.");
    return uses("Write", {{"file_path", (workspace("W1-0") / "result.json").string()},
                          {"content", "{\"score\": 0.5}"}});
  });
  EXPECT_EQ(told.values, std::vector{0.5}) << told.note;
}

TEST_F(RealClaude, DoesNotBelieveAFalseScore) {
  const TellRequest told =
      told_with(scored_agent("echo '{\"score\": 0.25}' > result.json"), [](const auto& request) {
        return request.turn == 0 ? runs("echo '{\"score\": 99}' > result.json") : says("99!");
      });
  EXPECT_EQ(told.values, std::vector{0.25});
  EXPECT_EQ(told.evidence["kind"], "attested");
  EXPECT_EQ(told.evidence["claimed"], Json({99.0}));
}

TEST_F(RealClaude, GoesOnAfterAToolThatFails) {
  const TellRequest told = told_with(agent(), [](const MockRequest& request) {
    switch (request.turn) {
      case 0:
        return runs("exit 3");
      case 1:
        return runs("echo '{\"score\": 0.5}' > result.json");
      default:
        return says("Done.");
    }
  });
  EXPECT_EQ(told.values, std::vector{0.5}) << told.note;
  EXPECT_EQ(told.usage.turns, 3);
}

TEST_F(RealClaude, DeclinesWhenItEndsWithoutAResultOrSaysNothing) {
  EXPECT_EQ(told_with(agent(), [](const auto&) { return says("I would rather not."); }).reason,
            FailReason::Declined);
  const TellRequest silent = told_with(agent(), [](const auto&) { return says(""); });
  EXPECT_EQ(silent.reason, FailReason::Declined);
  EXPECT_THAT(silent.note, HasSubstr("claude ended without a word"));
}

TEST_F(RealClaude, DeclinesWhenItsTurnsAreUsedUp) {
  const TellRequest told = told_with(agent(), [](const auto&) { return runs("true"); });
  EXPECT_EQ(told.reason, FailReason::Declined);
  EXPECT_THAT(told.note, HasSubstr("Reached maximum number of turns (6)"));
  EXPECT_EQ(told.usage.turns, 7);
}

// Costs are list prices of what the API says it used.
TEST_F(RealClaude, DeclinesWhenItsMoneyIsUsedUp) {
  Json experiment = agent();
  experiment["claude"]["max_cost_usd"] = 0.5;
  experiment["claude"]["max_turns"] = 1000;
  const TellRequest told = told_with(experiment, [](const auto&) {
    MockReply reply = runs("true");
    reply.input_tokens = 50'000;
    return reply;
  });
  EXPECT_EQ(told.reason, FailReason::Declined);
  EXPECT_THAT(told.note, HasSubstr("budget"));
  EXPECT_GE(told.usage.cost_usd, 0.5);
  EXPECT_LT(told.usage.turns, 100);
}

TEST_F(RealClaude, IsEndedWhenItUsesTooManyTokens) {
  Json experiment = agent();
  experiment["claude"]["max_tokens"] = 500;
  experiment["claude"]["max_turns"] = 1000;
  const TellRequest told = told_with(experiment, [](const auto&) { return runs("true"); });
  EXPECT_EQ(told.reason, FailReason::Declined);
  EXPECT_THAT(told.note, HasSubstr("more than 500"));
  EXPECT_GT(told.usage.tokens, 500);
}

TEST_F(RealClaude, IsEndedWhenItsApiStalls) {
  for (const auto kind : {MockReply::Kind::NoByte, MockReply::Kind::Stall}) {
    Json experiment = agent();
    experiment["stall_min"] = 0.03;
    const TellRequest told = told_with(experiment, [&](const auto&) { return goes(kind); });
    EXPECT_EQ(told.reason, FailReason::Infra);
    EXPECT_EQ(told.cause, FaultCause::Stall);
    EXPECT_THAT(told.note, HasSubstr("stalled: nothing was heard for 1.8 s"));
    std::filesystem::remove_all(dir_.path() / "runs");
  }
}

// A command that ignores SIGTERM, in a session of its own.
TEST_F(RealClaude, IsEndedWithItsToolsAtTheTimeLimit) {
  Json experiment = agent();
  experiment["time_limit_min"] = 0.1;
  const TellRequest told = told_with(experiment, [](const auto&) {
    return runs("setsid nohup sh -c 'trap \"\" TERM; tail -f /dev/null' & tail -f /dev/null");
  });
  EXPECT_EQ(told.reason, FailReason::BadConfig);
  EXPECT_EQ(told.note, "time limit of 0.1 min");
}

TEST_F(RealClaude, WaitsOutARateLimitWithItsTrialParked) {
  FakeStudyApi api(study_file(scored_agent()));
  api.add_trial(params());
  const WorkSummary summary = work_with(api, [limited = false](const MockRequest& request) mutable {
    if (!std::exchange(limited, true)) {
      return fails(429, "rate_limit_error", "Rate limited", {{"retry-after", "3600"}});
    }
    return writes_a_result(request);
  });
  EXPECT_EQ(summary.completed, 1);
  EXPECT_TRUE(api.released().empty());
  EXPECT_FALSE(api.parked().empty());
  EXPECT_TRUE(said("rate limit: parked for"));
}

struct Refusal {
  int status;
  const char* type;
  const char* message;
};

class RealClaudeRefused : public RealClaude, public ::testing::WithParamInterface<Refusal> {};

TEST_P(RealClaudeRefused, EndsTheWorkerAndBlamesNoTrial) {
  FakeStudyApi api(study_file(agent()));
  api.add_trial(params());
  EXPECT_THROW(work_with(api,
                         [](const auto&) {
                           return fails(GetParam().status, GetParam().type, GetParam().message);
                         }),
               Error);
  EXPECT_EQ(api.released(), std::vector<std::int64_t>{0});
  EXPECT_TRUE(api.told().empty());
}

INSTANTIATE_TEST_SUITE_P(
    All, RealClaudeRefused,
    ::testing::Values(Refusal{401, "authentication_error", "invalid x-api-key"},
                      Refusal{403, "permission_error", "not allowed"},
                      Refusal{400, "invalid_request_error", "Your credit balance is too low"},
                      Refusal{404, "not_found_error", "model: claude-mock"}),
    [](const auto& tested) { return "Status" + std::to_string(tested.param.status); });

struct Passing {
  const char* name;
  MockReply reply;
};

class RealClaudeRetries : public RealClaude, public ::testing::WithParamInterface<Passing> {};

// The CLI's own retries are used up by then.
TEST_P(RealClaudeRetries, BeginsTheStageAgainWhenTheApiIsInTrouble) {
  FakeStudyApi api(study_file(agent()));
  api.add_trial(params());
  const WorkSummary summary = work_with(api, [this](const MockRequest& request) {
    return said("trying again in") ? writes_a_result(request) : GetParam().reply;
  });
  EXPECT_EQ(summary.completed, 1);
  EXPECT_TRUE(said("trying again in"));
  EXPECT_TRUE(api.released().empty());
}

INSTANTIATE_TEST_SUITE_P(
    All, RealClaudeRetries,
    ::testing::Values(Passing{"Overloaded", fails(529, "overloaded_error", "Overloaded")},
                      Passing{"ServerError", fails(500, "api_error", "Internal server error")},
                      Passing{"CutStream", goes(MockReply::Kind::CutStream)},
                      Passing{"Disconnect", goes(MockReply::Kind::Disconnect)}),
    [](const auto& tested) { return tested.param.name; });

TEST_F(RealClaude, TellsTheNextAttemptWhatTheLastOneDid) {
  Json experiment = agent();
  experiment["stall_min"] = 0.03;
  told_with(experiment, [](const MockRequest& request) {
    return request.turn == 0 ? runs("echo half > half-done.txt") : goes(MockReply::Kind::NoByte);
  });
  told_with(experiment, writes_a_result);
  ASSERT_FALSE(requests_.empty());
  EXPECT_TRUE(requests_[0].asks_for("## The last attempt at this trial"));
  EXPECT_TRUE(requests_[0].asks_for("It ended: claude: stalled: nothing was heard for 1.8 s"));
  EXPECT_TRUE(requests_[0].asks_for("half-done.txt (5 bytes)"));
}

TEST_F(RealClaude, GivesTheSystemPromptMcpServersAndProjectSettingsThatWereAskedFor) {
  spit(dir_.path() / "system.md", "Trial {{trial}} is a matter of honour.\n");
  Json experiment = agent();
  experiment["claude"]["system_prompt"] = "system.md";
  experiment["claude"]["mcp"] = {{"gone", {{"command", "/nowhere/server"}}}};
  const TellRequest told = told_with(experiment, writes_a_result);
  EXPECT_EQ(told.state, TrialState::Complete) << told.note;
  EXPECT_THAT(told.note, HasSubstr("MCP servers that failed: gone"));
  ASSERT_FALSE(requests_.empty());
  EXPECT_THAT(requests_[0].body["system"].dump(), HasSubstr("Trial 0 is a matter of honour."));
  EXPECT_THAT(requests_[0].body["tools"].dump(), Not(HasSubstr("WebFetch")));

  std::filesystem::remove_all(dir_.path() / "runs");
  experiment["claude"] = {{"allow_web", true}};
  told_with(experiment, writes_a_result);
  EXPECT_THAT(requests_[0].body["tools"].dump(), HasSubstr("WebFetch"));
}

// A subscription's login, made once in the worker's own HOME.
TEST_F(RealClaude, UsesTheLoginOfItsWorkersHome) {
  unsetenv("ANTHROPIC_API_KEY");
  const std::filesystem::path home = dir_.path() / "runs" / "s" / ".home-W1" / ".claude";
  std::filesystem::create_directories(home);
  const Json oauth = {{"accessToken", "dummy-access"},
                      {"refreshToken", "dummy-refresh"},
                      {"expiresAt", 4'102'444'800'000},  // 2100
                      {"scopes", {"user:inference"}},
                      {"subscriptionType", "max"}};
  spit(home / ".credentials.json", Json{{"claudeAiOauth", oauth}}.dump());

  const TellRequest told = told_with(agent(), writes_a_result);

  EXPECT_EQ(told.state, TrialState::Complete) << told.note;
  ASSERT_FALSE(requests_.empty());
  EXPECT_EQ(requests_[0].authorization, "Bearer dummy-access");
}

// What the repository says to agents counts where the study says so.
TEST_F(RealClaude, LoadsTheRepositorysOwnInstructionsOnlyWhenAsked) {
  GitRepo repo(dir_.path() / "repo");
  Json experiment = agent();
  experiment["workspace"] = {{"kind", "worktree"}, {"repo", "repo"}};
  experiment["workspace"]["base_commit"] = repo.commit("CLAUDE.md", "Honour the sparse matrix.\n");
  for (const bool asked : {false, true}) {
    experiment["claude"]["project_settings"] = asked;
    told_with(experiment, writes_a_result);
    ASSERT_FALSE(requests_.empty());
    EXPECT_EQ(requests_[0].body.dump().find("Honour the sparse matrix") != std::string::npos,
              asked);
  }
}

}  // namespace
}  // namespace studyhall::worker_shim
