// Many workers, a server that is killed again and again, and what must be true afterwards.
//
// Everyday runs kill it 5 times; STUDYHALL_TEST_LONG=1 (scripts/test.sh --full) 200 times.

#include <gtest/gtest.h>

#include <condition_variable>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "client/study_client.h"
#include "core/error.h"
#include "core/rng.h"
#include "tests/campaign/fault_vfs.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_dir.h"

namespace studyhall {
namespace {

constexpr int kWorkers = 32;
constexpr const char* kStudy = "campaign";

bool is_long() {
  const char* value = std::getenv("STUDYHALL_TEST_LONG");
  return value != nullptr && std::string(value) == "1";
}

std::unique_ptr<StudyApi> patient_client(const std::string& url) {
  client::ClientOptions options;
  options.timeout = std::chrono::seconds(20);
  options.retries = 8;
  options.backoff = std::chrono::milliseconds(5);
  return client::connect(url, options);
}

// What the server has acknowledged, and how far along the campaign is.
class Ledger {
 public:
  void asked(const AskedTrial& trial) {
    const std::lock_guard lock(mutex_);
    if (!leases_.insert(trial.lease.token).second) twice_ += "lease " + trial.lease.token + " ";
    params_[trial.number] = trial.params;
    step();
  }
  void told(std::int64_t number, double value) {
    const std::lock_guard lock(mutex_);
    told_[number] = value;
    step();
  }
  // Whether the campaign went on by `steps` acknowledged answers; false: every worker has ended.
  bool wait_for(std::int64_t steps) {
    std::unique_lock lock(mutex_);
    const std::int64_t until = steps_ + steps;
    moved_.wait(lock, [&] { return steps_ >= until || ended_ == kWorkers; });
    return ended_ < kWorkers;
  }
  void ended() {
    const std::lock_guard lock(mutex_);
    ++ended_;
    moved_.notify_all();
  }
  // Whether every worker has ended.
  bool is_over() {
    const std::lock_guard lock(mutex_);
    return ended_ == kWorkers;
  }
  // A worker met an error that must not be: all stop.
  void broke(const std::string& error) {
    const std::lock_guard lock(mutex_);
    broken_ += error + "\n";
  }
  [[nodiscard]] bool is_broken() {
    const std::lock_guard lock(mutex_);
    return !broken_.empty();
  }

  // To be read when every worker has ended.
  [[nodiscard]] const std::map<std::int64_t, double>& tells() const { return told_; }
  [[nodiscard]] const std::map<std::int64_t, Json>& asks() const { return params_; }
  [[nodiscard]] const std::string& twice() const { return twice_; }
  [[nodiscard]] const std::string& broken() const { return broken_; }

