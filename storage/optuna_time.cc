#include "storage/optuna_time.h"

#include <fmt/format.h>

#include <charconv>
#include <ctime>

namespace studyhall::storage {
namespace {

constexpr int kUtcSinceMajor = 5;

// Reads `length` digits at `position`; false when they are not all digits.
bool read_digits(std::string_view text, std::size_t position, std::size_t length, int& value) {
  if (position + length > text.size()) {
    return false;
  }
  const char* begin = text.data() + position;
  const auto [end, code] = std::from_chars(begin, begin + length, value);
  return code == std::errc() && end == begin + length && *begin != '-';
}

// Microseconds of a fraction ".5" or ".500000"; nullopt when it is not one.
std::optional<int> read_fraction(std::string_view text) {
  if (text.empty()) {
    return 0;
  }
  const std::size_t digits = text.size() - 1;
  int value = 0;
  if (text[0] != '.' || digits == 0 || digits > 6 || !read_digits(text, 1, digits, value)) {
    return std::nullopt;
  }
  for (std::size_t k = digits; k < 6; ++k) {
    value *= 10;
  }
  return value;
}

}  // namespace

NaiveTime naive_time_of(std::string_view library_version) {
  int major = 0;
  std::from_chars(library_version.data(), library_version.data() + library_version.size(), major);
  return major >= kUtcSinceMajor ? NaiveTime::Utc : NaiveTime::Local;
}

std::string naive_text(Timestamp time, NaiveTime zone) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  const std::time_t since_epoch = second.time_since_epoch().count();
  std::tm parts{};
  if (zone == NaiveTime::Utc) {
    gmtime_r(&since_epoch, &parts);
  } else {
    localtime_r(&since_epoch, &parts);
  }
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06}", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     (time - second).count());
}

std::optional<Timestamp> parse_naive(std::string_view text, NaiveTime zone) {
  std::tm parts{};
  const bool shaped =
      text.size() >= 19 && text[4] == '-' && text[7] == '-' &&
      (text[10] == ' ' || text[10] == 'T') && text[13] == ':' && text[16] == ':' &&
      read_digits(text, 0, 4, parts.tm_year) && read_digits(text, 5, 2, parts.tm_mon) &&
      read_digits(text, 8, 2, parts.tm_mday) && read_digits(text, 11, 2, parts.tm_hour) &&
      read_digits(text, 14, 2, parts.tm_min) && read_digits(text, 17, 2, parts.tm_sec);
  if (!shaped) {
    return std::nullopt;
  }
  const std::optional<int> fraction = read_fraction(text.substr(19));
  if (!fraction) {
    return std::nullopt;
  }
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  parts.tm_isdst = -1;
  const std::time_t seconds = zone == NaiveTime::Utc ? timegm(&parts) : std::mktime(&parts);
  return Timestamp(std::chrono::seconds(seconds)) + std::chrono::microseconds(*fraction);
}

std::optional<Timestamp> NaiveReader::parse(std::string_view text) {
  constexpr std::size_t kMinute = 16;
  int seconds = 0;
  const bool known = !minute_.empty() && text.size() >= 19 && text.starts_with(minute_) &&
                     text[kMinute] == ':' && read_digits(text, 17, 2, seconds);
  if (known) {
    const std::optional<int> fraction = read_fraction(text.substr(19));
    if (!fraction) return std::nullopt;
    return its_start_ + std::chrono::seconds(seconds) + std::chrono::microseconds(*fraction);
  }
  const std::optional<Timestamp> time = parse_naive(text, zone_);
  if (time && read_digits(text, 17, 2, seconds)) {
    minute_ = text.substr(0, kMinute);
    its_start_ = std::chrono::floor<std::chrono::seconds>(*time) - std::chrono::seconds(seconds);
  }
  return time;
}

}  // namespace studyhall::storage
