// Options that the commands of trials and those of tasks share.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/trial.h"

namespace studyhall::cli {

void add_lease(CLI::App& command, std::string& target);
void add_request_id(CLI::App& command, std::string& target);
void add_from_issue(CLI::App& command, std::string& target);
// One word each time it is given.
CLI::Option* add_several(CLI::App& command, const std::string& name,
                         std::vector<std::string>& target, const std::string& description,
                         const char* type);

// Whole numbers of at least 0; throws Error(Invalid) naming `what`.
std::vector<std::int64_t> numbers_of(const std::vector<std::string>& words, const char* what);

// --cost-usd, --turns, --tokens.
struct UsageArguments {
  std::string cost_usd;
  std::string turns;
  std::string tokens;
};
void add_usage(CLI::App& command, UsageArguments& target);
// Throws Error(Invalid).
Usage usage_of(const UsageArguments& arguments);

// --cause, which goes with the reason infra alone.
void add_cause(CLI::App& command, std::string& target);
// Throws Error(Invalid).
std::optional<FaultCause> cause_of(const std::string& text, std::optional<FailReason> reason);

}  // namespace studyhall::cli
