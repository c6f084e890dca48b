#include "worker_shim/core_layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>

#include "core/error.h"
#include "tests/support/processes.h"
#include "tests/support/temp_dir.h"

namespace studyhall::worker_shim {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// 16 cores of two threads each, n and n + 16, as the machines of cloud providers number them.
std::vector<Core> sixteen_cores() {
  std::vector<Core> cores;
  for (int core = 0; core < 16; ++core) cores.push_back({core, core + 16});
  return cores;
}

TEST(CoreLayout, GivesEachWorkerPhysicalCoresOfItsOwn) {
  const CoreLayout layout = lay_out(sixteen_cores(), 3, 4, 4);

  EXPECT_THAT(layout.workers,
              ElementsAre(std::vector<int>{0, 1, 2, 3}, std::vector<int>{4, 5, 6, 7},
                          std::vector<int>{8, 9, 10, 11}));
  EXPECT_THAT(layout.reserved, ElementsAre(12, 13, 14, 15));
  EXPECT_FALSE(layout.siblings);
}

TEST(CoreLayout, GivesBothThreadsOfACoreToOneWorkerWhereCoresAreTooFew) {
  const CoreLayout layout = lay_out(sixteen_cores(), 4, 6, 2);

  EXPECT_TRUE(layout.siblings);
  EXPECT_THAT(layout.workers[0], ElementsAre(0, 1, 2, 16, 17, 18));
  EXPECT_THAT(layout.workers[3], ElementsAre(9, 10, 11, 25, 26, 27));
  EXPECT_THAT(layout.reserved, ElementsAre(15, 31));
}

TEST(CoreLayout, RefusesMoreThanTheMachineHas) {
  EXPECT_EQ(most_per_worker(sixteen_cores(), 3, 4), 4);
  EXPECT_EQ(most_per_worker(sixteen_cores(), 20, 4), 1);
  EXPECT_EQ(most_per_worker(sixteen_cores(), 40, 4), 0);
  try {
    lay_out(sixteen_cores(), 4, 8, 4);
    FAIL() << "36 of 32 processors";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("need 36, and this process may use 32"));
    EXPECT_THAT(error.what(), ::testing::HasSubstr("at most 3 for each worker"));
  }
}

TEST(CoreLayout, ReadsTheMachineFromSysfs) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  ASSERT_EQ(sched_getaffinity(0, sizeof allowed, &allowed), 0);
  std::vector<int> ours;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &allowed)) ours.push_back(cpu);
  const testing::TempDir sysfs;

  // Nothing is known: each processor is a core.
  EXPECT_EQ(machine_cores(sysfs.path()).size(), ours.size());

  if (ours.size() < 2) GTEST_SKIP() << "one processor has no siblings";
  const std::string both = std::to_string(ours[0]) + "," + std::to_string(ours[1]);
  for (const int cpu : {ours[0], ours[1]}) {
    const auto folder = sysfs.path() / ("cpu" + std::to_string(cpu)) / "topology";
    std::filesystem::create_directories(folder);
    testing::spit(folder / "thread_siblings_list", both + "\n");
  }
  const std::vector<Core> cores = machine_cores(sysfs.path());
  ASSERT_EQ(cores.size(), ours.size() - 1);
  EXPECT_THAT(cores.front(), ElementsAre(ours[0], ours[1]));
  EXPECT_THAT(lay_out(cores, 1, 1, 0).reserved, IsEmpty());
}

}  // namespace
}  // namespace studyhall::worker_shim
