// Who made a suggestion, and why.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "server/explaining.h"
#include "tests/server/service_fixture.h"
#include "tests/support/altered_storage.h"

namespace studyhall::server {
namespace {

using studyhall::testing::AlteredEvents;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Explain : public ServiceTest {
 protected:
  static Json focused() {
    return Json::parse(
        R"({"name": "s", "direction": "minimize", "seed": 3, "focus_share": 1, "sampler": "tpe",
      "params": {"x": {"type": "float", "low": 0, "high": 1, "default": 0.5},
                 "y": {"type": "float", "low": 0, "high": 1, "default": 0.25},
                 "k": {"type": "int", "low": 0, "high": 9, "default": 3}},
      "workers": {"W1": {"focus": ["x"], "fixed": {"k": 7}}}})");
  }
  void run(int trials, const std::string& worker = "W9") {
    for (int i = 0; i < trials; ++i) {
      const AskedTrial trial = ask(worker);
      tell(trial, std::abs(trial.params["x"].get<double>() - 0.3));
    }
  }
  Explanation explained(std::int64_t number) { return service_->explain("s", number); }
  static std::optional<ValueSource> source(const Explanation& explanation,
                                           const std::string& name) {
    for (const ExplainedValue& value : explanation.values) {
      if (value.name == name) return value.source;
    }
    ADD_FAILURE() << "no value " << name;
    return std::nullopt;
  }
  static double term(const Explanation& explanation, const std::string& name) {
    for (const auto& [known, value] : explanation.terms) {
      if (known == name) return value;
    }
    ADD_FAILURE() << "no term " << name;
    return 0;
  }
  // The task of explaining from storage alone what the service would.
  Explanation explained_from(storage::Storage& storage, std::int64_t number) {
    const StudyModel study = StudyModel::load(*storage_, *storage_->find_study("s"));
    return explain(storage, explain_task(study, number));
  }
};
INSTANTIATE_TEST_SUITE_P(Backends, Explain, ::testing::Values("memory", "sqlite"),
                         [](const auto& backend) { return backend.param; });

TEST_P(Explain, TellsTheSamplerAndWhatItHadSeen) {
  create(two_floats(), {{"sampler", "tpe"}});
  std::vector<AskedTrial> open;
  for (int i = 0; i < 12; ++i) open.push_back(ask("W1"));
  for (int i = 0; i < 10; ++i) tell(open[static_cast<std::size_t>(i)], i);
  const std::int64_t before = service_->study("s").last_event;

  const AskedTrial trial = ask("W2");
  tell(trial, 100);
  const Explanation found = explained(trial.number);

  EXPECT_THAT(found.doubt, IsEmpty());
  EXPECT_EQ(found.number, trial.number);
  EXPECT_EQ(found.worker, "W2");
  EXPECT_EQ(found.purpose, Purpose::Suggested);
  EXPECT_EQ(found.attempt, 1);
  EXPECT_EQ(found.sampler, "tpe");
  EXPECT_GT(found.sampler_version, 0);
  EXPECT_EQ(found.as_of, before);
  EXPECT_EQ(found.results, 10);
  EXPECT_EQ(found.running, 2);
  EXPECT_THAT(found.why, HasSubstr("24 candidates"));
  EXPECT_NEAR(term(found, "score"), term(found, "log_good") - term(found, "log_other"), 1e-12);
  ASSERT_EQ(found.values.size(), 2U);
  EXPECT_EQ(found.values[0].value, trial.params["x"]);
  EXPECT_EQ(source(found, "x"), ValueSource::Free);
  EXPECT_EQ(explained(3).sampler, "random");
  EXPECT_THAT(explained(3).why, HasSubstr("0 of the 10 results"));
}

TEST_P(Explain, TellsWhatWasHeldAndWhere) {
  create(focused());
  run(12);
  const AskedTrial trial = ask("W1");

  const Explanation found = explained(trial.number);

  EXPECT_EQ(found.pin, trial.pin);
  EXPECT_EQ(found.pin_version, trial.pin_version);
  EXPECT_GE(found.pin, 0);
  EXPECT_EQ(source(found, "x"), ValueSource::Free);
  EXPECT_EQ(source(found, "y"), ValueSource::Pin);
  EXPECT_EQ(source(found, "k"), ValueSource::Fixed);
  const auto y = std::find_if(found.values.begin(), found.values.end(),
                              [](const ExplainedValue& value) { return value.name == "y"; });
  EXPECT_EQ(y->value, view(found.pin).params["y"]);
  const Explanation first = explained(0);
  EXPECT_EQ(first.sampler, "default");
  EXPECT_EQ(source(first, "x"), ValueSource::Default);
}

TEST_P(Explain, SaysTheSameLaterAndAfterARestart) {
  create(focused(), Json::parse(R"({"sampler": "cmaes"})"));
  run(15, "W1");
  const Json before = explained(9).terms;

  service_->edit_study("s", {Json::parse(R"({"sampler": {"name": "random"},
      "params": {"x": {"high": 2}}})"),
                             "A"});
  run(15);
  service_->void_trial("s", 4, {"overheated", "A"});
  restart();

