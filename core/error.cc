#include "core/error.h"

#include <fmt/format.h>

#include "core/enum_names.h"

namespace studyhall {

namespace {

constexpr std::array<std::string_view, 13> kErrorCodes{
    "malformed",   "not_found",    "conflict",  "too_large",    "invalid",
    "unsupported", "unauthorized", "forbidden", "rate_limited", "unavailable",
    "unreachable", "corrupt",      "internal"};

}  // namespace

std::string_view to_string(ErrorCode code) { return enum_name(kErrorCodes, code); }

ErrorCode error_code_from_string(std::string_view name) {
  return enum_from_name<ErrorCode>(kErrorCodes, name).value_or(ErrorCode::Internal);
}

Error Error::from_problems(ErrorCode code, std::string_view subject,
                           const std::vector<Problem>& problems) {
  const auto line = [](const Problem& problem) {
    return problem.path.empty() ? problem.message
                                : fmt::format("{}: {}", problem.path, problem.message);
  };

  std::string message(subject);
  if (problems.size() == 1) {
    message += ": " + line(problems.front());
  } else {
    message += fmt::format(": {} problems", problems.size());
    for (const Problem& problem : problems) message += "\n  " + line(problem);
  }

  Json details = Json::array();
  for (const Problem& problem : problems) {
    details.push_back({{"path", problem.path}, {"message", problem.message}});
  }
  return Error(code, message, std::move(details));
}

}  // namespace studyhall
