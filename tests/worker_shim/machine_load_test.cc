#include "worker_shim/machine_load.h"

#include <gtest/gtest.h>

#include <vector>

namespace studyhall::worker_shim {
namespace {

// Of a machine with hyperthreads that counts 100 ticks a second.
constexpr const char* kStat =
    "cpu  1100 20 330 9000 60 7 5 90 0 0\n"
    "cpu0 1000 10 300 4000 40 5 5 50 0 0\n"
    "cpu1 100 10 30 5000 20 2 0 40 0 0\n"
    "cpu11 7 7 7 7 7 7 7 7 7 7\n"
    "intr 12345 0 1\n";

TEST(ProcessorTimes, AddUpOverTheProcessorsAsked) {
  const auto both = parse_processor_times(kStat, std::vector{0, 1}, 100);
  ASSERT_TRUE(both);
  EXPECT_DOUBLE_EQ(both->busy, 14.62);  // (1100 + 20 + 330 + 7 + 5) / 100
  EXPECT_DOUBLE_EQ(both->idle, 90.60);
  EXPECT_DOUBLE_EQ(both->stolen, 0.90);
  const auto one = parse_processor_times(kStat, std::vector{1}, 100);
  ASSERT_TRUE(one);
  EXPECT_DOUBLE_EQ(one->busy, 1.42);
}

TEST(ProcessorTimes, AreNotTold) {
  EXPECT_FALSE(parse_processor_times(kStat, std::vector{0, 2}, 100));
  EXPECT_FALSE(parse_processor_times(kStat, {}, 100));
  EXPECT_FALSE(parse_processor_times("", std::vector{0}, 100));
}

TEST(ProcessorTimes, OfThisMachineGoForward) {
  const auto before = processor_times({});
  const auto after = processor_times({});
  ASSERT_TRUE(before && after);
  EXPECT_GE(after->busy + after->idle, before->busy + before->idle);
}

TEST(MachineLoad, IsWhatOthersTookAndWhatWasLeft) {
  // 100 s on two processors: 120 busy, 60 idle, 20 stolen; 100 were the run's own.
  const MachineLoad load = load_between({10, 10, 0}, {130, 70, 20}, 100);

  EXPECT_DOUBLE_EQ(load.others, 0.2);
  EXPECT_DOUBLE_EQ(load.idle, 0.3);
  EXPECT_EQ(load_between({1, 1, 1}, {1, 1, 1}, 3).others, 0);     // no time went by
  EXPECT_EQ(load_between({0, 0, 0}, {1, 1, 0}, 1.01).others, 0);  // ticks are coarse
}

TEST(MachineLoad, IsContentionOnlyWhereNothingWasLeft) {
  EXPECT_TRUE(is_contended({0.5, 0.05}));
  EXPECT_FALSE(is_contended({0.5, 0.4}));   // the run did not want more
  EXPECT_FALSE(is_contended({0.1, 0.02}));  // it had nearly all
}

}  // namespace
}  // namespace studyhall::worker_shim