  EXPECT_THAT(explained(9).doubt, IsEmpty());
  EXPECT_EQ(Json(explained(9).terms), before);
  EXPECT_EQ(explained(9).sampler, "cmaes");
  EXPECT_EQ(explained(20).sampler, "random");
  EXPECT_THAT(explained(20).doubt, IsEmpty());
}

TEST_P(Explain, ARetryHasTheValuesOfItsFirstAttempt) {
  create(focused());
  run(11);
  const AskedTrial trial = ask("W1");
  const Explanation before = explained(trial.number);
  run(3);
  fail(trial, FailReason::Infra);
  const AskedTrial again = ask("W2");
  ASSERT_EQ(again.number, trial.number);

  const Explanation found = explained(trial.number);

  EXPECT_THAT(found.doubt, IsEmpty());
  EXPECT_EQ(found.purpose, Purpose::Suggested);
  EXPECT_EQ(found.attempt, 2);
  EXPECT_EQ(found.worker, "W1");
  EXPECT_EQ(found.as_of, before.as_of);
  EXPECT_EQ(found.terms, before.terms);
  EXPECT_THAT(found.about, HasSubstr("attempt 2"));
}

TEST_P(Explain, OfAnEnqueuedTrialOnlyWhatTheSamplerChose) {
  create(focused());
  run(11);
  const std::int64_t part = enqueue({{"x", 0.125}}).numbers.front();
  const Explanation waiting = explained(part);
  EXPECT_THAT(waiting.about, HasSubstr("waits"));
  EXPECT_THAT(waiting.sampler, IsEmpty());
  ASSERT_EQ(ask("W1").number, part);
  const std::int64_t full = enqueue({{"x", 0.5}, {"y", 0.75}, {"k", 1}}).numbers.front();
  ASSERT_EQ(ask("W1").number, full);

  const Explanation filled = explained(part);
  const Explanation given = explained(full);

  EXPECT_EQ(filled.purpose, Purpose::Enqueued);
  EXPECT_EQ(filled.sampler, "tpe");
  EXPECT_EQ(source(filled, "x"), ValueSource::Given);
  EXPECT_EQ(source(filled, "y"), ValueSource::Free);
  EXPECT_THAT(filled.about, HasSubstr("chose the others"));
  EXPECT_THAT(filled.doubt, IsEmpty());
  EXPECT_THAT(given.sampler, IsEmpty());
  EXPECT_THAT(given.why, IsEmpty());
  EXPECT_THAT(given.terms, IsEmpty());
  EXPECT_EQ(source(given, "k"), ValueSource::Given);
  EXPECT_THAT(given.doubt, IsEmpty());
}

TEST_P(Explain, AReplicateNamesTheTrialItRepeats) {
  create(focused());
  run(3);
  const Json config = view(2).params;
  const std::int64_t replicate = enqueue(config, 0, 2).numbers.front();
  ASSERT_EQ(ask().number, replicate);

  const Explanation found = explained(replicate);

  EXPECT_EQ(found.purpose, Purpose::Replicate);
  EXPECT_EQ(found.of, 2);
  EXPECT_THAT(found.about, HasSubstr("trial 2 once more"));
  EXPECT_THAT(found.sampler, IsEmpty());
}

