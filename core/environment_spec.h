// Environment variables in a study file.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/json_field.h"

namespace studyhall {

// "env": variables and their values. Those that the worker sets for every trial are refused.
std::map<std::string, std::string> read_environment(const JsonField& field);
// "pass_env": names; nullopt where absent or wrong.
std::optional<std::vector<std::string>> read_variable_names(const JsonField& field);

}  // namespace studyhall
