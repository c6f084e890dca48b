#include "tests/support/spaces.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace studyhall::testing {

Parameter make_float(std::string name, double low, double high) {
  Parameter param;
  param.name = std::move(name);
  param.low = low;
  param.high = high;
  return param;
}

Parameter make_log_float(std::string name, double low, double high) {
  Parameter param = make_float(std::move(name), low, high);
  param.log = true;
  return param;
}

Parameter make_stepped_float(std::string name, double low, double high, double step) {
  Parameter param = make_float(std::move(name), low, high);
  param.step = step;
  return param;
}

Parameter make_int(std::string name, int low, int high, int step) {
  Parameter param = make_stepped_float(std::move(name), low, high, step);
  param.kind = ParamKind::Int;
  return param;
}

Parameter make_categorical(std::string name, std::vector<Json> choices) {
  Parameter param;
  param.name = std::move(name);
  param.kind = ParamKind::Categorical;
  param.choices = std::move(choices);
  return param;
}

Parameter make_ordered(std::string name, std::vector<Json> choices) {
  Parameter param = make_categorical(std::move(name), std::move(choices));
  param.ordered = true;
  return param;
}

Parameter with_default(Parameter param, const Json& value) {
  param.default_value = param.to_internal(value);
  return param;
}

Parameter when(Parameter param, const std::vector<Parameter>& params, std::string_view parent,
               const std::vector<Json>& values) {
  const auto it = std::find_if(params.begin(), params.end(),
                               [&](const Parameter& other) { return other.name == parent; });
  if (it == params.end()) throw std::invalid_argument("no parameter " + std::string(parent));
  Condition condition{static_cast<std::size_t>(it - params.begin()), {}};
  for (const Json& value : values) condition.values.push_back(it->to_internal(value));
  param.when.push_back(std::move(condition));
  return param;
}

SearchSpace make_space(std::vector<Parameter> params, const std::vector<std::string>& require) {
  std::vector<Expression> conditions;
  for (const std::string& text : require) conditions.push_back(Expression::parse(text, params));
  return SearchSpace(std::move(params), std::move(conditions));
}

SearchSpace heat_signature_space() {
  return make_space(
      {
          with_default(make_float("threshold_1src", 0.28, 0.42), 0.35),
          with_default(make_float("threshold_2src", 0.38, 0.55), 0.45),
          with_default(make_log_float("fallback_sigma", 0.05, 0.5), 0.2),
          with_default(
              make_categorical("init_strategy", {"smart", "random", "triangulation", "grid"}),
              "smart"),
          with_default(make_int("refine_iters", 2, 5), 3),
          with_default(make_int("refine_top", 1, 3), 2),
          with_default(make_int("fallback_fevals", 14, 24), 18),
          with_default(make_int("fevals_1src", 8, 24), 20),
          with_default(make_int("fevals_2src", 32, 44), 36),
      },
      {"fallback_fevals <= fevals_1src + 6"});
}

SearchSpace box_space(std::size_t dimensions, double low, double high) {
  std::vector<Parameter> params;
  for (std::size_t i = 0; i < dimensions; ++i) {
    params.push_back(make_float(std::string("x").append(std::to_string(i)), low, high));
  }
  return make_space(std::move(params));
}

SearchSpace mixed_space() {
  std::vector<Parameter> params{
      make_log_float("lr", 1e-5, 1e-1),
      make_int("layers", 1, 4),
      make_stepped_float("dropout", 0, 0.5, 0.1),
      make_categorical("optimizer", {"sgd", "adam"}),
  };
  params.push_back(when(make_float("momentum", 0, 0.99), params, "optimizer", {"sgd"}));
  Parameter nesterov = make_categorical("nesterov", {true, false});
  nesterov = when(std::move(nesterov), params, "optimizer", {"sgd"});
  params.push_back(when(std::move(nesterov), params, "layers", {2}));
  return make_space(std::move(params));
}

SearchSpace small_finite_space() {
  std::vector<Parameter> params{make_int("a", 0, 2), make_categorical("b", {"x", "y"})};
  params.push_back(when(make_stepped_float("c", 0, 1, 0.5), params, "b", {"y"}));
  return make_space(std::move(params));
}

}  // namespace studyhall::testing
