#include "cli/run_logs.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temp_dir.h"

namespace studyhall::cli {
namespace {

class RunLogs : public ::testing::Test {
 protected:
  // Each log is a minute younger than the one before.
  void write_log(const std::string& run, const std::string& text) {
    const std::filesystem::path folder = dir_.path() / "demo" / run;
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "run.log") << text;
    std::filesystem::last_write_time(folder / "run.log", time_ += std::chrono::minutes(1));
  }

  testing::TempDir dir_;
  std::filesystem::file_time_type time_{};
};

TEST_F(RunLogs, NewestIsTheOneOfThisWorkerWrittenLast) {
  write_log("W1-7", "seven");
  write_log("W1-12", "twelve");
  write_log("W1-12.2", "twelve again");
  write_log("W1-3", "a retry of three");
  write_log("W1-3-99", "of the worker W1-3");
  write_log("W10-40", "of the worker W10");
  write_log("W1-x", "of no trial");

  const auto log = newest_log(dir_.path(), "demo", "W1");
  ASSERT_TRUE(log);
  EXPECT_EQ(log->number, 3);
  EXPECT_EQ(newest_log(dir_.path(), "demo", "W1-3")->number, 99);
  EXPECT_FALSE(newest_log(dir_.path(), "demo", "W1-12"));
  EXPECT_FALSE(newest_log(dir_.path(), "other", "W1"));
}

TEST_F(RunLogs, TailGivesTheLastLines) {
  write_log("W1-1", "one\ntwo\nthree\n");
  write_log("W1-2", "one\ntwo\nthree");
  const auto tail = [&](const char* run, std::int64_t lines) {
    return read_tail(dir_.path() / "demo" / run / "run.log", lines).text;
  };

  EXPECT_EQ(tail("W1-1", 2), "two\nthree\n");
  EXPECT_EQ(tail("W1-2", 2), "two\nthree");
  EXPECT_EQ(tail("W1-1", 3), "one\ntwo\nthree\n");
  EXPECT_EQ(tail("W1-1", 9), "one\ntwo\nthree\n");
  EXPECT_EQ(tail("W1-1", 0), "one\ntwo\nthree\n");
}

TEST_F(RunLogs, TailReadsBackOverManyBlocks) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += "line " + std::to_string(i) + "\n";
  write_log("W1-1", "\n\n" + text);

  const LogTail tail = read_tail(dir_.path() / "demo/W1-1/run.log", 30'000);
  EXPECT_TRUE(tail.text.starts_with("line 20000\n"));
  EXPECT_TRUE(tail.text.ends_with("line 49999\n"));
  EXPECT_EQ(tail.end, text.size() + 2);
  EXPECT_EQ(read_tail(dir_.path() / "demo/W1-1/run.log", 50'001).text, "\n" + text);
}

TEST_F(RunLogs, ReadsOnFromWhereItWas) {
  write_log("W1-1", "one\n");
  const std::filesystem::path file = dir_.path() / "demo/W1-1/run.log";
  const LogTail seen = read_tail(file, 1);
  std::ofstream(file, std::ios::app) << "two\n";

  const LogTail more = read_from(file, seen.end);
  EXPECT_EQ(more.text, "two\n");
  EXPECT_EQ(read_from(file, more.end).text, "");
}

}  // namespace
}  // namespace studyhall::cli
