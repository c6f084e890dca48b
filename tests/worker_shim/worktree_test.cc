#include "worker_shim/worktree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "core/error.h"
#include "tests/support/git_repo.h"
#include "tests/support/processes.h"
#include "tests/support/temp_dir.h"

namespace studyhall::worker_shim {
namespace {

using studyhall::testing::GitRepo;
using studyhall::testing::slurp;
using studyhall::testing::spit;
using studyhall::testing::write_script;
using ::testing::HasSubstr;
using ::testing::Not;

class WorktreeTest : public ::testing::Test {
 protected:
  WorktreeTest() : repo_(dir_.path() / "repo") { base_ = repo_.commit("a.txt", "one\n"); }

  [[nodiscard]] Git git() const { return Git(repo_.folder(), "W1"); }
  [[nodiscard]] Worktree add(const std::string& name) const {
    std::filesystem::create_directories(dir_.path() / name);
    return add_worktree(git(), "", dir_.path() / name / "tree", base_, branch_name("s", name));
  }

  testing::TempDir dir_;
  GitRepo repo_;
  std::string base_;
};

TEST_F(WorktreeTest, BeginsAtTheBaseOnABranchOfItsOwn) {
  repo_.commit("a.txt", "two\n");

  const Worktree worktree = add("W1-0");

  EXPECT_EQ(slurp(worktree.folder / "a.txt"), "one\n");
  EXPECT_EQ(worktree.branch, "study/s/W1-0");
  EXPECT_EQ(repo_.git({"rev-parse", "study/s/W1-0"}), base_);
  EXPECT_EQ(repo_.git({"rev-parse", "--abbrev-ref", "HEAD"}), "main");
}

TEST_F(WorktreeTest, CommitsWhatARunLeavesWithoutHooksOrTheUsersName) {
  write_script(repo_.folder() / ".git/hooks/post-commit", "#!/bin/sh\ntouch hooked\n");
  write_script(repo_.folder() / ".git/hooks/reference-transaction",
               "#!/bin/sh\necho no >&2\nexit 1\n");
  const Worktree worktree = add("W1-0");
  spit(worktree.folder / "a.txt", "changed\n");
  spit(worktree.folder / "new.txt", "new\n");

  const std::string commit = commit_worktree(worktree, "W1", "trial 0: complete");

  std::filesystem::remove(repo_.folder() / ".git/hooks/reference-transaction");
  EXPECT_EQ(repo_.git({"rev-parse", "study/s/W1-0"}), commit);
  EXPECT_EQ(repo_.git({"rev-parse", commit + "^"}), base_);
  EXPECT_EQ(repo_.git({"show", commit + ":new.txt"}), "new");
  EXPECT_EQ(repo_.git({"log", "-1", "--format=%an <%ae> %s", commit}),
            "studyhall W1 <W1@studyhall.invalid> trial 0: complete");
  EXPECT_FALSE(std::filesystem::exists(worktree.folder / "hooked"));
  EXPECT_THAT(worktree_diff(git(), base_, commit), HasSubstr("-one\n+changed"));
  EXPECT_THAT(worktree_log(git(), base_, commit), HasSubstr("trial 0: complete"));
  // Nothing new, no new commit.
  EXPECT_EQ(commit_worktree(worktree, "W1", "again"), commit);
}

TEST_F(WorktreeTest, CommitsWhateverStateARunHasLeftGitIn) {
  const Worktree worktree = add("W1-0");
  const GitRepo inside = [&] {
    const std::string shell = "cd '" + worktree.folder.string() + "' && git checkout -q -b mine";
    EXPECT_EQ(system(shell.c_str()), 0);
    return repo_;
  }();
  spit(worktree.git_dir / "index.lock", "");
  spit(worktree.git_dir / "index", "broken");
  spit(worktree.folder / "a.txt", "changed\n");

  const std::string commit = commit_worktree(worktree, "W1", "trial 0");

  EXPECT_EQ(inside.git({"show", "study/s/W1-0:a.txt"}), "changed");
  EXPECT_EQ(inside.git({"rev-parse", "study/s/W1-0"}), commit);
}

// The run folder may lie within another repository, which must not be taken for the worktree's.
TEST_F(WorktreeTest, ARunThatRemovesDotGitCommitsToNoOtherRepository) {
  const GitRepo outer(dir_.path());
  const Worktree worktree = add("W1-0");
  std::filesystem::remove(worktree.folder / ".git");
  spit(worktree.folder / "a.txt", "changed\n");

  commit_worktree(worktree, "W1", "trial 0");

  EXPECT_EQ(repo_.git({"show", "study/s/W1-0:a.txt"}), "changed");
  EXPECT_EQ(outer.git({"for-each-ref"}), "");
}

TEST_F(WorktreeTest, RemovesTheFolderAndKeepsTheBranch) {
  const Worktree worktree = add("W1-0");
  spit(worktree.folder / "a.txt", "changed\n");
  EXPECT_TRUE(has_uncommitted(worktree, "W1"));
  const std::string commit = commit_worktree(worktree, "W1", "trial 0");
  EXPECT_FALSE(has_uncommitted(worktree, "W1"));

  remove_worktree(worktree, "W1");
  remove_worktree(worktree, "W1");

  EXPECT_FALSE(std::filesystem::exists(worktree.folder));
  EXPECT_EQ(repo_.git({"rev-parse", "study/s/W1-0"}), commit);
  EXPECT_THAT(repo_.git({"worktree", "list"}), Not(HasSubstr("tree ")));
  EXPECT_FALSE(has_uncommitted(worktree, "W1"));
}

TEST_F(WorktreeTest, RemovesWhatIsHalfGone) {
  const Worktree worktree = add("W1-0");
  std::filesystem::remove(worktree.folder / ".git");

  remove_worktree(worktree, "W1");

  EXPECT_FALSE(std::filesystem::exists(worktree.folder));
  EXPECT_FALSE(std::filesystem::exists(worktree.git_dir));
}

TEST_F(WorktreeTest, NeverTakesABranchThatIsThere) {
  const Worktree first = add("W1-0");
  spit(first.folder / "a.txt", "first\n");
  const std::string commit = commit_worktree(first, "W1", "first");
  remove_worktree(first, "W1");
  std::filesystem::remove_all(dir_.path() / "W1-0");

  const Worktree second = add("W1-0");

  EXPECT_EQ(second.branch, "study/s/W1-0-2");
  EXPECT_EQ(repo_.git({"rev-parse", "study/s/W1-0"}), commit);
}

TEST_F(WorktreeTest, ManyAtOnceDoNotClash) {
  constexpr int kThreads = 8;
  constexpr int kEach = 4;
  std::vector<std::thread> threads;
  std::atomic<int> failures = 0;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      try {
        for (int n = 0; n < kEach; ++n) {
          const Worktree worktree = add("W" + std::to_string(t) + "-" + std::to_string(n));
          spit(worktree.folder / "a.txt", std::to_string(t) + "\n");
          commit_worktree(worktree, "W" + std::to_string(t), "trial");
          if (n % 2 == 0) remove_worktree(worktree, "W1");
        }
      } catch (const Error& error) {
        ++failures;
        ADD_FAILURE() << error.what();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(failures, 0);
  const std::string branches =
      repo_.git({"for-each-ref", "--format=%(refname)", "refs/heads/study"});
  EXPECT_EQ(std::count(branches.begin(), branches.end(), '\n') + 1, kThreads * kEach);
  const std::string trees = repo_.git({"worktree", "list", "--porcelain"});
  int kept = 0;
  for (std::size_t at = 0; (at = trees.find("worktree ", at)) != std::string::npos; ++at) ++kept;
  EXPECT_EQ(kept, 1 + kThreads * kEach / 2);
  EXPECT_EQ(repo_.git({"show", "study/s/W3-2:a.txt"}), "3");
}

TEST_F(WorktreeTest, RemembersThemForWhoComesAfter) {
  const Worktree worktree = add("W1-0");
  save_worktrees(dir_.path() / "W1-0", {worktree});

  const auto loaded = load_worktrees(dir_.path() / "W1-0");

  ASSERT_EQ(loaded.size(), 1U);
  EXPECT_EQ(loaded[0].branch, worktree.branch);
  EXPECT_EQ(loaded[0].git_dir, worktree.git_dir);
  EXPECT_EQ(loaded[0].base, base_);
  EXPECT_TRUE(load_worktrees(dir_.path()).empty());
}

TEST_F(WorktreeTest, NamesWhatIsNoRepository) {
  EXPECT_THROW(Git(dir_.path() / "nothing", "W1"), Error);
  try {
    const Git none(dir_.path(), "W1");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::Invalid);
    EXPECT_THAT(error.what(), HasSubstr(dir_.path().string()));
    EXPECT_THAT(error.what(), HasSubstr("not a git repository"));
  }
  EXPECT_EQ(git().commit_id("nonesuch"), std::nullopt);
  EXPECT_EQ(git().commit_id("main"), base_);
}

TEST(BranchName, IsOneThatGitTakes) {
  EXPECT_EQ(branch_name("heat", "W1-12.2"), "study/heat/W1-12.2");
  EXPECT_EQ(branch_name("a..b", "W.lock-1.lock"), "study/a--b/W-lock-1-lock");
}

}  // namespace
}  // namespace studyhall::worker_shim
