// Ends a stage that does nothing, or too much.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace studyhall::worker_shim {

struct WatchLimits {
  std::chrono::milliseconds stall{0};  // without anything seen; 0: none, as of all the others
  std::chrono::milliseconds tool{0};   // instead, while an agent's tool call is under way
  std::uint64_t output_bytes = 0;
  std::uint64_t disk_bytes = 0;  // what `folder` may hold
  std::filesystem::path folder;
  std::int64_t turns = 0;
  std::int64_t tokens = 0;
};

enum class Bite { Stall, Output, Disk, Turns, Tokens };

class Watchdog {
 public:
  using SteadyClock = std::chrono::steady_clock;

  explicit Watchdog(WatchLimits limits, SteadyClock::time_point now = SteadyClock::now())
      : limits_(std::move(limits)), last_seen_(now) {}

  // The stage printed so many bytes, or showed life otherwise.
  void saw(std::size_t bytes, SteadyClock::time_point now = SteadyClock::now());
  // `tool` is the tool call that an agent waits for; empty: none.
  void working(const std::string& tool) { tool_ = tool; }
  // So far.
  void used(std::int64_t turns, std::int64_t tokens);

  // Whether the stage must end; stays true. Measures the folder now and then, for at most a tenth
  // of the time.
  bool bites(SteadyClock::time_point now = SteadyClock::now());
  [[nodiscard]] std::optional<Bite> bite() const { return bite_; }
  // "stalled: no event for 15 min", and so on; empty before it bit.
  [[nodiscard]] const std::string& words() const { return words_; }

 private:
  void end(Bite bite, std::string words);
  void check_stall(SteadyClock::time_point now);
  void check_disk(SteadyClock::time_point now);

  WatchLimits limits_;
  SteadyClock::time_point last_seen_;
  std::optional<SteadyClock::time_point> next_measure_;
  std::string tool_;
  std::uint64_t output_bytes_ = 0;
  std::optional<Bite> bite_;
  std::string words_;
};

// Bytes of all regular files below, links not followed. What cannot be read counts as nothing.
std::uint64_t folder_bytes(const std::filesystem::path& folder);

}  // namespace studyhall::worker_shim
