// What is held against workers, and what they are not to blame for: quarantine, jumps of the clock.
#include <gmock/gmock.h>

#include <chrono>

#include "tests/server/service_fixture.h"

namespace studyhall::server {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;

class WorkerTest : public ServiceTest {
 protected:
  AskedTrial ask_for(const std::string& worker, double lease_s) {
    AskRequest request;
    request.worker = worker;
    request.lease_s = lease_s;
    return service_->ask("s", request).trials.front();
  }
  void fail_with(const AskedTrial& trial, FaultCause cause) {
    TellRequest request;
    request.state = TrialState::Fail;
    request.reason = FailReason::Infra;
    request.cause = cause;
    request.lease = trial.lease.token;
    service_->tell("s", trial.number, request);
  }
  void crash_times(const std::string& worker, int times) {
    for (int i = 0; i < times; ++i) fail_with(ask(worker), FaultCause::Crash);
  }
  WorkerInfo worker(const std::string& name) {
    for (const WorkerInfo& worker : service_->workers("s")) {
      if (worker.name == name) return worker;
    }
    ADD_FAILURE() << "no worker " << name;
    return {};
  }
};

class Quarantine : public WorkerTest {};
INSTANTIATE_TEST_SUITE_P(Backends, Quarantine, ::testing::Values("memory", "sqlite"),
                         [](const auto& backend) { return backend.param; });

TEST_P(Quarantine, BeginsAfterThreeFailuresInARow) {
  create(two_floats());
  crash_times("W1", 2);
  tell(ask("W1"), 1);
  EXPECT_EQ(worker("W1").failures, 0) << "no longer in a row";
  fail_with(ask("W1"), FaultCause::Stall);
  const AskedTrial lost = ask_for("W1", 60);
  clock_.advance(minutes(2));
  fail_with(ask("W1"), FaultCause::Crash);

  for (int pass = 0; pass < 2; ++pass) {
    const AskAnswer held_back = ask_any("W1");
    EXPECT_EQ(held_back.status, AskStatus::Wait);
    EXPECT_EQ(held_back.retry_after_s, 600);
    EXPECT_THAT(held_back.reason, HasSubstr("worker W1 is quarantined: 3 failures"));
    EXPECT_EQ(worker("W1").failures, 3);
    EXPECT_EQ(worker("W1").quarantined_until, clock_.now() + minutes(10));
    restart();
  }
  EXPECT_EQ(ask_any("W2").status, AskStatus::Trials);
  EXPECT_EQ(ask_any().status, AskStatus::Trials);
  bool told = false;
  for (const Event& event : service_->events("s", 0, 0)) {
    if (event.kind != EventKind::Quarantined) continue;
    told = true;
    EXPECT_EQ(event.body["worker"], "W1");
    EXPECT_EQ(event.body["until"], format_utc(clock_.now() + minutes(10)));
  }
  EXPECT_TRUE(told);
}

TEST_P(Quarantine, NeverCountsWhatTheApiOrAPersonIsToBlameFor) {
  create(two_floats());
  for (const FaultCause cause :
       {FaultCause::RateLimit, FaultCause::Auth, FaultCause::ServerError, FaultCause::RateLimit}) {
    fail_with(ask("W1"), cause);
  }
  fail(ask("W1"), FailReason::Cancelled);
  fail(ask("W1"), FailReason::Cancelled);
  const AskedTrial given_back = ask("W1");
  service_->release("s", given_back.number, given_back.lease.token);

  EXPECT_EQ(worker("W1").failures, 0);
  EXPECT_EQ(view(0).state, TrialState::Waiting) << "nor do they use up the trial's retries";
  EXPECT_EQ(ask("W1").number, 0);
}

TEST_P(Quarantine, GivesOneProbeAndThenWaitsTwiceAsLong) {
  create(two_floats());
  crash_times("W1", 3);

  for (const int wait : {10, 20, 40}) {
    clock_.advance(minutes(wait) - seconds(1));
    EXPECT_EQ(ask_any("W1").retry_after_s, 1);
    clock_.advance(seconds(1));
    AskRequest two;
    two.worker = "W1";
    two.count = 2;
    const AskAnswer probe = service_->ask("s", two);
    ASSERT_EQ(probe.trials.size(), 1U);
    EXPECT_THAT(ask_any("W1").reason, HasSubstr("its probe still runs"));
    restart();
    EXPECT_THAT(ask_any("W1").reason, HasSubstr("its probe still runs"));
    fail_with(probe.trials.front(), FaultCause::Crash);
    EXPECT_EQ(ask_any("W1").retry_after_s, wait * 2 * 60);
  }
  clock_.advance(minutes(80));
  tell(ask("W1"), 1);
  EXPECT_EQ(worker("W1").quarantined_until, std::nullopt);
  crash_times("W1", 3);
  EXPECT_EQ(ask_any("W1").retry_after_s, 600) << "from the beginning";
}

TEST_P(Quarantine, IsEndedByAPerson) {
  create(two_floats());
  crash_times("W1", 3);

  service_->release_worker("s", "W1", {"", "ann"});

  EXPECT_EQ(service_->events("s", 0, 0).back().kind, EventKind::WorkerReleased);
  EXPECT_EQ(service_->events("s", 0, 0).back().author, "ann");
  restart();
  EXPECT_EQ(ask_any("W1").status, AskStatus::Trials);
  const std::size_t events = service_->events("s", 0, 0).size();
  service_->release_worker("s", "W1", {"", "ann"});
  EXPECT_EQ(service_->events("s", 0, 0).size(), events);
  EXPECT_EQ(code_of([&] { service_->release_worker("s", "W2", {}); }), ErrorCode::NotFound);
}

TEST_P(Quarantine, OfMostWorkersParksAllUntilTheFirstProbe) {
  create(two_floats());
  tell(ask("W3"), 1);
  crash_times("W1", 3);
  EXPECT_EQ(ask_any("W3").status, AskStatus::Trials) << "one of two is not most of them";
  clock_.advance(minutes(2));
  crash_times("W2", 3);

  const AskAnswer healthy = ask_any("W3");

  EXPECT_EQ(healthy.status, AskStatus::Wait);
  EXPECT_EQ(healthy.retry_after_s, 480);
  EXPECT_THAT(healthy.reason, HasSubstr("most workers fail at once"));
  restart();
  EXPECT_EQ(ask_any("W3").retry_after_s, 480);
  clock_.advance(minutes(8));
  EXPECT_EQ(ask_any("W3").status, AskStatus::Trials);
}

class ClockJump : public WorkerTest {};
INSTANTIATE_TEST_SUITE_P(Backends, ClockJump, ::testing::Values("memory", "sqlite"),
                         [](const auto& backend) { return backend.param; });

TEST_P(ClockJump, ForwardsGivesEveryLeaseItsFullLengthAgain) {
  create(two_floats());
  const AskedTrial a = ask_for("W1", 300);
  const AskedTrial b = ask_for("W2", 600);

  clock_.set(clock_.now() + hours(5));
  service_->expire_leases();

  EXPECT_EQ(view(a.number).lease_expires, clock_.now() + minutes(5));
  EXPECT_EQ(view(b.number).lease_expires, clock_.now() + minutes(10));
  EXPECT_EQ(ask("W3").number, 2);
  clock_.advance(minutes(6));
  service_->expire_leases();
  EXPECT_EQ(view(a.number).state, TrialState::Waiting) << "leases run out as ever";
  EXPECT_EQ(view(b.number).state, TrialState::Running);
}

TEST_P(ClockJump, BackwardsDoesNotHoldALostTrialForLonger) {
  create(two_floats());
  const AskedTrial trial = ask_for("W1", 300);

  clock_.set(clock_.now() - hours(5));
  EXPECT_EQ(ask("W2").number, 1);

  EXPECT_EQ(view(trial.number).lease_expires, clock_.now() + minutes(5));
  clock_.advance(minutes(5));
  EXPECT_EQ(ask("W2").number, trial.number);
}

TEST_P(ClockJump, IsNotWhatOrdinaryTimeIs) {
  create(two_floats());
  const AskedTrial trial = ask_for("W1", 300);
  clock_.advance(minutes(4));
  clock_.set(clock_.now() + seconds(50));  // as a time server may set it
  service_->expire_leases();
  EXPECT_EQ(view(trial.number).lease_expires, clock_.now() + seconds(10));
  clock_.advance(hours(30));

  service_->expire_leases();

  EXPECT_EQ(view(trial.number).state, TrialState::Waiting);
}

TEST_P(ClockJump, AtAServersStartLeasesAreWholeButNotForAnEmbeddedVerb) {
  create(two_floats());
  const AskedTrial trial = ask_for("W1", 300);
  clock_.advance(minutes(20));
  restart();
  service_->expire_leases();
  EXPECT_EQ(view(trial.number).lease_expires, clock_.now() + minutes(5));

  clock_.advance(minutes(20));
  ServiceOptions embedded;
  embedded.renew_leases = false;
  start(embedded);

  EXPECT_EQ(ask("W2").number, trial.number);
}

TEST_P(ClockJump, KeepsAParkedTrialParked) {
  create(two_floats());
  const AskedTrial trial = ask_for("W1", 300);
  ParkRequest request;
  request.lease = trial.lease.token;
  request.for_s = 7200;
  service_->park("s", trial.number, request);
  const Timestamp until = *view(trial.number).record.parked_until;

  clock_.set(clock_.now() + hours(1));
  service_->expire_leases();

  EXPECT_EQ(view(trial.number).lease_expires, until + minutes(5));
}

class Lease : public WorkerTest {};
INSTANTIATE_TEST_SUITE_P(Backends, Lease, ::testing::Values("memory", "sqlite"),
                         [](const auto& backend) { return backend.param; });

TEST_P(Lease, IsTheTimeLimitAndATenthOrADayUnlessChosen) {
  create(two_floats());
  EXPECT_EQ(ask().lease.expires_at, clock_.now() + hours(24));
  EXPECT_EQ(ask_for("W1", 90).lease.expires_at, clock_.now() + seconds(90));
  service_->delete_study("s");
  create(two_floats(), {{"experiment",
                         {{"command", {"true"}},
                          {"time_limit_min", 100},
                          {"score", {{"file", "r.json"}, {"value", "/score"}}}}}});

  EXPECT_EQ(ask().lease.expires_at, clock_.now() + minutes(110));
}

}  // namespace
}  // namespace studyhall::server
