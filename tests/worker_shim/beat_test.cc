#include "worker_shim/beat.h"

#include <gtest/gtest.h>

#include <thread>

#include "core/error.h"
#include "tests/support/fake_study_api.h"

namespace studyhall::worker_shim {
namespace {

using namespace std::chrono_literals;
using studyhall::testing::FakeStudyApi;

class BeatTest : public ::testing::Test {
 protected:
  BeatTest() {
    api_.add_trial({{"x", 0.5}});
    api_.ask("s", {});
  }
  void wait_for_calls(const std::string& verb, int calls) const {
    while (api_.calls(verb) < calls) std::this_thread::yield();
  }
  JobLease held(const std::string& token) {
    Job job;
    job.number = 0;
    job.lease.token = token;
    return {api_, "s", job};
  }
  static Say silent() {
    return [](const std::string&) {};
  }

  FakeStudyApi api_{Json::parse(R"({"name": "s", "direction": "minimize",
                      "params": {"x": {"type": "float", "low": 0, "high": 1}}})")};
};

TEST_F(BeatTest, BeatsAgainAndAgain) {
  const Beat beat(held("lease-1"), 1ms, silent());
  wait_for_calls("heartbeat", 5);
  EXPECT_EQ(beat.verdict(), BeatVerdict::GoOn);
}

TEST_F(BeatTest, SendsReportsInOrderAndAllBeforeItEnds) {
  {
    Beat beat(held("lease-1"), 1h, silent());
    for (int step = 0; step < 100; ++step) beat.report(step, step * 0.5);
  }
  const auto reported = api_.reported();
  ASSERT_EQ(reported.size(), 100U);
  for (std::size_t i = 0; i < reported.size(); ++i) {
    EXPECT_EQ(reported[i].second.step, static_cast<std::int64_t>(i));
  }
}

TEST_F(BeatTest, SendsAReportAgainThatGotNoAnswer) {
  api_.fail("report", 3);
  Beat beat(held("lease-1"), 1ms, silent());
  beat.report(1, 0.5);
  beat.report(2, 0.25);
  wait_for_calls("report", 5);
  beat.finish();
  EXPECT_EQ(api_.reported().size(), 2U);
}

TEST_F(BeatTest, DropsAReportThatIsRefused) {
  api_.fail("report", 1, ErrorCode::Invalid);
  Beat beat(held("lease-1"), 1h, silent());
  beat.report(1, 0.5);
  beat.report(2, 0.25);
  beat.finish();
  ASSERT_EQ(api_.reported().size(), 1U);
  EXPECT_EQ(api_.reported()[0].second.step, 2);
}

TEST_F(BeatTest, DoesNotHoldUpItsEndForASilentServer) {
  api_.fail("report", 1000000);
  Beat beat(held("lease-1"), 1h, silent());
  for (int step = 0; step < 10; ++step) beat.report(step, 1);
  beat.finish();
  EXPECT_LE(api_.calls("report"), 2);
}

TEST_F(BeatTest, HearsStopAndPruneOnce) {
  api_.on_beat = [](const std::string&) { return BeatAnswer{true, false, {}}; };
  Beat beat(held("lease-1"), 1ms, silent());
  while (beat.verdict() == BeatVerdict::GoOn) std::this_thread::yield();
  EXPECT_EQ(beat.verdict(), BeatVerdict::Prune);
}

TEST_F(BeatTest, StopsWhenTheLeaseIsNotKnown) {
  Beat beat(held("another"), 1ms, silent());
  while (beat.verdict() == BeatVerdict::GoOn) std::this_thread::yield();
  EXPECT_EQ(beat.verdict(), BeatVerdict::Stop);
  beat.report(1, 1);
  beat.finish();
  EXPECT_EQ(api_.calls("report"), 0);
}

}  // namespace
}  // namespace studyhall::worker_shim
