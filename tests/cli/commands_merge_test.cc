#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/cli_run.h"
#include "tests/cli/study_process.h"
#include "tests/support/git_repo.h"

namespace studyhall::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// A study whose tasks leave branches of `repo_`.
class Merge : public CliTest {
 protected:
  Merge() : repo_(path("code")) {
    repo_.commit("a.txt", "one\ntwo\nthree\n");
    base_ = repo_.commit("b.txt", "b\n");
  }

  // A branch with a commit of its own on `from`.
  void branch(const std::string& name, const std::string& file, const std::string& text,
              const std::string& from = "main") {
    static_cast<void>(repo_.git({"checkout", "-q", "-b", name, from}));
    repo_.commit(file, text);
    static_cast<void>(repo_.git({"checkout", "-q", "main"}));
  }
  // Adds a task that is done, with its branch as result.
  void done(const std::string& title, const std::string& branch,
            const std::vector<std::string>& more = {}) {
    std::vector<std::string> args{"task", "add", "demo", title};
    args.insert(args.end(), more.begin(), more.end());
    const RunResult added = study(args);
    ASSERT_EQ(added.status, 0) << added.err;
    const std::string number = std::to_string(tasks().size() - 1);
    std::vector<std::string> ask{"task", "ask", "demo", "--worker", "W1", "--accepts", "cpp"};
    ASSERT_EQ(study(ask).status, 0);
    const RunResult told =
        study({"task", "tell", "demo", number, "--result", R"({"branch": ")" + branch + R"("})"});
    ASSERT_EQ(told.status, 0) << told.err;
  }
  Json tasks() { return study({"task", "list", "demo", "--json"}).json()["tasks"]; }
  RunResult merge(const std::vector<std::string>& more = {}) {
    std::vector<std::string> args{"merge", "demo", "--repo", path("code").string()};
    args.insert(args.end(), more.begin(), more.end());
    return study(args);
  }
  // Of the file on the branch; "" where there is none.
  [[nodiscard]] std::string landed(const std::string& file) const {
    const auto found = repo_.git({"ls-tree", "study/demo/merged", "--", file});
    return found.empty() ? "" : repo_.git({"show", "study/demo/merged:" + file});
  }

  testing::GitRepo repo_;
  std::string base_;
};

TEST_F(Merge, LandsWhatIsDoneInOrderAndTouchesNoCheckout) {
  create();
  branch("first", "c.txt", "c\n");
  branch("second", "c.txt", "c\nd\n", "first");
  done("First", "first");
  done("Second", "second", {"--after", "0"});
  write_file("code/b.txt", "the user is at it\n");

  const RunResult result = merge({"--json"});

  EXPECT_EQ(result.status, 0) << result.out << result.err;
  const Json branches = result.json()["branches"];
  ASSERT_EQ(branches.size(), 2U);
  EXPECT_EQ(branches[0]["of"], "task 0");
  EXPECT_EQ(branches[1]["end"], "merged");
  EXPECT_EQ(landed("c.txt"), "c\nd");
  EXPECT_EQ(repo_.git({"log", "--format=%s", "--first-parent", base_ + "..study/demo/merged"}),
            "Merge second: Second\nMerge first: First");
  EXPECT_EQ(repo_.git({"status", "--porcelain"}), " M b.txt");
  EXPECT_EQ(repo_.git({"rev-parse", "main"}), base_);
  EXPECT_EQ(repo_.git({"branch", "--list", "*merging*"}), "");

  EXPECT_THAT(merge().out, HasSubstr("task 1 (second): merged before"));
}

