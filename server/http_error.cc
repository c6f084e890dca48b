#include "server/http_error.h"

namespace studyhall::server {

int http_status(ErrorCode code) {
  switch (code) {
    case ErrorCode::Malformed:
      return 400;
    case ErrorCode::Unauthorized:
      return 401;
    case ErrorCode::Forbidden:
      return 403;
    case ErrorCode::NotFound:
      return 404;
    case ErrorCode::Conflict:
      return 409;
    case ErrorCode::TooLarge:
      return 413;
    case ErrorCode::Invalid:
      return 422;
    case ErrorCode::RateLimited:
      return 429;
    case ErrorCode::Unsupported:
      return 501;
    case ErrorCode::Unavailable:
      return 503;
    case ErrorCode::Unreachable:
    case ErrorCode::Corrupt:
    case ErrorCode::Internal:
      return 500;
  }
  return 500;
}

}  // namespace studyhall::server
