#include "cli/shared_options.h"

#include <fmt/format.h>

#include "cli/arguments.h"
#include "core/error.h"

namespace studyhall::cli {

void add_lease(CLI::App& command, std::string& target) {
  command.add_option("--lease", target, "lease token that ask printed")->type_name("TOKEN");
}

void add_request_id(CLI::App& command, std::string& target) {
  command.add_option("--request-id", target, "the same id again gives the same answer again")
      ->type_name("ID");
}

void add_from_issue(CLI::App& command, std::string& target) {
  command
      .add_option("--from-issue", target,
                  "number or address of an issue that title and text are taken from, through gh or "
                  "glab")
      ->type_name("N");
}

CLI::Option* add_several(CLI::App& command, const std::string& name,
                         std::vector<std::string>& target, const std::string& description,
                         const char* type) {
  return command.add_option(name, target, description)->type_name(type)->allow_extra_args(false);
}

std::vector<std::int64_t> numbers_of(const std::vector<std::string>& words, const char* what) {
  std::vector<std::int64_t> numbers;
  numbers.reserve(words.size());
  for (const std::string& word : words) numbers.push_back(parse_integer(word, what, 0));
  return numbers;
}

void add_usage(CLI::App& command, UsageArguments& target) {
  command.add_option("--cost-usd", target.cost_usd, "what it cost")->type_name("USD");
  command.add_option("--turns", target.turns, "turns that its agent took")->type_name("N");
  command.add_option("--tokens", target.tokens, "tokens that it used")->type_name("N");
}

Usage usage_of(const UsageArguments& arguments) {
  Usage usage;
  if (!arguments.cost_usd.empty()) {
    usage.cost_usd = parse_number(arguments.cost_usd, "--cost-usd");
    if (*usage.cost_usd < 0)
      throw Error(ErrorCode::Invalid, "--cost-usd: expected a number of at least 0");
  }
  if (!arguments.turns.empty()) usage.turns = parse_integer(arguments.turns, "--turns", 0);
  if (!arguments.tokens.empty()) usage.tokens = parse_integer(arguments.tokens, "--tokens", 0);
  return usage;
}

void add_cause(CLI::App& command, std::string& target) {
  command
      .add_option("--cause", target,
                  "of infra: crash (default), stall, rate_limit, auth or server_error; the last "
                  "three are not held against the worker")
      ->type_name("C");
}

std::optional<FaultCause> cause_of(const std::string& text, std::optional<FailReason> reason) {
  if (text.empty()) return std::nullopt;
  const auto cause = fault_cause_from_string(text);
  if (!cause)
    throw Error(ErrorCode::Invalid,
                fmt::format("--cause: \"{}\" is not one of crash, stall, rate_limit, auth, "
                            "server_error",
                            text));
  if (reason != FailReason::Infra)
    throw Error(ErrorCode::Invalid, "--cause goes with --reason infra only");
  return cause;
}

}  // namespace studyhall::cli
