// A clock that stands still until a test moves it.
#pragma once

#include <atomic>

#include "core/clock.h"

namespace studyhall::testing {

class FakeClock final : public Clock {
 public:
  // Starts at 2026-03-01T12:00:00Z.
  FakeClock() = default;
  explicit FakeClock(Timestamp now) : since_epoch_(now.time_since_epoch()) {}

  [[nodiscard]] Timestamp now() const override { return Timestamp(since_epoch_.load()); }

  void set(Timestamp now) { since_epoch_ = now.time_since_epoch(); }
  void advance(Duration by) {
    Duration before = since_epoch_;
    while (!since_epoch_.compare_exchange_weak(before, before + by)) {
    }
  }

 private:
  std::atomic<Duration> since_epoch_{std::chrono::seconds(1'772'366'400)};
};

}  // namespace studyhall::testing
