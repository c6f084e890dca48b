// Properties of random cases, with RapidCheck's shrinking and a seed of one's own: its
// configuration is otherwise one for the whole program, read before main().
#pragma once

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstdint>
#include <sstream>
#include <utility>

namespace studyhall::testing {

struct Cases {
  int count = 150;
  int size = 100;  // up to which what is generated grows
  std::uint64_t seed = 20240611;
};

// Whether `property`, which draws with rc::gen and says false by RC_ASSERT or an exception, holds;
// else the smallest case found.
template <typename Property>
::testing::AssertionResult holds(Property property, const Cases& cases = {}) {
  rc::detail::TestParams params;
  params.seed = cases.seed;
  params.maxSuccess = cases.count;
  params.maxSize = cases.size;
  const auto result =
      rc::detail::checkTestable(std::move(property), rc::detail::TestMetadata{}, params);
  if (result.template is<rc::detail::SuccessResult>()) return ::testing::AssertionSuccess();
  std::ostringstream words;
  rc::detail::printResultMessage(result, words);
  return ::testing::AssertionFailure() << words.str();
}

}  // namespace studyhall::testing
