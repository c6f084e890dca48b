// Parameters as Optuna's distributions: the JSON beside every stored parameter value.
#pragma once

#include <string>
#include <string_view>

#include "core/space.h"

namespace studyhall::storage {

// The text that Optuna itself writes for the whole range of `parameter`, to the character:
// {"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log":
// false}}.
std::string distribution_json(const Parameter& parameter);

// The internal value of `parameter` for `stored`, a value that another program stored under the
// distribution `stored_json`: a choice is looked up by what it stands for. NaN where it is not a
// legal value of `parameter`.
double internal_value(const Parameter& parameter, double stored, std::string_view stored_json);

// {"name": value, ...} of the values that are not NaN, as Optuna's "fixed_params" holds what a
// waiting trial must get.
std::string fixed_params_json(const SearchSpace& space, const Config& config);
// The inverse: NaN for a parameter that is absent or whose value is not legal, all NaN for a text
// that is not an object.
Config config_from_fixed_params(const SearchSpace& space, std::string_view json);

}  // namespace studyhall::storage
