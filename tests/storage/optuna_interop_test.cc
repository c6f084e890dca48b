// The real Optuna at our files, and our storage at its files.
//
// The tests against Optuna 3.1 (Debian's python3-optuna) run wherever /usr/bin/python3 has it; its
// schema is v3.0.0.d, the same tables with one index less, so that it gets a copy under that
// version. Those against Optuna 5 run where STUDYHALL_OPTUNA5 names a folder that holds its
// package.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "core/study_edit.h"
#include "storage/sqlite_storage.h"
#include "tests/storage/raw_database.h"
#include "tests/storage/study_builder.h"
#include "tests/storage/time_zone.h"
#include "tests/support/paths.h"
#include "tests/support/temp_dir.h"

namespace studyhall::storage {
namespace {

using ::testing::SizeIs;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr const char* kPython = "/usr/bin/python3";
constexpr const char* kBerlin = "CET-1CEST,M3.5.0,M10.5.0/3";

struct Finished {
  int status = -1;
  std::string output;  // of both streams
};

Finished run(const std::vector<std::string>& arguments, const std::string& python_path) {
  std::array<int, 2> output{};
  if (pipe(output.data()) != 0) {
    return {};
  }
  const pid_t child = fork();
  if (child == 0) {
    dup2(output[1], STDOUT_FILENO);
    dup2(output[1], STDERR_FILENO);
    close(output[0]);
    setenv("PYTHONPATH", python_path.c_str(), 1);
    setenv("PYTHONDONTWRITEBYTECODE", "1", 1);
    setenv("PYTHONWARNINGS", "ignore", 1);
    std::vector<char*> argv;
    for (const std::string& argument : arguments) {
      argv.push_back(const_cast<char*>(argument.c_str()));
    }
    argv.push_back(nullptr);
    execv(argv[0], argv.data());
    _exit(127);
  }
  close(output[1]);
  Finished finished;
  std::array<char, 4096> buffer{};
  for (ssize_t count = 0; (count = read(output[0], buffer.data(), buffer.size())) > 0;) {
    finished.output.append(buffer.data(), static_cast<std::size_t>(count));
  }
  close(output[0]);
  int status = 0;
  waitpid(child, &status, 0);
  finished.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return finished;
}

class OptunaInterop : public ::testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path file() const { return folder_.path() / "studies.db"; }
  [[nodiscard]] std::unique_ptr<Storage> open() const { return open_sqlite_storage(file()); }

  // What optuna_check.py prints; a failure if it fails.
  std::string optuna(const std::string& study, const std::string& command,
                     const std::string& argument = {}) {
    std::vector<std::string> arguments{kPython, source_path("tests/storage/optuna_check.py"),
                                       database_.string(), study, command};
    if (!argument.empty()) {
      arguments.push_back(argument);
    }
    const Finished finished = run(arguments, python_path_);
    EXPECT_EQ(finished.status, 0) << command << ": " << finished.output;
    return finished.output.substr(0, finished.output.find('\n'));
  }

  studyhall::testing::TempDir folder_;
  std::filesystem::path database_ = file();
  std::string python_path_;
};

class Optuna5 : public OptunaInterop {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("STUDYHALL_OPTUNA5");
    if (folder == nullptr || *folder == '\0') {
      GTEST_SKIP() << "STUDYHALL_OPTUNA5 does not name a folder with Optuna 5";
    }
    python_path_ = folder;
  }
};

class Optuna31 : public OptunaInterop {
 protected:
  void SetUp() override {
    if (run({kPython, "-c", "import optuna"}, "").status != 0) {
      GTEST_SKIP() << kPython << " has no optuna (Debian: python3-optuna)";
    }
  }

  // From here on Optuna looks at a copy of the file as it now is, under its own version.
  void hand_over() {
    database_ = folder_.path() / "optuna31.db";
    RawDatabase(file()).run("VACUUM INTO '" + database_.string() + "'");
    RawDatabase(database_).run("UPDATE alembic_version SET version_num = 'v3.0.0.d'");
  }
};

Trial failed(Trial trial) {
  trial.state = TrialState::Fail;
  trial.completed = trial.started;
  trial.record.reason = FailReason::BadConfig;
  return trial;
}

