// Ended trials in blocks: what a restart reads instead of their rows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/study_model.h"
#include "server/study_service.h"
#include "storage/sqlite_storage.h"
#include "tests/storage/raw_database.h"
#include "tests/support/fake_clock.h"
#include "tests/support/random_trials.h"
#include "tests/support/temp_dir.h"

namespace studyhall::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A study with two blocks and a few trials more.
class StudyBlocks : public ::testing::Test {
 protected:
  static constexpr std::int64_t kTrials = 2 * storage::kTrialsPerBlock + 20;

  void SetUp() override {
    open();
    service_->create_study(Json::parse(R"({"name": "s", "direction": "maximize", "seed": 7,
      "sampler": "random",
      "params": {"x": {"type": "float", "low": 0, "high": 1},
                 "c": {"type": "categorical", "choices": ["a", "b", "c"]},
                 "n": {"type": "int", "low": 1, "high": 9, "when": {"c": ["b"]}}}})"));
    for (std::int64_t n = 0; n < kTrials; ++n) run_trial(n);
  }

  void open() {
    service_.reset();
    storage_ = storage::open_sqlite_storage(file(), {});
    service_ = std::make_unique<StudyService>(*storage_, clock_);
  }
  [[nodiscard]] std::filesystem::path file() const { return dir_.path() / "studies.db"; }
  void run(const std::string& sql) const { storage::RawDatabase(file()).run(sql); }

  // Some are pruned, some of a configuration that cannot be run.
  void run_trial(std::int64_t n) {
    AskRequest ask;
    ask.worker = "W" + std::to_string(n % 3);
    const AskedTrial trial = service_->ask("s", ask).trials.at(0);
    TellRequest tell;
    tell.lease = trial.lease.token;
    if (n % 10 == 3) {
      tell.state = n % 20 == 3 ? TrialState::Fail : TrialState::Pruned;
      if (tell.state == TrialState::Fail) tell.reason = FailReason::BadConfig;
    } else {
      tell.values = {static_cast<double>(n % 101)};
      tell.metrics = {{"seconds", static_cast<double>(n)}};
    }
    service_->tell("s", trial.number, tell);
  }

  [[nodiscard]] storage::StudyRecord record() { return *storage_->find_study("s"); }
  [[nodiscard]] std::vector<std::int64_t> blocks() { return storage_->trial_blocks(record().id); }
  [[nodiscard]] StudyModel load() { return StudyModel::load(*storage_, record()); }

  // Of a study that was read, against its rows.
  void expect_as_stored(const StudyModel& study) {
    const std::vector<Trial> rows = storage_->trials(record().id, {});
    ASSERT_EQ(study.trials().size(), rows.size());
    for (const Trial& row : rows) {
      testing::expect_same(study.trial(row.number), row);
    }
  }
  void expect_same_standing(const StudyModel& a, const StudyModel& b) {
    ASSERT_TRUE(a.standing().leader());
    EXPECT_EQ(a.standing().leader()->number, b.standing().leader()->number);
    EXPECT_EQ(a.standing().board().rows().size(), b.standing().board().rows().size());
    for (std::int64_t n = 0; n < std::ssize(a.trials()); ++n) {
      EXPECT_EQ(a.holder(a.trial(n).config), b.holder(b.trial(n).config)) << n;
    }
  }

  studyhall::testing::TempDir dir_;
  studyhall::testing::FakeClock clock_;
  std::unique_ptr<storage::Storage> storage_;
  std::unique_ptr<StudyService> service_;
};

TEST_F(StudyBlocks, SayWhatTheRowsSay) {
  EXPECT_THAT(blocks(), ElementsAre(0, storage::kTrialsPerBlock));
  const StudyModel with_blocks = load();
  expect_as_stored(with_blocks);

  run("DELETE FROM studyhall_trial_blocks");

  expect_same_standing(with_blocks, load());
}

TEST_F(StudyBlocks, AreReadInsteadOfRows) {
  run("DELETE FROM trial_values; DELETE FROM trial_params");

  const StudyModel study = load();

  EXPECT_EQ(study.trial(7).values, std::vector<double>{7});
  EXPECT_TRUE(study.holder(study.trial(7).config));
}

TEST_F(StudyBlocks, AreLeftAloneWhereTheyAreDamaged) {
  run("UPDATE studyhall_trial_blocks SET body = zeroblob(20) WHERE first_number = 0");

  expect_as_stored(load());
}

TEST_F(StudyBlocks, GoWhenAnotherProgramChangesATrial) {
  run("UPDATE trial_values SET value = 5000 WHERE trial_id = (SELECT trial_id FROM trials WHERE "
      "number = 7); UPDATE trials SET state = 'COMPLETE' WHERE number = 7");

  EXPECT_THAT(blocks(), ElementsAre(storage::kTrialsPerBlock));
  const StudyModel study = load();
  EXPECT_EQ(study.trial(7).values, std::vector<double>{5000});
}

TEST_F(StudyBlocks, AreWrittenAgainAfterAVoid) {
  service_->void_trial("s", 7, {"the machine was overloaded", "ann"});

  EXPECT_THAT(blocks(), ElementsAre(0, storage::kTrialsPerBlock));
  const StudyModel study = load();
  EXPECT_GT(study.trial(7).record.voided, 0);
  expect_as_stored(study);
}

TEST_F(StudyBlocks, AreWrittenAgainAfterAnEditOfTheSpace) {
  EditRequest edit;
  edit.patch = Json::parse(R"({"params": {"x": {"type": "float", "low": 0.2, "high": 1}}})");
  service_->edit_study("s", edit);
  expect_as_stored(load());

  run_trial(kTrials);
  run_trial(kTrials + 1);

  EXPECT_THAT(blocks(), ElementsAre(0, storage::kTrialsPerBlock));
  const StudyModel with_blocks = load();
  expect_as_stored(with_blocks);
  run("DELETE FROM studyhall_trial_blocks");
  expect_same_standing(with_blocks, load());
}

TEST_F(StudyBlocks, AreWrittenOneByOneWhereThereAreNone) {
  run("DELETE FROM studyhall_trial_blocks");
  open();

  run_trial(kTrials);
  EXPECT_THAT(blocks(), ElementsAre(0, storage::kTrialsPerBlock));
}

TEST_F(StudyBlocks, GoWithTheirStudy) {
  const storage::StudyId study = record().id;
  service_->delete_study("s");

  EXPECT_THAT(storage_->trial_blocks(study), IsEmpty());
}

}  // namespace
}  // namespace studyhall::server
