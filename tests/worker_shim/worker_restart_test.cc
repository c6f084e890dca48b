// A worker that dies, in any way, and starts again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "core/error.h"
#include "tests/worker_shim/worker_fixture.h"
#include "worker_shim/journal.h"

namespace studyhall::worker_shim {
namespace {

using studyhall::testing::FakeStudyApi;
using studyhall::testing::slurp;
using studyhall::testing::spit;
using ::testing::HasSubstr;

class WorkerRestart : public WorkerTest {
 protected:
  // Runs a worker on `api` in a process of its own, kills that as soon as the first trial has made
  // "ready", and waits for everything below it to be gone. This process's `api` is as it was.
  void die_in_the_first_trial(FakeStudyApi& api) {
    ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    const pid_t worker = fork();
    if (worker == 0) {
      work(api);
      _exit(0);
    }
    while (!std::filesystem::exists(workspace("W1-0") / "ready")) usleep(1000);
    kill(worker, SIGKILL);
    // The worker, then its supervisor, which comes to this process.
    while (waitpid(-1, nullptr, 0) > 0) {
    }
    EXPECT_EQ(errno, ECHILD);
    prctl(PR_SET_CHILD_SUBREAPER, 0);
  }

  // The server's side of what the dead worker had asked for.
  static void hand_out_first(FakeStudyApi& api) {
    AskRequest request;
    request.request_id = "of the dead worker";
    api.ask("s", request);
  }

