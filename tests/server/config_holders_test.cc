#include "server/config_holders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace studyhall::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ConfigHolders, NamesTheTrialsOfAConfiguration) {
  const Digest a{1, 2};
  const Digest b{3, 2};
  ConfigHolders holders;
  holders.insert(a, 5);
  holders.insert(b, 1);
  holders.insert(a, 2);

  EXPECT_EQ(holders.first(a), 2);
  EXPECT_THAT(holders.all(a), ElementsAre(2, 5));
  EXPECT_EQ(holders.held_by(1), b);
  EXPECT_EQ(holders.held_by(0), std::nullopt);
  EXPECT_EQ(holders.first({9, 9}), std::nullopt);

  holders.erase(2);
  holders.erase(0);
  holders.erase(77);

  EXPECT_EQ(holders.first(a), 5);
  EXPECT_EQ(holders.held_by(2), std::nullopt);

  holders.erase(5);

  EXPECT_THAT(holders.all(a), IsEmpty());
  EXPECT_EQ(holders.first(b), 1);
}

}  // namespace
}  // namespace studyhall::server
