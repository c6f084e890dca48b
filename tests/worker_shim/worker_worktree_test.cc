// A worker whose trials run in git worktrees.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "core/hash.h"
#include "tests/support/git_repo.h"
#include "tests/worker_shim/worker_fixture.h"
#include "worker_shim/run_folder.h"

namespace studyhall::worker_shim {
namespace {

using studyhall::testing::FakeStudyApi;
using studyhall::testing::GitRepo;
using studyhall::testing::slurp;
using studyhall::testing::spit;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class WorkerWorktreeTest : public WorkerTest {
 protected:
  WorkerWorktreeTest() : repo_(dir_.path() / "repo") {
    repo_.commit("evaluate.sh", "printf '{\"score\": %s}' \"$(cat answer)\" > result.json\n");
    base_ = repo_.commit("answer", "1\n");
  }

  // A study whose trials run `script` in a worktree and are scored by evaluate.sh.
  [[nodiscard]] Json experiment(const std::string& script, Json workspace = Json::object()) const {
    Json json = shell(script);
    workspace["kind"] = "worktree";
    workspace["repo"] = "repo";
    workspace["base_commit"] = base_;
    json["workspace"] = std::move(workspace);
    json["score"] = {{"command", {"sh", "evaluate.sh"}}};
    return json;
  }
  [[nodiscard]] std::string worktrees() const { return repo_.git({"worktree", "list"}); }

  GitRepo repo_;
  std::string base_;
};

TEST_F(WorkerWorktreeTest, ATrialRunsAtTheBaseAndLeavesABranch) {
  repo_.commit("answer", "77\n");  // after the study was made
  FakeStudyApi api(study_file(experiment("cat answer > before; echo 2 > answer")));
  api.add_trial(params());

  work(api);

  const TellRequest told = api.told().at(0).request;
  EXPECT_EQ(told.values, std::vector{2.0});
  const Json git = told.evidence["git"][0];
  EXPECT_EQ(git["base"], base_);
  EXPECT_EQ(git["branch"], "study/s/W1-0");
  EXPECT_EQ(git["commit"], repo_.git({"rev-parse", "study/s/W1-0"}));
  EXPECT_EQ(git["files_changed"], 3);
  EXPECT_EQ(git["diff_sha256"], sha256_hex(repo_.git({"diff", base_, git["commit"]}) + "\n"));
  EXPECT_EQ(repo_.git({"show", "study/s/W1-0:before"}), "1");
  EXPECT_EQ(repo_.git({"show", "study/s/W1-0:answer"}), "2");
  EXPECT_THAT(repo_.git({"log", "-1", "--format=%s", "study/s/W1-0"}), HasSubstr("complete 2"));
  EXPECT_EQ(slurp(workspace("W1-0") / "tree" / "answer"), "2\n");
  EXPECT_THAT(worktrees(), HasSubstr("W1-0/tree"));
  EXPECT_THAT(slurp(workspace("W1-0") / "STATE.json"), HasSubstr("\"complete\""));
  EXPECT_EQ(repo_.git({"status", "--porcelain"}), "");
}

TEST_F(WorkerWorktreeTest, AFailedExperimentIsCommittedToo) {
  const TellRequest told = told_for(experiment("echo broken > answer; exit 3"));

  EXPECT_EQ(told.state, TrialState::Fail);
  EXPECT_EQ(repo_.git({"show", "study/s/W1-0:answer"}), "broken");
  EXPECT_EQ(told.evidence["git"][0]["branch"], "study/s/W1-0");
}

TEST_F(WorkerWorktreeTest, KeepNoneRemovesWorktreesAndKeepsBranchesAndRecords) {
  FakeStudyApi api(
      study_file(experiment("echo 2 > answer; mkdir deep; echo x > deep/x", {{"keep", "none"}})));
  api.add_trial(params());
  api.add_trial(params(2));

  work(api);

  EXPECT_FALSE(std::filesystem::exists(workspace("W1-0") / "tree"));
  EXPECT_FALSE(std::filesystem::exists(workspace("W1-1") / "tree"));
  EXPECT_TRUE(std::filesystem::exists(workspace("W1-0") / "STATE.json"));
  EXPECT_TRUE(std::filesystem::exists(workspace("W1-0") / "run.log"));
  EXPECT_THAT(worktrees(), Not(HasSubstr("W1-")));
  EXPECT_EQ(repo_.git({"show", "study/s/W1-0:deep/x"}), "x");
  EXPECT_EQ(repo_.git({"show", "study/s/W1-1:answer"}), "2");
}

TEST_F(WorkerWorktreeTest, KeepBestKeepsWhatLeads) {
  FakeStudyApi api(study_file(experiment("echo 2 > answer", {{"keep", "best"}})));
  for (int i = 0; i < 3; ++i) api.add_trial(params(i));
  BestRow leader;
  leader.number = 1;
  api.leaders = {leader};

  work(api);

  EXPECT_FALSE(std::filesystem::exists(workspace("W1-0") / "tree"));
  EXPECT_TRUE(std::filesystem::exists(workspace("W1-1") / "tree"));
  EXPECT_FALSE(std::filesystem::exists(workspace("W1-2") / "tree"));
}

// With "commit": "never" a worktree is all there is of a run's work.
TEST_F(WorkerWorktreeTest, WhatNoBranchHoldsIsNotRemoved) {
  FakeStudyApi api(
      study_file(experiment("echo 2 > answer", {{"keep", "none"}, {"commit", "never"}})));
  api.add_trial(params());
  work(api);

  EXPECT_EQ(slurp(workspace("W1-0") / "tree" / "answer"), "2\n");
  EXPECT_EQ(repo_.git({"rev-parse", "study/s/W1-0"}), base_);
  const auto all = list_workspaces(dir_.path() / "runs" / "s");
  PruneRule rule;
  rule.keep = KeepPolicy::None;
  EXPECT_EQ(prune(all, rule, "result.json").at(0).why, "has changes that no branch holds");
  rule.force = true;
  EXPECT_TRUE(prune(all, rule, "result.json").at(0).removed);
  EXPECT_FALSE(std::filesystem::exists(workspace("W1-0") / "tree"));
}

TEST_F(WorkerWorktreeTest, ADiskLimitTakesTheOldestAndNeverTheBest) {
  const double megabytes = 5.0 / 1024;
  FakeStudyApi api(study_file(experiment("head -c 2000000 /dev/urandom > big; echo 2 > answer",
                                         {{"max_total_gb", megabytes}})));
  for (int i = 0; i < 4; ++i) api.add_trial(params(i));
  BestRow leader;
  leader.number = 0;
  api.leaders = {leader};

  const WorkSummary summary = work(api);

  EXPECT_EQ(summary.completed, 4);
  EXPECT_TRUE(std::filesystem::exists(workspace("W1-0") / "tree"));
  EXPECT_FALSE(std::filesystem::exists(workspace("W1-1") / "tree"));
  EXPECT_TRUE(std::filesystem::exists(workspace("W1-3") / "tree"));
  EXPECT_LE(total_bytes(list_workspaces(dir_.path() / "runs" / "s")), 5U << 20);
}

TEST_F(WorkerWorktreeTest, NothingIsAskedForWithoutRoom) {
  FakeStudyApi api(study_file(experiment("echo 2 > answer", {{"max_total_gb", 1e-6}})));
  api.add_trial(params());
  api.add_trial(params());
  BestRow leader;
  leader.number = 0;
  api.leaders = {leader};

  const WorkSummary summary = work(api);

  EXPECT_EQ(summary.end, WorkEnd::Stopped);
  EXPECT_THAT(summary.reason, HasSubstr("max_total_gb"));
  EXPECT_EQ(api.told().size(), 1U);
}

TEST_F(WorkerWorktreeTest, ProtectedFilesArePutBackBeforeTheScore) {
  repo_.commit("data/a.txt", "a\n");
  base_ = repo_.commit("data/b.txt", "b\n");
  Json json = experiment(
      "echo 'echo {\\\"score\\\": 99} > result.json' > evaluate.sh; rm data/a.txt; "
      "echo more > data/new.txt; echo 5 > answer; chmod +x data/b.txt");
  json["protect"] = {"evaluate.sh", "data/**"};

  const TellRequest told = told_for(json);

  EXPECT_EQ(told.values, std::vector{5.0}) << told.note;
  EXPECT_THAT(told.note, HasSubstr("evaluate.sh"));
  EXPECT_THAT(told.note, HasSubstr("data/new.txt"));
  EXPECT_EQ(told.evidence["protected"]["files"], 3);
  EXPECT_EQ(told.evidence["protected"]["hashes"]["data/a.txt"],
            repo_.git({"rev-parse", base_ + ":data/a.txt"}));
  EXPECT_EQ(repo_.git({"diff", "--name-only", base_, "study/s/W1-0"}), "answer\nresult.json");
  // What the run did is not lost.
  EXPECT_THAT(repo_.git({"show", "study/s/W1-0~1:evaluate.sh"}), HasSubstr("99"));
}

TEST_F(WorkerWorktreeTest, AFolderReplacedByALinkIsPutBack) {
  base_ = repo_.commit("data/a.txt", "a\n");
  spit(dir_.path() / "outside" / "a.txt", "");
  std::filesystem::create_directories(dir_.path() / "outside");
  spit(dir_.path() / "outside" / "a.txt", "forged\n");
  Json json = experiment("rm -r data; ln -s '" + (dir_.path() / "outside").string() +
                         "' data; echo 5 > answer");
  json["protect"] = {"data/**"};

  const TellRequest told = told_for(json);

  EXPECT_EQ(told.state, TrialState::Complete) << told.note;
  EXPECT_EQ(slurp(workspace("W1-0") / "tree/data/a.txt"), "a\n");
  EXPECT_FALSE(std::filesystem::is_symlink(workspace("W1-0") / "tree/data"));
  EXPECT_EQ(slurp(dir_.path() / "outside" / "a.txt"), "forged\n");
}

TEST_F(WorkerWorktreeTest, AWorktreeLeftByAKilledWorkerIsClosedAtItsNextStart) {
  FakeStudyApi api(study_file(experiment("echo 2 > answer", {{"keep", "none"}})));
  api.add_trial(params());
  work(api);
  // As if the worker had been killed in a run of trial 7 that it lost since.
  const std::filesystem::path left = workspace("W1-7");
  std::filesystem::create_directories(left);
  const Git git(repo_.folder(), "W1");
  const Worktree worktree = add_worktree(git, "", left / "tree", base_, branch_name("s", "W1-7"));
  save_worktrees(left, {worktree});
  spit(left / "STATE.json", R"({"status": "running"})");
  spit(left / "tree" / "answer", "half done\n");
  const std::filesystem::path of_another = workspace("W2-8");
  std::filesystem::create_directories(of_another);
  spit(of_another / "STATE.json", R"({"status": "running"})");
  api.add_trial(params());

  work(api);

  EXPECT_EQ(repo_.git({"show", "study/s/W1-7:answer"}), "half done");
  EXPECT_FALSE(std::filesystem::exists(left / "tree"));
  EXPECT_THAT(slurp(left / "STATE.json"), HasSubstr("interrupted"));
  EXPECT_THAT(slurp(of_another / "STATE.json"), HasSubstr("running"));
}

TEST_F(WorkerWorktreeTest, SeveralRepositoriesEachHaveAFolder) {
  GitRepo other(dir_.path() / "other");
  const std::string other_base = other.commit("b.txt", "b\n");
  Json json = shell(
      "ls > names; echo 3 > main/answer; echo c > second/b.txt; "
      "printf '{\"score\": 4}' > result.json");
  json["workspace"] = {{"kind", "worktree"},
                       {"repos",
                        {{"main", {{"repo", "repo"}, {"base_commit", base_}}},
                         {"second", {{"repo", "other"}, {"base_commit", other_base}}}}}};

  const TellRequest told = told_for(json);

  EXPECT_EQ(told.values, std::vector{4.0}) << told.note;
  EXPECT_EQ(slurp(workspace("W1-0") / "tree/names"), "main\nnames\nsecond\n");
  EXPECT_EQ(repo_.git({"show", "study/s/W1-0:answer"}), "3");
  EXPECT_EQ(other.git({"show", "study/s/W1-0:b.txt"}), "c");
  EXPECT_EQ(told.evidence["git"].size(), 2U);
  EXPECT_EQ(told.evidence["git"][1]["name"], "second");
}

TEST_F(WorkerWorktreeTest, BranchesArePushedToARemote) {
  const std::filesystem::path remote = dir_.path() / "remote.git";
  static_cast<void>(repo_.git({"init", "--quiet", "--bare", remote.string()}));
  static_cast<void>(repo_.git({"remote", "add", "backup", remote.string()}));
  told_for(experiment("echo 2 > answer", {{"push", "backup"}}));
  EXPECT_EQ(repo_.git({"ls-remote", "backup", "study/s/W1-0"}).substr(0, 40),
            repo_.git({"rev-parse", "study/s/W1-0"}));

  told_for(experiment("echo 2 > answer", {{"push", "nowhere"}}));
  EXPECT_TRUE(said("git push"));
}

TEST_F(WorkerWorktreeTest, ABaseThatIsNotThereIsNamedBeforeAnyTrial) {
  Json json = experiment("true");
  json["workspace"]["base_commit"] = std::string(40, 'a');
  FakeStudyApi api(study_file(json));
  api.add_trial(params());
  try {
    work(api);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("/experiment/workspace/repo"));
    EXPECT_THAT(error.what(), HasSubstr(std::string(40, 'a')));
  }
  EXPECT_EQ(api.calls("ask"), 0);
}

}  // namespace
}  // namespace studyhall::worker_shim
