// What the JSON forms of requests and answers have in common. Used by study_api_json*.cc alone.
#pragma once

#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/json_field.h"
#include "core/trial.h"

namespace studyhall {

// One message while it is read: problems are gathered, and thrown at the end. A null field is an
// absent one.
class MessageReader {
 public:
  // `subject` names the message in errors.
  MessageReader(const Json& json, std::string_view subject)
      : subject_(subject),
        root_(&json, "", &problems_),
        object_(root_.required("an object"), "an object") {}
  MessageReader(const MessageReader&) = delete;
  MessageReader& operator=(const MessageReader&) = delete;

  JsonField field(std::string_view name);
  // The field even where it is null.
  JsonField field_or_null(std::string_view name) { return object_.field(name); }
  [[nodiscard]] std::vector<Problem>& problems() { return problems_; }

  // Throws Error(Malformed) with every problem. `finish_request` has unknown fields among them;
  // answers may come from a newer server, so theirs are ignored.
  void finish_request();
  void finish_answer();

 private:
  void throw_problems();

  std::string subject_;
  std::vector<Problem> problems_;
  JsonField root_;
  ObjectReader object_;
};

// A number; infinities and NaN, which JSON does not have, as "inf", "-inf" and "nan".
Json number_or_name(double value);
// Inverse of number_or_name.
std::optional<double> read_number_or_name(const JsonField& field);

template <typename T>
Json value_or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

std::optional<Timestamp> read_time(const JsonField& field);
// One of the names of an enum; `from_string` gives nullopt for another.
template <typename Enum>
std::optional<Enum> read_name(const JsonField& field, std::string_view expected,
                              std::optional<Enum> (*from_string)(std::string_view)) {
  const auto name = field.string(expected);
  if (!name) return std::nullopt;
  const auto value = from_string(*name);
  if (!value) field.report_expected(expected);
  return value;
}
// Numbers of trials or tasks.
std::vector<std::int64_t> read_numbers(const JsonField& field, std::string_view expected);
// An object of finite numbers.
std::map<std::string, double> read_metrics(const JsonField& field);
Usage read_usage(const JsonField& field);

template <typename T, typename U>
void put(T& into, std::optional<U> value) {
  if (value) into = static_cast<T>(std::move(*value));
}

}  // namespace studyhall
