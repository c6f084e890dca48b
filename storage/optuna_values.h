// How Optuna's columns hold states, directions, numbers that are not finite, and JSON.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/study_spec.h"
#include "core/trial.h"

namespace studyhall::storage {

// "RUNNING", "WAITING", "COMPLETE", "PRUNED", "FAIL".
std::string_view state_column(TrialState state);
// Throws Error(Corrupt) for a name that is not one.
TrialState state_from_column(std::string_view name);

// "MINIMIZE", "MAXIMIZE".
std::string_view direction_column(Direction direction);
// Minimize for "NOT_SET", as Optuna takes it. Throws Error(Corrupt) for a name that is not one.
Direction direction_from_column(std::string_view name);

// The columns value and value_type of trial_values, or those of trial_intermediate_values.
struct ValueColumns {
  std::optional<double> value;  // NULL unless finite
  std::string_view type;        // "FINITE", "INF_POS", "INF_NEG", "NAN"
};
ValueColumns value_columns(double value);
// Throws Error(Corrupt) for a type that is not one.
double value_from_columns(const ValueColumns& columns);

// A number as Python's json module writes it: beside JSON's, NaN, Infinity and -Infinity.
std::string number_json(double value);
// nullopt for a text that is not a number.
std::optional<double> number_from_json(std::string_view text);
// "[0.5, -Infinity]".
std::string number_list_json(std::span<const double> values);
// nullopt for a text that is not a list of numbers.
std::optional<std::vector<double>> number_list_from_json(std::string_view text);

}  // namespace studyhall::storage
