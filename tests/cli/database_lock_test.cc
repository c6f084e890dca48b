#include "cli/database_lock.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/error.h"
#include "tests/support/temp_dir.h"

namespace studyhall::cli {
namespace {

class DatabaseLockTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path database() const { return dir_.path() / "s.db"; }

  testing::TempDir dir_;
};

TEST_F(DatabaseLockTest, IsHeldByOneAtATime) {
  {
    const auto first = DatabaseLock::try_acquire(database());
    ASSERT_TRUE(first);
    EXPECT_FALSE(DatabaseLock::try_acquire(database()));
    EXPECT_FALSE(live_server(database()));
  }
  EXPECT_TRUE(DatabaseLock::try_acquire(database()));
}

TEST_F(DatabaseLockTest, IsTheSameUnderEveryNameOfTheFile) {
  std::ofstream(database()) << "";
  const std::filesystem::path link = dir_.path() / "link.db";
  std::filesystem::create_symlink(database(), link);

  const auto held = DatabaseLock::try_acquire(database());
  EXPECT_FALSE(DatabaseLock::try_acquire(link));
}

TEST_F(DatabaseLockTest, AServersMarkCountsAsLongAsItHoldsTheLock) {
  {
    auto lock = DatabaseLock::try_acquire(database());
    lock->publish({.url = "http://127.0.0.1:8642", .host = "a", .host_id = "b"});
    const auto mark = live_server(database());
    ASSERT_TRUE(mark);
    EXPECT_EQ(mark->url, "http://127.0.0.1:8642");
    EXPECT_EQ(mark->host, "a");
    EXPECT_EQ(mark->host_id, "b");
  }
  EXPECT_FALSE(live_server(database()));
}

TEST_F(DatabaseLockTest, AMarkThatAKilledServerLeftNeverCounts) {
  {
    auto lock = DatabaseLock::try_acquire(database());
    lock->publish({.url = "http://127.0.0.1:8642", .host = "a", .host_id = "b"});
  }
  EXPECT_GT(std::filesystem::file_size(lock_path(database())), 0U);

  const auto verb = DatabaseLock::try_acquire(database());
  ASSERT_TRUE(verb);
  EXPECT_FALSE(live_server(database()));
}

TEST_F(DatabaseLockTest, AskingForAServerMakesNoFile) {
  EXPECT_FALSE(live_server(database()));
  EXPECT_TRUE(std::filesystem::is_empty(dir_.path()));
}

TEST_F(DatabaseLockTest, PatienceHasAnEndThatNamesTheFile) {
  const auto held = DatabaseLock::try_acquire(database());
  LockWait wait(std::chrono::milliseconds(20));
  try {
    while (true) wait.once(database());
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::Unavailable);
    EXPECT_NE(std::string(error.what()).find("s.db.lock"), std::string::npos);
  }
}

TEST_F(DatabaseLockTest, AFolderThatCannotBeWrittenIsAnError) {
  EXPECT_THROW(static_cast<void>(DatabaseLock::try_acquire(dir_.path() / "no" / "s.db")), Error);
}

}  // namespace
}  // namespace studyhall::cli
