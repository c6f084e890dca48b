// A study is made again from its events alone.

#include "server/replay.h"

#include <gmock/gmock.h>

#include <limits>

#include "core/rng.h"
#include "tests/server/service_fixture.h"
#include "tests/support/altered_storage.h"

namespace studyhall::server {

void PrintTo(const Difference& difference, std::ostream* out) {
  *out << "event " << difference.event << ", trial " << difference.number << ", " << difference.what
       << ": replay " << difference.expected << ", written " << difference.found;
}

namespace {

using studyhall::testing::AlteredEvents;

class Replay : public ServiceTest {
 protected:
  static Json mixed() {
    return Json::parse(R"({"name": "s", "direction": "minimize", "seed": 3,
      "params": {"x": {"type": "float", "low": 0, "high": 1, "default": 0.5},
                 "y": {"type": "float", "low": 0.001, "high": 1, "log": true},
                 "k": {"type": "int", "low": 0, "high": 9},
                 "c": {"type": "categorical", "choices": ["a", "b", "c"]}},
      "require": ["x + y <= 1.6"],
      "workers": {"W1": {"focus": ["x", "y"], "sampler": "cmaes"}, "W2": {"focus": ["k", "c"]}}})");
  }

  // Asks and tells of a few workers at once, now and then a crash.
  void work(int steps, std::uint64_t seed) {
    Rng rng = Rng::for_trial(seed, 0);
    for (int step = 0; step < steps; ++step) {
      if (running_.size() < 4 && rng.uniform() < 0.6) {
        running_.push_back(ask("W" + std::to_string(rng.index(4))));
        continue;
      }
      if (running_.empty()) continue;
      const std::size_t at = rng.index(running_.size());
      const AskedTrial trial = running_[at];
      running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(at));
      const double draw = rng.uniform();
      if (draw < 0.1) {
        fail(trial, FailReason::BadConfig);
      } else if (draw < 0.2) {
        fail(trial, FailReason::Infra);
      } else {
        tell(trial, std::abs(trial.params["x"].get<double>() - 0.3));
      }
      if (step % 50 == 49) restart();
    }
  }

  // Writes the trial as another program does: no event, no lease.
  void write_foreign(const Trial& trial, bool is_new) {
    storage::Change change;
    change.study = storage_->find_study("s")->id;
    if (is_new) {
      change.writes.emplace_back(storage::AddTrial{trial});
    } else {
      const auto stored = storage_->trials(change.study, {.number = trial.number});
      change.writes.emplace_back(storage::UpdateTrial{stored.front().state, trial});
    }
    static_cast<void>(storage_->commit({&change, 1}));
    restart();
  }

  ReplayReport replayed() { return replay(*storage_, "s"); }

  std::vector<AskedTrial> running_;
};
INSTANTIATE_TEST_SUITE_P(Backends, Replay, ::testing::Values("memory", "sqlite"),
                         [](const auto& backend) { return backend.param; });

TEST_P(Replay, EventsGiveTheStudyAndEverySuggestionAgain) {
  create(mixed());
  work(240, 17);

  const ReplayReport report = replayed();

  EXPECT_THAT(report.differences, ::testing::IsEmpty());
  EXPECT_TRUE(report.equal());
  EXPECT_GT(report.suggestions.checked, 80);
  EXPECT_EQ(report.suggestions.equal, report.suggestions.checked);
  EXPECT_EQ(report.suggestions.elsewhere, 0);
  EXPECT_EQ(report.events, service_->study("s").last_event);
  EXPECT_EQ(report.trials, std::ssize(service_->trials("s", {})));
}

TEST_P(Replay, EverySpecificationHoldsForItsTime) {
  create(mixed());
  work(80, 1);
  service_->edit_study("s", {Json::parse(R"({"sampler": "random", "target": -1})"), "A"});
  work(40, 2);
  service_->edit_study("s", {Json::parse(R"({"sampler": "qmc", "workers": null})"), "A"});
  work(40, 3);

  const ReplayReport report = replayed();

  EXPECT_THAT(report.differences, ::testing::IsEmpty());
  EXPECT_EQ(report.suggestions.equal, report.suggestions.checked);
}

