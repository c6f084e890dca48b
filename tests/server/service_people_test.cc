// What people do to a study: void, park, insights.
#include <gmock/gmock.h>

#include <chrono>

#include "tests/server/service_fixture.h"

namespace studyhall::server {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class PeopleTest : public ServiceTest {
 protected:
  std::vector<EventKind> kinds() {
    std::vector<EventKind> kinds;
    for (const Event& event : service_->events("s", 0, 0)) kinds.push_back(event.kind);
    return kinds;
  }
  Event last_event() { return service_->events("s", 0, 0).back(); }
  AskedTrial ask_for(double lease_s) {
    AskRequest request;
    request.worker = "W1";
    request.lease_s = lease_s;
    return service_->ask("s", request).trials.front();
  }
  BeatAnswer park(const AskedTrial& trial, Duration length) {
    ParkRequest request;
    request.lease = trial.lease.token;
    request.for_s = to_seconds(length);
    request.reason = "rate limit";
    return service_->park("s", trial.number, request);
  }
};

class Void : public PeopleTest {};
INSTANTIATE_TEST_SUITE_P(Backends, Void, ::testing::Values("memory", "sqlite"),
                         [](const auto& backend) { return backend.param; });

TEST_P(Void, TakesATrialOutOfTheReckoningAndKeepsItsValues) {
  create(two_floats(), {{"limits", {{"trials", 2}}}});
  tell(ask("W1"), 1);
  const AskedTrial lucky = ask("W1");
  tell(lucky, 9);
  ASSERT_EQ(service_->study("s").best_number, 1);
  ASSERT_EQ(ask_any().status, AskStatus::Finished);

  service_->void_trial("s", 1, {"the clock was wrong", "ann"});

  for (int pass = 0; pass < 2; ++pass) {
    const TrialView view = this->view(1);
    EXPECT_EQ(view.state, TrialState::Fail);
    EXPECT_EQ(view.values, std::vector<double>{9});
    EXPECT_EQ(view.record.reason, FailReason::Voided);
    EXPECT_EQ(view.record.note, "the clock was wrong");
    EXPECT_EQ(service_->study("s").best_number, 0);
    EXPECT_THAT(service_->best("s", 0), SizeIs(1));
    EXPECT_EQ(service_->study("s").counts["complete"], 1);
    restart();
  }
  const std::vector<Event> events = service_->events("s", 0, 0);
  const Event& voided = events[events.size() - 2];
  EXPECT_EQ(voided.kind, EventKind::Voided);
  EXPECT_EQ(voided.author, "ann");
  EXPECT_EQ(voided.body["reason"], "the clock was wrong");
  EXPECT_EQ(voided.body["from"], "complete");
  EXPECT_EQ(events.back().kind, EventKind::NewBest);
  EXPECT_EQ(events.back().body["number"], 0);
  EXPECT_EQ(ask_any().status, AskStatus::Trials) << "it counts no more";
}

TEST_P(Void, LetsTheConfigurationBeSuggestedAgain) {
  create(three_choices());
  for (int i = 0; i < 3; ++i) tell(ask(), i);
  ASSERT_EQ(ask_any().status, AskStatus::Exhausted);
  const Json params = view(1).params;

  service_->void_trial("s", 1, {});
  const AskedTrial again = ask();

  EXPECT_EQ(again.number, 3);
  EXPECT_EQ(again.params, params);
}

TEST_P(Void, IsDoneOnce) {
  create(two_floats());
  tell(ask(), 1);
  service_->void_trial("s", 0, {"a", "ann"});
  const std::size_t events = kinds().size();

  service_->void_trial("s", 0, {"b", "bob"});

  EXPECT_THAT(kinds(), SizeIs(events));
  EXPECT_EQ(view(0).record.note, "a");
  EXPECT_EQ(code_of([&] { service_->void_trial("s", 7, {}); }), ErrorCode::NotFound);
}

TEST_P(Void, StopsATrialThatRunsAndTakesNoResultOfIt) {
  create(two_floats());
  const AskedTrial trial = ask("W1");
  service_->void_trial("s", 0, {});

  EXPECT_TRUE(service_->heartbeat("s", 0, {trial.lease.token}).stop);
  EXPECT_EQ(code_of([&] { tell(trial, 5); }), ErrorCode::Conflict);
  restart();
  EXPECT_EQ(code_of([&] { tell(trial, 5); }), ErrorCode::Conflict);
  EXPECT_EQ(service_->trials("s", {}).size(), 1U);
  EXPECT_EQ(last_event().author, "user");
}

TEST_P(Void, RemovesAWaitingTrialFromTheQueue) {
  create(two_floats());
  enqueue({{"x", 0.5}, {"y", 0.5}});

  service_->void_trial("s", 0, {});

  EXPECT_EQ(ask().number, 1);
  EXPECT_FALSE(enqueue({{"x", 0.5}, {"y", 0.5}}).already);
}

TEST_P(Void, KeepsWhatTheTrialCost) {
  create(two_floats(), {{"limits", {{"cost_usd", 10}}}});
  const AskedTrial trial = ask("W1");
  TellRequest told;
  told.values = {1};
  told.usage.cost_usd = 4;
  service_->tell("s", trial.number, told);

  service_->void_trial("s", 0, {});

  EXPECT_EQ(service_->study("s").budget.front().used, 4);
}

class Park : public PeopleTest {};
INSTANTIATE_TEST_SUITE_P(Backends, Park, ::testing::Values("memory", "sqlite"),
                         [](const auto& backend) { return backend.param; });

TEST_P(Park, KeepsTheLeaseUntilThenAndItsLengthAfter) {
  create(two_floats());
  const AskedTrial trial = ask_for(60);

  const BeatAnswer answer = park(trial, minutes(30));

  EXPECT_FALSE(answer.stop);
  EXPECT_EQ(answer.expires_at, clock_.now() + minutes(31));
  EXPECT_EQ(view(0).record.parked_until, clock_.now() + minutes(30));
  restart();
  EXPECT_EQ(view(0).record.parked_until, clock_.now() + minutes(30));
  EXPECT_EQ(view(0).lease_expires, clock_.now() + minutes(31));
  clock_.advance(minutes(30) + seconds(59));
  EXPECT_EQ(ask("W2").number, 1) << "it is still held";
  clock_.advance(seconds(1));
  EXPECT_EQ(ask("W2").number, 0) << "its worker never came back";
  EXPECT_EQ(view(0).record.parked_until, std::nullopt);
}

TEST_P(Park, IsEndedByAHeartbeatOrAReport) {
  create(two_floats());
  const AskedTrial trial = ask_for(60);
  park(trial, minutes(30));
  clock_.advance(minutes(5));

  EXPECT_EQ(service_->heartbeat("s", 0, {trial.lease.token}).expires_at, clock_.now() + minutes(1));

  EXPECT_EQ(view(0).record.parked_until, std::nullopt);
  EXPECT_EQ(view(0).lease_expires, clock_.now() + minutes(1));
  park(trial, minutes(10));
  service_->report("s", 0, {1, 0.5, trial.lease.token});
  EXPECT_EQ(view(0).record.parked_until, std::nullopt);
  EXPECT_THAT(kinds(), ElementsAre(EventKind::Created, EventKind::Asked, EventKind::Parked,
                                   EventKind::Unparked, EventKind::Parked, EventKind::Unparked,
                                   EventKind::Reported));
  restart();
  EXPECT_EQ(view(0).record.parked_until, std::nullopt);
  tell(trial, 1);
}

TEST_P(Park, IsOnlyForWhoHoldsTheTrial) {
  create(two_floats());
  AskedTrial trial = ask_for(60);
  clock_.advance(minutes(2));
  const AskedTrial taken = ask("W2");
  ASSERT_EQ(taken.number, trial.number);

  EXPECT_TRUE(park(trial, minutes(5)).stop);
  EXPECT_EQ(view(0).record.parked_until, std::nullopt);
  trial.lease.token = "made-up";
  EXPECT_EQ(code_of([&] { park(trial, minutes(5)); }), ErrorCode::Conflict);
  EXPECT_EQ(code_of([&] { park(taken, -minutes(5)); }), ErrorCode::Invalid);
  EXPECT_EQ(code_of([&] { park(taken, std::chrono::hours(31 * 24)); }), ErrorCode::Invalid);
  park(taken, minutes(5));
  tell(taken, 1);
  EXPECT_EQ(view(0).record.parked_until, std::nullopt);
}

class Insights : public PeopleTest {};
INSTANTIATE_TEST_SUITE_P(Backends, Insights, ::testing::Values("memory", "sqlite"),
                         [](const auto& backend) { return backend.param; });

TEST_P(Insights, AreShownToAgentsUntilTheyAreRetired) {
  create(two_floats());
  tell(ask(), 1);
  const Insight first = service_->add_insight("s", {"x above 0.9 crashes", "ann", 0});
  service_->add_insight("s", {"y hardly matters", "", {}});
  restart();

  const AskedTrial trial = ask("W1", "r1");
  service_->retire_insight("s", 1, {"", "bob"});
  restart();

  EXPECT_EQ(first.id, 1);
  EXPECT_EQ(first.trial, 0);
  ASSERT_THAT(trial.insights, SizeIs(2));
  EXPECT_EQ(trial.insights[0].text, "x above 0.9 crashes");
  EXPECT_EQ(trial.insights[0].author, "ann");
  EXPECT_EQ(trial.insights[1].author, "user");
  ASSERT_THAT(ask("W2").insights, SizeIs(1));
  EXPECT_THAT(service_->insights("s", false), SizeIs(1));
  ASSERT_THAT(service_->insights("s", true), SizeIs(2));
  EXPECT_TRUE(service_->insights("s", true)[0].retired);
  service_->add_insight("s", {"third", "", {}});
  EXPECT_EQ(service_->insights("s", true).back().id, 3);
}

TEST_P(Insights, RefuseWhatIsNone) {
  create(two_floats());

  EXPECT_EQ(code_of([&] { service_->add_insight("s", {"", "", {}}); }), ErrorCode::Invalid);
  EXPECT_EQ(code_of([&] { service_->add_insight("s", {"a", "", 3}); }), ErrorCode::NotFound);
  EXPECT_EQ(code_of([&] { service_->retire_insight("s", 1, {}); }), ErrorCode::NotFound);
  EXPECT_THAT(service_->insights("s", true), IsEmpty());
  EXPECT_THAT(kinds(), ElementsAre(EventKind::Created));
}

}  // namespace
}  // namespace studyhall::server