TEST_P(Explain, OfALateResultItNamesTheTrial) {
  create(focused());
  run(2);
  const AskedTrial lost = ask("W5");
  clock_.advance(std::chrono::hours(30));
  const AskedTrial taken = ask("W6");
  ASSERT_EQ(taken.number, lost.number);
  tell(taken, 0.7);
  const std::int64_t late = tell(lost, 0.6).number;

  const Explanation found = explained(late);

  EXPECT_EQ(found.of, lost.number);
  EXPECT_THAT(found.about, HasSubstr("late result of trial 2"));
}

TEST_P(Explain, SaysThatItDoesNotKnowWhereTheSamplerSaysSomethingElse) {
  create(focused());
  run(14);
  AlteredEvents storage(*storage_, [](Event& event) {
    if (event.kind != EventKind::Asked || event.body["number"] != 13) return;
    event.body["params"]["x"] = event.body["params"]["x"].get<double>() + 1e-12;
  });

  const Explanation found = explained_from(storage, 13);

  EXPECT_THAT(explained_from(storage, 12).doubt, IsEmpty());
  EXPECT_THAT(found.doubt, HasSubstr("asked again, says"));
  EXPECT_THAT(found.why, IsEmpty());
  EXPECT_THAT(found.terms, IsEmpty());
  EXPECT_EQ(source(found, "x"), std::nullopt);
  EXPECT_EQ(found.sampler, "tpe");
}

TEST_P(Explain, SaysThatTheEventsBeforeDoNotFitEachOther) {
  create(focused());
  run(14);
  AlteredEvents storage(*storage_, [](Event& event) {
    if (event.kind != EventKind::Told) return;
    event.body["values"] = {-event.body["number"].get<double>()};  // each a new best
  });

  EXPECT_THAT(explained_from(storage, 0).doubt, IsEmpty());
  EXPECT_THAT(explained_from(storage, 13).doubt, HasSubstr("cannot be made again"));
}

TEST_P(Explain, AnotherCpuIsNamedWhereItMakesADifference) {
  create(focused());
  run(14);
  AlteredEvents other(*storage_, [](Event& event) {
    if (event.kind == EventKind::Asked) event.body["cpu"] = "abacus";
  });
  AlteredEvents differing(*storage_, [](Event& event) {
    if (event.kind != EventKind::Asked || event.body["number"] != 13) return;
    event.body["cpu"] = "abacus";
    event.body["params"]["x"] = 0.5;
  });

  EXPECT_THAT(explained_from(other, 13).doubt, IsEmpty());
  EXPECT_THAT(explained_from(differing, 13).doubt, HasSubstr("abacus"));
}

TEST_P(Explain, EventsOfAnEarlierBuildAreNamed) {
  create(focused());
  run(4);
  AlteredEvents storage(*storage_, [](Event& event) {
    if (event.kind == EventKind::Asked) event.body.erase("as_of");
  });

  const Explanation found = explained_from(storage, 3);

  EXPECT_THAT(found.doubt, HasSubstr("earlier build"));
  EXPECT_EQ(found.values.size(), 3U);
}

TEST_P(Explain, ATrialOfAnotherProgramIsNotKnown) {
  create(focused());
  run(1);
  storage::Change change;
  change.study = storage_->find_study("s")->id;
  Trial foreign;
  foreign.number = 1;
  foreign.state = TrialState::Complete;
  foreign.config = {0.75, 0.5, 3};
  foreign.values = {1};
  foreign.started = foreign.completed = clock_.now();
  change.writes.emplace_back(storage::AddTrial{foreign});
  static_cast<void>(storage_->commit({&change, 1}));
  restart();
  run(1);

  EXPECT_THAT(explained(1).about, HasSubstr("another program"));
  EXPECT_THAT(explained(2).doubt, IsEmpty());
}

TEST_P(Explain, RefusesUnknownStudiesAndNumbers) {
  create(focused());
  run(1);

  EXPECT_EQ(code_of([&] { service_->explain("t", 0); }), ErrorCode::NotFound);
  EXPECT_EQ(code_of([&] { service_->explain("s", 1); }), ErrorCode::NotFound);
  EXPECT_EQ(code_of([&] { service_->explain("s", -1); }), ErrorCode::NotFound);
}

}  // namespace
}  // namespace studyhall::server
