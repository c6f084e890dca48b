#include "storage/optuna_study.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "core/error.h"
#include "storage/sqlite_storage.h"
#include "tests/storage/raw_database.h"
#include "tests/storage/study_builder.h"
#include "tests/support/temp_dir.h"

namespace studyhall::storage {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class OptunaStudy : public ::testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path file() const { return dir_.path() / "optuna.db"; }
  // A study with the trials 0 complete, 1 pruned, 2 failed, 3 running, 4 waiting.
  void fill(const std::string& name = "old") {
    const auto storage = open_sqlite_storage(file());
    const StudyId study = create(*storage, make_spec(name));
    Trial complete = completed(make_running(0, 0.5), {1.5});
    complete.config = make_config(0.5, 0);
    complete.metrics = {{"minutes", 12}};
    complete.intermediate = {{0, 0.5}, {10, 1.25}};
    complete.record.note = "a note";
    Trial pruned = make_running(1);
    pruned.state = TrialState::Pruned;
    pruned.completed = at_second(9);
    Trial failed = make_running(2);
    failed.state = TrialState::Fail;
    failed.completed = at_second(9);
    Trial waiting;
    waiting.number = 4;
    waiting.config = make_config(1.5);
    static_cast<void>(commit(*storage, study,
                             {AddTrial{complete}, AddTrial{pruned}, AddTrial{failed},
                              AddTrial{make_running(3)}, AddTrial{waiting}}));
  }
  std::string problem() {
    try {
      optuna_trials(file(), "old");
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  studyhall::testing::TempDir dir_;
};

TEST_F(OptunaStudy, ReadsWhatItsTrialsStandFor) {
  fill();
  const std::vector<OptunaTrial> trials = optuna_trials(file(), "old");
  ASSERT_THAT(trials, SizeIs(5));
  const OptunaTrial& complete = trials[0];
  EXPECT_EQ(complete.state, TrialState::Complete);
  EXPECT_EQ(complete.params, Json::parse(R"({"depth": 3, "extra": 2.5, "mode": "fast",
                                             "rate": 0.001, "ratio": 0.25, "width": 64, "x": 0.5})"));
  EXPECT_THAT(complete.values, ElementsAre(1.5));
  EXPECT_EQ(complete.intermediate, (std::map<std::int64_t, double>{{0, 0.5}, {10, 1.25}}));
  EXPECT_EQ(complete.attributes["minutes"], 12);
  EXPECT_EQ(complete.attributes["worker"], "W1");
  EXPECT_EQ(complete.note, "a note");
  EXPECT_EQ(complete.started, at_second(0));
  EXPECT_EQ(trials[1].state, TrialState::Pruned);
  EXPECT_EQ(trials[1].params["mode"], Json()) << "a choice that is null";
  EXPECT_EQ(trials[2].state, TrialState::Fail);
  EXPECT_EQ(trials[3].state, TrialState::Running);
  EXPECT_EQ(trials[4].state, TrialState::Waiting);
  EXPECT_EQ(trials[4].params["x"], 1.5);
}

// Optuna 3.0 and 3.1; the names that distributions had before 3.0 are still in upgraded files.
TEST_F(OptunaStudy, ReadsTheFilesOfOlderOptunas) {
  fill();
  RawDatabase raw(file());
  raw.run("UPDATE alembic_version SET version_num = 'v3.0.0.d'");
  raw.run(R"(UPDATE trial_params SET distribution_json =
             '{"name": "IntUniformDistribution", "attributes": {"low": 1, "high": 9, "step": 2}}'
             WHERE param_name = 'depth')");
  EXPECT_EQ(optuna_trials(file(), "old")[0].params["depth"], 3);
  raw.run("UPDATE alembic_version SET version_num = 'v2.6.0.a'");
  EXPECT_THAT(problem(), AllOf(HasSubstr("v2.6.0.a"), HasSubstr("optuna storage upgrade")));
}

TEST_F(OptunaStudy, SaysWhatCannotBeRead) {
  fill();
  RawDatabase(file()).run(R"(UPDATE trial_params SET param_value = 17
                             WHERE param_name = 'mode' AND trial_id = 1)");
  RawDatabase(file()).run(R"(INSERT INTO trial_values (trial_id, objective, value, value_type)
                             VALUES (1, 4000000000, 1.5, 'FINITE'))");
  const std::vector<OptunaTrial> trials = optuna_trials(file(), "old");
  EXPECT_THAT(trials[0].problems,
              UnorderedElementsAre(HasSubstr("its parameter mode is 17"),
                                   HasSubstr("objective 4000000000, expected 0 to 0")));
  EXPECT_THAT(trials[1].problems, IsEmpty());
}

TEST_F(OptunaStudy, NamesTheStudiesThatThereAre) {
  fill("first");
  {
    const auto storage = open_sqlite_storage(file());
    create(*storage, make_spec("second"));
  }
  const auto studies = optuna_studies(file());
  ASSERT_THAT(studies, SizeIs(2));
  EXPECT_EQ(studies[0].name, "first");
  EXPECT_EQ(studies[0].trials, 5U);
  EXPECT_EQ(studies[1].trials, 0U);
  EXPECT_THAT(problem(), AllOf(HasSubstr("no study \"old\""), HasSubstr("first, second")));
}

TEST_F(OptunaStudy, IsOptunasAlone) {
  std::ofstream(dir_.path() / "text") << "SQLite, but not of format 3 at all";
  EXPECT_FALSE(is_sqlite_file(dir_.path() / "text"));
  EXPECT_FALSE(is_sqlite_file(dir_.path()));
  EXPECT_FALSE(is_sqlite_file(dir_.path() / "none"));
  RawDatabase(file()).run("CREATE TABLE other (x)");
  EXPECT_TRUE(is_sqlite_file(file()));
  EXPECT_THAT(problem(), HasSubstr("of another program"));
}

}  // namespace
}  // namespace studyhall::storage
