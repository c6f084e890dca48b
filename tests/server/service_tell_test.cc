#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "server/replay.h"
#include "tests/server/service_fixture.h"

namespace studyhall::server {
namespace {

using ::testing::HasSubstr;

class Tell : public ServiceTest {};
INSTANTIATE_TEST_SUITE_P(Backends, Tell, ::testing::Values("memory", "sqlite"),
                         [](const auto& backend) { return backend.param; });

TEST_P(Tell, KeepsTheResult) {
  create(two_floats());
  const AskedTrial trial = ask("W1");
  clock_.advance(std::chrono::minutes(50));

  const TellAnswer answer = tell(trial, 1.25, {{"rmse", 0.5}});

  EXPECT_FALSE(answer.already);
  EXPECT_TRUE(answer.new_best);
  restart();
  const TrialView kept = view(trial.number);
  EXPECT_EQ(kept.state, TrialState::Complete);
  EXPECT_EQ(kept.values, std::vector<double>{1.25});
  EXPECT_EQ(kept.metrics.at("rmse"), 0.5);
  EXPECT_EQ(*kept.completed - *kept.started, std::chrono::minutes(50));
  EXPECT_EQ(service_->study("s").best_value, 1.25);
}

TEST_P(Tell, TakesTheSameResultOnce) {
  create(two_floats());
  const AskedTrial trial = ask();

  tell(trial, 1.25);

  EXPECT_TRUE(tell(trial, 1.25).already);
  restart();
  EXPECT_TRUE(tell(trial, 1.25).already);
  EXPECT_EQ(code_of([&] { tell(trial, 1.5); }), ErrorCode::Conflict);
  EXPECT_EQ(view(0).values, std::vector<double>{1.25});
}

TEST_P(Tell, RepeatsTheAnswerToARequestAlsoAfterARestart) {
  create(two_floats());
  const AskedTrial trial = ask();

  const TellAnswer first = tell(trial, 1, {}, "t1");
  restart();
  const TellAnswer again = tell(trial, 1, {}, "t1");

  EXPECT_EQ(again.already, first.already);
  EXPECT_EQ(again.new_best, first.new_best);
  EXPECT_EQ(code_of([&] {
              service_->enqueue("s", {Json::object(), 0, 1, "t1"});
            }),
            ErrorCode::Conflict);
}

TEST_P(Tell, RefusesALeaseThatWasNeverIssued) {
  create(two_floats());
  AskedTrial trial = ask();
  trial.lease.token = "made-up";

  EXPECT_EQ(code_of([&] { tell(trial, 1); }), ErrorCode::Conflict);
  EXPECT_EQ(view(0).state, TrialState::Running);
}

TEST_P(Tell, NeedsNoLeaseWhileThereWasOnlyOne) {
  create(two_floats());
  AskedTrial trial = ask();
  trial.lease.token.clear();

  EXPECT_FALSE(tell(trial, 1).already);
}

TEST_P(Tell, RefusesWhatIsNoResult) {
  create(two_floats(), {{"constraints", Json::parse(R"([{"metric": "minutes", "max": 60}])")}});
  const AskedTrial trial = ask();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();

  EXPECT_EQ(code_of([&] { tell(trial, nan, {{"minutes", 1}}); }), ErrorCode::Invalid);
  EXPECT_EQ(code_of([&] { tell(trial, infinity, {{"minutes", 1}}); }), ErrorCode::Invalid);
  EXPECT_EQ(code_of([&] { tell(trial, 1, {{"minutes", nan}}); }), ErrorCode::Invalid);
  EXPECT_EQ(code_of([&] { tell(trial, 1); }), ErrorCode::Invalid) << "a constraint's metric";
  EXPECT_EQ(code_of([&] { tell(trial, 1, {{"minutes", 1}, {"worker", 1}}); }), ErrorCode::Invalid);
  TellRequest two;
  two.values = {1, 2};
  two.metrics = {{"minutes", 1}};
  EXPECT_EQ(code_of([&] { service_->tell("s", 0, two); }), ErrorCode::Invalid);
  EXPECT_EQ(code_of([&] { service_->tell("s", 7, two); }), ErrorCode::NotFound);
  EXPECT_EQ(view(0).state, TrialState::Running);
}

TEST_P(Tell, OfEqualValuesTheLowerNumberLeadsAsInTheLeaderboard) {
  create(two_floats());
  const AskedTrial lower = ask();
  const AskedTrial higher = ask();
  const AskedTrial last = ask();

  tell(higher, 5);
  EXPECT_EQ(service_->study("s").best_number, higher.number);
  tell(lower, 5);
  tell(last, 5);

  EXPECT_EQ(service_->study("s").best_number, lower.number);
  EXPECT_EQ(service_->best("s", 1).front().number, lower.number);
  restart();
  EXPECT_EQ(service_->study("s").best_number, lower.number);
  EXPECT_TRUE(replay(*storage_, "s").equal());
}

TEST_P(Tell, InfeasibleTrialsNeverLead) {
  create(two_floats(), {{"constraints", Json::parse(R"([{"metric": "minutes", "max": 60}])")}});

  tell(ask(), 5, {{"minutes", 61}});
  tell(ask(), 1, {{"minutes", 60}});

  EXPECT_EQ(service_->study("s").best_number, 1);
  const std::vector<BestRow> best = service_->best("s", 0);
  ASSERT_EQ(best.size(), 2U);
  EXPECT_EQ(best[0].number, 1);
  EXPECT_FALSE(best[1].feasible);
}

TEST_P(Tell, SendsAFailureOfTheWorkerToAnotherAttempt) {
  create(two_floats());
  const AskedTrial first = ask("W1");

  const TellAnswer answer = fail(first, FailReason::Infra);
  const AskedTrial second = ask("W2");

  EXPECT_TRUE(answer.requeued);
  EXPECT_EQ(second.number, first.number);
  EXPECT_EQ(second.params, first.params);
  EXPECT_EQ(second.attempt, 2);
  EXPECT_EQ(second.purpose, Purpose::Retry);
}

TEST_P(Tell, FailsForGoodAfterTheRetries) {
  create(two_floats());

  for (int attempt = 1; attempt <= 2; ++attempt) {
    EXPECT_TRUE(fail(ask(), FailReason::Infra).requeued);
  }
  EXPECT_FALSE(fail(ask(), FailReason::Infra).requeued);

  EXPECT_EQ(view(0).state, TrialState::Fail);
  EXPECT_EQ(view(0).record.reason, FailReason::Infra);
}

TEST_P(Tell, RequeuesACancelledRunWithoutBlame) {
  create(two_floats());

  for (int attempt = 1; attempt <= 5; ++attempt) {
    const AskedTrial trial = ask();
    EXPECT_EQ(trial.number, 0);
    EXPECT_TRUE(fail(trial, FailReason::Cancelled).requeued);
  }
}

TEST_P(Tell, LostLeaseGoesToAnotherAndTheLateResultIsTakenWhileOpen) {
  create(two_floats());
  AskRequest short_lease;
  short_lease.worker = "W1";
  short_lease.lease_s = 60;
  const AskedTrial lost = service_->ask("s", short_lease).trials.front();

  clock_.advance(std::chrono::seconds(61));
  const AskedTrial taken_over = ask("W2");
  const TellAnswer late = tell(lost, 2);

  EXPECT_EQ(taken_over.number, lost.number);
  EXPECT_EQ(taken_over.attempt, 2);
  EXPECT_EQ(late.number, lost.number);
  EXPECT_TRUE(service_->heartbeat("s", 0, {taken_over.lease.token}).stop);
  EXPECT_EQ(view(0).record.worker, "W1");
}

TEST_P(Tell, LateResultIsTakenWhileTheTrialWaits) {
  create(two_floats());
  AskRequest short_lease;
  short_lease.lease_s = 60;
  const AskedTrial lost = service_->ask("s", short_lease).trials.front();

  clock_.advance(std::chrono::seconds(61));
  service_->expire_leases();
  ASSERT_EQ(view(0).state, TrialState::Waiting);
  tell(lost, 2);

  EXPECT_EQ(view(0).state, TrialState::Complete);
  EXPECT_EQ(ask().number, 1);
}

TEST_P(Tell, LateResultOfADoneTrialIsKeptAsAReplicate) {
  create(two_floats(), {{"limits", {{"trials", 2}}}});
  AskRequest short_lease;
  short_lease.worker = "W1";
  short_lease.lease_s = 60;
  const AskedTrial lost = service_->ask("s", short_lease).trials.front();
  clock_.advance(std::chrono::seconds(61));
  const AskedTrial taken_over = ask("W2");
  tell(taken_over, 2);

  const TellAnswer late = tell(lost, 2.5);

  EXPECT_EQ(late.number, 1);
  EXPECT_EQ(view(1).record.purpose, Purpose::Replicate);
  EXPECT_EQ(view(1).record.worker, "W1");
  EXPECT_EQ(view(1).params, view(0).params);
  EXPECT_TRUE(tell(lost, 2.5).already);
  EXPECT_EQ(tell(lost, 2.5).number, 1);
  const std::vector<BestRow> best = service_->best("s", 0);
  ASSERT_EQ(best.size(), 1U);
  EXPECT_EQ(best[0].n, 2);
}

TEST_P(Tell, HeartbeatsKeepALease) {
  create(two_floats());
  AskRequest short_lease;
  short_lease.lease_s = 60;
  const AskedTrial trial = service_->ask("s", short_lease).trials.front();

  for (int i = 0; i < 10; ++i) {
    clock_.advance(std::chrono::seconds(50));
    const BeatAnswer answer = service_->heartbeat("s", 0, {trial.lease.token});
    EXPECT_FALSE(answer.stop);
    EXPECT_EQ(answer.expires_at, clock_.now() + std::chrono::seconds(60));
    service_->expire_leases();
  }
  EXPECT_EQ(view(0).state, TrialState::Running);
}

TEST_P(Tell, ARestartGivesEveryLeaseItsFullLength) {
  create(two_floats());
  AskRequest short_lease;
  short_lease.lease_s = 60;
  const AskedTrial trial = service_->ask("s", short_lease).trials.front();

  clock_.advance(std::chrono::hours(1));
  restart();
  service_->expire_leases();

  EXPECT_EQ(view(0).state, TrialState::Running);
  EXPECT_FALSE(tell(trial, 1).already);
}

TEST_P(Tell, ReleaseGivesATrialBackWithTheSameAttempt) {
  create(two_floats());
  const AskedTrial first = ask("W1");

  service_->release("s", 0, first.lease.token);
  const AskedTrial second = ask("W2");

  EXPECT_EQ(second.number, 0);
  EXPECT_EQ(second.attempt, 1);
  EXPECT_NE(second.lease.token, first.lease.token);
  EXPECT_TRUE(service_->heartbeat("s", 0, {first.lease.token}).stop);
}

TEST_P(Tell, ReportsAreKeptAndClearedByANewAttempt) {
  create(two_floats());
  const AskedTrial trial = ask();

  EXPECT_FALSE(service_->report("s", 0, {1, 0.5, trial.lease.token}).prune);
  service_->report("s", 0, {2, 0.75, trial.lease.token});
  const auto reported = view(0).intermediate;
  fail(trial, FailReason::Infra);

  EXPECT_EQ(reported, (std::map<std::int64_t, double>{{1, 0.5}, {2, 0.75}}));
  EXPECT_TRUE(view(0).intermediate.empty());
  EXPECT_EQ(code_of([&] {
              service_->report("s", 0, {1, NAN, trial.lease.token});
            }),
            ErrorCode::Invalid);
}

TEST_P(Tell, EventsTellTheStoryInOrder) {
  create(two_floats());
  const AskedTrial trial = ask("W1");
  tell(trial, 1);
  service_->stop_study("s", "done");

  std::vector<EventKind> kinds;
  std::int64_t sequence = 0;
  for (const Event& event : service_->events("s", 0, 0)) {
    EXPECT_EQ(event.sequence, ++sequence);
    kinds.push_back(event.kind);
  }

  EXPECT_THAT(kinds, ::testing::ElementsAre(EventKind::Created, EventKind::Asked, EventKind::Told,
                                            EventKind::NewBest, EventKind::Stopped));
}

}  // namespace
}  // namespace studyhall::server
