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

  [[nodiscard]] Duration steady() const override { return steady_.load(); }

  // The wall clock is set to another time; the steady one goes on from where it was.
  void set(Timestamp now) { since_epoch_ = now.time_since_epoch(); }
  void advance(Duration by) {
    add(since_epoch_, by);
    add(steady_, by);
  }

 private:
  static void add(std::atomic<Duration>& to, Duration by) {
    Duration before = to;
    while (!to.compare_exchange_weak(before, before + by)) {
    }
  }

  std::atomic<Duration> steady_{std::chrono::seconds(1000)};
  std::atomic<Duration> since_epoch_{std::chrono::seconds(1'772'366'400)};
};

}  // namespace studyhall::testing
