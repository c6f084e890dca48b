// Asks that wait for something to do, without a thread each. When their study changes, those that
// may get something are called again in the order in which they came, a few at a time: one trial
// that comes free does not make thousands of workers ask.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/study_api.h"
#include "server/deferred_answer.h"
#include "server/live_study.h"

namespace studyhall::server {

class AskWaiters;

// One ask's wait, however often it is called again. Once it is woken it has one of the turns of its
// study until it waits again or ends.
class AskWaiter final : public Waiting {
 public:
  AskWaiter(AskWaiters& waiters, std::uint64_t place) : waiters_(waiters), place_(place) {}
  ~AskWaiter() override;
  void begin(std::function<void()> wake) override;
  // Whether it has waited as long as it was to.
  [[nodiscard]] bool is_over() const;

 private:
  AskWaiters& waiters_;
  std::uint64_t place_;
};

class AskWaiters {
 public:
  // Whether an ask would be answered Wait. Called with the study's lock held.
  using HasToWait =
      std::function<bool(const StudyModel& study, const AskRequest& request, Timestamp now)>;

  // `clock` must outlive it.
  AskWaiters(const Clock& clock, HasToWait has_to_wait);
  // REQUIRES: every AskWaiter has ended.
  ~AskWaiters();
  AskWaiters(const AskWaiters&) = delete;
  AskWaiters& operator=(const AskWaiters&) = delete;

  // Null where too many wait already.
  std::shared_ptr<AskWaiter> add(std::shared_ptr<LiveStudy> study, const AskRequest& request);
  // Something of the study was written.
  void changed(storage::StudyId study);
  // How often one was called again, its time being over included.
  [[nodiscard]] std::uint64_t woken() const { return woken_; }

  // For AskWaiter.
  void begin(std::uint64_t place, std::function<void()> wake);
  void end(std::uint64_t place);
  [[nodiscard]] bool is_over(std::uint64_t place) const;

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;
  struct Waiter {
    std::shared_ptr<LiveStudy> study;
    std::shared_ptr<const AskRequest> request;
    Duration until{};
    std::function<void()> wake;  // empty while it is decided
    bool in_turn = false;
    // Of its last turn: the study's last event, and when it began to wait again.
    std::int64_t seen = -1;
    SteadyTime since;
  };
  struct Study {
    int waiters = 0;
    int turns = 0;
    bool changed = true;
  };
  struct Candidate {
    std::uint64_t place = 0;
    std::shared_ptr<const AskRequest> request;
    std::int64_t seen = -1;  // not to be called while this is the last event
  };
  using Callbacks = std::vector<std::function<void()>>;

  void run();
  void look(bool at_all);
  void take_turn(std::uint64_t place, std::int64_t seen, Callbacks& wakes);
  std::map<std::shared_ptr<LiveStudy>, std::vector<Candidate>> candidates(bool of_all,
                                                                          Callbacks& over);
  std::vector<std::pair<std::uint64_t, std::int64_t>> ready(
      LiveStudy& live, const std::vector<Candidate>& candidates) const;
  void end_turn(Waiter& waiter);

  const Clock& clock_;
  HasToWait has_to_wait_;
  std::atomic<std::uint64_t> woken_ = 0;
  std::atomic<std::size_t> count_ = 0;  // of waiters_
  mutable std::mutex mutex_;            // guards what follows; taken after a study's
  std::condition_variable noticed_;
  std::map<std::uint64_t, Waiter> waiters_;  // by place
  std::unordered_map<storage::StudyId, Study> studies_;
  std::uint64_t next_place_ = 0;
  bool dirty_ = false;
  bool ending_ = false;
  std::thread thread_;  // begins with the first waiter
};

}  // namespace studyhall::server
