// A SQLite file and the other programs that use it.
#include "storage/sqlite_storage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <thread>

#include "core/error.h"
#include "tests/storage/raw_database.h"
#include "tests/storage/study_builder.h"
#include "tests/support/temp_dir.h"

namespace studyhall::storage {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Takes back what version 4 of our tables changed.
const std::string kToVersionThree = R"sql(
DROP TRIGGER studyhall_study_deleted_blocks;
DROP TRIGGER studyhall_spec_changed_blocks;
DROP TRIGGER studyhall_trial_changed_blocks;
DROP TABLE studyhall_trial_blocks;
CREATE TABLE leases AS SELECT * FROM studyhall_leases;
DROP TABLE studyhall_leases;
CREATE TABLE studyhall_leases (
  lease_id INTEGER PRIMARY KEY, study_id INTEGER NOT NULL, number INTEGER NOT NULL,
  token TEXT NOT NULL, worker TEXT NOT NULL, attempt INTEGER NOT NULL, length_us INTEGER NOT NULL,
  expires_us INTEGER NOT NULL, is_current INTEGER NOT NULL, told_as INTEGER NOT NULL,
  UNIQUE (study_id, token)
);
CREATE INDEX studyhall_leases_number ON studyhall_leases (study_id, number);
INSERT INTO studyhall_leases SELECT NULL, study_id, number, token, worker, attempt, length_us,
  expires_us, is_current, told_as FROM leases ORDER BY place, study_id, number;
DROP TABLE leases;
)sql";

