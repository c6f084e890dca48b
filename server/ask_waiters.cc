#include "server/ask_waiters.h"

#include <algorithm>
#include <utility>

namespace studyhall::server {
namespace {

using std::chrono::milliseconds;

// Of one study: asks that are decided anew at once.
constexpr int kTurns = 8;
constexpr std::size_t kMostWaiters = 100'000;
// Between two looks at what has changed; at most until the next, as time passes too (a quarantine
// ends, a limit of hours is reached).
constexpr milliseconds kPause{5};
constexpr milliseconds kTick{200};
constexpr milliseconds kLookAtAllEvery{1'000};
// Until one that was called in vain is called again though nothing has happened.
constexpr milliseconds kVainPause{5'000};

}  // namespace

AskWaiter::~AskWaiter() { waiters_.end(place_); }
void AskWaiter::begin(std::function<void()> wake) { waiters_.begin(place_, std::move(wake)); }
bool AskWaiter::is_over() const { return waiters_.is_over(place_); }

AskWaiters::AskWaiters(const Clock& clock, HasToWait has_to_wait)
    : clock_(clock), has_to_wait_(std::move(has_to_wait)) {}

AskWaiters::~AskWaiters() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  noticed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<AskWaiter> AskWaiters::add(std::shared_ptr<LiveStudy> study,
                                           const AskRequest& request) {
  const std::lock_guard lock(mutex_);
  if (waiters_.size() >= kMostWaiters) return nullptr;
  const std::uint64_t place = next_place_++;
  ++studies_[study->record.id].waiters;
  Waiter waiter;
  waiter.study = std::move(study);
  waiter.request = std::make_shared<const AskRequest>(request);
  waiter.until = clock_.steady() + seconds_to_duration(request.wait_s);
  waiters_.emplace(place, std::move(waiter));
  count_ = waiters_.size();
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  return std::make_shared<AskWaiter>(*this, place);
}

void AskWaiters::changed(storage::StudyId study) {
  if (count_ == 0) return;
  {
    const std::lock_guard lock(mutex_);
    const auto found = studies_.find(study);
    if (found == studies_.end()) return;
    found->second.changed = true;
    dirty_ = true;
  }
  noticed_.notify_all();
}

// What changed between the decision to wait and this is seen by the look that follows.
void AskWaiters::begin(std::uint64_t place, std::function<void()> wake) {
  {
    const std::lock_guard lock(mutex_);
    Waiter& waiter = waiters_.at(place);
    waiter.wake = std::move(wake);
    waiter.since = std::chrono::steady_clock::now();
    end_turn(waiter);
    studies_.at(waiter.study->record.id).changed = true;
    dirty_ = true;
  }
  noticed_.notify_all();
}

void AskWaiters::end(std::uint64_t place) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = waiters_.find(place);
    end_turn(found->second);
    const auto study = studies_.find(found->second.study->record.id);
    if (--study->second.waiters == 0) {
      studies_.erase(study);
    } else {
      study->second.changed = true;
      dirty_ = true;
    }
    waiters_.erase(found);
    count_ = waiters_.size();
  }
  noticed_.notify_all();
}

bool AskWaiters::is_over(std::uint64_t place) const {
  const std::lock_guard lock(mutex_);
  return waiters_.at(place).until <= clock_.steady();
}

void AskWaiters::end_turn(Waiter& waiter) {
  if (std::exchange(waiter.in_turn, false)) --studies_.at(waiter.study->record.id).turns;
}

void AskWaiters::run() {
  std::unique_lock lock(mutex_);
  auto look_at_all = std::chrono::steady_clock::now();
  while (!ending_) {
    const auto is_noticed = [this] { return ending_ || dirty_; };
    if (waiters_.empty()) {
      noticed_.wait(lock, is_noticed);
    } else {
      noticed_.wait_for(lock, kTick, is_noticed);
    }
    dirty_ = false;
    lock.unlock();
    const auto now = std::chrono::steady_clock::now();
    const bool at_all = now >= look_at_all;
    if (at_all) look_at_all = now + kLookAtAllEvery;
    look(at_all);
    lock.lock();
    noticed_.wait_for(lock, kPause, [this] { return ending_; });
  }
}

void AskWaiters::look(bool at_all) {
  Callbacks wakes;
  for (const auto& [study, waiting] : candidates(at_all, wakes)) {
    const auto may_go = ready(*study, waiting);
    const std::lock_guard lock(mutex_);
    for (const auto& [place, seen] : may_go) take_turn(place, seen, wakes);
  }
  for (const auto& wake : wakes) wake();
}

void AskWaiters::take_turn(std::uint64_t place, std::int64_t seen, Callbacks& wakes) {
  const auto found = waiters_.find(place);
  if (found == waiters_.end() || !found->second.wake) return;
  Waiter& waiter = found->second;
  Study& study = studies_.at(waiter.study->record.id);
  if (study.turns >= kTurns) return;
  ++study.turns;
  ++woken_;
  waiter.in_turn = true;
  waiter.seen = seen;
  wakes.push_back(std::exchange(waiter.wake, nullptr));
}

// Those of studies that changed, in their order; whose time is over go to `over`.
std::map<std::shared_ptr<LiveStudy>, std::vector<AskWaiters::Candidate>> AskWaiters::candidates(
    bool of_all, Callbacks& over) {
  std::map<std::shared_ptr<LiveStudy>, std::vector<Candidate>> found;
  const Duration now = clock_.steady();
  const auto vain_since = std::chrono::steady_clock::now() - kVainPause;
  const std::lock_guard lock(mutex_);
  for (auto& [place, waiter] : waiters_) {
    if (!waiter.wake) continue;
    if (waiter.until <= now) {
      ++woken_;
      over.push_back(std::exchange(waiter.wake, nullptr));
      continue;
    }
    const Study& study = studies_.at(waiter.study->record.id);
    if (!(of_all || study.changed) || study.turns >= kTurns) continue;
    found[waiter.study].push_back(
        {place, waiter.request, waiter.since < vain_since ? -1 : waiter.seen});
  }
  for (auto& [id, study] : studies_) study.changed = study.changed && study.turns >= kTurns;
  return found;
}

// The first that may get something, and the study's last event.
std::vector<std::pair<std::uint64_t, std::int64_t>> AskWaiters::ready(
    LiveStudy& live, const std::vector<Candidate>& candidates) const {
  std::vector<std::pair<std::uint64_t, std::int64_t>> found;
  const std::lock_guard lock(live.mutex);
  const Timestamp now = clock_.now();
  // One that must be read again is read by the verb.
  const std::int64_t last = live.study ? live.study->last_sequence() : -1;
  for (const Candidate& candidate : candidates) {
    if (found.size() == kTurns) break;
    if (live.study && !live.deleted &&
        (candidate.seen == last || has_to_wait_(*live.study, *candidate.request, now))) {
      continue;
    }
    found.emplace_back(candidate.place, last);
  }
  return found;
}

}  // namespace studyhall::server