TEST_P(Replay, EveryVerbIsInTheEvents) {
  create(mixed(), Json::parse(R"({"pruner": {"name": "median", "n_startup_trials": 1},
    "limits": {"trials": 50, "cost_usd": 100}})"));
  EnqueueRequest queued{
      Json::parse(R"({"x": 0.25, "k": 3})"), 2.5, 1, "E1", {"gpu"}, {}, "a title", "a description"};
  service_->enqueue("s", queued);
  const AskedTrial first = ask("W1", "A1");
  ReportRequest reported{3, 0.5, first.lease.token};
  service_->report("s", first.number, reported);
  ParkRequest park;
  park.lease = first.lease.token;
  park.for_s = 100.25;
  park.reason = "rate limit";
  service_->park("s", first.number, park);
  service_->heartbeat("s", first.number, {first.lease.token});
  tell(first, 0.5, {{"minutes", 0.1}}, "T1");
  const AskedTrial second = ask("W2");
  service_->report("s", second.number, {3, 0.9, second.lease.token});
  service_->release("s", second.number, second.lease.token);
  const AskedTrial again = ask("W3");
  TellRequest stall;
  stall.state = TrialState::Fail;
  stall.reason = FailReason::Infra;
  stall.cause = FaultCause::Stall;
  stall.note = "no output";
  stall.usage.cost_usd = 0.1;
  stall.usage.turns = 7;
  stall.lease = again.lease.token;
  service_->tell("s", again.number, stall);
  service_->enqueue("s", {Json::parse(R"({"x": 0.75})"), 0, 1, "", {}, {first.number}});
  service_->void_trial("s", first.number, {"overheated", "Ann"});
  service_->add_insight("s", {"x near 0.3", "Ann", 0});
  service_->retire_insight("s", 1, {"", "Bob"});
  for (int i = 0; i < 3; ++i) {
    TellRequest crash = stall;
    const AskedTrial trial = ask("W4");
    crash.cause.reset();
    crash.lease = trial.lease.token;
    crash.evidence = {{"exit_code", 3}};
    service_->tell("s", trial.number, crash);
  }
  service_->release_worker("s", "W4", {"", "Ann"});
  const AskedTrial lost = ask("W5");
  clock_.advance(std::chrono::hours(30));
  service_->expire_leases();
  const AskedTrial taken = ask("W6");
  ASSERT_EQ(taken.number, lost.number);
  tell(taken, 0.7);
  tell(lost, 0.6);
  service_->stop_study("s", "enough");
  service_->resume_study("s");
  restart();

  const ReplayReport report = replayed();

  EXPECT_THAT(report.differences, ::testing::IsEmpty());
  EXPECT_EQ(report.requests, 3);
  EXPECT_EQ(report.prunings, 2);
  EXPECT_EQ(report.events, service_->study("s").last_event);
}

TEST_P(Replay, FindsAResultThatIsNotTheOneTold) {
  create(mixed());
  work(40, 5);
  Trial changed =
      storage_->trials(storage_->find_study("s")->id, {.state = TrialState::Complete}).back();
  const double told = changed.values.front();
  changed.values = {told + 1};
  write_foreign(changed, false);

  const ReplayReport report = replayed();

  ASSERT_FALSE(report.equal());
  EXPECT_EQ(report.differences.front().number, changed.number);
  EXPECT_EQ(report.differences.front().what, "values");
  EXPECT_EQ(report.differences.front().expected, dump_json(Json{told}));
}

TEST_P(Replay, FindsASuggestionThatTheSamplerDidNotMake) {
  create(mixed(), {{"sampler", "random"}});  // later suggestions of others would differ too
  work(60, 6);
  std::int64_t altered = -1;
  AlteredEvents storage(*storage_, [&](Event& event) {
    if (event.kind != EventKind::Asked || event.body["attempt"] != 1) return;
    if (event.body["number"] != 7) return;
    altered = event.sequence;
    event.body["params"]["x"] = event.body["params"]["x"].get<double>() + 1e-12;
  });

  const ReplayReport report = replay(storage, "s");

  ASSERT_FALSE(report.equal());
  EXPECT_EQ(report.differences.front().event, altered);
  EXPECT_EQ(report.differences.front().number, 7);
  EXPECT_EQ(report.differences.front().what, "params");
  EXPECT_EQ(report.suggestions.equal, report.suggestions.checked - 1);
}