// The study "kinds" of optuna_check.py: every kind of parameter, state and value.
StudyId write_every_kind(Storage& storage) {
  const StudyId study = create(storage, make_spec("kinds"));
  std::vector<Trial> trials;
  for (std::int64_t number = 0; number < 9; ++number) {
    const auto mode = static_cast<double>(number < 6 ? number : 1);
    Trial trial = make_running(number, 0.125 * static_cast<double>(number));
    trial.config = make_config(number == 0 ? 0.5 : 0.125 * static_cast<double>(number), mode);
    trials.push_back(std::move(trial));
  }
  trials[0] = completed(trials[0], {0.25});
  trials[0].started = at_second(0.25);
  trials[0].completed = at_second(60.5);
  trials[0].metrics = {{"runtime_min", 57.1}, {"rows", 3}};
  trials[1] = completed(trials[1], {kInfinity});
  trials[2] = completed(trials[2], {-kInfinity});
  trials[3] = completed(trials[3], {0.5});
  trials[3].state = TrialState::Pruned;
  trials[3].intermediate = {{0, 0.125}, {10, 1e300}, {20, kInfinity}, {30, -kInfinity}};
  trials[4] = failed(trials[4]);
  trials[5].intermediate = {{1, std::nan("")}};
  trials[6] = Trial{};
  trials[6].number = 6;
  trials[6].config = {0.75, kInactive, kInactive, 5, kInactive, 1, kInactive};
  trials[7] = completed(trials[7], {1.5});
  trials[8] = completed(trials[8], {1.25});
  for (const Trial& trial : trials) {
    (void)commit(storage, study, {AddTrial{trial}});
  }
  return study;
}

// Finite values 0 to 5, of which the higher ones break a constraint: the best that does not is 3.
void write_constrained(Storage& storage) {
  const auto spec = make_spec(
      "limited", {{"constraints", Json::array({{{"metric", "runtime_min"}, {"max", 60}}})}});
  const StudyId study = create(storage, spec);
  for (std::int64_t number = 0; number < 6; ++number) {
    Trial trial = completed(make_running(number), {static_cast<double>(number)});
    trial.constraints = {static_cast<double>(number) - 3};
    (void)commit(storage, study, {AddTrial{trial}});
  }
}

// The same values without constraints, so that Optuna 3.1 agrees too: the best is 4.
void write_plain(Storage& storage) {
  const StudyId study = create(storage, make_spec("plain"));
  std::int64_t number = 0;
  for (const double value : {-1.0, 0.5, 0.25, 7.0, 7.5, -kInfinity}) {
    (void)commit(storage, study, {AddTrial{completed(make_running(number++), {value})}});
  }
}

// Of a cost and a gain: 1 and 3 are dominated, 5 failed, 6 has an infinite gain at the highest
// cost.
void write_front(Storage& storage) {
  const StudyId study =
      create(storage, make_spec("front", {{"directions", {"minimize", "maximize"}}}));
  const std::vector<std::vector<double>> values{{1, 5}, {2, 5}, {2, 7}, {3, 7}, {4, 9}};
  std::int64_t number = 0;
  for (const std::vector<double>& both : values) {
    (void)commit(storage, study, {AddTrial{completed(make_running(number++), both)}});
  }
  (void)commit(storage, study, {AddTrial{failed(make_running(number++))}});
  (void)commit(storage, study, {AddTrial{completed(make_running(number++), {9, kInfinity})}});
}

TEST_F(Optuna5, AgreesOnTheFront) {
  write_front(*open());

  EXPECT_EQ(optuna("front", "front"), "['MINIMIZE', 'MAXIMIZE'] [0, 2, 4, 6]");
}

TEST_F(Optuna31, AgreesOnTheFront) {
  write_front(*open());
  hand_over();

  EXPECT_EQ(optuna("front", "front"), "['MINIMIZE', 'MAXIMIZE'] [0, 2, 4, 6]");
}

TEST_F(Optuna5, ReadsEveryKindOfTrialAsItsOwn) {
  const TimeZone utc("UTC0");
  const auto storage = open();
  write_every_kind(*storage);

  optuna("kinds", "trials");

  EXPECT_FALSE(storage->refresh()) << "reading has changed the file";
}

TEST_F(Optuna31, ReadsEveryKindOfTrialAsItsOwn) {
  const TimeZone berlin(kBerlin);
  write_every_kind(*open());
  hand_over();

  optuna("kinds", "trials");
}

