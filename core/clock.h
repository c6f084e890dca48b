// Wall-clock time, passed in so that tests own it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace studyhall {

// UTC, to the microsecond.
using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;
using Duration = std::chrono::microseconds;

class Clock {
 public:
  virtual ~Clock() = default;
  // May be called from any thread.
  [[nodiscard]] virtual Timestamp now() const = 0;
  // Time since some moment, which no setting of the wall clock moves: where the two run apart, the
  // wall clock has jumped. May be called from any thread.
  [[nodiscard]] virtual Duration steady() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Timestamp now() const override;
  // Stands still while the machine is suspended, so that waking up is a jump.
  [[nodiscard]] Duration steady() const override;
};

// "2026-03-01T12:00:00.000000Z". A time outside the years 0 to 9999 is printed as their first or
// last microsecond.
std::string format_utc(Timestamp time);
// nullopt unless `text` is in the form of format_utc (the fraction may be shorter or absent).
std::optional<Timestamp> parse_utc(std::string_view text);

// Seconds as a Duration, saturating at 290,000 years (which may be added to any time near ours);
// NaN gives zero.
Duration seconds_to_duration(double seconds);
double to_seconds(Duration duration);

}  // namespace studyhall
