#include "storage/optuna_distribution.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>

#include "storage/optuna_values.h"

namespace studyhall::storage {
namespace {

// As Python's json.dumps: ASCII only.
std::string ascii_json(const Json& value) {
  return value.dump(-1, ' ', true, Json::error_handler_t::replace);
}

std::string choices_json(const Parameter& parameter) {
  std::string list = "[";
  for (const Json& choice : parameter.choices) {
    list += (list.size() > 1 ? ", " : "") + ascii_json(choice);
  }
  return list + "]";
}

// The internal value of an external one; NaN where it is not legal.
double legal_or_inactive(const Parameter& parameter, const Json& external) {
  try {
    return parameter.to_internal(external);
  } catch (const Error&) {
    return kInactive;
  }
}

}  // namespace

std::string distribution_json(const Parameter& parameter) {
  switch (parameter.kind) {
    case ParamKind::Float:
      return fmt::format(
          R"({{"name": "FloatDistribution", "attributes": {{"step": {}, "low": {}, "high": {}, "log": {}}}}})",
          parameter.step > 0 ? number_json(parameter.step) : "null", number_json(parameter.low),
          number_json(parameter.high), parameter.log);
    case ParamKind::Int:
      return fmt::format(
          R"({{"name": "IntDistribution", "attributes": {{"log": {}, "step": {}, "low": {}, "high": {}}}}})",
          parameter.log, static_cast<std::int64_t>(std::max(parameter.step, 1.0)),
          static_cast<std::int64_t>(parameter.low), static_cast<std::int64_t>(parameter.high));
    case ParamKind::Categorical:
      break;
  }
  return fmt::format(R"({{"name": "CategoricalDistribution", "attributes": {{"choices": {}}}}})",
                     choices_json(parameter));
}

std::optional<Json> external_value(double stored, std::string_view distribution) {
  const Json json = Json::parse(distribution, nullptr, false);
  if (!json.is_object() || !json.contains("name") || !json.contains("attributes")) {
    return std::nullopt;
  }
  const Json& name = json["name"];
  if (name != "CategoricalDistribution") {
    const bool is_int = name == "IntDistribution" || name == "IntUniformDistribution" ||
                        name == "IntLogUniformDistribution";
    return is_int ? Json(static_cast<std::int64_t>(stored)) : Json(stored);
  }
  const auto choices = json["attributes"].find("choices");
  if (choices == json["attributes"].end() || !choices->is_array() || !(stored >= 0) ||
      stored >= static_cast<double>(choices->size())) {
    return std::nullopt;
  }
  return (*choices)[static_cast<std::size_t>(stored)];
}

StoredValue widened(Parameter parameter, const Json& external) {
  if (parameter.is_numeric()) {
    const double value = external.get<double>();
    parameter.low = std::min(parameter.low, value);
    parameter.high = std::max(parameter.high, value);
    parameter.step = parameter.kind == ParamKind::Int ? 1 : 0;
    return {.value = value, .distribution = distribution_json(parameter)};
  }
  auto choice = std::ranges::find(parameter.choices, external);
  if (choice == parameter.choices.end()) {
    parameter.choices.push_back(external);
    choice = std::prev(parameter.choices.end());
  }
  const auto position = choice - parameter.choices.begin();
  return {.value = static_cast<double>(position), .distribution = distribution_json(parameter)};
}

double internal_value(const Parameter& parameter, double stored, std::string_view stored_json) {
  if (parameter.is_numeric()) {
    return parameter.contains(stored) ? stored : kInactive;
  }
  const std::optional<Json> choice = external_value(stored, stored_json);
  return choice ? legal_or_inactive(parameter, *choice) : kInactive;
}

std::string fixed_params_json(const Json& params) {
  std::string object = "{";
  for (const auto& [name, value] : params.items()) {
    object +=
        fmt::format("{}{}: {}", object.size() > 1 ? ", " : "", ascii_json(name), ascii_json(value));
  }
  return object + "}";
}

}  // namespace studyhall::storage
