// What a worker takes: trials, tasks or both.
#pragma once

#include <optional>
#include <string_view>

namespace studyhall {

enum class Want { Trials, Tasks, Any };
// "trials", "tasks", "any".
std::string_view to_string(Want want);
std::optional<Want> want_from_string(std::string_view name);

}  // namespace studyhall
