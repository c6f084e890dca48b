#include "worker_shim/text.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/json.h"

namespace studyhall::worker_shim {

std::string printable(std::string text, std::size_t longest) {
  const bool cut = text.size() > longest;
  if (cut) text.resize(longest);
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return (c >= 0 && c < ' ' && c != '\n' && c != '\t') || c == 127; }, ' ');
  return Json::parse(dump_json(Json(text))).get<std::string>() + (cut ? "..." : "");
}

std::string duration_text(double seconds) {
  if (seconds < 60) return fmt::format("{:.1f} s", seconds);
  const auto minutes = static_cast<long>(seconds / 60);
  if (minutes < 60) return fmt::format("{} min {} s", minutes, static_cast<long>(seconds) % 60);
  return fmt::format("{} h {} min", minutes / 60, minutes % 60);
}

}  // namespace studyhall::worker_shim
