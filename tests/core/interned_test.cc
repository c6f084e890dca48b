#include "core/interned.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace studyhall {
namespace {

TEST(Interned, IsEqualWhereItsTextIs) {
  Interned a("tpe");
  Interned b;
  EXPECT_EQ(b.str(), "");
  EXPECT_FALSE(a == b);
  b = std::string("t") + "pe";
  EXPECT_EQ(a, b);
  EXPECT_EQ(&a.str(), &b.str());
  EXPECT_TRUE(a == "tpe");
  EXPECT_FALSE(a == std::string("tp"));
  EXPECT_EQ(sizeof(Interned), sizeof(void*));
}

TEST(Interned, MayBeMadeByManyThreads) {
  std::vector<Interned> found(400);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = t; i < found.size(); i += 4) found[i] = "W" + std::to_string(i % 7);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 7; i < found.size(); ++i) EXPECT_EQ(found[i], found[i - 7]);
}

}  // namespace
}  // namespace studyhall
