#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/cli_run.h"
#include "tests/cli/study_process.h"
#include "tests/support/git_repo.h"

namespace studyhall::cli {
namespace {

using studyhall::testing::GitRepo;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class WorkspacesCommand : public CliTest {
 protected:
  WorkspacesCommand() : repo_(path("repo")) {
    repo_.commit("evaluate.sh", "printf '{\"score\": %s}' \"$(cat answer)\" > result.json\n");
    base_ = repo_.commit("answer", "1\n");
  }

  [[nodiscard]] std::string study_file(const std::string& workspace,
                                       const std::string& more = "") const {
    return R"({"name": "demo", "direction": "maximize", "seed": 3, "sampler": "random",
        "params": {"x": {"type": "int", "low": 2, "high": 60}}, "limits": {"trials": 2},
        "experiment": {"command": ["sh", "-c", "echo $STUDY_PARAM_X > answer"],
          "score": {"command": ["sh", "evaluate.sh"]}, )" +
           more + R"("workspace": )" + workspace + "}}";
  }
  RunResult create_worktree_study(const std::string& more = "") {
    const auto file = write_file(
        "study.jsonc",
        study_file(R"({"kind": "worktree", "repo": "repo", "base": "main", "keep": "best"})",
                   more));
    return study({"create", file.string()});
  }
  void work() {
    StudyProcess worker({"work", "demo", "--worker", "W1", "--db", database().string(), "--runs",
                         path("runs").string()},
                        dir_.path());
    EXPECT_EQ(worker.wait(), 0) << worker.read_all();
  }
  RunResult workspaces(std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"workspaces", "demo", "--runs", path("runs").string()});
    return study(more);
  }

  GitRepo repo_;
  std::string base_;
};

TEST_F(WorkspacesCommand, ListsWhatIsKeptAndShowsWhatRunsChanged) {
  const RunResult created = create_worktree_study(R"("protect": ["evaluate.sh"], )");
  ASSERT_EQ(created.status, 0) << created.err;
  EXPECT_EQ(
      study({"show", "demo", "--json"}).json()["spec"]["experiment"]["workspace"]["base_commit"],
      base_);
  repo_.commit("answer", "moved on\n");

  work();

  const Json trials = study({"trials", "demo", "--json"}).json()["trials"];
  ASSERT_EQ(trials.size(), 2U);
  const int best = trials[0]["value"] > trials[1]["value"] ? 0 : 1;
  const Json listed = workspaces({"--json"}).json();
  ASSERT_EQ(listed["workspaces"].size(), 2U);
  for (const Json& workspace : listed["workspaces"]) {
    EXPECT_EQ(workspace["state"], "complete");
    EXPECT_EQ(workspace["pruned"], workspace["trial"] != best);
  }
  EXPECT_THAT(workspaces().out, AllOf(HasSubstr("study/demo/W1-0"), HasSubstr("kept: leads"),
                                      HasSubstr("only its record is left")));

  const std::string other = std::to_string(1 - best);
  const std::string x = trials[1 - best]["params"]["x"].dump();
  EXPECT_THAT(study({"show", "demo", other, "--diff"}).out, HasSubstr("-1\n+" + x));
  EXPECT_THAT(study({"show", "demo", other, "--log"}).out,
              AllOf(HasSubstr("studyhall W1"), HasSubstr("complete " + x)));
  EXPECT_EQ(study({"show", "demo", "--diff"}).status, 2);
}

TEST_F(WorkspacesCommand, PrunesByThePolicyThatIsGiven) {
  ASSERT_EQ(create_worktree_study().status, 0);
  work();

  EXPECT_THAT(workspaces({"--prune", "--keep", "none", "--dry-run"}).out, HasSubstr("may go"));
  EXPECT_THAT(repo_.git({"worktree", "list"}), HasSubstr("W1-"));
  const RunResult pruned = workspaces({"--prune", "--keep", "none"});
  EXPECT_EQ(pruned.status, 0) << pruned.err;
  EXPECT_THAT(pruned.out, HasSubstr("removed: none is kept"));

  EXPECT_THAT(repo_.git({"worktree", "list"}), Not(HasSubstr("W1-")));
  EXPECT_NE(repo_.git({"rev-parse", "study/demo/W1-0"}), base_);
  EXPECT_EQ(workspaces({"--keep", "some"}).status, 2);
}

