#include "worker_shim/cpu_claim.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>

#include "core/error.h"
#include "tests/support/temp_dir.h"

namespace studyhall::worker_shim {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// A processor that this process may use.
int allowed_cpu() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  int cpu = 0;
  while (!CPU_ISSET(cpu, &set)) ++cpu;
  return cpu;
}

TEST(CpuClaim, RefusesAnOverlapNamingBothWorkers) {
  const testing::TempDir dir;
  const int cpu = allowed_cpu();
  std::optional<CpuClaim> first(std::in_place, dir.path(), "worker W1 of s", std::vector{cpu});
  try {
    const CpuClaim second(dir.path(), "worker W2 of s", {cpu});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::Conflict);
    EXPECT_THAT(error.what(), AllOf(HasSubstr("worker W1 of s"), HasSubstr("worker W2 of s"),
                                    HasSubstr("share " + std::to_string(cpu))));
  }
  first.reset();
  const CpuClaim second(dir.path(), "worker W2 of s", {cpu});
}

TEST(CpuClaim, EndsWithItsProcess) {
  const testing::TempDir dir;
  const int cpu = allowed_cpu();
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    const CpuClaim claim(dir.path(), "worker W1", {cpu});
    if (write(ready[1], "x", 1) != 1) _exit(1);
    for (;;) pause();
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  EXPECT_THROW(CpuClaim(dir.path(), "worker W2", {cpu}), Error);

  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);

  EXPECT_NO_THROW(CpuClaim(dir.path(), "worker W2", {cpu}));
  close(ready[0]);
  close(ready[1]);
}

TEST(CpuClaim, RefusesProcessorsThatAreNotToBeHad) {
  const testing::TempDir dir;
  try {
    const CpuClaim claim(dir.path(), "worker W1", {1023});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::Invalid);
    EXPECT_THAT(error.what(), HasSubstr("1023"));
  }
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
}

}  // namespace
}  // namespace studyhall::worker_shim