  // Says "ready" and stays, unless "second" is there.
  [[nodiscard]] Json staying_at_first() const {
    return shell(
        "if mkdir " + (dir_.path() / "been").string() +
        "; then setsid sh -c 'trap \"\" TERM; touch ready; tail -f /dev/null' & tail -f /dev/null; "
        "fi; echo '{\"score\": 3}' > result.json");
  }
};

TEST_F(WorkerRestart, LeavesNoProcessWhenItIsKilled) {
  FakeStudyApi api(study_file(staying_at_first()));
  api.add_trial(params());

  die_in_the_first_trial(api);

  EXPECT_TRUE(testing::processes_with(dir_.path().string()).empty());
}

TEST_F(WorkerRestart, RunsTheUnfinishedTrialAgainInAFreshFolder) {
  FakeStudyApi api(study_file(staying_at_first()));
  api.add_trial(params());
  die_in_the_first_trial(api);
  hand_out_first(api);

  EXPECT_EQ(work(api).completed, 1);

  ASSERT_EQ(api.told().size(), 1U);
  EXPECT_EQ(api.told()[0].number, 0);
  EXPECT_EQ(api.told()[0].request.values, std::vector{3.0});
  EXPECT_EQ(api.told()[0].request.lease, "lease-1");
  EXPECT_TRUE(std::filesystem::exists(workspace("W1-0.2") / "result.json"));
  EXPECT_FALSE(std::filesystem::exists(workspace("W1-0") / "result.json"));
  EXPECT_EQ(Json::parse(slurp(workspace("W1-0") / "STATE.json"))["status"], "interrupted");
  EXPECT_TRUE(said("running it again"));
}

TEST_F(WorkerRestart, GivesUpATrialWhoseLeaseIsGone) {
  FakeStudyApi api(study_file(staying_at_first()));
  api.add_trial(params());
  die_in_the_first_trial(api);
  hand_out_first(api);
  api.lose_lease(0);

  EXPECT_EQ(work(api).end, WorkEnd::Finished);

  EXPECT_TRUE(api.told().empty());
  EXPECT_TRUE(said("its lease is gone: given up"));
  EXPECT_FALSE(std::filesystem::exists(workspace("W1-0.2")));
}

// Another study of the same name never issued that lease.
TEST_F(WorkerRestart, GivesUpATrialThatTheServerDoesNotKnow) {
  FakeStudyApi api(study_file(staying_at_first()));
  api.add_trial(params());
  die_in_the_first_trial(api);

  EXPECT_EQ(work(api).completed, 1);

  EXPECT_TRUE(said("its lease is gone: given up"));
  EXPECT_EQ(api.told().size(), 1U);
}

TEST_F(WorkerRestart, TellsAResultThatWasNotToldYet) {
  FakeStudyApi api(study_file(writing(R"({"score": 2})")));
  api.add_trial(params());
  api.fail("tell", 1000);
  api.on_tell = [this] { interrupted_ = true; };

  const WorkSummary first = work(api);

  EXPECT_EQ(first.end, WorkEnd::Stopped);
  EXPECT_EQ(first.completed, 0);
  EXPECT_TRUE(said("the next start of worker W1 tells it"));
  EXPECT_TRUE(api.told().empty());

  api.fail("tell", 0);
  api.on_tell = nullptr;
  interrupted_ = false;
  const WorkSummary second = work(api);

  EXPECT_EQ(second.completed, 1);
  ASSERT_EQ(api.told().size(), 1U);
  EXPECT_EQ(api.told()[0].request.values, std::vector{2.0});
  EXPECT_EQ(api.told()[0].request.request_id, api.tell_ids().front());
  EXPECT_FALSE(std::filesystem::exists(workspace("W1-0.2")));
}

// Killed between the commit on the server and its answer: the same request id is told again.
TEST_F(WorkerRestart, DoesNotTellTwiceWhatTheServerHasTaken) {
  FakeStudyApi api(study_file(writing(R"({"score": 2})")));
  api.add_trial(params());
  work(api);
  const TellRequest told = api.told()[0].request;
  {
    const Journal journal(dir_.path() / "runs" / "s", "W1");
    JournalEntry entry;
    entry.job.emplace();
    entry.job->number = 0;
    entry.job->params = params();
    entry.job->lease.token = told.lease;
    entry.tell = told;
    journal.save(entry);
  }

  EXPECT_EQ(work(api).completed, 1);

  EXPECT_EQ(api.told().size(), 1U);
  EXPECT_EQ(api.tell_ids().size(), 2U);
}

// The answer to an ask was lost with the worker that asked.
TEST_F(WorkerRestart, AsksAgainWithTheSameRequestId) {
  FakeStudyApi api(study_file(writing(R"({"score": 2})")));
  api.add_trial(params(1));
  api.add_trial(params(2));
  std::filesystem::create_directories(dir_.path() / "runs" / "s");
  {
    const Journal journal(dir_.path() / "runs" / "s", "W1");
    JournalEntry entry;
    entry.ask_request_id = "lost";
    journal.save(entry);
  }
  AskRequest lost;
  lost.request_id = "lost";
  api.ask("s", lost);

  EXPECT_EQ(work(api).completed, 2);

  EXPECT_EQ(api.told()[0].number, 0);
  EXPECT_EQ(api.told()[1].number, 1);
}

TEST_F(WorkerRestart, EndsWhatAnEarlierRunLeftBehind) {
  FakeStudyApi api(study_file(writing(R"({"score": 2})")));
  api.add_trial(params());
  hand_out_first(api);
  std::filesystem::create_directories(dir_.path() / "runs" / "s");
  {
    const Journal journal(dir_.path() / "runs" / "s", "W1");
    JournalEntry entry;
    entry.job.emplace();
    entry.job->number = 0;
    entry.job->params = params();
    entry.job->lease.token = "lease-1";
    entry.run_id = "mark-" + dir_.path().filename().string();
    journal.save(entry);
  }
  const pid_t left = fork();
  if (left == 0) {
    const std::string mark = "STUDY_RUN=mark-" + dir_.path().filename().string();
    execle("/usr/bin/tail", "tail", "-f", "/dev/null", nullptr,
           std::vector<const char*>{mark.c_str(), nullptr}.data());
    _exit(127);
  }
  while (testing::processes_with("STUDY_RUN=mark-" + dir_.path().filename().string()).empty()) {
    usleep(1000);
  }

  EXPECT_EQ(work(api).completed, 1);

  int status = 0;
  waitpid(left, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  EXPECT_TRUE(said("ended 1 processes"));
}

TEST_F(WorkerRestart, KeepsTheLeasePrivate) {
  FakeStudyApi api(study_file(writing(R"({"score": 2})")));
  api.add_trial(params());
  work(api);
  struct stat about {};
  ASSERT_EQ(stat((dir_.path() / "runs/s/.W1.json").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);
}

TEST_F(WorkerRestart, RefusesASecondWorkerOfTheSameName) {
  FakeStudyApi api(study_file(writing(R"({"score": 2})")));
  std::filesystem::create_directories(dir_.path() / "runs" / "s");
  const Journal other(dir_.path() / "runs" / "s", "W1");
  try {
    work(api);
    FAIL() << "two workers W1 in one folder";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::Conflict);
    EXPECT_THAT(error.what(), HasSubstr("already at work"));
  }
  WorkOptions second = options();
  second.worker = "W2";
  EXPECT_EQ(work(api, second).end, WorkEnd::Finished);
}

TEST_F(WorkerRestart, NamesAJournalThatCannotBeRead) {
  FakeStudyApi api(study_file(writing(R"({"score": 2})")));
  std::filesystem::create_directories(dir_.path() / "runs" / "s");
  for (const char* text : {"{", "[]", R"({"held": 3})", R"({"workspace": 3})"}) {
    spit(dir_.path() / "runs/s/.W1.json", text);
    try {
      work(api);
      FAIL() << "taken: " << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::Corrupt) << text;
      EXPECT_THAT(error.what(), HasSubstr(".W1.json"));
    }
  }
}

}  // namespace
}  // namespace studyhall::worker_shim
