// How urgent what waits is: a number, higher first. Four numbers have names.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/json_field.h"

namespace studyhall {

// "critical" 100, "high" 10, "medium" 0, "low" -10; nullopt for another name.
std::optional<double> priority_from_name(std::string_view name);
// The name of that number; empty for one without a name.
std::string_view priority_name(double priority);

// A finite number or one of the names; reports what is neither. nullopt where it is absent or
// reported.
std::optional<double> read_priority(const JsonField& field);

}  // namespace studyhall