TEST_P(Replay, BreaksOffWhereAnEventCannotFollow) {
  create(mixed());
  work(40, 7);
  AlteredEvents storage(*storage_, [&](Event& event) {
    if (event.kind == EventKind::NewBest && event.sequence > 5) event.kind = EventKind::Resumed;
  });

  const ReplayReport report = replay(storage, "s");

  EXPECT_FALSE(report.equal());
  EXPECT_GT(report.broken_off, 0);
  EXPECT_LT(report.broken_off, service_->study("s").last_event);
}

TEST_P(Replay, NamesEventsOfAnEarlierBuild) {
  create(mixed());
  work(10, 8);
  for (const char* key : {"cpu", "sampler_version", "as_of"}) {
    AlteredEvents storage(*storage_, [&](Event& event) {
      if (event.kind == EventKind::Asked) event.body.erase(key);
    });

    try {
      replay(storage, "s");
      ADD_FAILURE() << key;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::Unsupported);
      EXPECT_THAT(error.what(), ::testing::HasSubstr("earlier build"));
      EXPECT_THAT(error.what(), ::testing::HasSubstr(key));
    }
  }
}

TEST_P(Replay, AnotherCpuIsNotHeldAgainstASuggestion) {
  create(mixed());
  work(30, 9);
  AlteredEvents storage(*storage_, [](Event& event) {
    if (event.kind == EventKind::Asked) event.body["cpu"] = "abacus";
  });

  const ReplayReport report = replay(storage, "s");

  EXPECT_THAT(report.differences, ::testing::IsEmpty());
  EXPECT_EQ(report.suggestions.checked, 0);
  EXPECT_GT(report.suggestions.elsewhere, 5);
}

TEST_P(Replay, KnowsWhatOtherProgramsWrote) {
  create(mixed());
  work(20, 10);
  Trial foreign;
  foreign.number = std::ssize(service_->trials("s", {}));
  foreign.state = TrialState::Running;
  foreign.config = {0.75, kInactive, 3, kInactive};
  foreign.started = clock_.now();
  write_foreign(foreign, true);
  EXPECT_EQ(replayed().unseen, 1);
  work(20, 11);
  foreign.config = {0.75, 0.5, 3, 1};
  foreign.intermediate[1] = std::numeric_limits<double>::infinity();
  write_foreign(foreign, false);
  work(20, 12);
  foreign.state = TrialState::Complete;
  foreign.values = {-std::numeric_limits<double>::infinity()};
  foreign.metrics["m"] = 0.1;
  foreign.completed = clock_.now();
  write_foreign(foreign, false);
  work(20, 13);

  const ReplayReport report = replayed();

  EXPECT_THAT(report.differences, ::testing::IsEmpty());
  EXPECT_EQ(report.unseen, 0);
  EXPECT_EQ(report.suggestions.equal, report.suggestions.checked);
  int taken_in = 0;
  for (const Event& event : service_->events("s", 0, 0))
    taken_in += event.kind == EventKind::Foreign;
  EXPECT_EQ(taken_in, 3);
}

// A trial under lease that another program ended went back to waiting when the lease ran out, which
// storage refuses, and with it every verb of the study.
TEST_P(Replay, TheLeaseOfATrialThatAnotherProgramEndedEnds) {
  create(mixed());
  const AskedTrial leased = ask();
  Trial trial = storage_->trials(storage_->find_study("s")->id, {.number = leased.number}).front();
  trial.state = TrialState::Complete;
  trial.values = {0.5};
  trial.completed = clock_.now();
  write_foreign(trial, false);

  clock_.advance(std::chrono::hours(30));
  service_->expire_leases();

  EXPECT_EQ(view(leased.number).state, TrialState::Complete);
  EXPECT_NE(ask().number, leased.number);
  EXPECT_THAT(replayed().differences, ::testing::IsEmpty());
}

}  // namespace
}  // namespace studyhall::server
