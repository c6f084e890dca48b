#include "storage/optuna_values.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "core/error.h"

namespace studyhall::storage {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

constexpr std::array<std::pair<TrialState, std::string_view>, 5> kStates{{
    {TrialState::Waiting, "WAITING"},
    {TrialState::Running, "RUNNING"},
    {TrialState::Complete, "COMPLETE"},
    {TrialState::Pruned, "PRUNED"},
    {TrialState::Fail, "FAIL"},
}};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) {
    return {};
  }
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

}  // namespace

std::string_view state_column(TrialState state) {
  for (const auto& [known, name] : kStates) {
    if (known == state) {
      return name;
    }
  }
  throw Error(ErrorCode::Internal, "a trial state without a name");
}

TrialState state_from_column(std::string_view name) {
  for (const auto& [state, known] : kStates) {
    if (known == name) {
      return state;
    }
  }
  throw Error(ErrorCode::Corrupt,
              fmt::format("a trial's state is \"{}\"; expected one of Optuna's states", name));
}

std::string_view direction_column(Direction direction) {
  return direction == Direction::Maximize ? "MAXIMIZE" : "MINIMIZE";
}

Direction direction_from_column(std::string_view name) {
  if (name == "MAXIMIZE") {
    return Direction::Maximize;
  }
  if (name == "MINIMIZE" || name == "NOT_SET") {
    return Direction::Minimize;
  }
  throw Error(ErrorCode::Corrupt,
              fmt::format("a study's direction is \"{}\"; expected MINIMIZE or MAXIMIZE", name));
}

ValueColumns value_columns(double value) {
  if (std::isnan(value)) {
    return {.value = std::nullopt, .type = "NAN"};
  }
  if (std::isinf(value)) {
    return {.value = std::nullopt, .type = value > 0 ? "INF_POS" : "INF_NEG"};
  }
  return {.value = value, .type = "FINITE"};
}

double value_from_columns(const ValueColumns& columns) {
  if (columns.type == "FINITE" && columns.value) {
    return *columns.value;
  }
  if (columns.type == "INF_POS") {
    return kInfinity;
  }
  if (columns.type == "INF_NEG") {
    return -kInfinity;
  }
  if (columns.type == "NAN") {
    return std::numeric_limits<double>::quiet_NaN();
  }
  throw Error(ErrorCode::Corrupt,
              fmt::format("a value of type \"{}\"{}; expected FINITE, INF_POS, INF_NEG or NAN",
                          columns.type, columns.value ? "" : " without a number"));
}

std::string number_json(double value) {
  if (std::isnan(value)) {
    return "NaN";
  }
  if (std::isinf(value)) {
    return value > 0 ? "Infinity" : "-Infinity";
  }
  return dump_json(Json(value));
}

std::optional<double> number_from_json(std::string_view text) {
  text = trimmed(text);
  if (text == "NaN") {
    return std::numeric_limits<double>::quiet_NaN();
  }
  if (text == "Infinity" || text == "-Infinity") {
    return text[0] == '-' ? -kInfinity : kInfinity;
  }
  const std::size_t digit = text.starts_with('-') ? 1 : 0;
  if (digit >= text.size() || text[digit] < '0' || text[digit] > '9') {
    return std::nullopt;
  }
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

std::string number_list_json(std::span<const double> values) {
  std::string list = "[";
  for (const double value : values) {
    list += (list.size() > 1 ? ", " : "") + number_json(value);
  }
  return list + "]";
}

std::optional<std::vector<double>> number_list_from_json(std::string_view text) {
  text = trimmed(text);
  if (!text.starts_with('[') || !text.ends_with(']') || text.size() < 2) {
    return std::nullopt;
  }
  std::vector<double> values;
  text = trimmed(text.substr(1, text.size() - 2));
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::optional<double> value = number_from_json(text.substr(0, comma));
    if (!value) {
      return std::nullopt;
    }
    values.push_back(*value);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return values;
}

}  // namespace studyhall::storage