 private:
  void step() {
    ++steps_;
    moved_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable moved_;
  std::set<std::string> leases_;
  std::map<std::int64_t, Json> params_;
  std::map<std::int64_t, double> told_;
  std::string twice_;
  std::string broken_;
  std::int64_t steps_ = 0;
  int ended_ = 0;
};

// Repeats a verb for as long as nobody answers.
template <typename Verb>
auto until_answered(Verb verb) {
  while (true) {
    try {
      return verb();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::Unreachable && error.code() != ErrorCode::Unavailable) throw;
    }
  }
}

void work(const std::string& url, int index, Ledger& ledger) {
  const auto api = patient_client(url);
  const std::string name = "W" + std::to_string(index);
  for (int round = 0; !ledger.is_broken(); ++round) {
    AskRequest request;
    request.worker = name;
    request.request_id = name + "-ask-" + std::to_string(round);
    const AskAnswer answer = until_answered([&] { return api->ask(kStudy, request); });
    if (answer.status == AskStatus::Finished) break;
    if (answer.status == AskStatus::Wait) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      continue;
    }
    const AskedTrial& trial = answer.trials.at(0);
    ledger.asked(trial);
    until_answered([&] { return api->heartbeat(kStudy, trial.number, {trial.lease.token}); });
    TellRequest told;
    told.lease = trial.lease.token;
    told.request_id = name + "-tell-" + std::to_string(round);
    if (trial.attempt == 1 && trial.number % 10 == 3) {
      told.state = TrialState::Fail;
      told.reason = FailReason::Infra;
      told.cause = FaultCause::ServerError;
    } else {
      told.values = {trial.params["x"].get<double>()};
    }
    until_answered([&] { return api->tell(kStudy, trial.number, told); });
    if (told.state == TrialState::Complete) ledger.told(trial.number, told.values.front());
  }
}

void run_worker(const std::string& url, int index, Ledger& ledger) {
  try {
    work(url, index, ledger);
  } catch (const std::exception& error) {
    ledger.broke(error.what());
  }
  ledger.ended();
}

std::vector<TrialView> all_trials(StudyApi& api) {
  std::vector<TrialView> all;
  TrialQuery query;
  while (true) {
    const std::vector<TrialView> page = api.trials(kStudy, query);
    if (page.empty()) return all;
    all.insert(all.end(), page.begin(), page.end());
    query.after = page.back().number;
  }
}

struct Scale {
  int kills;
  std::int64_t trials;
};
Scale scale() { return is_long() ? Scale{200, 20'000} : Scale{5, 1'500}; }

// Runs 32 workers until the study has ended. `disturb(rng, ledger)` is called after random numbers
// of acknowledged answers, `kills` times at most. Then every trial must be as it was acknowledged.
template <typename Disturb>
void run_campaign(testing::ServerProcess& server, Disturb disturb) {
  const auto [kills, trials] = scale();
  patient_client(server.url())
      ->create_study({{"name", kStudy},
                      {"direction", "maximize"},
                      {"seed", 11},
                      {"sampler", "random"},
                      {"limits", {{"trials", trials}}},
                      {"params",
                       {{"x", {{"type", "float"}, {"low", 0}, {"high", 1}}},
                        {"y", {{"type", "int"}, {"low", 0}, {"high", 1'000'000}}}}}});
  Ledger ledger;
  std::vector<std::thread> workers;
  for (int w = 0; w < kWorkers; ++w) {
    workers.emplace_back([&, w] { run_worker(server.url(), w, ledger); });
  }

  Rng rng = Rng::for_trial(5, 0);
  const auto most_steps = static_cast<std::size_t>(3 * trials / kills);
  int disturbed = 0;
  while (disturbed < kills &&
         ledger.wait_for(1 + static_cast<std::int64_t>(rng.index(most_steps)))) {
    disturb(rng, ledger);
    ++disturbed;
  }
  for (std::thread& worker : workers) worker.join();
  ASSERT_EQ(ledger.broken(), "");

  const auto api = patient_client(server.url());
  std::int64_t complete = 0;
  std::int64_t number = 0;
  std::set<std::string> configurations;
  for (const TrialView& trial : all_trials(*api)) {
    EXPECT_EQ(trial.number, number++) << "numbers are dense";
    EXPECT_EQ(trial.state, TrialState::Complete) << "trial " << trial.number << " is stuck";
    EXPECT_TRUE(configurations.insert(trial.params.dump()).second) << "configuration run twice";
    complete += trial.state == TrialState::Complete;
    const auto told = ledger.tells().find(trial.number);
    ASSERT_NE(told, ledger.tells().end()) << "a result nobody told";
    EXPECT_EQ(trial.values, std::vector<double>{told->second}) << "an acknowledged result was lost";
    EXPECT_EQ(trial.params, ledger.asks().at(trial.number)) << "an acknowledged ask was changed";
  }
  EXPECT_EQ(complete, trials);
  EXPECT_EQ(std::ssize(ledger.tells()), trials);
  EXPECT_EQ(ledger.twice(), "");
  std::printf("%d disturbances, %lld trials\n", disturbed, static_cast<long long>(trials));
}

TEST(CrashCampaign, KillsLoseNothingRepeatNothingAndStickNowhere) {
  const testing::TempDir dir;
  testing::ServerProcess server(dir.path() / "studies.db");
  run_campaign(server, [&](Rng&, Ledger&) {
    server.kill();
    server.start_again();
  });
}

// The program on a file system of fault_vfs.h, and its switches.
struct FaultyServer {
  testing::TempDir dir;
  std::string file = (dir.path() / "switches").string();
  testing::FaultSwitches& switches = testing::map_switches(file);
  testing::ServerProcess server{dir.path() / "studies.db", "tests/study_with_faults",
                                "STUDYHALL_TEST_FAULTS=" + file};

  void kill() {
    held_when_killed += switches.unsynced;
    server.kill();
    server.start_again();
  }
  std::int64_t held_when_killed = 0;  // bytes that the kills have lost
};

TEST(CrashCampaign, PowerFailuresLoseNothingRepeatNothingAndStickNowhere) {
  FaultyServer faulty;
  run_campaign(faulty.server, [&](Rng&, Ledger&) { faulty.kill(); });
  std::printf("%lld bytes lost\n", static_cast<long long>(faulty.held_when_killed));
}

TEST(CrashCampaign, DisksThatFillUpOrFailLoseNothingRepeatNothingAndStickNowhere) {
  FaultyServer faulty;
  run_campaign(faulty.server, [&](Rng& rng, Ledger& ledger) {
    const std::int64_t refused = faulty.switches.refused;
    const auto times = static_cast<std::int32_t>(1 + rng.index(4));
    switch (rng.index(4)) {
      case 0:
        faulty.switches.full = 1;
        break;
      case 1:
        faulty.switches.fail_writes = times;
        break;
      default:
        faulty.switches.fail_syncs = times;
    }
    while (faulty.switches.refused < refused + times && !ledger.is_over()) {
      std::this_thread::yield();
    }
    faulty.switches.full = 0;
    if (rng.index(3) == 0) faulty.kill();
  });
  std::printf("%lld writes and syncs refused\n", static_cast<long long>(faulty.switches.refused));
}

}  // namespace
}  // namespace studyhall
