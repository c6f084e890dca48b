#include "worker_shim/beat.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/error.h"

namespace studyhall::worker_shim {

using SteadyClock = std::chrono::steady_clock;

Beat::Beat(JobLease lease, std::chrono::milliseconds every, Say say)
    : lease_(std::move(lease)), every_(every), say_(std::move(say)), thread_([this] { run(); }) {}

void Beat::report(std::int64_t step, double value) {
  if (!lease_ || lease_->is_task()) return;
  const std::lock_guard lock(mutex_);
  if (queue_.size() == kMostQueued) queue_.pop_front();
  queue_.push_back({step, value});
  changed_.notify_one();
}

void Beat::set_stage(const std::string& stage) {
  if (!lease_) return;
  const std::lock_guard lock(mutex_);
  stage_ = stage;
  beat_now_ = true;
  changed_.notify_one();
}

void Beat::park(std::chrono::duration<double> time, const std::string& reason) {
  const std::lock_guard lock(mutex_);
  parked_until_ = SteadyClock::now() + std::chrono::duration_cast<SteadyClock::duration>(time);
  park_reason_ = reason;
  beat_now_ = true;
  changed_.notify_one();
}

void Beat::resume() {
  const std::lock_guard lock(mutex_);
  if (!parked_until_) return;
  parked_until_.reset();
  beat_now_ = true;
  changed_.notify_one();
}

void Beat::finish() {
  {
    const std::lock_guard lock(mutex_);
    finishing_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void Beat::run() {
  auto next = SteadyClock::now() + every_;
  std::unique_lock lock(mutex_);
  for (;;) {
    // After an unanswered call reports wait for the next beat too.
    changed_.wait_until(
        lock, next, [&] { return finishing_ || beat_now_ || (!queue_.empty() && !unanswered_); });
    beat_now_ = false;
    if (queue_.empty() && finishing_) return;
    if (verdict_ == BeatVerdict::Stop) {
      changed_.wait(lock, [&] { return finishing_; });
      return;
    }
    const bool last_chance = finishing_;
    bool answered = true;
    if (queue_.empty()) {
      lock.unlock();
      answered = send(nullptr);
      lock.lock();
    } else {
      const Report report = queue_.front();
      queue_.pop_front();
      lock.unlock();
      answered = send(&report);
      lock.lock();
      if (!answered && queue_.size() < kMostQueued) queue_.push_front(report);
    }
    unanswered_ = !answered;
    if (!answered && last_chance) return;
    next = SteadyClock::now() + every_;
  }
}

bool Beat::send(const Report* report) {
  try {
    heed(report != nullptr ? lease_->report(report->step, report->value) : beat());
    if (unanswered_) say_(fmt::format("{}: the server answers again", lease_->label()));
    return true;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::Unreachable || error.code() == ErrorCode::Unavailable) {
      if (!unanswered_) {
        say_(fmt::format("{}: no beat got through ({}); the experiment goes on", lease_->label(),
                         error.what()));
      }
      return false;
    }
    if (report != nullptr) {
      say_(fmt::format("{}: step {} was not taken: {}", lease_->label(), report->step,
                       error.what()));
      return true;
    }
    say_(fmt::format("{}: it is no longer held: {}", lease_->label(), error.what()));
    verdict_ = BeatVerdict::Stop;
  } catch (const std::exception& error) {
    say_(fmt::format("{}: beat failed: {}", lease_->label(), error.what()));
  }
  return true;
}

BeatAnswer Beat::beat() {
  std::optional<double> parked_s;
  std::string reason;
  std::string stage;
  {
    const std::lock_guard lock(mutex_);
    stage = stage_;
    if (parked_until_) {
      const std::chrono::duration<double> left = *parked_until_ - SteadyClock::now();
      parked_s = std::max(1.0, left.count());
      reason = park_reason_;
    }
  }
  return parked_s ? lease_->park(*parked_s, reason) : lease_->heartbeat(stage);
}

void Beat::heed(const BeatAnswer& answer) {
  if (answer.stop) {
    verdict_ = BeatVerdict::Stop;
  } else if (answer.prune && verdict_ == BeatVerdict::GoOn) {
    verdict_ = BeatVerdict::Prune;
  }
}

}  // namespace studyhall::worker_shim
