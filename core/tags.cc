#include "core/tags.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/study_spec.h"

namespace studyhall {

namespace {

constexpr std::size_t kMostTags = 100;

}  // namespace

std::vector<std::string> read_tags(const JsonField& field) {
  std::vector<std::string> tags;
  const auto items = field.list("a list of tags");
  if (!items) return tags;
  if (items->size() > kMostTags) {
    field.report(fmt::format("expected at most {} tags, found {}", kMostTags, items->size()));
    return tags;
  }
  for (const JsonField& item : *items) {
    constexpr std::string_view kTag =
        "a tag: 1 to 64 of A-Z a-z 0-9 . _ -, not beginning with "
        "'.' or '-'";
    const auto tag = item.string(kTag);
    if (!tag) continue;
    if (!is_valid_name(*tag)) {
      item.report_expected(kTag);
    } else if (std::find(tags.begin(), tags.end(), *tag) != tags.end()) {
      item.report(fmt::format("{} is listed already", brief(item.json())));
    } else {
      tags.push_back(*tag);
    }
  }
  std::sort(tags.begin(), tags.end());
  return tags;
}

bool accepts_all(std::span<const std::string> accepted, std::span<const std::string> tags) {
  return std::includes(accepted.begin(), accepted.end(), tags.begin(), tags.end());
}

}  // namespace studyhall
