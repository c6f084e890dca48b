#include "core/digest.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/hash.h"
#include "core/rng.h"

namespace studyhall {
namespace {

TEST(Digest, IsTheValueOf32Digits) {
  const std::string digits = "00112233445566778899aabbccddeeff";

  EXPECT_EQ(digest_of(digits), (Digest{0x0011223344556677, 0x8899aabbccddeeff}));
  EXPECT_EQ(to_hex(digest_of(digits)), digits);
}

TEST(Digest, IsOfTheSha256OfAnyOtherText) {
  for (const std::string text : {"", "g1", "00112233445566778899AABBCCDDEEFF"}) {
    EXPECT_EQ(to_hex(digest_of(text)), sha256_hex(text).substr(0, 32));
  }
}

// Few digests, so that many are equal or near each other.
TEST(DigestIndex, FindsWhatWasInsertedAndNotErased) {
  Rng rng = Rng::for_trial(7, 0);
  std::vector<Digest> digests(3000);
  const auto digest_at = [&](std::size_t position) { return digests[position]; };
  DigestIndex index;
  std::map<std::uint64_t, std::set<std::size_t>> plain;
  for (int step = 0; step < 20'000; ++step) {
    const std::size_t position = rng.index(digests.size());
    std::set<std::size_t>& held = plain[digests[position].low];
    if (held.erase(position) > 0) {
      index.erase(position, digest_at);
    } else {
      digests[position] = {0, rng.index(400)};
      plain[digests[position].low].insert(position);
      index.insert(position, digest_at);
    }

    const std::uint64_t asked = rng.index(400);
    std::set<std::size_t> found;
    index.find({0, asked}, digest_at, [&](std::size_t one) {
      EXPECT_TRUE(found.insert(one).second);
      return false;
    });
    ASSERT_EQ(found, plain[asked]);
  }
}

TEST(DigestIndex, ErasesNothingThatItHasNot) {
  const std::vector<Digest> digests{{0, 1}, {0, 1}};
  const auto digest_at = [&](std::size_t position) { return digests[position]; };
  DigestIndex index;
  index.erase(0, digest_at);
  index.insert(0, digest_at);

  index.erase(1, digest_at);

  std::size_t found = 0;
  index.find({0, 1}, digest_at, [&](std::size_t) { return ++found > 0; });
  EXPECT_EQ(found, 1U);
}

}  // namespace
}  // namespace studyhall
