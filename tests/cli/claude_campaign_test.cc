// studies/heat_signature run by Claude agents: the real CLI, a mock of its API, a real server and
// three workers, with a failure of each kind. Long: STUDYHALL_TEST_LONG=1, and STUDYHALL_CLAUDE
// names the CLI.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <atomic>
#include <iostream>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "client/study_client.h"
#include "core/clock.h"
#include "core/error.h"
#include "tests/cli/cli_run.h"
#include "tests/cli/study_process.h"
#include "tests/support/git_repo.h"
#include "tests/support/mock_messages_api.h"
#include "tests/support/paths.h"
#include "tests/support/processes.h"
#include "worker_shim/worker.h"

namespace studyhall::cli {
namespace {

using testing::MockReply;
using testing::MockRequest;

constexpr int kTrials = 10;

class ClaudeCampaign : public CliTest, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    const char* cli = std::getenv("STUDYHALL_CLAUDE");
    const char* longer = std::getenv("STUDYHALL_TEST_LONG");
    if (cli == nullptr || longer == nullptr || std::string(longer) != "1") {
      GTEST_SKIP() << "wants STUDYHALL_TEST_LONG=1 and STUDYHALL_CLAUDE";
    }
    setenv("STUDY_CLAUDE", cli, 1);
    setenv("ANTHROPIC_API_KEY", "dummy-key", 1);
    setenv("HEAT_SIGNATURE_BIN", build_path("bin/heat_signature").c_str(), 1);
    if (in_worktrees()) repo_.emplace(path("experiment") / "repo");
  }
  static bool in_worktrees() { return std::string(GetParam()) == "worktree"; }
  void TearDown() override {
    for (const char* name :
         {"STUDY_CLAUDE", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "HEAT_SIGNATURE_BIN"}) {
      unsetenv(name);
    }
  }

  // The study file with an agent in place of the command, which is the score command.
  Json study_file() {
    Json file = Json::parse(slurp_study(), nullptr, true, true);
    write_file("experiment/prompt.md",
               "This is trial {{trial}}, attempt {{attempt}}.\n"
               "{{#focus}}Your focus is {{name}}.\n{{/focus}}{{config_json}}\n{{leave_behind}}\n");
    Json& experiment = file["experiment"];
    experiment["score"]["command"] = {source_path("studies/heat_signature/run.sh"),
                                      "--config",
                                      "{config}",
                                      "--seed",
                                      "{seed}",
                                      "--out",
                                      "{workspace}/result.json"};
    experiment.erase("command");
    experiment["agent"] = "claude";
    experiment["prompt"] = "prompt.md";
    experiment["dir"] = path("experiment").string();
    experiment["claude"] = {{"model", "claude-mock"}, {"max_turns", 5}};
    experiment["env"] = {{"CLAUDE_CODE_MAX_RETRIES", "1"}, {"API_TIMEOUT_MS", "3000"}};
    experiment["stall_min"] = 0.15;
    if (in_worktrees()) {
      experiment["workspace"] = {{"kind", "worktree"}, {"repo", "repo"}, {"keep", "none"}};
      experiment["workspace"]["base_commit"] = repo_->commit("README", "the start\n");
    }
    file["limits"] = {{"trials", kTrials}};
    file["confirm"] = {{"replicates", 0}};
    return file;
  }
  static std::string slurp_study() {
    return testing::slurp(source_path("studies/heat_signature/study.jsonc"));
  }

  // What the API does in each trial; a trouble passes once the worker has said that it met it.
  MockReply reply(const MockRequest& request) {
    const auto is = [&](int trial) {
      return request.asks_for("trial " + std::to_string(trial) + ", attempt 1.") && !passed(trial);
    };
    if (is(0)) return testing::fails(401, "authentication_error", "invalid x-api-key");
    if (is(2)) return testing::goes(MockReply::Kind::Stall);
    if (is(3)) {
      return testing::fails(429, "rate_limit_error", "Rate limited", {{"retry-after", "3600"}});
    }
    if (is(4)) return testing::fails(529, "overloaded_error", "Overloaded");
    if (is(5)) return testing::fails(500, "api_error", "Internal server error");
    if (is(6)) return testing::goes(MockReply::Kind::CutStream);
    if (is(8)) return testing::runs("true");  // until its turns are used up
    if (is(9) && request.turn == 0) return testing::runs("echo '{\"score\": 99}' > result.json");
    if (is(1) && request.turn == 0) return testing::runs("exit 3");
    if (is(7)) return testing::says("");
    if (request.turn < 2) return testing::runs("echo looked at it > SUMMARY.md");
    return testing::says("Done.");
  }
  bool passed(int trial) {
    const std::lock_guard lock(mutex_);
    return passed_.contains(trial);
  }
  void heard(const std::string& line) {
    const std::lock_guard lock(mutex_);
    lines_.push_back(line);
    const bool passes = line.find("trying again") != std::string::npos ||
                        line.starts_with("#0: given back") ||
                        line.find("API status 429") != std::string::npos;
    if (passes && line.starts_with("#")) passed_.insert(std::stoi(line.substr(1)));
  }

