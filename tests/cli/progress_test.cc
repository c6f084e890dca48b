#include "cli/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "cli/text.h"

namespace studyhall::cli {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

constexpr Timestamp kNow{std::chrono::seconds(1'772'366'400)};

Status some_status() {
  Status status;
  status.info.name = "heat";
  status.info.counts = {
      {"complete", 28}, {"pruned", 2}, {"failed", 1}, {"running", 2}, {"waiting", 0}};
  status.info.spec = Json::parse(R"({"limits": {"trials": 45, "failures": 45},
                                     "workers": {"W1": {}, "W2": {}, "W3": {}}})");
  BestRow row;
  row.number = 17;
  row.value = 1.25;
  row.worker = "W2";
  row.metrics = {{"minutes", 57.5}};
  row.confirmed = true;
  status.best = row;
  for (const auto& [number, worker, age] :
       {std::tuple{31, "W1", std::chrono::seconds(12)}, {32, "W9", std::chrono::seconds(192)}}) {
    TrialView trial;
    trial.number = number;
    trial.record.worker = worker;
    trial.started = kNow - age;
    trial.params = {{"x", 0.5}};
    status.running.push_back(trial);
  }
  return status;
}

TEST(ProgressBar, HasAPartForEachShare) {
  EXPECT_EQ(progress_bar(5, 2, 10, 10), "█████▒▒░░░");
  EXPECT_EQ(progress_bar(0, 0, 10, 4), "░░░░");
  EXPECT_EQ(progress_bar(12, 3, 10, 4), "████");
  EXPECT_EQ(progress_bar(0, 0, 0, 2), "░░");
}

TEST(StatusScreen, ShowsWorkersBestAndBudget) {
  const std::string screen = status_screen(some_status(), kNow, 80, false);

  EXPECT_THAT(screen, HasSubstr(" 30/45\n"));
  EXPECT_THAT(screen, HasSubstr("1.25 (trial 17 by W2)"));
  EXPECT_THAT(screen, HasSubstr("minutes=57.5"));
  EXPECT_THAT(screen, HasSubstr("28 complete, 2 pruned, 1 failed, 2 running\n"));
  EXPECT_THAT(screen, HasSubstr("15 trials left, 1 of 45 failures"));
  EXPECT_THAT(screen, ContainsRegex("\nW1 +running +31 +12s +x=0.5\n"));
  EXPECT_THAT(screen, ContainsRegex("\nW2 +idle\n"));
  EXPECT_THAT(screen, ContainsRegex("\nW9 +running +32 +3m 12s +x=0.5\n"));
  EXPECT_EQ(screen.find('\x1b'), std::string::npos);
}

TEST(StatusScreen, FitsNarrowTerminals) {
  Status status = some_status();
  status.info.finished_because = std::string(200, 'r');
  for (const std::size_t width : {20U, 40U, 60U}) {
    std::istringstream lines(status_screen(status, kNow, width, false));
    for (std::string line; std::getline(lines, line);)
      EXPECT_LE(display_width(line), width) << line;
  }
}

TEST(StatusLine, IsOneLine) {
  EXPECT_EQ(status_line(some_status()),
            "30/45 done, 2 running, 1 failed, best 1.25 (trial 17 by W2)");
}

TEST(StatusLine, SaysThatTheBestIsNotConfirmed) {
  Status status = some_status();
  status.best->confirmed = false;

  EXPECT_THAT(status_line(status), HasSubstr("1.25 (trial 17 by W2, not confirmed)"));
}

}  // namespace
}  // namespace studyhall::cli
