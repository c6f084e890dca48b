#include "worker_shim/watchdog.h"

#include <gtest/gtest.h>

#include "tests/support/processes.h"
#include "tests/support/temp_dir.h"

namespace studyhall::worker_shim {
namespace {

using namespace std::chrono_literals;
using studyhall::testing::spit;

const Watchdog::SteadyClock::time_point kStart{};

TEST(Watchdog, BitesAfterTooLongASilence) {
  WatchLimits limits;
  limits.stall = 10min;
  Watchdog dog(limits, kStart);
  EXPECT_FALSE(dog.bites(kStart + 9min));
  dog.saw(1, kStart + 9min);
  EXPECT_FALSE(dog.bites(kStart + 18min));
  EXPECT_TRUE(dog.bites(kStart + 19min));
  EXPECT_EQ(dog.bite(), Bite::Stall);
  EXPECT_EQ(dog.words(), "stalled: nothing was heard for 10 min 0 s");
  dog.saw(1, kStart + 19min);
  EXPECT_TRUE(dog.bites(kStart + 19min)) << "it stays";
}

TEST(Watchdog, GivesAToolItsOwnTime) {
  WatchLimits limits;
  limits.stall = 10min;
  limits.tool = 60min;
  Watchdog dog(limits, kStart);
  dog.working("Bash");
  EXPECT_FALSE(dog.bites(kStart + 59min));
  EXPECT_TRUE(dog.bites(kStart + 60min));
  EXPECT_EQ(dog.words(), "stalled: the tool Bash took more than 1 h 0 min");
}

TEST(Watchdog, BitesAtTooMuchOutputTurnsOrTokens) {
  WatchLimits limits;
  limits.output_bytes = 1000;
  limits.turns = 3;
  limits.tokens = 50;
  Watchdog printing(limits, kStart);
  printing.saw(600, kStart);
  EXPECT_FALSE(printing.bites(kStart));
  printing.saw(401, kStart);
  EXPECT_TRUE(printing.bites(kStart));
  EXPECT_EQ(printing.bite(), Bite::Output);

  Watchdog turning(limits, kStart);
  turning.used(3, 50);
  EXPECT_FALSE(turning.bites(kStart));
  turning.used(4, 50);
  EXPECT_TRUE(turning.bites(kStart));
  EXPECT_EQ(turning.bite(), Bite::Turns);

  Watchdog spending(limits, kStart);
  spending.used(1, 51);
  EXPECT_TRUE(spending.bites(kStart));
  EXPECT_EQ(spending.words(), "it used 51 tokens, more than 50");
}

TEST(Watchdog, BitesWhenTheFolderGrowsTooBig) {
  const testing::TempDir dir;
  WatchLimits limits;
  limits.disk_bytes = 1000;
  limits.folder = dir.path();
  Watchdog dog(limits, kStart);
  spit(dir.path() / "a", std::string(600, 'a'));
  EXPECT_FALSE(dog.bites(kStart));
  std::filesystem::create_directory(dir.path() / "sub");
  spit(dir.path() / "sub/b", std::string(600, 'b'));
  EXPECT_FALSE(dog.bites(kStart + 10ms)) << "it is not measured all the time";
  EXPECT_TRUE(dog.bites(kStart + 1h));
  EXPECT_EQ(dog.bite(), Bite::Disk);
}

TEST(Watchdog, NeverBitesWithoutLimits) {
  Watchdog dog({}, kStart);
  dog.saw(1'000'000'000, kStart);
  dog.used(1000, 1'000'000);
  EXPECT_FALSE(dog.bites(kStart + 1000h));
}

TEST(FolderBytes, AreThoseOfItsFilesAndOfNoLinks) {
  const testing::TempDir dir;
  EXPECT_EQ(folder_bytes(dir.path()), 0U);
  EXPECT_EQ(folder_bytes(dir.path() / "absent"), 0U);
  spit(dir.path() / "a", "12345");
  std::filesystem::create_symlink("/", dir.path() / "everything");
  EXPECT_EQ(folder_bytes(dir.path()), 5U);
}

}  // namespace
}  // namespace studyhall::worker_shim
