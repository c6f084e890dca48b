// The one exception type of the project: something that cannot go on.
//
// What a caller must choose between (no trial left, told twice) is a return value, never an Error.
// Exactly two tables read the code: server/http_error.cc (status) and cli/exit_code.cc (exit
// status).
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"

namespace studyhall {

enum class ErrorCode {
  Malformed,     // not JSON, not UTF-8, a field of the wrong type
  NotFound,      // no such study or trial
  Conflict,      // a name taken, a result that differs from the one told, a lease never issued
  TooLarge,      // more bytes or items than a request may have
  Invalid,       // well-formed, but breaks a rule of the study file or of a value
  Unsupported,   // legal, but not in this build
  Unauthorized,  // no token, or one that the server does not know
  Forbidden,     // a token that may not do this, or a request from a place that may not
  RateLimited,   // too many requests from one client: later
  Unavailable,   // busy, shutting down, disk full: try again
  Unreachable,   // no answer from the server
  Corrupt,       // a file is not what it must be
  Internal,      // a fault of ours
};

// "malformed", "not_found", ... as in the JSON form {"error": {"code", "message", "details"}}.
std::string_view to_string(ErrorCode code);
// Inverse of to_string; Internal for a name that is not one.
ErrorCode error_code_from_string(std::string_view name);

// One thing wrong in a user's input. `path` is a JSON path ("/params/x/low"; empty: the whole);
// `message` gives the value found and what was expected.
struct Problem {
  std::string path;
  std::string message;
};

class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message, Json details = nullptr)
      : std::runtime_error(message), code_(code), details_(std::move(details)) {}

  // All problems of one input at once; details is [{"path", "message"}], the message lists them.
  static Error from_problems(ErrorCode code, std::string_view subject,
                             const std::vector<Problem>& problems);

  [[nodiscard]] ErrorCode code() const { return code_; }
  [[nodiscard]] const Json& details() const { return details_; }

 private:
  ErrorCode code_;
  Json details_;
};

}  // namespace studyhall
