#include "core/json_field.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "core/space.h"

namespace studyhall {

namespace {

std::string describe_integer(std::int64_t low, std::int64_t high) {
  const bool bounded_below = low > -kMaxExactInteger;
  const bool bounded_above = high < kMaxExactInteger;
  if (bounded_below && bounded_above) return fmt::format("an integer from {} to {}", low, high);
  if (bounded_below) return fmt::format("an integer of at least {}", low);
  if (bounded_above) return fmt::format("an integer of at most {}", high);
  return "an integer between -2^53 and 2^53";
}

std::optional<std::int64_t> exact_integer(const Json& json) {
  if (json.is_number_unsigned()) {
    const auto value = json.get<std::uint64_t>();
    if (value > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
    return static_cast<std::int64_t>(value);
  }
  if (json.is_number_integer()) return json.get<std::int64_t>();
  if (!json.is_number_float()) return std::nullopt;
  const auto value = json.get<double>();
  if (!(std::abs(value) <= static_cast<double>(kMaxExactInteger))) return std::nullopt;
  if (value != std::floor(value)) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

}  // namespace

std::string member_path(std::string_view path, std::string_view name) {
  std::string out(path);
  out += '/';
  for (const char c : name) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

void JsonField::report(std::string message) const {
  problems_->push_back({path_, std::move(message)});
}

void JsonField::report_expected(std::string_view what) const {
  report(json_ == nullptr ? fmt::format("missing: expected {}", what)
                          : fmt::format("expected {}, found {}", what, brief(*json_)));
}

const JsonField& JsonField::required(std::string_view expected) const {
  if (json_ == nullptr) report_expected(expected);
  return *this;
}

std::optional<std::string> JsonField::string(std::string_view expected) const {
  if (json_ == nullptr) return std::nullopt;
  if (json_->is_string()) return json_->get<std::string>();
  report_expected(expected);
  return std::nullopt;
}

std::optional<double> JsonField::number(std::string_view expected, bool (*legal)(double)) const {
  if (json_ == nullptr) return std::nullopt;
  if (json_->is_number()) {
    const auto value = json_->get<double>();
    if (std::isfinite(value) && (legal == nullptr || legal(value))) return value;
  }
  report_expected(expected);
  return std::nullopt;
}

std::optional<std::int64_t> JsonField::integer(std::int64_t low, std::int64_t high) const {
  if (json_ == nullptr) return std::nullopt;
  const auto value = exact_integer(*json_);
  if (value && low <= *value && *value <= high) return value;
  report_expected(describe_integer(low, high));
  return std::nullopt;
}

std::optional<bool> JsonField::boolean() const {
  if (json_ == nullptr) return std::nullopt;
  if (json_->is_boolean()) return json_->get<bool>();
  report_expected("true or false");
  return std::nullopt;
}

std::optional<std::vector<JsonField>> JsonField::list(std::string_view expected) const {
  if (json_ == nullptr) return std::nullopt;
  if (!json_->is_array()) {
    report_expected(expected);
    return std::nullopt;
  }
  std::vector<JsonField> items;
  items.reserve(json_->size());
  for (const Json& item : *json_) {
    items.emplace_back(&item, fmt::format("{}/{}", path_, items.size()), problems_);
  }
  return items;
}

std::optional<std::vector<std::pair<std::string, JsonField>>> JsonField::members(
    std::string_view expected) const {
  if (json_ == nullptr) return std::nullopt;
  if (!json_->is_object()) {
    report_expected(expected);
    return std::nullopt;
  }
  std::vector<std::pair<std::string, JsonField>> members;
  members.reserve(json_->size());
  for (const auto& [name, value] : json_->get_ref<const Json::object_t&>()) {
    members.emplace_back(name, JsonField(&value, member_path(path_, name), problems_));
  }
  return members;
}

std::optional<std::vector<std::string>> JsonField::strings(std::string_view expected) const {
  const auto items = list(expected);
  if (!items) return std::nullopt;
  std::vector<std::string> texts;
  for (const JsonField& item : *items) {
    if (auto text = item.string()) texts.push_back(std::move(*text));
  }
  if (texts.size() != items->size()) return std::nullopt;
  return texts;
}

ObjectReader::ObjectReader(JsonField object, std::string_view expected)
    : object_(std::move(object)), is_object_(object_ && object_.json().is_object()) {
  if (object_ && !is_object_) object_.report_expected(expected);
}

JsonField ObjectReader::field(std::string_view name) {
  const std::string key(name);
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.push_back(key);
  const Json* found = nullptr;
  if (is_object_) {
    if (const auto it = object_.json().find(key); it != object_.json().end()) found = &*it;
  }
  return {found, member_path(path(), name), &problems()};
}

std::vector<std::pair<std::string, JsonField>> ObjectReader::unread() const {
  std::vector<std::pair<std::string, JsonField>> fields;
  if (!is_object_) return fields;
  auto members = object_.members();
  for (auto& member : *members) {
    const bool known = std::find(known_.begin(), known_.end(), member.first) != known_.end();
    if (!known) fields.push_back(std::move(member));
  }
  return fields;
}

void ObjectReader::report_unknown(const JsonField& field, std::string_view name) const {
  if (const auto nearest = nearest_name(name, known_)) {
    field.report(fmt::format("unknown field {}; the nearest known one is {}",
                             brief(Json(std::string(name))), brief(Json(*nearest))));
  } else {
    field.report(fmt::format("unknown field {}; known here: {}", brief(Json(std::string(name))),
                             fmt::join(known_, ", ")));
  }
}

void ObjectReader::close() const {
  for (const auto& [name, field] : unread()) report_unknown(field, name);
}

}  // namespace studyhall
