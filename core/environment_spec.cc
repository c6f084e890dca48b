#include "core/environment_spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace studyhall {

namespace {

constexpr auto kOwnVariables =
    std::to_array<std::string_view>({"STUDY_TRIAL", "STUDY_WORKER", "STUDY_SEED", "STUDY_CONFIG"});

bool is_variable_name(std::string_view name) {
  const auto is_letter = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
  };
  return !name.empty() && is_letter(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

void check_variable(const JsonField& field, const std::string& name) {
  if (!is_variable_name(name)) {
    field.report(
        fmt::format("{} is no name for an environment variable: expected letters, "
                    "digits and '_', not beginning with a digit",
                    brief(Json(name))));
  }
  const bool is_ours =
      std::find(kOwnVariables.begin(), kOwnVariables.end(), name) != kOwnVariables.end();
  if (is_ours || name.starts_with("STUDY_PARAM_")) {
    field.report(fmt::format("{} is set by the worker for every trial", name));
  }
}

}  // namespace

std::map<std::string, std::string> read_environment(const JsonField& field) {
  std::map<std::string, std::string> environment;
  const auto members = field.members("an object of variables and values");
  if (!members) return environment;
  for (const auto& [name, member] : *members) {
    check_variable(member, name);
    const auto value = member.string("a string");
    if (value && value->find('\0') != std::string::npos) {
      member.report_expected("a value without NUL characters");
    }
    if (value) environment[name] = *value;
  }
  return environment;
}

std::optional<std::vector<std::string>> read_variable_names(const JsonField& field) {
  auto names = field.strings("a list of names of variables");
  if (!names) return std::nullopt;
  const auto items = field.list();
  for (const JsonField& item : *items) check_variable(item, item.json().get<std::string>());
  return names;
}

}  // namespace studyhall
