// What a SQLite file keeps through crashes and disk faults.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <functional>

#include "core/error.h"
#include "storage/sqlite_storage.h"
#include "tests/storage/raw_database.h"
#include "tests/storage/study_builder.h"
#include "tests/support/temp_dir.h"

namespace {
std::atomic<int> syncs = 0;
std::atomic<bool> syncs_fail = false;
}  // namespace

// Takes the place of the C library's for SQLite, which calls it to have its log on the disk.
extern "C" int fdatasync(int file) {
  ++syncs;
  if (syncs_fail) {
    errno = EIO;
    return -1;
  }
  return static_cast<int>(syscall(SYS_fdatasync, file));
}

namespace studyhall::storage {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class SqliteDurability : public ::testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path file() const { return folder_.path() / "studies.db"; }
  [[nodiscard]] std::unique_ptr<Storage> open() const { return open_sqlite_storage(file()); }

  std::string integrity() { return RawDatabase(file()).run("PRAGMA integrity_check"); }

  studyhall::testing::TempDir folder_;
};

// Runs `work` in a child process and returns its exit status; 99 when it threw.
int in_child(const std::function<int()>& work) {
  const pid_t child = fork();
  if (child == 0) {
    int status = 99;
    try {
      status = work();
    } catch (const std::exception& fault) {
      std::fprintf(stderr, "in the child: %s\n", fault.what());
    }
    _exit(status);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

Change tell(StudyId study, std::int64_t number) {
  Change change = change_of(
      study, {AddTrial{completed(make_running(number), {0.5})},
              PutLease{{.number = number, .token = std::to_string(number), .worker = "W1"}}});
  change.event = make_event(number + 1, EventKind::Told);
  return change;
}

TEST_F(SqliteDurability, FindsEverythingAfterReopening) {
  StudyId study = kNewStudy;
  {
    const auto storage = open();
    study = create(*storage, make_spec("a"));
    Change change = tell(study, 0);
    change.request = RequestRecord{"r", "tell", Json{{"ok", true}}};
    (void)storage->commit(std::vector<Change>{change});
  }

  const auto storage = open();

  EXPECT_EQ(storage->find_study("a")->id, study);
  EXPECT_EQ(only_trial(*storage, study, 0).values.at(0), 0.5);
  EXPECT_THAT(storage->events(study, 0, 0), SizeIs(1));
  EXPECT_THAT(storage->leases(study), SizeIs(1));
  EXPECT_TRUE(storage->find_request(study, "r"));
  EXPECT_FALSE(storage->refresh());
}

TEST_F(SqliteDurability, KeepsTheIdOfADeletedStudyAwayAfterReopening) {
  StudyId deleted = kNewStudy;
  {
    const auto storage = open();
    deleted = create(*storage, make_spec("a"));
    (void)commit(*storage, deleted, {DeleteStudy{}});
  }

  EXPECT_GT(create(*open(), make_spec("b")), deleted);
}

// A child commits without end and names each commit that has returned; it is killed in the midst.
TEST_F(SqliteDurability, LosesNoCommitThatReturnedBeforeAKill) {
  const StudyId study = create(*open(), make_spec("a"));
  int acknowledged[2] = {-1, -1};
  ASSERT_EQ(pipe(acknowledged), 0);
  const pid_t child = fork();
  if (child == 0) {
    const auto storage = open();
    for (std::int64_t number = 0;; ++number) {
      (void)storage->commit(std::vector<Change>{tell(study, number)});
      if (write(acknowledged[1], &number, sizeof number) != sizeof number) {
        _exit(1);
      }
    }
  }
  close(acknowledged[1]);
  std::int64_t last = -1;
  while (last < 100) {
    ASSERT_EQ(read(acknowledged[0], &last, sizeof last), ssize_t{sizeof last});
  }

  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  while (read(acknowledged[0], &last, sizeof last) == sizeof last) {
  }
  close(acknowledged[0]);

  ASSERT_TRUE(WIFSIGNALED(status));
  const auto storage = open();
  const std::vector<Trial> trials = storage->trials(study, {});
  EXPECT_GE(std::ssize(trials), last + 1);
  for (const Trial& trial : trials) {
    EXPECT_EQ(trial.values.size(), 1U) << trial.number;
    EXPECT_EQ(trial.config[kWidth], 64) << trial.number;
  }
  EXPECT_EQ(storage->last_sequence(study), std::ssize(trials));
  EXPECT_EQ(storage->leases(study).size(), trials.size());
  EXPECT_EQ(integrity(), "ok");
  (void)storage->commit(std::vector<Change>{tell(study, std::ssize(trials))});
}

TEST_F(SqliteDurability, HasTheLogOnTheDiskBeforeACommitReturns) {
  const auto storage = open();
  const StudyId study = create(*storage, make_spec("a"));

  for (std::int64_t number = 0; number < 10; ++number) {
    const int before = syncs;
    (void)storage->commit(std::vector<Change>{tell(study, number)});
    EXPECT_GT(syncs, before);
  }
}

TEST_F(SqliteDurability, WritesNothingWhereTheDiskFails) {
  const auto storage = open();
  const StudyId study = create(*storage, make_spec("a"));
  (void)storage->commit(std::vector<Change>{tell(study, 0)});

  syncs_fail = true;
  try {
    (void)storage->commit(std::vector<Change>{tell(study, 1)});
    ADD_FAILURE() << "the commit did not throw";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::Unavailable);
    EXPECT_THAT(error.what(), HasSubstr("studies.db"));
  }
  syncs_fail = false;

  EXPECT_THAT(storage->trials(study, {}), SizeIs(1));
  (void)storage->commit(std::vector<Change>{tell(study, 1)});
  EXPECT_THAT(open()->trials(study, {}), SizeIs(2));
  EXPECT_FALSE(storage->refresh());
}

// The size limit of a process stands in for a full disk: writes past it fail.
TEST_F(SqliteDurability, WritesNothingWhereTheDiskIsFull) {
  const StudyId study = create(*open(), make_spec("a"));

  const int status = in_child([&] {
    const auto storage = open();
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{};
    getrlimit(RLIMIT_FSIZE, &limit);
    const rlim_t unlimited = std::exchange(limit.rlim_cur, 200'000);
    setrlimit(RLIMIT_FSIZE, &limit);
    Change large = tell(study, 0);
    large.event->body["text"] = std::string(1'000'000, 'x');
    try {
      (void)storage->commit(std::vector<Change>{large});
      return 1;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::Unavailable) {
        return 2;
      }
    }
    if (!storage->trials(study, {}).empty() || storage->last_sequence(study) != 0) {
      return 3;
    }
    limit.rlim_cur = unlimited;
    setrlimit(RLIMIT_FSIZE, &limit);
    (void)storage->commit(std::vector<Change>{large});
    return 0;
  });

  EXPECT_EQ(status, 0);
  EXPECT_THAT(open()->trials(study, {}), SizeIs(1));
  EXPECT_EQ(integrity(), "ok");
}

}  // namespace
}  // namespace studyhall::storage
