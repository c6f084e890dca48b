#include <gmock/gmock.h>

#include <set>
#include <thread>

#include "tests/server/service_fixture.h"

namespace studyhall::server {
namespace {

using ::testing::ElementsAre;

class Ask : public ServiceTest {};
INSTANTIATE_TEST_SUITE_P(Backends, Ask, ::testing::Values("memory", "sqlite"),
                         [](const auto& backend) { return backend.param; });

TEST_P(Ask, NumbersTrialsDensely) {
  create(two_floats());

  std::vector<std::int64_t> numbers;
  for (int i = 0; i < 5; ++i) numbers.push_back(ask().number);
  AskRequest three;
  three.count = 3;
  for (const AskedTrial& trial : service_->ask("s", three).trials) numbers.push_back(trial.number);

  EXPECT_THAT(numbers, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
}

TEST_P(Ask, GivesEveryTrialFullParametersALeaseAndAnAttempt) {
  create(two_floats());

  const AskedTrial trial = ask("W1");

  EXPECT_EQ(trial.params.size(), 2U);
  EXPECT_EQ(trial.attempt, 1);
  EXPECT_EQ(trial.purpose, Purpose::Suggested);
  EXPECT_EQ(trial.lease.token, "lease-1");
  EXPECT_EQ(trial.lease.expires_at, clock_.now() + std::chrono::hours(24));
  EXPECT_EQ(view(0).state, TrialState::Running);
  EXPECT_EQ(view(0).record.worker, "W1");
}

TEST_P(Ask, StartsWithTheDefaultConfiguration) {
  Json file = two_floats();
  file["params"]["x"]["default"] = 0.25;
  create(file);

  const AskedTrial first = ask();
  const AskedTrial second = ask();

  EXPECT_EQ(first.params, Json::parse(R"({"x": 0.25, "y": 0.5})"));
  EXPECT_EQ(first.sampler, "default");
  EXPECT_NE(second.sampler, "default");
}

TEST_P(Ask, MovesOnlyTheFocusOfAWorker) {
  Json file = two_floats();
  file["workers"] = Json::parse(R"({"W1": {"focus": {"x": {"low": 0.5, "high": 0.75}}}})");
  file["focus_share"] = 1.0;
  create(file);
  const AskedTrial leader = ask();
  tell(leader, 10);

  for (int i = 0; i < 20; ++i) {
    const AskedTrial trial = ask("W1");

    EXPECT_EQ(trial.params["y"], leader.params["y"]);
    EXPECT_GE(trial.params["x"], 0.5);
    EXPECT_LE(trial.params["x"], 0.75);
    EXPECT_EQ(trial.pin, leader.number);
    tell(trial, 1);
  }
}

TEST_P(Ask, LetsAFocusedWorkerMoveEverythingInTheRestOfItsShare) {
  Json file = two_floats();
  file["workers"] = Json::parse(R"({"W1": {"focus": ["x"]}})");
  file["focus_share"] = 0.8;
  create(file);
  const AskedTrial leader = ask();
  tell(leader, 10);

  int held = 0;
  const int asks = 400;
  for (int i = 0; i < asks; ++i) held += ask("W1").params["y"] == leader.params["y"];

  // Binomial(400, 0.8): mean 320, sd 8; five sd on either side.
  EXPECT_GT(held, 280);
  EXPECT_LT(held, 360);
}

TEST_P(Ask, PinFollowsTheBestFeasibleTrial) {
  Json file = two_floats();
  file["constraints"] = Json::parse(R"([{"metric": "minutes", "max": 60}])");
  file["workers"] = Json::parse(R"({"W1": {"focus": ["x"]}})");
  file["focus_share"] = 1.0;
  create(file);

  tell(ask(), 1, {{"minutes", 50}});
  const AskedTrial best = ask();
  tell(best, 2, {{"minutes", 50}});
  tell(ask(), 3, {{"minutes", 70}});
  const AskedTrial next = ask("W1");

  EXPECT_EQ(next.pin, best.number);
  EXPECT_EQ(next.pin_version, 2);
  EXPECT_EQ(next.params["y"], best.params["y"]);
}

// The first configuration has the best single value, the second the better mean.
TEST_P(Ask, PinIsTheBestMeanOrWhereAskedForTheBestValue) {
  for (const std::string incumbent : {"posterior", "observed"}) {
    Json file = two_floats();
    file["sampler"] = {{"name", "gp"}, {"incumbent", incumbent}};
    file["workers"] = Json::parse(R"({"W1": {"focus": ["x"]}})");
    file["focus_share"] = 1.0;
    create(file);
    enqueue({{"x", 0.25}, {"y", 0.25}}, 0, 2);
    enqueue({{"x", 0.75}, {"y", 0.75}}, 0, 2);
    for (int i = 0; i < 4; ++i) {
      const AskedTrial trial = ask("W2");
      const bool first = trial.params["y"] == 0.25;
      tell(trial, first ? (i == 0 ? 10 : 6) : 9);
    }

    EXPECT_EQ(ask("W1").params["y"], incumbent == "observed" ? 0.25 : 0.75);
    service_->delete_study("s");
  }
}

TEST_P(Ask, HoldsAFocusThatIsInactiveAtTheBestAtTheBestWhereItIsActive) {
  create(Json::parse(R"({"name": "s", "direction": "maximize", "seed": 7,
    "params": {"mode": {"type": "categorical", "choices": ["plain", "tuned"]},
               "x": {"type": "float", "low": 0, "high": 1, "when": {"mode": ["tuned"]}}},
    "workers": {"W1": {"focus": ["x"]}}, "focus_share": 1})"));
  for (const char* params : {R"({"mode": "tuned", "x": 0.25})", R"({"mode": "tuned", "x": 0.75})",
                             R"({"mode": "plain"})"}) {
    enqueue(Json::parse(params));
  }
  for (const double value : {1.0, 2.0, 3.0}) tell(ask(), value);

  const AskedTrial next = ask("W1");

  EXPECT_EQ(next.pin, 1);
  EXPECT_EQ(next.params["mode"], "tuned");
}

TEST_P(Ask, HoldsWhatIsFixedForAWorker) {
  Json file = two_floats();
  file["workers"] = Json::parse(R"({"W1": {"fixed": {"y": 0.125}}})");
  create(file);
  ask();

  for (int i = 0; i < 10; ++i) EXPECT_EQ(ask("W1").params["y"], 0.125);
}

TEST_P(Ask, NeverHandsOutAConfigurationTwiceAndSaysWhenAllAreUsed) {
  create(three_choices());

  std::set<std::string> seen;
  for (int i = 0; i < 3; ++i) {
    const AskedTrial trial = ask();
    EXPECT_TRUE(seen.insert(trial.params["c"]).second);
    if (i == 0) tell(trial, 1);
    if (i == 1) fail(trial, FailReason::BadConfig);
  }
  const AskAnswer fourth = ask_any();

  EXPECT_EQ(fourth.status, AskStatus::Exhausted);
  EXPECT_THAT(fourth.reason, ::testing::HasSubstr("every configuration"));
}

// What an ask finds out on the way to "nothing is left" is as durable as any answer.
TEST_P(Ask, FailsAnEnqueuedTrialThatNothingIsLeftFor) {
  create(three_choices());
  for (int i = 0; i < 3; ++i) ask();
  const std::int64_t number = service_->enqueue("s", EnqueueRequest{}).numbers.front();

  EXPECT_EQ(ask_any().status, AskStatus::Exhausted);

  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(view(number).state, TrialState::Fail);
    EXPECT_EQ(view(number).record.reason, FailReason::Declined);
    restart();
  }
}

TEST_P(Ask, WidensAnExhaustedFocusToTheWholeSpace) {
  Json file = Json::parse(R"({"name": "s", "direction": "maximize", "seed": 1, "focus_share": 1.0,
    "params": {"a": {"type": "categorical", "choices": [0, 1]},
               "b": {"type": "categorical", "choices": [0, 1]}},
    "workers": {"W1": {"focus": ["a"]}}})");
  create(file);

