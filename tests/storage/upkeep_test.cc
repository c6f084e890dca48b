#include "storage/upkeep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "core/error.h"
#include "storage/sqlite_storage.h"
#include "tests/storage/raw_database.h"
#include "tests/storage/study_builder.h"
#include "tests/support/temp_dir.h"

namespace studyhall::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class UpkeepTest : public ::testing::Test {
 protected:
  UpkeepTest() {
    storage_ = open_sqlite_storage(file());
    const auto spec = make_spec("s");
    id_ = storage_
              ->commit(std::vector{Change{
                  .event = Event{1, at_second(0), "user", EventKind::Created, Json::object()},
                  .writes = {CreateStudy{make_record(spec)}}}})
              .created.at(0);
    for (int i = 0; i < 3; ++i) add_trial();
  }

  void add_trial() {
    const std::int64_t number = trials_++;
    const Change change{
        .study = id_,
        .event = Event{number + 2, at_second(1), "W1", EventKind::Asked, Json::object()},
        .writes = {AddTrial{make_running(number)}}};
    EXPECT_EQ(storage_->commit(std::vector{change}).outcome, CommitOutcome::Committed);
  }
  [[nodiscard]] std::filesystem::path file() const { return dir_.path() / "studies.db"; }
  [[nodiscard]] std::filesystem::path copy() const { return dir_.path() / "copy.db"; }

  studyhall::testing::TempDir dir_;
  std::unique_ptr<Storage> storage_;
  StudyId id_ = 0;
  std::int64_t trials_ = 0;
};

TEST_F(UpkeepTest, FindsNothingWrongWithAWholeDatabase) {
  EXPECT_THAT(check_database(file()), IsEmpty());
  EXPECT_EQ(studyhall_version(file()), studyhall_version(file()));
  EXPECT_TRUE(studyhall_version(file()).has_value());
}

TEST_F(UpkeepTest, FindsWhatIsWrong) {
  const std::pair<const char*, const char*> faults[] = {
      {"UPDATE trials SET number = 7 WHERE number = 2", "trial numbers have gaps"},
      {"DELETE FROM studyhall_events WHERE sequence = 2", "events have gaps"},
      {"UPDATE trials SET state = 'COMPLETE' WHERE number = 1", "trial 1 is complete"},
      {"UPDATE studyhall_studies SET study_id = 77", "id 77"},
      {"INSERT INTO trial_values VALUES (1, 999, 0, 1.0, 'FINITE')", "trial_values"},
      {"INSERT INTO studyhall_leases VALUES (1, 55, 0, 't', 'w', 1, 1, 1, 1, -1)", "trial 55"},
  };
  for (const auto& [sql, said] : faults) {
    std::filesystem::remove(copy());
    back_up(file(), copy());
    RawDatabase(copy()).run(sql);
    EXPECT_THAT(check_database(copy()), ::testing::Contains(HasSubstr(said))) << sql;
  }
}

TEST_F(UpkeepTest, FindsDamagedPages) {
  back_up(file(), copy());
  {
    std::fstream pages(copy(), std::ios::in | std::ios::out | std::ios::binary);
    pages.seekp(4096 * 3);
    pages << std::string(4096 * 4, 'x');
  }
  std::string found;
  try {
    for (const std::string& problem : check_database(copy())) found += problem;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::Corrupt);
    found = error.what();
  }
  EXPECT_FALSE(found.empty());
}

TEST_F(UpkeepTest, RefusesWhatIsNoDatabaseOfStudyhall) {
  EXPECT_THROW(check_database(dir_.path() / "none.db"), Error);
  std::ofstream(copy()) << "not a database, whatever its name says, and longer than a header is";
  EXPECT_THROW(check_database(copy()), Error);
  RawDatabase(dir_.path() / "other.db").run("CREATE TABLE t (a)");
  EXPECT_THROW(check_database(dir_.path() / "other.db"), Error);
}

TEST_F(UpkeepTest, CopiesADatabaseThatIsWritten) {
  std::atomic<bool> done = false;
  std::thread writer([&] {
    while (!done) add_trial();
  });
  const Backup backup = back_up(file(), copy());
  done = true;
  writer.join();
  EXPECT_GE(backup.trials, 3);
  EXPECT_LE(backup.trials, trials_);
  EXPECT_EQ(backup.events, backup.trials + 1);
  EXPECT_EQ(backup.studies, 1);

  const auto again = open_sqlite_storage(copy());
  EXPECT_EQ(static_cast<std::int64_t>(again->trials(id_, {}).size()), backup.trials);
}

TEST_F(UpkeepTest, LeavesNothingBesideTheCopy) {
  const Backup backup = back_up(file(), copy());
  EXPECT_EQ(static_cast<std::uintmax_t>(backup.bytes), std::filesystem::file_size(copy()));
  EXPECT_EQ(std::filesystem::status(copy()).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
    if (entry.path().filename().string().starts_with("copy"))
      names.push_back(entry.path().filename());
  }
  EXPECT_THAT(names, ElementsAre("copy.db"));
}

TEST_F(UpkeepTest, ReplacesNoFile) {
  std::ofstream(copy()) << "mine";
  EXPECT_THROW(back_up(file(), copy()), Error);
  EXPECT_EQ(std::filesystem::file_size(copy()), 4U);
  EXPECT_THROW(back_up(file(), dir_.path() / "no" / "folder.db"), Error);
  EXPECT_THROW(back_up(dir_.path() / "none.db", dir_.path() / "x.db"), Error);
  EXPECT_FALSE(std::filesystem::exists(dir_.path() / "x.db"));
}

TEST_F(UpkeepTest, RefusesToCopyADamagedDatabase) {
  RawDatabase(file()).run("DELETE FROM studyhall_events WHERE sequence = 2");
  EXPECT_THROW(back_up(file(), copy()), Error);
  EXPECT_FALSE(std::filesystem::exists(copy()));
}

}  // namespace
}  // namespace studyhall::storage
