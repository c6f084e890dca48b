#include "worker_shim/glob.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/processes.h"
#include "tests/support/temp_dir.h"

namespace studyhall::worker_shim {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Glob, MatchesAsGitignorePatternsWithASlashDo) {
  struct Case {
    const char* glob;
    const char* path;
    bool matches;
  };
  for (const Case& c : std::vector<Case>{{"evaluate.py", "evaluate.py", true},
                                         {"evaluate.py", "sub/evaluate.py", false},
                                         {"*.py", "a.py", true},
                                         {"*.py", "sub/a.py", false},
                                         {"data/*", "data/a", true},
                                         {"data/*", "data/sub/a", false},
                                         {"data/**", "data/a", true},
                                         {"data/**", "data/sub/deep/a", true},
                                         {"data/**", "data", false},
                                         {"data/**", "database/a", false},
                                         {"**/*.py", "a.py", true},
                                         {"**/*.py", "x/y/a.py", true},
                                         {"a/**/b", "a/b", true},
                                         {"a/**/b", "a/x/y/b", true},
                                         {"a/**/b", "a/x/y/bc", false},
                                         {"a/**/b/*", "a/b/b/c", true},
                                         {"t?st*", "test.txt", true},
                                         {"t?st*", "tst", false},
                                         {"*a*b*", "xxaxxbxx", true},
                                         {"*a*b*", "xxbxxaxx", false},
                                         {"[ab]", "a", false},
                                         {"[ab]", "[ab]", true}}) {
    EXPECT_EQ(glob_matches(c.glob, c.path), c.matches) << c.glob << " on " << c.path;
  }
}

TEST(Glob, FindsFiles) {
  const testing::TempDir dir;
  std::filesystem::create_directories(dir.path() / "data/sub");
  std::filesystem::create_directories(dir.path() / "data/.git");
  std::filesystem::create_directories(dir.path() / "other");
  for (const char* file :
       {"a.py", "b.txt", "data/x", "data/sub/y", "data/.git/config", "other/z"}) {
    testing::spit(dir.path() / file, "x");
  }
  std::filesystem::create_directory_symlink(dir.path() / "other", dir.path() / "data/link");

  EXPECT_THAT(files_matching(dir.path(), {"*.py", "data/**"}),
              ElementsAre("a.py", "data/link", "data/sub/y", "data/x"));
  EXPECT_THAT(files_matching(dir.path(), {"nothing/**", "a.py/*"}), IsEmpty());
}

}  // namespace
}  // namespace studyhall::worker_shim
