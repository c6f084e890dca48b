#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cmath>
#include <numeric>

#include "core/space.h"

namespace studyhall {

namespace {

constexpr double kGridTolerance = 1e-9;  // in steps

double grid_step(const Parameter& param) {
  return param.kind == ParamKind::Int ? std::max(param.step, 1.0) : param.step;
}

// Digits after the point in the shortest decimal of `value`.
int count_decimals(double value) {
  std::array<char, 32> buffer{};
  const char* end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                  std::chars_format::scientific)
                        .ptr;
  const char* e = std::find<const char*>(buffer.data(), end, 'e');
  const int digits = static_cast<int>(std::count_if(static_cast<const char*>(buffer.data()), e,
                                                    [](char c) { return c >= '0' && c <= '9'; }));
  int exponent = 0;
  std::from_chars(e + (e[1] == '+' ? 2 : 1), end, exponent);
  return std::max(0, digits - 1 - exponent);
}

// low + k * step as the double nearest to that decimal. A quotient of integers below 2^53 and a
// power of ten up to 10^22 is rounded once, from exact operands.
double decimal_point(double low, double step, double k) {
  constexpr double kExact = 0x1p53;
  const int decimals = std::max(count_decimals(low), count_decimals(step));
  if (decimals <= 22) {
    double scale = 1;
    for (int i = 0; i < decimals; ++i) scale *= 10;
    const double first = std::nearbyint(low * scale);
    const double width = std::nearbyint(step * scale);
    if (std::abs(first) < kExact && std::abs(first) + width * k < kExact) {
      return (first + width * k) / scale;
    }
  }
  return low + k * step;
}

std::string number_text(double value) {
  std::string text = shortest_decimal(value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

}  // namespace

std::optional<std::uint64_t> Parameter::cardinality() const {
  if (kind == ParamKind::Categorical) return choices.size();
  if (!is_discrete()) return low == high ? std::optional<std::uint64_t>(1) : std::nullopt;
  const double last = std::nearbyint((high - low) / grid_step(*this));
  if (!(last < 0x1p63)) return std::uint64_t{1} << 63;
  return static_cast<std::uint64_t>(last) + 1;
}

double Parameter::grid_value(std::uint64_t k) const {
  assert(is_discrete());
  if (kind == ParamKind::Categorical) return static_cast<double>(k);
  if (k == 0) return low;
  if (k + 1 >= *cardinality()) return high;
  const double step_size = grid_step(*this);
  if (kind == ParamKind::Int) return low + static_cast<double>(k) * step_size;
  return decimal_point(low, step_size, static_cast<double>(k));
}

double Parameter::snap(double value) const {
  if (kind == ParamKind::Categorical) {
    const double last = static_cast<double>(choices.size()) - 1;
    return std::clamp(std::nearbyint(value), 0.0, last);
  }
  const double clipped = std::clamp(value, low, high);
  if (!is_discrete() || std::isnan(clipped)) return clipped;
  const double k = std::nearbyint((clipped - low) / grid_step(*this));
  if (!(k < 0x1p53)) return clipped;  // finer than doubles are
  return grid_value(static_cast<std::uint64_t>(k));
}

bool Parameter::contains(double value) const {
  if (std::isnan(value)) return false;
  if (kind == ParamKind::Categorical) {
    return value >= 0 && value < static_cast<double>(choices.size()) && value == std::floor(value);
  }
  if (!is_discrete()) return low <= value && value <= high;
  const double tolerance = kGridTolerance * grid_step(*this);
  if (value < low - tolerance || value > high + tolerance) return false;
  return std::abs(value - snap(value)) <= tolerance;
}

double Parameter::default_or_middle() const {
  if (default_value) return *default_value;
  if (kind == ParamKind::Categorical) return 0;
  return snap(log ? std::sqrt(low) * std::sqrt(high) : std::midpoint(low, high));
}

Json Parameter::to_external(double value) const {
  if (kind == ParamKind::Categorical) return choices.at(static_cast<std::size_t>(value));
  const double legal = is_discrete() ? snap(value) : value;
  if (kind == ParamKind::Int) return static_cast<std::int64_t>(legal);
  return legal + 0.0;  // -0 becomes 0
}

double Parameter::to_internal(const Json& value) const {
  const auto refused = [&] {
    return Error(ErrorCode::Invalid,
                 fmt::format("{}: expected {}, found {}", name, expectation(), brief(value)));
  };
  if (kind == ParamKind::Categorical) {
    const auto it = std::find(choices.begin(), choices.end(), value);
    if (it == choices.end()) throw refused();
    return static_cast<double>(it - choices.begin());
  }
  if (!value.is_number()) throw refused();
  const auto number = value.get<double>();
  if (!contains(number)) throw refused();
  return is_discrete() ? snap(number) : number;
}

std::string Parameter::expectation() const {
  if (kind == ParamKind::Categorical) {
    constexpr std::size_t kShown = 12;
    std::string text = choices.size() == 1 ? "" : "one of ";
    for (std::size_t i = 0; i < std::min(choices.size(), kShown); ++i) {
      text += (i == 0 ? "" : ", ") + brief(choices[i]);
    }
    if (choices.size() > kShown) text += fmt::format(", ... ({} choices)", choices.size());
    return text;
  }
  const double step_size = grid_step(*this);
  const bool has_visible_step = kind == ParamKind::Int ? step_size > 1 : step_size > 0;
  return fmt::format("{} in [{}, {}]{}", kind == ParamKind::Int ? "int" : "float", number_text(low),
                     number_text(high),
                     has_visible_step ? " in steps of " + number_text(step_size) : "");
}

}  // namespace studyhall
