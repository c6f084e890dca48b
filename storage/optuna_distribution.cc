#include "storage/optuna_distribution.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>

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

double internal_value(const Parameter& parameter, double stored, std::string_view stored_json) {
  if (parameter.is_numeric()) {
    return parameter.contains(stored) ? stored : kInactive;
  }
  const Json distribution = Json::parse(stored_json, nullptr, false);
  const Json::json_pointer at("/attributes/choices");
  if (!distribution.is_object() || !distribution.contains(at) || !(stored >= 0)) {
    return kInactive;
  }
  const Json& choices = distribution.at(at);
  const auto position = static_cast<std::size_t>(stored);
  if (!choices.is_array() || position >= choices.size()) {
    return kInactive;
  }
  return legal_or_inactive(parameter, choices[position]);
}

std::string fixed_params_json(const SearchSpace& space, const Config& config) {
  std::string object = "{";
  for (std::size_t p = 0; p < space.size(); ++p) {
    if (!std::isnan(config[p])) {
      const Parameter& parameter = space.params()[p];
      object += fmt::format("{}{}: {}", object.size() > 1 ? ", " : "", ascii_json(parameter.name),
                            ascii_json(parameter.to_external(config[p])));
    }
  }
  return object + "}";
}

Config config_from_fixed_params(const SearchSpace& space, std::string_view json) {
  Config config(space.size(), kInactive);
  const Json values = Json::parse(json, nullptr, false);
  if (!values.is_object()) {
    return config;
  }
  for (std::size_t p = 0; p < space.size(); ++p) {
    const Parameter& parameter = space.params()[p];
    const auto value = values.find(parameter.name);
    if (value != values.end()) {
      config[p] = legal_or_inactive(parameter, *value);
    }
  }
  return config;
}

}  // namespace studyhall::storage
