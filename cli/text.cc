#include "cli/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace studyhall::cli {

namespace {

struct Character {
  char32_t code = 0xFFFD;
  std::size_t length = 1;  // bytes
  bool valid = false;
};

Character decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  constexpr std::array<char32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return {};
  char32_t code = lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return {};
    code = (code << 6U) | (byte(i) & 0x3FU);
  }
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < kSmallest[length] || code > 0x10FFFF || surrogate) return {};
  return {code, length, true};
}

bool within(char32_t code, const std::pair<char32_t, char32_t>* begin,
            const std::pair<char32_t, char32_t>* end) {
  return std::any_of(
      begin, end, [&](const auto& range) { return code >= range.first && code <= range.second; });
}

// The blocks that matter in names: not all of Unicode's tables.
std::size_t width_of(char32_t code) {
  static constexpr std::array<std::pair<char32_t, char32_t>, 7> kCombining{{{0x0300, 0x036F},
                                                                            {0x0483, 0x0489},
                                                                            {0x0591, 0x05BD},
                                                                            {0x064B, 0x065F},
                                                                            {0x200B, 0x200F},
                                                                            {0x20D0, 0x20FF},
                                                                            {0xFE00, 0xFE0F}}};
  static constexpr std::array<std::pair<char32_t, char32_t>, 9> kWide{{{0x1100, 0x115F},
                                                                       {0x2E80, 0x303E},
                                                                       {0x3041, 0x33FF},
                                                                       {0x3400, 0x4DBF},
                                                                       {0x4E00, 0xA4CF},
                                                                       {0xAC00, 0xD7A3},
                                                                       {0xF900, 0xFAFF},
                                                                       {0xFF00, 0xFF60},
                                                                       {0x1F300, 0x1FAFF}}};
  if (within(code, kCombining.data(), kCombining.data() + kCombining.size())) return 0;
  const bool wide = within(code, kWide.data(), kWide.data() + kWide.size()) ||
                    (code >= 0x20000 && code <= 0x3FFFD);
  return wide ? 2 : 1;
}

}  // namespace

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const Character c = decode(text);
    width += width_of(c.code);
    text.remove_prefix(c.length);
  }
  return width;
}

std::string ellipsize(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  if (width == 0) return "";
  std::size_t used = 0;
  std::size_t bytes = 0;
  while (bytes < text.size()) {
    const Character c = decode(text.substr(bytes));
    if (used + width_of(c.code) > width - 1) break;
    used += width_of(c.code);
    bytes += c.length;
  }
  return std::string(text.substr(0, bytes)) + "…";
}

std::string printable(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const Character c = decode(text);
    const bool control = c.code < 0x20 || (c.code >= 0x7F && c.code < 0xA0);
    if (!c.valid)
      result += "\xEF\xBF\xBD";
    else if (control)
      result += ' ';
    else
      result += text.substr(0, c.length);
    text.remove_prefix(c.length);
  }
  return result;
}

std::string format_number(double value) { return fmt::format("{:.6g}", value); }

std::string format_values(const std::vector<double>& values) {
  std::string text;
  for (const double value : values) text += (text.empty() ? "" : ", ") + format_number(value);
  return text;
}

std::string format_scalar(const Json& value) {
  if (value.is_string()) return printable(value.get<std::string>());
  if (value.is_number_float()) return format_number(value.get<double>());
  return printable(dump_json(value));
}

std::string format_params(const Json& params) {
  std::string text;
  for (const auto& [name, value] : params.items())
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", printable(name), format_scalar(value));
  return text;
}

std::string format_metrics(const std::map<std::string, double>& metrics) {
  std::string text;
  for (const auto& [name, value] : metrics)
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", printable(name), format_number(value));
  return text;
}

std::string format_duration(Duration duration) {
  duration = std::max(duration, Duration::zero());
  const auto tenths = std::chrono::floor<std::chrono::duration<std::int64_t, std::deci>>(duration);
  if (tenths.count() < 100) return fmt::format("{}.{}s", tenths.count() / 10, tenths.count() % 10);
  const std::int64_t seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  constexpr std::int64_t kMinute = 60;
  constexpr std::int64_t kHour = 3600;
  constexpr std::int64_t kDay = 86400;
  if (seconds < kMinute) return fmt::format("{}s", seconds);
  if (seconds < kHour) return fmt::format("{}m {:02}s", seconds / kMinute, seconds % kMinute);
  if (seconds < kDay) return fmt::format("{}h {:02}m", seconds / kHour, seconds % kHour / kMinute);
  return fmt::format("{}d {:02}h", seconds / kDay, seconds % kDay / kHour);
}

std::string format_time(Timestamp time) {
  std::string text = format_utc(time).substr(0, 19);
  std::replace(text.begin(), text.end(), 'T', ' ');
  return text;
}

std::string count_of(std::int64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace studyhall::cli
