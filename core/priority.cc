#include "core/priority.h"

#include <array>
#include <utility>

namespace studyhall {

namespace {

constexpr std::array<std::pair<std::string_view, double>, 4> kNames{
    {{"critical", 100}, {"high", 10}, {"medium", 0}, {"low", -10}}};

}  // namespace

std::optional<double> priority_from_name(std::string_view name) {
  for (const auto& [known, priority] : kNames) {
    if (known == name) return priority;
  }
  return std::nullopt;
}

std::string_view priority_name(double priority) {
  for (const auto& [name, known] : kNames) {
    if (known == priority) return name;
  }
  return "";
}

std::optional<double> read_priority(const JsonField& field) {
  constexpr std::string_view kPriority =
      "a finite number, \"critical\", \"high\", \"medium\" or \"low\"";
  if (!field || !field.json().is_string()) return field.number(kPriority);
  const auto priority = priority_from_name(field.json().get<std::string>());
  if (!priority) field.report_expected(kPriority);
  return priority;
}

}  // namespace studyhall