class SqliteStorage : public ::testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path file() const { return folder_.path() / "studies.db"; }
  [[nodiscard]] std::unique_ptr<Storage> open(const SqliteOptions& options = {}) const {
    return open_sqlite_storage(file(), options);
  }

  [[nodiscard]] std::string content() const {
    std::ifstream stream(file(), std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  void write(const std::string& bytes) const {
    std::ofstream(file(), std::ios::binary | std::ios::trunc) << bytes;
  }

  // The Error of `work`; a failure and an empty one when it throws none.
  template <class Work>
  static Error error_of(const Work& work) {
    try {
      work();
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "nothing was thrown";
    return {ErrorCode::Internal, ""};
  }

  studyhall::testing::TempDir folder_;
};

TEST_F(SqliteStorage, RefusesAFileThatIsNotADatabase) {
  write("These are not the bytes of a database, though there are enough of them for a header.\n" +
        std::string(200, '.'));
  const std::string before = content();

  const Error error = error_of([&] { (void)open(); });

  EXPECT_EQ(error.code(), ErrorCode::Corrupt);
  EXPECT_THAT(error.what(), AllOf(HasSubstr("studies.db"), HasSubstr("not a SQLite database")));
  EXPECT_EQ(content(), before);
}

TEST_F(SqliteStorage, RefusesADamagedDatabase) {
  const StudyId study = create(*open(), make_spec("a"));
  std::string bytes = content();
  std::fill(bytes.begin() + 4096, bytes.end(), '\xff');
  write(bytes);

  const Error error = error_of([&] { (void)open()->trials(study, {}); });

  EXPECT_EQ(error.code(), ErrorCode::Corrupt);
  EXPECT_THAT(error.what(), HasSubstr("damaged"));
}

TEST_F(SqliteStorage, RefusesAnotherSchemaVersionAndNamesBoth) {
  (void)open();
  RawDatabase(file()).run(
      "PRAGMA journal_mode = DELETE;"
      "UPDATE alembic_version SET version_num = 'v3.0.0.d'");
  const std::string before = content();

  const Error error = error_of([&] { (void)open(); });

  EXPECT_EQ(error.code(), ErrorCode::Corrupt);
  EXPECT_THAT(error.what(), AllOf(HasSubstr("v3.0.0.d"), HasSubstr("v3.2.0.a")));
  EXPECT_EQ(content(), before);
}

TEST_F(SqliteStorage, RefusesALaterVersionOfItsOwnTables) {
  (void)open();
  RawDatabase(file()).run("UPDATE studyhall_schema SET version = 5");

  const Error error = error_of([&] { (void)open(); });

  EXPECT_EQ(error.code(), ErrorCode::Corrupt);
  EXPECT_THAT(error.what(), AllOf(HasSubstr("version 5"), HasSubstr("expected version 4")));
}

TEST_F(SqliteStorage, BringsItsOwnTablesUpFromVersionOne) {
  const StudyId study = create(*open(), make_spec("a"));
  RawDatabase(file()).run(kToVersionThree +
                          "DROP TRIGGER studyhall_study_deleted_facts; DROP TABLE studyhall_facts;"
                          "DROP TRIGGER studyhall_study_deleted_tasks; DROP TABLE studyhall_tasks;"
                          "UPDATE studyhall_schema SET version = 1");

  const auto storage = open();
  commit(*storage, study, {PutFact{{"worker", "W1", Json{{"failures", 2}}}}});

  EXPECT_EQ(storage->find_study("a")->id, study);
  EXPECT_THAT(storage->facts(study), ::testing::SizeIs(1));
  commit(*storage, study, {DeleteStudy{}});
  EXPECT_THAT(storage->facts(study), ::testing::IsEmpty());
}

TEST_F(SqliteStorage, BringsItsOwnTablesUpFromVersionThree) {
  const StudyId study = create(*open(), make_spec("a"));
  commit(*open(), study, {AddTrial{make_running(0)}, AddTrial{make_running(1)}});
  LeaseRecord lease;
  for (const std::int64_t number : {1, 0, 1}) {
    lease.number = number;
    lease.token += "t";
    commit(*open(), study, {PutLease{lease}});
  }
  const std::vector<LeaseRecord> leases = open()->leases(study);
  RawDatabase(file()).run(kToVersionThree + "UPDATE studyhall_schema SET version = 3");

  const auto storage = open();
  EXPECT_EQ(storage->leases(study), leases);
  commit(*storage, study, {PutTrialBlock{0, std::string("a\0b", 3)}});

  EXPECT_THAT(storage->trial_blocks(study), ::testing::ElementsAre(0));
  EXPECT_EQ(storage->trial_block(study, 0), std::string("a\0b", 3));
  EXPECT_EQ(storage->trial_block(study, kTrialsPerBlock), std::nullopt);
}

TEST_F(SqliteStorage, BringsItsOwnTablesUpFromVersionTwo) {
  const StudyId study = create(*open(), make_spec("a"));
  commit(*open(), study, {PutFact{{"worker", "W1", Json{{"failures", 2}}}}});
  RawDatabase(file()).run(kToVersionThree +
                          "DROP TRIGGER studyhall_study_deleted_tasks; DROP TABLE studyhall_tasks;"
                          "UPDATE studyhall_schema SET version = 2");

  const auto storage = open();
  TaskRecord task;
  task.task.number = 0;
  commit(*storage, study, {AddTask{task}});

  EXPECT_THAT(storage->facts(study), ::testing::SizeIs(1));
  EXPECT_THAT(storage->tasks(study), ::testing::SizeIs(1));
  commit(*storage, study, {DeleteStudy{}});
  EXPECT_THAT(storage->tasks(study), ::testing::IsEmpty());
}

TEST_F(SqliteStorage, RefusesTheDatabaseOfAnotherProgram) {
  RawDatabase(file()).run("CREATE TABLE bookmarks (url TEXT)");
  const std::string before = content();

  const Error error = error_of([&] { (void)open(); });

  EXPECT_EQ(error.code(), ErrorCode::Corrupt);
  EXPECT_THAT(error.what(), HasSubstr("another program"));
  EXPECT_EQ(content(), before);
}

TEST_F(SqliteStorage, SaysWhichFolderIsMissing) {
  const auto missing = folder_.path() / "no" / "studies.db";

  const Error error = error_of([&] { (void)open_sqlite_storage(missing); });

  EXPECT_EQ(error.code(), ErrorCode::Unavailable);
  EXPECT_THAT(error.what(), HasSubstr(missing.parent_path().string()));
}

TEST_F(SqliteStorage, RefusesAFolderInPlaceOfAFile) {
  std::filesystem::create_directory(file());

  EXPECT_EQ(error_of([&] { (void)open(); }).code(), ErrorCode::Unavailable);
}

TEST_F(SqliteStorage, RefusesANetworkMountWithAdvice) {
  SqliteOptions options;
  options.mount_of = [](const std::filesystem::path&) { return Mount{.magic = 0x6969}; };

  const Error error = error_of([&] { (void)open(options); });

  EXPECT_EQ(error.code(), ErrorCode::Unsupported);
  EXPECT_THAT(error.what(),
              AllOf(HasSubstr("NFS"), HasSubstr("study serve"), HasSubstr("STUDY_SERVER")));
  EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_F(SqliteStorage, TakesANameThatSqliteWouldReadAsSomethingElse) {
  const auto odd = folder_.path() / ":memory:";

  (void)create(*open_sqlite_storage(odd), make_spec("a"));

  EXPECT_TRUE(open_sqlite_storage(odd)->find_study("a"));
}

TEST_F(SqliteStorage, IsMadeOnceByManyThatOpenItTogether) {
  std::vector<std::thread> threads;
  std::atomic<int> opened = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      (void)open();
      ++opened;
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }

  EXPECT_EQ(opened, 8);
  EXPECT_EQ(RawDatabase(file()).run("SELECT count(*) FROM alembic_version"), "1");
}

TEST_F(SqliteStorage, IsUnavailableWhileAnotherProgramHoldsTheLock) {
  const auto storage = open({.busy_timeout = std::chrono::milliseconds(20)});
  const StudyId study = create(*storage, make_spec("a"));
  RawDatabase other(file());
  other.run("BEGIN IMMEDIATE");

  const Error error = error_of([&] { (void)commit(*storage, study, {AddTrial{make_running(0)}}); });

  EXPECT_EQ(error.code(), ErrorCode::Unavailable);
  EXPECT_THAT(error.what(), HasSubstr("busy"));
  EXPECT_THAT(storage->trials(study, {}), IsEmpty());
  other.run("ROLLBACK");
  EXPECT_EQ(commit(*storage, study, {AddTrial{make_running(0)}}).outcome, CommitOutcome::Committed);
}

TEST_F(SqliteStorage, IsStaleOnceAnotherProgramHasWritten) {
  const auto storage = open();
  const StudyId study = create(*storage, make_spec("a"));
  RawDatabase(file()).run("INSERT INTO study_user_attributes (study_id, key, value_json) VALUES (" +
                          std::to_string(study) + ", 'note', '1')");

  EXPECT_EQ(commit(*storage, study, {AddTrial{make_running(0)}}).outcome, CommitOutcome::Stale);
  EXPECT_EQ(commit(*storage, study, {AddTrial{make_running(0)}}).outcome, CommitOutcome::Stale);
  EXPECT_THAT(storage->trials(study, {}), IsEmpty());

  EXPECT_TRUE(storage->refresh());
  EXPECT_FALSE(storage->refresh());
  EXPECT_EQ(commit(*storage, study, {AddTrial{make_running(0)}}).outcome, CommitOutcome::Committed);
  EXPECT_FALSE(storage->refresh());
}

TEST_F(SqliteStorage, SeesTheCommitsOfAnotherStorageOnTheSameFile) {
  const auto one = open();
  const StudyId study = create(*one, make_spec("a"));
  const auto two = open();
  (void)commit(*two, study, {AddTrial{make_running(0)}});

  EXPECT_EQ(commit(*one, study, {AddTrial{make_running(0)}}).outcome, CommitOutcome::Stale);
  EXPECT_TRUE(one->refresh());
  EXPECT_THAT(one->trials(study, {}), SizeIs(1));
  EXPECT_EQ(commit(*one, study, {AddTrial{make_running(1)}}).outcome, CommitOutcome::Committed);
  EXPECT_TRUE(two->refresh());
}

// What a storage remembers of what it wrote holds only until another writes.
TEST_F(SqliteStorage, ForgetsWhatItWroteOnceAnotherHasWritten) {
  const auto one = open();
  const StudyId study = create(*one, make_spec("a"));
  const auto two = open();
  for (std::int64_t number = 0; number < 6; ++number) {
    Storage& writer = number % 2 == 0 ? *one : *two;
    (void)writer.refresh();
    ASSERT_EQ(commit(writer, study, {AddTrial{make_running(number)}}).outcome,
              CommitOutcome::Committed);
  }
  Trial told = make_running(0);
  told.state = TrialState::Complete;
  told.values = {1.5};
  (void)two->refresh();
  ASSERT_EQ(commit(*two, study, {UpdateTrial{TrialState::Running, told}}).outcome,
            CommitOutcome::Committed);
  (void)one->refresh();
  told.values = {2.5};
  EXPECT_THROW((void)commit(*one, study, {UpdateTrial{TrialState::Running, told}}), Error);
  EXPECT_EQ(one->trials(study, {}).front().values, std::vector<double>{1.5});
}

// Two embedded writers that follow the rule (refresh, decide again) hold the numbers dense.
TEST_F(SqliteStorage, TwoStoragesOnOneFileGiveEachNumberOnce) {
  const StudyId study = create(*open(), make_spec("a"));
  const auto add_trials = [&] {
    const auto storage = open();
    for (int added = 0; added < 50;) {
      (void)storage->refresh();
      const auto next = std::ssize(storage->trials(study, {}));
      const CommitResult result = commit(*storage, study, {AddTrial{make_running(next)}});
      added += result.outcome == CommitOutcome::Committed ? 1 : 0;
    }
  };

  std::thread other(add_trials);
  add_trials();
  other.join();

  const std::vector<Trial> trials = open()->trials(study, {});
  ASSERT_THAT(trials, SizeIs(100));
  for (std::size_t i = 0; i < trials.size(); ++i) {
    EXPECT_EQ(trials[i].number, static_cast<std::int64_t>(i));
  }
}

// Optuna deletes a study's rows one by one, with foreign keys off.
TEST_F(SqliteStorage, LosesItsRowsOfAStudyThatAnotherProgramDeletes) {
  const auto storage = open();
  const StudyId study = create(*storage, make_spec("a"));
  Change change = change_of(
      study, {AddTrial{make_running(0)}, PutLease{{.number = 0, .token = "t", .worker = "W1"}}});
  change.event = make_event(1);
  change.request = RequestRecord{"r", "ask", 1};
  (void)storage->commit(std::vector<Change>{change});
  RawDatabase(file()).run(
      "DELETE FROM trial_params; DELETE FROM trial_user_attributes;"
      "DELETE FROM trial_system_attributes; DELETE FROM trials; DELETE FROM study_directions;"
      "DELETE FROM studies");

  EXPECT_TRUE(storage->refresh());
  EXPECT_THAT(storage->studies(), IsEmpty());
  EXPECT_THAT(storage->trials(study, {}), IsEmpty());
  EXPECT_THAT(storage->events(study, 0, 0), IsEmpty());
  EXPECT_THAT(storage->leases(study), IsEmpty());
  EXPECT_FALSE(storage->find_request(study, "r"));
  EXPECT_GT(create(*storage, make_spec("b")), study);
}

TEST_F(SqliteStorage, KeepsTheAttributesThatOtherProgramsSet) {
  const auto storage = open();
  const StudyId study = create(*storage, make_spec("a"));
  (void)commit(*storage, study, {AddTrial{make_running(0)}});
  RawDatabase other(file());
  other.run(
      "INSERT INTO trial_user_attributes (trial_id, key, value_json) VALUES (1, 'memo', "
      "'\"see the log\"');"
      "INSERT INTO trial_system_attributes (trial_id, key, value_json) VALUES (1, "
      "'dashboard:note', '\"x\"')");
  (void)storage->refresh();

  (void)commit(*storage, study,
               {UpdateTrial{TrialState::Running, completed(make_running(0), {1})}});

  EXPECT_EQ(other.run("SELECT value_json FROM trial_user_attributes WHERE key = 'memo'"),
            "\"see the log\"");
  EXPECT_EQ(other.run("SELECT count(*) FROM trial_system_attributes WHERE key LIKE 'dash%'"), "1");
}

TEST_F(SqliteStorage, HoldsItsConnectionToForeignKeys) {
  const auto storage = open();
  const StudyId study = create(*storage, make_spec("a"));
  (void)commit(*storage, study, {AddTrial{make_running(0)}});
  // A row that refers to the trial from a table that DeleteStudy does not know.
  RawDatabase(file()).run(
      "CREATE TABLE extra (trial_id INTEGER, FOREIGN KEY(trial_id) REFERENCES trials (trial_id));"
      "INSERT INTO extra VALUES (1)");
  (void)storage->refresh();

  EXPECT_THROW((void)commit(*storage, study, {DeleteStudy{}}), Error);

  EXPECT_THAT(storage->trials(study, {}), SizeIs(1));
}

TEST_F(SqliteStorage, LeavesHeartbeatsEmpty) {
  const auto storage = open();
  const StudyId study = create(*storage, make_spec("a"));
  (void)commit(*storage, study, {AddTrial{make_running(0)}});

  EXPECT_EQ(RawDatabase(file()).run("SELECT count(*) FROM trial_heartbeats"), "0");
}

TEST_F(SqliteStorage, NamesAStudyWhoseStoredFileThisBuildCannotRead) {
  const auto storage = open();
  (void)create(*storage, make_spec("a"));
  RawDatabase(file()).run("UPDATE studyhall_studies SET spec = '{\"name\": \"a\"}'");

  const Error error = error_of([&] { (void)storage->studies(); });

  EXPECT_EQ(error.code(), ErrorCode::Corrupt);
  EXPECT_THAT(error.what(), HasSubstr("study 1"));
}

}  // namespace
}  // namespace studyhall::storage
