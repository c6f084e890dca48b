#include "core/error.h"

#include <gtest/gtest.h>

namespace studyhall {
namespace {

TEST(ErrorCode, HasOneNameInBothDirections) {
  const std::vector<std::pair<ErrorCode, std::string>> names = {
      {ErrorCode::Malformed, "malformed"},       {ErrorCode::NotFound, "not_found"},
      {ErrorCode::Conflict, "conflict"},         {ErrorCode::TooLarge, "too_large"},
      {ErrorCode::Invalid, "invalid"},           {ErrorCode::Unsupported, "unsupported"},
      {ErrorCode::Unauthorized, "unauthorized"}, {ErrorCode::Forbidden, "forbidden"},
      {ErrorCode::RateLimited, "rate_limited"},  {ErrorCode::Unavailable, "unavailable"},
      {ErrorCode::Unreachable, "unreachable"},   {ErrorCode::Corrupt, "corrupt"},
      {ErrorCode::Internal, "internal"}};

  for (const auto& [code, name] : names) {
    EXPECT_EQ(to_string(code), name);
    EXPECT_EQ(error_code_from_string(name), code);
  }
  EXPECT_EQ(error_code_from_string("Not_Found"), ErrorCode::Internal);
  EXPECT_EQ(error_code_from_string(""), ErrorCode::Internal);
}

TEST(Error, OfOneProblemIsOneLine) {
  const Error error =
      Error::from_problems(ErrorCode::Invalid, "study.jsonc", {{"/seed", "expected an integer"}});

  EXPECT_STREQ(error.what(), "study.jsonc: /seed: expected an integer");
  EXPECT_EQ(error.code(), ErrorCode::Invalid);
  EXPECT_EQ(error.details(),
            Json::parse(R"([{"path": "/seed", "message": "expected an integer"}])"));
}

TEST(Error, ListsEveryProblemInOrder) {
  const Error error = Error::from_problems(ErrorCode::Malformed, "body",
                                           {{"/b", "second first"}, {"", "no path"}, {"/a", "c"}});

  EXPECT_STREQ(error.what(), "body: 3 problems\n  /b: second first\n  no path\n  /a: c");
  ASSERT_EQ(error.details().size(), 3U);
  EXPECT_EQ(error.details()[1], Json::parse(R"({"path": "", "message": "no path"})"));
}

}  // namespace
}  // namespace studyhall
