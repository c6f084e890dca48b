#include "worker_shim/memory_cgroup.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

namespace studyhall::worker_shim {
namespace {

TEST(OwnCgroup, IsBelowTheMountOfVersionTwo) {
  const std::string mounts =
      "30 23 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
      "31 23 0:27 / /sys/fs/cgroup rw,nosuid,nodev - cgroup2 cgroup2 rw,nsdelegate\n";

  EXPECT_EQ(own_cgroup("0::/user.slice/a.scope\n", mounts), "/sys/fs/cgroup/user.slice/a.scope");
  EXPECT_EQ(own_cgroup("4:memory:/x\n0::/\n", mounts), "/sys/fs/cgroup/");
  EXPECT_FALSE(own_cgroup("0::/\n", "30 23 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw\n"));
  EXPECT_FALSE(own_cgroup("0::/\n", ""));
}

// Below, on a kernel that bounds groups for us: memory_cgroup_test.sh.
std::optional<MemoryCgroup> group_of(std::uint64_t bytes) { return MemoryCgroup::make(bytes); }

TEST(MemoryCgroup, BoundsWhatIsInIt) {
  auto group = group_of(16 << 20);
  if (!group) GTEST_SKIP() << "no cgroup v2 here whose memory may be bounded";

  const pid_t child = fork();
  if (child == 0) {
    if (write(group->procs_fd(), "0", 1) != 1) _exit(1);
    std::string much(64 << 20, 'x');
    _exit(much.back() == 'x' ? 0 : 2);
  }
  int status = 0;
  waitpid(child, &status, 0);

  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
  EXPECT_TRUE(group->was_killed());
  EXPECT_GT(group->peak(), std::uint64_t{15} << 20);
}

TEST(MemoryCgroup, LeavesNothingBehind) {
  const auto groups = [] {
    int count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(
             "/sys/fs/cgroup", std::filesystem::directory_options::skip_permission_denied)) {
      count += entry.path().filename().string().starts_with("studyhall-") ? 1 : 0;
    }
    return count;
  };
  auto group = group_of(1 << 20);
  if (!group) GTEST_SKIP() << "no cgroup v2 here whose memory may be bounded";
  EXPECT_FALSE(group->was_killed());
  EXPECT_EQ(groups(), 1);
  group.reset();
  EXPECT_EQ(groups(), 0);
  // As a worker that was killed leaves it.
  const pid_t dead = fork();
  if (dead == 0) _exit(group_of(1 << 20).has_value() ? 0 : 1);
  waitpid(dead, nullptr, 0);
  EXPECT_EQ(groups(), 1);
  group = group_of(1 << 20);
  EXPECT_EQ(groups(), 1);
}

}  // namespace
}  // namespace studyhall::worker_shim
