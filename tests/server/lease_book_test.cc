#include "server/lease_book.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "core/hash.h"

namespace studyhall::server {
namespace {

using storage::LeaseRecord;

LeaseRecord lease_of(std::int64_t number, const std::string& token, int attempt = 1) {
  LeaseRecord lease;
  lease.number = number;
  lease.token = token;
  lease.worker = "W" + std::to_string(attempt);
  lease.attempt = attempt;
  lease.length = std::chrono::hours(24);
  lease.expires_at = Timestamp(std::chrono::hours(500'000)) + lease.length;
  return lease;
}

TEST(LeaseBook, GivesBackWhatWasAddedOpenOrClosed) {
  LeaseBook book;
  std::vector<LeaseRecord> wanted{lease_of(7, "0123456789abcdef0123456789abcdef"),
                                  lease_of(7, "by hand", 2)};
  for (LeaseRecord& lease : wanted) {
    book.add(lease);
    EXPECT_EQ(*book.current(7), lease);
    book.close(7);
    lease.current = false;
    EXPECT_EQ(book.current(7), nullptr);
  }
  EXPECT_EQ(book.of(7), wanted);

  wanted.push_back(lease_of(7, "ABCDEF0123456789abcdef0123456789", 3));
  book.add(wanted.back());

  EXPECT_EQ(book.of(7), wanted);
  EXPECT_EQ(*book.current(7), wanted.back());
  EXPECT_TRUE(book.of(6).empty());
}

TEST(LeaseBook, ExtendsTheCurrentLeaseAlone) {
  LeaseBook book;
  book.add(lease_of(0, "a"));
  book.close(0);
  book.add(lease_of(0, "b", 2));
  const Timestamp later(std::chrono::hours(600'000));

  book.extend(0, later);

  EXPECT_EQ(book.of(0)[0].expires_at, lease_of(0, "a").expires_at);
  EXPECT_EQ(book.current(0)->expires_at, later);
}

TEST(LeaseBook, NotesWhatAHolderTold) {
  LeaseBook book;
  book.add(lease_of(0, "a"));
  book.close(0);
  book.add(lease_of(0, "b", 2));
  EXPECT_TRUE(book.mark_told(0, "b", 0));
  book.close(0);

  EXPECT_TRUE(book.mark_told(0, "a", 5));
  EXPECT_FALSE(book.mark_told(0, "c", 6));
  EXPECT_FALSE(book.mark_told(1, "a", 6));

  EXPECT_EQ(book.of(0)[0].told_as, 5);
  EXPECT_EQ(book.of(0)[1].told_as, 0);
}

TEST(LeaseBook, NeedsSixtyBytesForAClosedLease) {
  constexpr std::size_t kLeases = 20'000;
  LeaseBook book;
  for (std::size_t n = 0; n < kLeases; ++n) {
    const auto number = static_cast<std::int64_t>(n);
    book.add(lease_of(number, random_token()));
    book.mark_told(number, book.current(number)->token, number);
    book.close(number);
  }

  EXPECT_LT(book.packed_bytes(), 60 * kLeases);
}

}  // namespace
}  // namespace studyhall::server