TEST_F(Optuna5, AgreesOnTheBestTrial) {
  const auto storage = open();
  write_plain(*storage);
  write_constrained(*storage);

  EXPECT_EQ(optuna("plain", "best"), "4");
  EXPECT_EQ(optuna("limited", "best"), "3");
  EXPECT_EQ(optuna("plain", "count"), "6");
}

TEST_F(Optuna31, AgreesOnTheBestTrialOfAnUnconstrainedStudy) {
  write_plain(*open());
  hand_over();

  EXPECT_EQ(optuna("plain", "best"), "4");
  EXPECT_EQ(optuna("plain", "count"), "6");
}

TEST_F(Optuna5, SamplesFromOurHistory) {
  const auto storage = open();
  const StudyId study = create(*storage, make_spec("a"));
  for (std::int64_t number = 0; number < 5; ++number) {
    (void)commit(*storage, study, {AddTrial{completed(make_running(number), {0.5})}});
  }

  optuna("a", "optimize");

  EXPECT_THAT(storage->trials(study, {}), SizeIs(7));
}

TEST_F(Optuna31, SamplesFromOurHistory) {
  {
    const auto storage = open();
    const StudyId study = create(*storage, make_spec("a"));
    for (std::int64_t number = 0; number < 5; ++number) {
      (void)commit(*storage, study, {AddTrial{completed(make_running(number), {0.5})}});
    }
  }
  hand_over();

  optuna("a", "optimize");

  EXPECT_EQ(optuna("a", "count"), "7");
}

TEST_F(Optuna5, CopiesAStudyWithAVoidedTrial) {
  {
    const auto storage = open();
    const StudyId study = create(*storage, make_spec("a"));
    const Trial told = completed(make_running(0), {9});
    Trial voided = told;
    voided.state = TrialState::Fail;
    commit(*storage, study, {AddTrial{told}, AddTrial{completed(make_running(1), {4})}});
    commit(*storage, study, {UpdateTrial{TrialState::Complete, voided}});
  }

  EXPECT_EQ(optuna("a", "copy"), "FAIL None COMPLETE [4.0]");
  EXPECT_EQ(only_trial(*open(), 1, 0).values, std::vector<double>{9});
}

TEST_F(Optuna5, AddsATrialThatWeSee) {
  const auto storage = open();
  const StudyId study = create(*storage, make_spec("a"));
  (void)commit(*storage, study, {AddTrial{make_running(0)}});

  optuna("a", "add");

  EXPECT_EQ(commit(*storage, study, {AddTrial{make_running(1)}}).outcome, CommitOutcome::Stale);
  EXPECT_TRUE(storage->refresh());
  const Trial added = only_trial(*storage, study, 1);
  EXPECT_EQ(added.state, TrialState::Complete);
  EXPECT_EQ(added.values, std::vector<double>{-kInfinity});
  EXPECT_EQ(added.config[kX], 1.5);
  EXPECT_EQ(added.config[kMode], 2);
  EXPECT_TRUE(std::isnan(added.config[kRate]));
  EXPECT_EQ(added.metrics, (std::map<std::string, double>{{"runtime_min", 12.5}}));
  EXPECT_EQ(added.intermediate, (std::map<std::int64_t, double>{{3, 0.5}}));
  EXPECT_EQ(added.record.worker, "laptop");
  EXPECT_TRUE(added.started && added.completed);
  EXPECT_THAT(storage->trials(study, {.worker = "laptop"}), SizeIs(1));
  EXPECT_EQ(commit(*storage, study, {AddTrial{make_running(2)}}).outcome, CommitOutcome::Committed);
}

TEST_F(Optuna5, EnqueuesATrialThatWeSee) {
  const auto storage = open();
  const StudyId study = create(*storage, make_spec("a"));

  optuna("a", "enqueue");

  EXPECT_TRUE(storage->refresh());
  const std::vector<Trial> waiting = storage->trials(study, {.state = TrialState::Waiting});
  ASSERT_THAT(waiting, SizeIs(1));
  EXPECT_EQ(waiting[0].config[kX], -0.5);
  EXPECT_EQ(waiting[0].config[kMode], 0);
  EXPECT_EQ(waiting[0].fit, Fit::Outside) << "a width that the study does not allow";
}

