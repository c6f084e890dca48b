// Parameters as Optuna's distributions: the JSON beside every stored parameter value.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/space.h"

namespace studyhall::storage {

// The text that Optuna itself writes for the whole range of `parameter`, to the character:
// {"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log":
// false}}.
std::string distribution_json(const Parameter& parameter);

// A value and the distribution that it is stored under.
struct StoredValue {
  double value = 0;
  std::string distribution;
};
// A value that `parameter` may have no more: its range or choices are widened by `external`, which
// is of its kind.
StoredValue widened(Parameter parameter, const Json& external);

// What a value stands for that is stored under `distribution`; nullopt where that is none.
std::optional<Json> external_value(double stored, std::string_view distribution);

// The internal value of `parameter` for `stored`, a value that was stored under another
// distribution, `stored_json`: a choice is looked up by what it stands for. NaN where it is not a
// legal value of `parameter`.
double internal_value(const Parameter& parameter, double stored, std::string_view stored_json);

// {"name": value, ...} as Optuna writes its "fixed_params", which hold what a waiting trial must
// get.
std::string fixed_params_json(const Json& params);

}  // namespace studyhall::storage
