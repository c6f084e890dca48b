#include "cli/embedded_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "core/error.h"
#include "tests/cli/study_process.h"
#include "tests/support/temp_dir.h"

namespace studyhall::cli {
namespace {

using ::testing::HasSubstr;

class EmbeddedApiTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path database() const { return dir_.path() / "s.db"; }

  static Json study_file() {
    return Json::parse(R"({"name": "demo", "direction": "maximize", "seed": 3,
        "sampler": {"name": "random"},
        "params": {"x": {"type": "int", "low": 0, "high": 199}}})");
  }

  static TellRequest result(double value, const std::string& lease = "") {
    TellRequest request;
    request.values = {value};
    request.lease = lease;
    return request;
  }

  testing::TempDir dir_;
  SystemClock clock_;
};

TEST_F(EmbeddedApiTest, SeesWhatOthersWrote) {
  EmbeddedApi first(database(), clock_);
  EmbeddedApi second(database(), clock_);
  first.create_study(study_file());
  EXPECT_EQ(second.ask("demo", {}).trials.at(0).number, 0);
  EXPECT_EQ(first.ask("demo", {}).trials.at(0).number, 1);
  second.tell("demo", 1, result(2.5));
  EXPECT_EQ(first.study("demo").best_value, 2.5);
}

TEST_F(EmbeddedApiTest, ABeatIsSeenByOthers) {
  EmbeddedApi first(database(), clock_);
  EmbeddedApi second(database(), clock_);
  first.create_study(study_file());
  first.ask("demo", {.worker = "W1", .lease_s = 300, .request_id = ""});
  const auto before = second.trial("demo", 0).lease_expires;
  first.heartbeat("demo", 0, {""});
  EXPECT_GT(second.trial("demo", 0).lease_expires, before);
}

TEST_F(EmbeddedApiTest, ThreadsAndObjectsShareOneFile) {
  EmbeddedApi(database(), clock_).create_study(study_file());
  EmbeddedApi shared(database(), clock_);
  constexpr int kThreads = 6;
  constexpr int kRounds = 8;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      EmbeddedApi own(database(), clock_);
      StudyApi& api = t % 2 == 0 ? static_cast<StudyApi&>(shared) : own;
      for (int i = 0; i < kRounds; ++i) {
        const AskedTrial trial = api.ask("demo", {}).trials.at(0);
        api.heartbeat("demo", trial.number, {trial.lease.token});
        api.tell("demo", trial.number, result(i, trial.lease.token));
      }
    });
  for (std::thread& thread : threads) thread.join();

  const std::vector<TrialView> trials = shared.trials("demo", {});
  ASSERT_EQ(trials.size(), static_cast<std::size_t>(kThreads * kRounds));
  std::set<int> configurations;
  for (std::size_t n = 0; n < trials.size(); ++n) {
    EXPECT_EQ(trials[n].number, static_cast<std::int64_t>(n));
    EXPECT_EQ(trials[n].state, TrialState::Complete);
    configurations.insert(trials[n].params["x"].get<int>());
  }
  EXPECT_EQ(configurations.size(), trials.size());
}

TEST_F(EmbeddedApiTest, WaitsForALockInVainWithAMessage) {
  EmbeddedApi api(database(), clock_, {.patience = std::chrono::milliseconds(20), .server = {}});
  api.create_study(study_file());
  const auto held = DatabaseLock::try_acquire(database());

  EXPECT_EQ(api.study("demo").name, "demo") << "reading waits for nobody";
  try {
    api.ask("demo", {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::Unavailable);
    EXPECT_THAT(error.what(), HasSubstr("in use"));
  }
}

// The address is one where nothing listens, so that dialling it would say so.
TEST_F(EmbeddedApiTest, NeverDialsAServerOnAnotherHost) {
  EmbeddedApi api(database(), clock_);
  api.create_study(study_file());
  auto lock = DatabaseLock::try_acquire(database());
  lock->publish({.url = "http://127.0.0.1:1", .host = "elsewhere", .host_id = "another"});

  EXPECT_EQ(api.server_url(), "");
  EXPECT_EQ(api.study("demo").name, "demo") << "reading needs no server";
  try {
    api.ask("demo", {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::Unreachable);
    EXPECT_THAT(error.what(), HasSubstr("http://127.0.0.1:1 on elsewhere"));
    EXPECT_THAT(error.what(), HasSubstr("STUDY_SERVER"));
  }
}

TEST_F(EmbeddedApiTest, AStaleMarkIsIgnored) {
  EmbeddedApi api(database(), clock_);
  api.create_study(study_file());
  {
    auto lock = DatabaseLock::try_acquire(database());
    lock->publish({.url = "http://127.0.0.1:1", .host = "elsewhere", .host_id = "another"});
  }
  EXPECT_EQ(api.ask("demo", {}).trials.at(0).number, 0);
}

TEST_F(EmbeddedApiTest, FollowsAServerThatStartsAndEnds) {
  EmbeddedApi api(database(), clock_);
  api.create_study(study_file());
  EXPECT_EQ(api.ask("demo", {}).trials.at(0).number, 0);
  {
    ServerProcess server(database(), dir_.path());
    EXPECT_EQ(api.server_url(), server.url());
    EXPECT_EQ(api.ask("demo", {}).trials.at(0).number, 1);
    server.process().signal(SIGTERM);
    EXPECT_EQ(server.process().wait(), 0) << server.process().read_all();
  }
  EXPECT_EQ(api.server_url(), "");
  EXPECT_EQ(api.ask("demo", {}).trials.at(0).number, 2);
  {
    ServerProcess server(database(), dir_.path());
    EXPECT_EQ(api.ask("demo", {}).trials.at(0).number, 3);
    server.process().signal(SIGKILL);
    server.process().wait();
  }
  api.tell("demo", 3, result(1));
  EXPECT_EQ(api.trial("demo", 3).state, TrialState::Complete);
}

}  // namespace
}  // namespace studyhall::cli
