#include "worker_shim/calibration.h"

#include <gmock/gmock.h>

#include "core/error.h"
#include "tests/support/git_repo.h"
#include "tests/worker_shim/worker_fixture.h"
#include "worker_shim/journal.h"

namespace studyhall::worker_shim {
namespace {

using studyhall::testing::FakeStudyApi;
using studyhall::testing::GitRepo;
using studyhall::testing::slurp;
using studyhall::testing::spit;
using ::testing::HasSubstr;

class CalibrationTest : public WorkerTest {
 protected:
  Calibration calibrate(const Json& file, int runs = 1) {
    FakeStudyApi api(file);
    return worker_shim::calibrate(api, options(), runs, interrupted_);
  }
  [[nodiscard]] std::string refusal(const Json& file) {
    try {
      calibrate(file);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }
};

TEST_F(CalibrationTest, TimesTheDefaultConfiguration) {
  Json file = study_file(shell("cat config.json >> ../seen; echo '{\"score\": 1}' > result.json"));
  file["params"]["x"]["default"] = 4;

  const Calibration calibration = calibrate(file, 2);

  ASSERT_EQ(calibration.minutes.size(), 2U);
  EXPECT_GT(calibration.minutes[0], 0);
  EXPECT_EQ(calibration.workspace, workspace("W1-calibration.2"));
  const std::string seen = slurp(workspace("seen"));
  EXPECT_THAT(seen, HasSubstr("\"x\": 4.0"));
  EXPECT_TRUE(said("run 2 of 2"));
}

TEST_F(CalibrationTest, TakesTheMedian) {
  EXPECT_EQ((Calibration{{3, 1, 2}, {}}).median(), 2);
  EXPECT_EQ((Calibration{{4, 1, 2, 3}, {}}).median(), 2.5);
}

// The time of a model that answers is not the machine's.
TEST_F(CalibrationTest, LeavesPromptsOut) {
  spit(dir_.path() / "prompt.md", "do");
  const Json prompt = {{"name", "do"}, {"prompt", "prompt.md"}};
  const Json build = {{"name", "build"},
                      {"command", {"sh", "-c", "echo '{\"score\": 1}' > result.json"}}};
  Json file = study_file({{"agent", "claude"}, {"stages", {prompt, build}}});
  EXPECT_EQ(calibrate(file).minutes.size(), 1U);

  file["experiment"]["stages"] = {prompt};
  EXPECT_THAT(refusal(file), HasSubstr("study \"s\" has prompts only"));
  file["experiment"]["score"] = {{"command", {"sh", "-c", "echo '{\"score\": 1}' > result.json"}}};
  EXPECT_EQ(calibrate(file).minutes.size(), 1U);
}

TEST_F(CalibrationTest, RefusesATimeWithoutAScore) {
  const std::string words = refusal(study_file(shell("echo broken; exit 3")));
  EXPECT_THAT(words, HasSubstr("gives no score"));
  EXPECT_THAT(words, HasSubstr("exit code 3; last output:\nbroken"));
  EXPECT_THAT(words, HasSubstr(workspace("W1-calibration").string()));
}

TEST_F(CalibrationTest, KeepsOutOfTheWorkersWay) {
  std::filesystem::create_directories(workspace(""));
  const Journal at_work(dir_.path() / "runs" / "s", "W1");
  EXPECT_THAT(refusal(study_file(writing(R"({"score": 1})"))), HasSubstr("W1"));
}

TEST_F(CalibrationTest, LeavesNoWorktreeAndNoBranch) {
  GitRepo repo(dir_.path() / "repo");
  const std::string base = repo.commit("answer", "1\n");
  Json experiment = shell("echo \"{\\\"score\\\": $(cat answer)}\" > result.json; git branch");
  experiment["workspace"] = {{"kind", "worktree"}, {"repo", "repo"}, {"base_commit", base}};
  const std::string branches = repo.git({"branch", "--list"});

  calibrate(study_file(experiment));

  EXPECT_EQ(repo.git({"branch", "--list"}), branches);
  EXPECT_THAT(repo.git({"worktree", "list"}), ::testing::Not(HasSubstr("calibration")));
}

}  // namespace
}  // namespace studyhall::worker_shim
