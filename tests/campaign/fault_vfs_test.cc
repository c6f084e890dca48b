#include "tests/campaign/fault_vfs.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <memory>
#include <string>

#include "tests/support/temp_dir.h"

namespace studyhall::testing {
namespace {

namespace fs = std::filesystem;

struct Close {
  void operator()(sqlite3* database) const { sqlite3_close(database); }
};
using Database = std::unique_ptr<sqlite3, Close>;

Database open(const fs::path& file, const char* vfs) {
  sqlite3* database = nullptr;
  sqlite3_open_v2(file.c_str(), &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs);
  return Database(database);
}

int run(const Database& database, const char* sql) {
  return sqlite3_exec(database.get(), sql, nullptr, nullptr, nullptr);
}

int count(const Database& database) {
  int rows = -1;
  const auto keep = [](void* out, int, char** values, char**) {
    *static_cast<int*>(out) = std::stoi(values[0]);
    return 0;
  };
  sqlite3_exec(database.get(), "SELECT count(*) FROM t", keep, &rows, nullptr);
  return rows;
}

class FaultVfs : public ::testing::Test {
 protected:
  FaultVfs() {
    install_fault_vfs(switches_, false);
    database_ = open(file_, kFaultVfs);
    run(database_, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t(x)");
  }

  // The rows that a power failure now would leave.
  int after_power_failure() {
    const fs::path left = dir_.path() / "left.db";
    fs::copy_file(file_, left, fs::copy_options::overwrite_existing);
    fs::copy_file(file_.string() + "-wal", left.string() + "-wal",
                  fs::copy_options::overwrite_existing);
    const int rows = count(open(left, nullptr));
    fs::remove(left.string() + "-shm");
    return rows;
  }

  TempDir dir_;
  FaultSwitches switches_;
  fs::path file_ = dir_.path() / "t.db";
  Database database_;
};

TEST_F(FaultVfs, LosesWhatWasCommittedAndNotSynced) {
  run(database_, "PRAGMA synchronous = NORMAL");
  ASSERT_EQ(run(database_, "INSERT INTO t VALUES (1)"), SQLITE_OK);
  EXPECT_EQ(count(database_), 1);
  EXPECT_GT(switches_.unsynced, 0);
  EXPECT_EQ(after_power_failure(), 0);

  run(database_, "PRAGMA synchronous = FULL");
  ASSERT_EQ(run(database_, "INSERT INTO t VALUES (2)"), SQLITE_OK);
  EXPECT_EQ(after_power_failure(), 2);
}

TEST_F(FaultVfs, FailsWhenToldToAndWorksAgain) {
  switches_.full = 1;
  EXPECT_EQ(run(database_, "INSERT INTO t VALUES (1)"), SQLITE_FULL);
  switches_.full = 0;
  switches_.fail_writes = 1;
  EXPECT_EQ(run(database_, "INSERT INTO t VALUES (1)"), SQLITE_IOERR);
  switches_.fail_syncs = 1;
  EXPECT_EQ(run(database_, "INSERT INTO t VALUES (1)"), SQLITE_IOERR);
  EXPECT_EQ(switches_.refused, 3);
  EXPECT_EQ(run(database_, "INSERT INTO t VALUES (1)"), SQLITE_OK);
  EXPECT_EQ(count(database_), 1);
}

}  // namespace
}  // namespace studyhall::testing
