#include "core/study_file_refusals.h"

#include <fmt/format.h>

#include <array>

namespace studyhall {

namespace {

// None now: this build has all that a study file may say.
constexpr std::array<Refusal, 0> kRefusals{};

std::string_view next_segment(std::string_view& path) {
  path.remove_prefix(1);
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

bool matches(std::string_view pattern, std::string_view path) {
  while (!pattern.empty() && !path.empty()) {
    const std::string_view wanted = next_segment(pattern);
    const std::string_view found = next_segment(path);
    if (wanted != "*" && wanted != found) return false;
  }
  return pattern.empty() && path.empty();
}

}  // namespace

std::span<const Refusal> refusals() { return kRefusals; }

bool report_refused(const JsonField& field) {
  for (const Refusal& refusal : kRefusals) {
    if (!matches(refusal.path, field.path())) continue;
    if (!refusal.value.empty() && field.json() != Json(std::string(refusal.value))) continue;
    field.report(fmt::format("{}: {}; {}", brief(field.json()), refusal.why, refusal.instead));
    return true;
  }
  return false;
}

void close_refusing(const ObjectReader& object) {
  for (const auto& [name, field] : object.unread()) {
    if (!report_refused(field)) object.report_unknown(field, name);
  }
}

}  // namespace studyhall