TEST_F(WorkspacesCommand, SaysWhereToLookWhenTheRunsAreElsewhere) {
  ASSERT_EQ(create_worktree_study().status, 0);
  const RunResult none = workspaces();
  EXPECT_EQ(none.status, 1);
  EXPECT_THAT(none.err, HasSubstr("on the machine where `study work demo` runs"));
  work();
  std::filesystem::rename(path("repo"), path("moved"));
  const RunResult diff = study({"show", "demo", "0", "--diff"});
  EXPECT_EQ(diff.status, 1);
  EXPECT_THAT(diff.err, HasSubstr("where that worker's repository is"));
}

TEST_F(WorkspacesCommand, CreateNamesWhatIsNotThere) {
  const auto refused = [&](const std::string& workspace, const std::string& more,
                           const std::string& words) {
    const auto file = write_file("bad.jsonc", study_file(workspace, more));
    const RunResult result = study({"create", file.string()});
    EXPECT_EQ(result.status, 2) << words;
    EXPECT_THAT(result.err, HasSubstr(words));
  };
  refused(R"({"kind": "worktree", "repo": "nowhere"})", "", "nowhere");
  refused(R"({"kind": "worktree", "repo": "repo", "base": "v9"})", "", "no revision \"v9\"");
  refused(R"({"kind": "worktree", "repo": "repo"})", R"("protect": ["data/**"], )",
          "\"data/**\" matches no file of the base commit");
  refused(R"({"kind": "directory"})", R"("protect": ["evaluate.py"], )",
          "\"evaluate.py\" matches no file in");
}

TEST_F(WorkspacesCommand, EditLooksTheBaseAndTheHashesUpAgain) {
  ASSERT_EQ(create_worktree_study().status, 0);
  const std::string moved = repo_.commit("answer", "2\n");
  const auto spec = [&] { return study({"show", "demo", "--json"}).json()["spec"]["experiment"]; };

  ASSERT_EQ(study({"edit", "demo", "experiment.time_limit_min=3"}).status, 0);
  EXPECT_EQ(spec()["workspace"]["base_commit"], base_);
  ASSERT_EQ(study({"edit", "demo", "experiment.workspace.base=main"}).status, 0);
  EXPECT_EQ(spec()["workspace"]["base_commit"], moved);
  EXPECT_EQ(study({"edit", "demo", "experiment.workspace.base=nothing"}).status, 2);

  const auto file = write_file("plain.jsonc",
                               R"({"name": "plain", "direction": "maximize", "sampler": "random",
      "params": {"x": {"type": "int", "low": 0, "high": 9}}, "limits": {"trials": 3},
      "experiment": {"command": ["true"], "protect": ["a.txt", "b.txt"]}})");
  write_file("a.txt", "a");
  write_file("b.txt", "b");
  ASSERT_EQ(study({"create", file.string()}).status, 0);
  write_file("a.txt", "other");
  StudyProcess worker({"work", "plain", "--worker", "W1", "--db", database().string(), "--runs",
                       path("runs").string()},
                      dir_.path());
  const std::string said = worker.read_all();
  EXPECT_EQ(worker.wait(), 2);
  EXPECT_THAT(said, AllOf(HasSubstr("a.txt has SHA-256"), HasSubstr("expected ca978112")));

  ASSERT_EQ(study({"edit", "plain", "experiment.protect=[\"a.txt\"]"}).status, 0);
  const Json hashes = study({"show", "plain", "--json"}).json()["spec"]["experiment"]["protected"];
  EXPECT_EQ(hashes.size(), 1U);
  EXPECT_THAT(hashes["a.txt"].get<std::string>(), Not(HasSubstr("ca978112")));
}

TEST_F(WorkspacesCommand, OnlyAttestedScoresLeadWhereTheStudyAsksForIt) {
  const auto file = write_file("strict.jsonc", R"({"name": "demo", "direction": "maximize",
      "sampler": "random", "params": {"x": {"type": "int", "low": 0, "high": 9}},
      "limits": {"trials": 2},
      "experiment": {"command": ["sh", "-c", "echo '{\"score\": 3}' > result.json"],
                     "score": {"require": "attested"}}})");
  ASSERT_EQ(study({"create", file.string()}).status, 0);
  ASSERT_EQ(study({"ask", "demo"}).status, 0);
  ASSERT_EQ(study({"tell", "demo", "0", "1000"}).status, 0);
  EXPECT_EQ(study({"best", "demo", "--json"}).json()["best"], Json::array());

  work();

  const Json best = study({"best", "demo", "--json"}).json()["best"];
  ASSERT_EQ(best.size(), 1U);
  EXPECT_EQ(best[0]["value"], 3);
  EXPECT_EQ(study({"trials", "demo", "--json"}).json()["trials"][0]["value"], 1000);
}

}  // namespace
}  // namespace studyhall::cli