  std::set<std::string> seen;
  for (int i = 0; i < 4; ++i) seen.insert(ask("W1").params.dump());

  EXPECT_EQ(seen.size(), 4U);
  EXPECT_EQ(ask_any("W1").status, AskStatus::Exhausted);
}

TEST_P(Ask, EndsWithItsGridThoughTheSpaceHasMore) {
  Json file = two_floats();
  file["sampler"] = {{"name", "grid"}, {"points", 2}};
  create(file);

  std::set<std::string> seen;
  for (int i = 0; i < 3; ++i) {
    const AskedTrial trial = ask();
    seen.insert(dump_json(trial.params));
    tell(trial, 1);
  }
  const AskedTrial fourth = ask();
  EXPECT_EQ(ask_any().status, AskStatus::Exhausted);
  service_->release("s", fourth.number, fourth.lease.token);
  const AskedTrial again = ask();

  EXPECT_EQ(again.params, fourth.params);
  seen.insert(dump_json(again.params));
  EXPECT_EQ(seen.size(), 4u);
  const AskAnswer last = ask_any();
  EXPECT_EQ(last.status, AskStatus::Exhausted);
  EXPECT_NE(last.reason.find("grid"), std::string::npos) << last.reason;
}

TEST_P(Ask, MeetsRequire) {
  Json file = two_floats();
  file["require"] = Json::array({"x + y <= 0.5"});
  create(file);

  for (int i = 0; i < 30; ++i) {
    const AskedTrial trial = ask();
    EXPECT_LE(trial.params["x"].get<double>() + trial.params["y"].get<double>(), 0.5);
    tell(trial, i);
  }
}

TEST_P(Ask, EndsWhenTheBudgetOfTrialsIsUsed) {
  create(two_floats(), {{"limits", {{"trials", 2}}}});

  const AskedTrial first = ask();
  const AskedTrial second = ask();
  const AskAnswer reserved = ask_any();
  tell(first, 1);
  tell(second, 2);
  const AskAnswer finished = ask_any();

  EXPECT_EQ(reserved.status, AskStatus::Wait);
  EXPECT_GT(reserved.retry_after_s, 0);
  EXPECT_EQ(finished.status, AskStatus::Finished);
  EXPECT_THAT(finished.reason, ::testing::HasSubstr("limits.trials"));
  EXPECT_EQ(service_->study("s").state, StudyState::Finished);
}

TEST_P(Ask, ExactlyTheBudgetOfTrialsEndsWithManyWorkers) {
  create(two_floats(), {{"limits", {{"trials", 60}}}, {"sampler", "random"}});

  std::vector<std::thread> workers;
  for (int w = 0; w < 8; ++w) {
    workers.emplace_back([this, w] {
      const std::string name = "W" + std::to_string(w);
      while (true) {
        const AskAnswer answer = ask_any(name);
        if (answer.status == AskStatus::Finished) return;
        for (const AskedTrial& trial : answer.trials) {
          // Every seventh run is declined and must be made up for.
          if (trial.attempt == 1 && trial.number % 7 == 0) {
            fail(trial, FailReason::Declined);
          } else {
            tell(trial, trial.params["x"]);
          }
        }
      }
    });
  }
  for (std::thread& worker : workers) worker.join();

  EXPECT_EQ(service_->study("s").counts["complete"], 60);
  EXPECT_EQ(service_->study("s").counts["running"], 0);
  EXPECT_EQ(service_->study("s").counts["waiting"], 0);
}

TEST_P(Ask, KeepsTheLimitOfRunningTrials) {
  create(two_floats(), {{"limits", {{"running", 1}}}});

  const AskedTrial first = ask();

  EXPECT_EQ(ask_any().status, AskStatus::Wait);
  tell(first, 1);
  EXPECT_EQ(ask_any().status, AskStatus::Trials);
}

TEST_P(Ask, EndsAfterTheLimitOfFailures) {
  create(two_floats(), {{"limits", {{"failures", 2}}}});

  fail(ask(), FailReason::BadConfig);
  fail(ask(), FailReason::BadConfig);

  EXPECT_EQ(ask_any().status, AskStatus::Finished);
}

// Else a study whose agents all decline would go on for ever.
TEST_P(Ask, CountsATrialThatIsDeclinedForGoodAsAFailure) {
  create(two_floats(), {{"limits", {{"failures", 2}}}});

  for (int attempt = 0; attempt < 6; ++attempt) {  // two trials, two retries each
    ASSERT_EQ(fail(ask(), FailReason::Declined).already, false) << attempt;
  }

  EXPECT_EQ(ask_any().status, AskStatus::Finished);
}

TEST_P(Ask, EndsWhenTheTargetIsReached) {
  create(two_floats(), {{"target", 1.5}});

  tell(ask(), 1.4);
  EXPECT_EQ(ask_any().status, AskStatus::Trials);
  tell(ask(), 1.5);

  const AskAnswer answer = ask_any();
  EXPECT_EQ(answer.status, AskStatus::Finished);
  EXPECT_THAT(answer.reason, ::testing::HasSubstr("target"));
}

TEST_P(Ask, StopsAndResumes) {
  create(two_floats());
  const AskedTrial running = ask();

  service_->stop_study("s", "enough");

  EXPECT_EQ(ask_any().status, AskStatus::Finished);
  EXPECT_THAT(ask_any().reason, ::testing::HasSubstr("enough"));
  tell(running, 1);
  service_->resume_study("s");
  EXPECT_EQ(ask_any().status, AskStatus::Trials);
}

TEST_P(Ask, RepeatsTheAnswerToARequestAlsoAfterARestart) {
  create(two_floats());
  AskRequest request;
  request.worker = "W1";
  request.count = 2;
  request.request_id = "r1";

  const AskAnswer first = service_->ask("s", request);
  const AskAnswer again = service_->ask("s", request);
  restart();
  const AskAnswer later = service_->ask("s", request);

  ASSERT_EQ(first.trials.size(), 2U);
  for (const AskAnswer* answer : {&again, &later}) {
    ASSERT_EQ(answer->trials.size(), 2U);
    for (std::size_t i = 0; i < 2; ++i) {
      EXPECT_EQ(answer->trials[i].number, first.trials[i].number);
      EXPECT_EQ(answer->trials[i].lease.token, first.trials[i].lease.token);
      EXPECT_EQ(answer->trials[i].params, first.trials[i].params);
    }
  }
  EXPECT_EQ(service_->study("s").counts["running"], 2);
}

TEST_P(Ask, SuggestsTheSameAfterARestart) {
  const auto run = [this](bool restarting, const std::string& sampler) {
    Json file = two_floats();
    file["sampler"] = sampler;
    create(file);
    std::vector<Json> params;
    for (int i = 0; i < 25; ++i) {
      if (restarting && i % 5 == 4) restart();
      const AskedTrial trial = ask("W" + std::to_string(i % 3));
      params.push_back(trial.params);
      tell(trial, -std::abs(trial.params["x"].get<double>() - 0.3));
    }
    service_->delete_study("s");
    return params;
  };

  for (const std::string sampler : {"auto", "tpe", "cmaes", "gp", "random", "qmc", "grid"}) {
    EXPECT_EQ(run(false, sampler), run(true, sampler)) << sampler;
  }
}

TEST_P(Ask, RefusesWhatIsNotARequest) {
  create(two_floats());

  EXPECT_EQ(code_of([&] { ask("a/b"); }), ErrorCode::Invalid);
  EXPECT_EQ(code_of([&] { service_->ask("nope", {}); }), ErrorCode::NotFound);
  AskRequest none;
  none.count = 0;
  EXPECT_EQ(code_of([&] { service_->ask("s", none); }), ErrorCode::Invalid);
  AskRequest backwards;
  backwards.lease_s = -1;
  EXPECT_EQ(code_of([&] { service_->ask("s", backwards); }), ErrorCode::Invalid);
}

}  // namespace
}  // namespace studyhall::server