  // Works until the study is finished, begun again where the API had refused the key.
  void work(const std::string& url, const std::string& worker) {
    const auto api = client::connect(url);
    const SystemClock clock;
    worker_shim::WorkOptions options;
    options.study = "heat_signature";
    options.worker = worker;
    options.runs = path("runs");
    options.backoff = std::chrono::milliseconds(10);
    options.beat_every = std::chrono::milliseconds(500);
    options.say = [this](const std::string& line) { heard(line); };
    const std::atomic<bool> never = false;
    for (;;) {
      try {
        worker_shim::work(*api, clock, options, never);
        return;
      } catch (const Error& error) {
        heard(worker + ": " + error.what());
        ASSERT_NE(std::string(error.what()).find("authentication_failed"), std::string::npos)
            << error.what();
        ++refused_;
      }
    }
  }

  std::optional<testing::GitRepo> repo_;
  std::mutex mutex_;
  std::set<int> passed_;
  std::vector<std::string> lines_;
  std::atomic<int> refused_ = 0;
};

TEST_P(ClaudeCampaign, AccountsForEveryTrialThroughAFailureOfEachKind) {
  const Json file = study_file();
  ServerProcess server(database(), dir_.path());
  testing::MockMessagesApi mock([this](const MockRequest& request) { return reply(request); });
  setenv("ANTHROPIC_BASE_URL", mock.url().c_str(), 1);
  const auto api = client::connect(server.url());
  api->create_study(file);

  std::vector<std::thread> workers;
  for (const char* name : {"W1", "W2", "W3"}) {
    workers.emplace_back([&, name] { work(server.url(), name); });
  }
  for (std::thread& worker : workers) worker.join();

  for (const std::string& line : lines_) std::cout << line << "\n";
  // Each failure was met, and as what it is.
  for (const char* words : {"#0: given back: claude: the API refused the key", "#2: failed (infra)",
                            "#3: rate limit: parked for", "(API status 529); trying again",
                            "(API status 500); trying again", "#6: claude: API Error: Connection",
                            "#8: failed (declined)"}) {
    EXPECT_TRUE(std::any_of(lines_.begin(), lines_.end(), [&](const std::string& line) {
      return line.find(words) != std::string::npos;
    })) << words;
  }
  EXPECT_TRUE(testing::processes_with(path("runs").string()).empty());
  EXPECT_GE(refused_, 1);
  const StudyInfo info = api->study("heat_signature");
  EXPECT_EQ(info.counts.at("complete"), kTrials);
  EXPECT_EQ(info.counts.at("running"), 0);
  EXPECT_EQ(info.counts.at("waiting"), 0);
  const auto trials = api->trials("heat_signature", {});
  ASSERT_EQ(trials.size(), static_cast<std::size_t>(kTrials));
  for (const TrialView& trial : trials) {
    EXPECT_EQ(trial.state, TrialState::Complete) << trial.number;
    ASSERT_TRUE(trial.record.evidence.is_object()) << trial.number;
    EXPECT_EQ(trial.record.evidence["kind"], "attested") << trial.number;
    EXPECT_TRUE(trial.metrics.contains("runtime_min")) << trial.number;
  }
  // It needs no word of the agent to be measured.
  EXPECT_NE(trials[7].record.note.find("ended without a word"), std::string::npos);
  EXPECT_EQ(trials[9].record.evidence["claimed"], Json({99.0}));
  if (!in_worktrees()) return;
  // Nothing is kept but the branches, with what was done on them.
  const std::string worktrees = repo_->git({"worktree", "list"});
  EXPECT_EQ(std::count(worktrees.begin(), worktrees.end(), '\n'), 0) << worktrees;
  for (const TrialView& trial : trials) {
    const std::string branch = trial.record.evidence["git"][0]["branch"];
    EXPECT_FALSE(repo_->git({"rev-parse", branch}).empty()) << trial.number;
  }
}

INSTANTIATE_TEST_SUITE_P(Workspaces, ClaudeCampaign, ::testing::Values("directory", "worktree"),
                         [](const auto& tested) { return std::string(tested.param); });

}  // namespace
}  // namespace studyhall::cli
