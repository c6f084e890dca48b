#include "cli/exit_code.h"

namespace studyhall::cli {

int exit_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::Malformed:
    case ErrorCode::Invalid:
    case ErrorCode::Unsupported:
    case ErrorCode::TooLarge:
      return kWrongUse;
    case ErrorCode::Unreachable:
      return kCannotReachServer;
    case ErrorCode::NotFound:
    case ErrorCode::Conflict:
    case ErrorCode::Unauthorized:
    case ErrorCode::Forbidden:
    case ErrorCode::RateLimited:
    case ErrorCode::Unavailable:
    case ErrorCode::Corrupt:
    case ErrorCode::Internal:
      return kFailed;
  }
  return kFailed;
}

}  // namespace studyhall::cli
