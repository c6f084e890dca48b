#include "worker_shim/iteration_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <thread>

#include "tests/support/fake_study_api.h"
#include "tests/support/processes.h"
#include "tests/support/study_files.h"
#include "tests/support/temp_dir.h"

namespace studyhall::worker_shim {
namespace {

using studyhall::testing::FakeStudyApi;
using studyhall::testing::slurp;
using studyhall::testing::spit;
using ::testing::HasSubstr;

class IterationLog : public ::testing::Test {
 protected:
  IterationLog() : api_(studyhall::testing::smallest_study_file()) {}

  void ask(std::int64_t number, double x) {
    add(EventKind::Asked, {{"number", number}, {"params", {{"x", x}}}, {"attempt", 1}});
  }
  void tell(std::int64_t number, double value) {
    add(EventKind::Told, {{"number", number},
                          {"state", "complete"},
                          {"values", {value}},
                          {"metrics", {{"runtime_min", 40}}},
                          {"usage", {{"seconds", 3426}, {"turns", 12}}},
                          {"evidence", {{"kind", "attested"}}},
                          {"note", "first\nsecond"},
                          {"worker", "W1"}});
  }
  void add(EventKind kind, Json body) {
    api_.history.push_back({static_cast<std::int64_t>(api_.history.size()) + 1, Timestamp(), "W1",
                            kind, std::move(body)});
  }
  void update() { update_iteration_log(api_, "smallest", dir_.path()); }
  [[nodiscard]] std::vector<Json> results() const {
    std::vector<Json> lines;
    std::istringstream in(slurp(dir_.path() / "results.jsonl"));
    for (std::string line; std::getline(in, line);) lines.push_back(Json::parse(line));
    return lines;
  }

  studyhall::testing::TempDir dir_;
  FakeStudyApi api_;
};

TEST_F(IterationLog, HasAnEntryForEachResult) {
  ask(0, 0.25);
  tell(0, 0.5);
  ask(1, 0.5);
  add(EventKind::Told, {{"number", 1},
                        {"state", "failed"},
                        {"reason", "infra"},
                        {"note", "lost"},
                        {"worker", "W2"},
                        {"requeued", true},
                        {"usage", {{"seconds", 6}}}});

  update();

  const auto lines = results();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0]["score"], 0.5);
  EXPECT_EQ(lines[0]["config"], Json({{"x", 0.25}}));
  EXPECT_EQ(lines[0]["time_min"], 57.1);
  EXPECT_EQ(lines[0]["event"], 2);
  EXPECT_EQ(lines[1]["score"], nullptr);
  EXPECT_EQ(slurp(dir_.path() / "ITERATION_LOG.md"),
            "### [W1] Experiment: W1-0 | Score: 0.5 @ 57.1 min\n"
            "- trial 0, attempt 1: complete, attested, 1970-01-01T00:00:00.000000Z\n"
            "- config: {\"x\":0.25}\n"
            "- metrics: {\"runtime_min\":40}\n"
            "- usage: {\"seconds\":3426,\"turns\":12}\n"
            "- note: first\n\n"
            "### [W2] Experiment: W2-1 | Score: none (infra) @ 0.1 min\n"
            "- trial 1, attempt 1: failed, to be run again, 1970-01-01T00:00:00.000000Z\n"
            "- config: {\"x\":0.5}\n"
            "- usage: {\"seconds\":6}\n"
            "- note: lost\n\n");
}

TEST_F(IterationLog, GoesOnFromWhereItWasAndMakesAgainWhatIsLost) {
  ask(0, 0.25);
  tell(0, 0.5);
  update();
  ask(1, 0.5);
  tell(1, 0.75);
  update();
  const std::string whole = slurp(dir_.path() / "results.jsonl");
  const std::string log = slurp(dir_.path() / "ITERATION_LOG.md");
  EXPECT_EQ(results().size(), 2U);

  spit(dir_.path() / "results.jsonl", whole.substr(0, whole.size() - 10));
  std::filesystem::remove(dir_.path() / "ITERATION_LOG.md");
  update();
  EXPECT_EQ(slurp(dir_.path() / "ITERATION_LOG.md"), log);
  EXPECT_EQ(results().size(), 2U);

  std::filesystem::remove(dir_.path() / "results.jsonl");
  update();
  EXPECT_EQ(slurp(dir_.path() / "results.jsonl"), whole);
}

TEST_F(IterationLog, IsCutIntoFilesOfFiveHundredLines) {
  for (int n = 0; n < 200; ++n) {
    ask(n, 0.25);
    tell(n, n);
  }
  update();

  std::string all;
  for (const char* name : {"ITERATION_LOG.1.md", "ITERATION_LOG.2.md", "ITERATION_LOG.md"}) {
    const std::string text = slurp(dir_.path() / name);
    const auto lines = std::count(text.begin(), text.end(), '\n');
    EXPECT_GT(lines, 0) << name;
    EXPECT_LE(lines, 500) << name;
    all += text;
  }
  EXPECT_FALSE(std::filesystem::exists(dir_.path() / "ITERATION_LOG.3.md"));
  std::size_t at = 0;
  for (int n = 0; n < 200; ++n) {
    at = all.find("Experiment: W1-" + std::to_string(n) + " ", at);
    ASSERT_NE(at, std::string::npos) << n;
  }
}

TEST_F(IterationLog, WorkersThatWriteAtOnceTearNothing) {
  for (int n = 0; n < 50; ++n) {
    ask(n, 0.25);
    tell(n, n);
  }
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5; ++i) update();
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto lines = results();
  ASSERT_EQ(lines.size(), 50U);
  for (std::size_t n = 0; n < lines.size(); ++n) EXPECT_EQ(lines[n]["trial"], n);
}

}  // namespace
}  // namespace studyhall::worker_shim