TEST_F(Merge, AConflictIsLeftAndBecomesATask) {
  create();
  branch("first", "a.txt", "ONE\ntwo\nthree\n");
  branch("second", "a.txt", "uno\ntwo\nthree\n");
  branch("third", "d.txt", "d\n", "second");
  branch("fourth", "e.txt", "e\n");
  done("First", "first");
  done("Second", "second", {"--tag", "cpp", "--priority", "high"});
  done("Third", "third", {"--after", "1"});
  done("Fourth", "fourth");

  EXPECT_EQ(merge({"--dry-run"}).status, 1);
  EXPECT_EQ(tasks().size(), 4U);
  EXPECT_EQ(repo_.git({"branch", "--list", "study/*"}), "");

  const RunResult result = merge();
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("task 1 (second): conflict in a.txt; task 4 is to mend it"),
                    HasSubstr("task 2 (third): left: it stands on task 1, which is not merged"),
                    HasSubstr("task 3 (fourth): merged")));
  EXPECT_EQ(landed("a.txt"), "ONE\ntwo\nthree");
  EXPECT_EQ(landed("d.txt"), "");
  EXPECT_EQ(landed("e.txt"), "e");
  const Json task = tasks()[4];
  EXPECT_EQ(task["title"], "Merge second into study/demo/merged: conflict in a.txt");
  EXPECT_EQ(task["tags"], Json({"cpp"}));
  EXPECT_EQ(task["priority"], 10);
  EXPECT_THAT(
      task["description"].get<std::string>(),
      AllOf(HasSubstr("<<<<<<<"), HasSubstr("+ uno"), HasSubstr("\"branch\" and \"commit\"")));
}

TEST_F(Merge, ATestThatFailsLeavesTheBranchAndItsLastWords) {
  create();
  branch("good", "c.txt", "c\n");
  branch("bad", "bad.txt", "x\n");
  done("Bad", "bad");
  done("Good", "good");

  const RunResult result =
      merge({"--test", "touch litter; echo looking; ! test -e bad.txt", "--json"});
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.json()["branches"][0]["end"], "failed");
  EXPECT_EQ(result.json()["branches"][1]["end"], "merged");
  EXPECT_EQ(repo_.git({"ls-tree", "--name-only", "study/demo/merged"}), "a.txt\nb.txt\nc.txt");
  EXPECT_THAT(tasks()[2]["description"].get<std::string>(), HasSubstr("exit code 1\nlooking"));
}

TEST_F(Merge, ABranchThatIsCheckedOutIsRefused) {
  create();
  branch("first", "c.txt", "c\n");
  done("First", "first");

  const RunResult result = merge({"--into", "main"});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("main is checked out in " + path("code").string()));

  static_cast<void>(repo_.git({"branch", "stable"}));
  EXPECT_EQ(merge({"--into", "stable"}).status, 0);
  EXPECT_EQ(repo_.git({"show", "stable:c.txt"}), "c");
  EXPECT_THAT(merge({"--task", "7"}).err,
              HasSubstr("task 7 of demo has no branch that is finished"));
}

// Every run leaves a result.json: those of the second would be in conflict with the first's.
TEST_F(Merge, TrialsLandWithoutTheRecordsOfTheirRuns) {
  const auto file = write_file("study.jsonc", R"({
      "name": "demo", "direction": "maximize", "seed": 3, "sampler": "grid",
      "params": {"part": {"type": "categorical", "choices": ["x", "y"]}}, "limits": {"trials": 2},
      "experiment": {"command": ["/bin/sh", "-c", "echo {part} > {part}.txt; echo s > SUMMARY.md"],
        "workspace": {"kind": "worktree", "repo": "code"},
        "score": {"command": ["/bin/sh", "-c", "echo '{\"score\": {trial}}' > result.json"]}}})");
  ASSERT_EQ(study({"create", file.string()}).status, 0);
  StudyProcess worker({"work", "demo", "--worker", "W1", "--db", database().string(), "--runs",
                       path("runs").string()},
                      dir_.path());
  const std::string said = worker.read_all();

  const RunResult result = study({"merge", "demo"});
  EXPECT_EQ(result.status, 0) << result.out << result.err << said;
  EXPECT_EQ(repo_.git({"ls-tree", "--name-only", "study/demo/merged"}),
            "a.txt\nb.txt\nx.txt\ny.txt");
}

}  // namespace
}  // namespace studyhall::cli
