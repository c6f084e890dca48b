// The process's local time zone, for as long as this lives.
#pragma once

#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>

namespace studyhall::storage {

class TimeZone {
 public:
  // `zone` as in TZ, for example "CET-1CEST,M3.5.0,M10.5.0/3".
  explicit TimeZone(const char* zone) {
    if (const char* before = std::getenv("TZ")) {
      before_ = before;
    }
    setenv("TZ", zone, 1);
    tzset();
  }
  ~TimeZone() {
    if (before_) {
      setenv("TZ", before_->c_str(), 1);
    } else {
      unsetenv("TZ");
    }
    tzset();
  }
  TimeZone(const TimeZone&) = delete;
  TimeZone& operator=(const TimeZone&) = delete;

 private:
  std::optional<std::string> before_;
};

}  // namespace studyhall::storage
