#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

#include "bench/quality/results.h"
#include "tests/support/paths.h"
#include "tests/support/temp_dir.h"

namespace studyhall::bench {
namespace {

constexpr const char* kPython = "/usr/bin/python3";

// Conditions on conditions, noise, constraints with "require", and workers side by side.
TEST(OptunaOpponent, WritesTheResultsOfEveryKindOfProblem) {
  if (std::system((std::string(kPython) + " -c 'import optuna' 2>/dev/null").c_str()) != 0)
    GTEST_SKIP() << kPython << " has no optuna (Debian: python3-optuna)";
  const testing::TempDir folder;
  const std::string file = (folder.path() / "optuna.csv").string();
  const std::string command =
      std::string(kPython) + " " + source_path("bench/quality/optuna_opponent.py") + " --bench " +
      build_path("bench/bench_quality") +
      " --sampler random --label other --seeds 0-1 --trials 22" +
      " --problems '^(pipeline_noise15|heat_runtime|knapsack_12|hartmann_6d_q4)$' -o " + file +
      " 2>/dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0);
  std::ifstream in(file);
  const auto results = read_results(in, file);
  ASSERT_EQ(results.size(), 2U * 4 * 2);
  for (std::size_t i = 0; i < results.size(); i += 2) {
    EXPECT_EQ(results[i].label, "other");
    EXPECT_EQ(results[i].trials, 20);
    EXPECT_EQ(results[i + 1].trials, 22);
    EXPECT_GT(results[i].regret, 0);
    EXPECT_LT(results[i].regret, 10);
  }
}

}  // namespace
}  // namespace studyhall::bench