TEST_F(Optuna5, TellsOurRunningTrial) {
  const TimeZone utc("UTC0");
  const auto storage = open();
  const StudyId study = create(*storage, make_spec("a"));
  (void)commit(*storage, study, {AddTrial{make_running(0)}});

  optuna("a", "tell-running", "0");

  EXPECT_EQ(commit(*storage, study, {}).outcome, CommitOutcome::Stale);
  EXPECT_TRUE(storage->refresh());
  const Trial told = only_trial(*storage, study, 0);
  EXPECT_EQ(told.state, TrialState::Complete);
  EXPECT_EQ(told.values, std::vector<double>{0.625});
  EXPECT_EQ(told.started, make_running(0).started);
  ASSERT_TRUE(told.completed);
  EXPECT_EQ(told.record.worker, "W1");
}

TEST_F(Optuna5, ReadsAnEditedStudyAndSearchesOn) {
  const auto storage = open();
  const auto spec = make_spec("a");
  const StudyId study = create(*storage, spec);
  Trial before = completed(make_running(0), {0.5});
  before.config = make_config(1.5, 0);
  (void)commit(*storage, study, {AddTrial{before}});
  const auto edited = edit_study_spec(*spec, Json::parse(R"({"params": {
      "x": {"high": 1}, "mode": {"choices": [4, "new", "fast"]},
      "depth": {"retired": true, "absent": 3},
      "n": {"type": "int", "low": 1, "high": 5, "default": 2}}})"));
  Trial after = completed(make_running(1), {0.25});
  after.config = edited->space
                     .partial_from_json(Json::parse(R"({"x": 0.5, "rate": 0.001, "ratio": 0.25,
                         "width": 64, "mode": "new", "n": 3})"))
                     .config;
  (void)commit(*storage, study, {SetSpec{edited}, AddTrial{after}});

  optuna("a", "edited");
  EXPECT_EQ(optuna("a", "best"), "0");
  EXPECT_EQ(optuna("a", "copy"), "COMPLETE [0.5] COMPLETE [0.25]");
  optuna("a", "optimize");
  EXPECT_EQ(optuna("a", "count"), "4");
}

TEST_F(Optuna5, TakesOurWaitingTrial) {
  const auto storage = open();
  const StudyId study = write_every_kind(*storage);

  EXPECT_EQ(optuna("kinds", "take-waiting"), "6");

  EXPECT_TRUE(storage->refresh());
  const Trial taken = only_trial(*storage, study, 6);
  EXPECT_EQ(taken.state, TrialState::Complete);
  EXPECT_EQ(taken.config[kX], 0.75);
  EXPECT_EQ(taken.config[kMode], 1);
  EXPECT_TRUE(taken.started && taken.completed);
}

TEST_F(Optuna5, LetsUsIntoAFileThatItMade) {
  const TimeZone berlin(kBerlin);
  optuna("theirs", "create");
  const auto storage = open();
  ASSERT_TRUE(storage->find_study("theirs"));
  EXPECT_FALSE(storage->find_study("theirs")->spec);
  EXPECT_THAT(storage->trials(storage->find_study("theirs")->id, {}), SizeIs(0));

  write_every_kind(*storage);

  optuna("kinds", "trials");
}

TEST_F(Optuna5, ItsFileNeverSeesAnIdTwice) {
  optuna("theirs", "create");
  const auto storage = open();
  const StudyId first = create(*storage, make_spec("a"));
  (void)commit(*storage, first, {AddTrial{make_running(0)}});
  (void)commit(*storage, first, {DeleteStudy{}});

  const StudyId second = create(*storage, make_spec("b"));
  (void)commit(*storage, second, {AddTrial{make_running(0)}});

  EXPECT_GT(second, first);
  EXPECT_EQ(RawDatabase(file()).run("SELECT trial_id FROM trials"), "2");
}

TEST_F(Optuna5, DeletesOurStudyWithOurRows) {
  const auto storage = open();
  const StudyId study = create(*storage, make_spec("a"));
  Change change = change_of(study, {AddTrial{make_running(0)}});
  change.event = make_event(1);
  (void)storage->commit(std::vector<Change>{change});

  optuna("a", "delete");

  EXPECT_TRUE(storage->refresh());
  EXPECT_FALSE(storage->find_study("a"));
  EXPECT_THAT(storage->events(study, 0, 0), SizeIs(0));
  EXPECT_GT(create(*storage, make_spec("b")), study);
}

TEST_F(Optuna31, ItsFileIsRefusedUntilItIsUpgraded) {
  optuna("theirs", "create");

  EXPECT_THROW((void)open(), Error);
}

}  // namespace
}  // namespace studyhall::storage
