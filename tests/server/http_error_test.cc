#include "server/http_error.h"

#include <gtest/gtest.h>

#include <map>

namespace studyhall::server {
namespace {

TEST(HttpError, HasTheStatusThatTheApiPromisesForEachCode) {
  const std::map<ErrorCode, int> promised{
      {ErrorCode::Malformed, 400},    {ErrorCode::NotFound, 404},    {ErrorCode::Conflict, 409},
      {ErrorCode::TooLarge, 413},     {ErrorCode::Invalid, 422},     {ErrorCode::Unsupported, 501},
      {ErrorCode::Internal, 500},     {ErrorCode::Unavailable, 503}, {ErrorCode::Corrupt, 500},
      {ErrorCode::Unauthorized, 401}, {ErrorCode::Forbidden, 403},   {ErrorCode::RateLimited, 429},
  };

  for (const auto& [code, status] : promised) {
    EXPECT_EQ(http_status(code), status) << to_string(code);
  }
}

}  // namespace
}  // namespace studyhall::server
