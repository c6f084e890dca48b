// Search spaces that tests share, and short ways to write parameters.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/space.h"

namespace studyhall::testing {

Parameter make_float(std::string name, double low, double high);
Parameter make_log_float(std::string name, double low, double high);
Parameter make_stepped_float(std::string name, double low, double high, double step);
Parameter make_int(std::string name, int low, int high, int step = 1);
Parameter make_categorical(std::string name, std::vector<Json> choices);
Parameter make_ordered(std::string name, std::vector<Json> choices);

// `param` with a default, as users write it.
Parameter with_default(Parameter param, const Json& value);
// `param`, active only when `params[parent]` has one of `values` (as users write them).
Parameter when(Parameter param, const std::vector<Parameter>& params, std::string_view parent,
               const std::vector<Json>& values);

// A space over `params`; the conditions of "require" are parsed.
SearchSpace make_space(std::vector<Parameter> params, const std::vector<std::string>& require = {});

// The nine parameters of the heat_signature study, with its defaults and its one requirement.
SearchSpace heat_signature_space();
// x0, x1, ... in [low, high]: continuous, without conditions.
SearchSpace box_space(std::size_t dimensions, double low = 0, double high = 1);
// One parameter of each kind, and two that are active only for some choices:
// lr (log float), layers (int), dropout (step 0.1), optimizer (categorical: "sgd", "adam"),
// momentum (when optimizer is "sgd"), nesterov (true, false; when optimizer is "sgd" and layers 2).
SearchSpace mixed_space();
// a in {0, 1, 2}, b in {"x", "y"}, c in {0, 0.5, 1} when b is "y": 3 + 9 = 12 configurations.
SearchSpace small_finite_space();

}  // namespace studyhall::testing
