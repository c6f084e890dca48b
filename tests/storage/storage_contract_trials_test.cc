// What storage.h promises of trials, held by every backend.
#include "tests/storage/storage_contract.h"

namespace studyhall::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class TrialContract : public StorageContract {};
INSTANTIATE_TEST_SUITE_P(Backends, TrialContract, all_backends(), backend_name);

TEST_P(TrialContract, ReturnsEveryFieldOfATrial) {
  const StudyId study = create(*storage_, make_spec("a"));

  (void)commit(*storage_, study, {AddTrial{full_trial(0)}});

  expect_same(only_trial(*storage_, study, 0), full_trial(0));
}

TEST_P(TrialContract, ReturnsInfiniteValues) {
  const StudyId study = create(*storage_, make_spec("a"));

  (void)commit(*storage_, study,
               {AddTrial{completed(make_running(0), {-kInfinity})},
                AddTrial{completed(make_running(1), {kInfinity})}});

  EXPECT_THAT(only_trial(*storage_, study, 0).values, ElementsAre(-kInfinity));
  EXPECT_THAT(only_trial(*storage_, study, 1).values, ElementsAre(kInfinity));
}

TEST_P(TrialContract, ReturnsAnIntermediateValueThatIsNotANumber) {
  const StudyId study = create(*storage_, make_spec("a"));
  Trial trial = make_running(0);
  trial.intermediate = {{1, std::nan("")}};

  (void)commit(*storage_, study, {AddTrial{trial}});

  EXPECT_TRUE(std::isnan(only_trial(*storage_, study, 0).intermediate.at(1)));
}

TEST_P(TrialContract, ReturnsInfiniteMetricsAndConstraints) {
  const StudyId study = create(*storage_, make_spec("a"));
  Trial trial = completed(make_running(0), {1});
  trial.metrics = {{"high", kInfinity}, {"low", -kInfinity}};
  trial.constraints = {kInfinity, -kInfinity, -1.5};

  (void)commit(*storage_, study, {AddTrial{trial}});

  expect_same(only_trial(*storage_, study, 0), trial);
}

TEST_P(TrialContract, ReturnsWhatAWaitingTrialWasGiven) {
  const StudyId study = create(*storage_, make_spec("a"));
  Trial trial;
  trial.number = 0;
  trial.config = {kInactive, 0.002, kInactive, 5, kInactive, 5, kInactive};
  trial.record.purpose = Purpose::Enqueued;
  trial.record.priority = 2;

  (void)commit(*storage_, study, {AddTrial{trial}});

  expect_same(only_trial(*storage_, study, 0), trial);
}

TEST_P(TrialContract, ATrialKeepsNothingOfWhatItWasBefore) {
  const StudyId study = create(*storage_, make_spec("a"));
  Trial waiting;
  waiting.number = 0;
  waiting.config = Config(7, kInactive);
  Trial running = full_trial(0);
  running.state = TrialState::Running;
  running.values.clear();
  running.completed.reset();
  Trial back = running;
  back.state = TrialState::Waiting;
  back.intermediate.clear();
  back.metrics = {{"other", 1}};
  back.constraints.clear();
  back.record.worker = "";
  Trial again = make_running(0, -0.75, "W2");
  again.config = make_config(-0.75, 0);
  const Trial done = completed(again, {2});
  std::vector<Trial> steps{waiting, running, back, again, done};

  (void)commit(*storage_, study, {AddTrial{steps[0]}});
  for (std::size_t i = 1; i < steps.size(); ++i) {
    (void)commit(*storage_, study, {UpdateTrial{steps[i - 1].state, steps[i]}});
    SCOPED_TRACE(i);
    expect_same(only_trial(*storage_, study, 0), steps[i]);
  }
}

TEST_P(TrialContract, ChangesARunningTrialInPlace) {
  const StudyId study = create(*storage_, make_spec("a"));
  (void)commit(*storage_, study, {AddTrial{make_running(0)}});
  Trial moved = make_running(0, 1.5, "W2");
  moved.intermediate = {{3, 0.25}};

  (void)commit(*storage_, study, {UpdateTrial{TrialState::Running, moved}});

  expect_same(only_trial(*storage_, study, 0), moved);
}

TEST_P(TrialContract, RefusesAnUpdateFromAnotherState) {
  const StudyId study = create(*storage_, make_spec("a"));
  const Trial done = completed(make_running(0), {1});
  (void)commit(*storage_, study, {AddTrial{make_running(0)}});
  (void)commit(*storage_, study, {UpdateTrial{TrialState::Running, done}});

  const auto tell_again = [&] {
    (void)commit(*storage_, study,
                 {UpdateTrial{TrialState::Running, completed(make_running(0), {2})}});
  };

  EXPECT_EQ(code_of(tell_again), ErrorCode::Conflict);
  expect_same(only_trial(*storage_, study, 0), done);
}

TEST_P(TrialContract, RefusesAChangeOfStateThatIsNotLegal) {
  const StudyId study = create(*storage_, make_spec("a"));
  const Trial done = completed(make_running(0), {1});
  (void)commit(*storage_, study, {AddTrial{done}});

  const auto revive = [&] {
    (void)commit(*storage_, study, {UpdateTrial{TrialState::Complete, make_running(0)}});
  };

  EXPECT_EQ(code_of(revive), ErrorCode::Conflict);
  expect_same(only_trial(*storage_, study, 0), done);
}

TEST_P(TrialContract, NumbersTrialsWithoutAGap) {
  const StudyId study = create(*storage_, make_spec("a"));
  (void)commit(*storage_, study, {AddTrial{make_running(0)}, AddTrial{make_running(1)}});

  const auto add = [&](std::int64_t number) {
    (void)commit(*storage_, study, {AddTrial{make_running(number)}});
  };

  EXPECT_EQ(code_of([&] { add(1); }), ErrorCode::Conflict);
  EXPECT_EQ(code_of([&] { add(3); }), ErrorCode::Conflict);
  add(2);
  EXPECT_THAT(numbers(study, {}), ElementsAre(0, 1, 2));
}

TEST_P(TrialContract, NumbersEachStudysTrialsOnTheirOwn) {
  const StudyId a = create(*storage_, make_spec("a"));
  const StudyId b = create(*storage_, make_spec("b"));
  for (std::int64_t number = 0; number < 3; ++number) {
    (void)commit(*storage_, a, {AddTrial{make_running(number, 0.25)}});
    (void)commit(*storage_, b, {AddTrial{make_running(number, 0.75)}});
  }

  EXPECT_THAT(numbers(a, {}), ElementsAre(0, 1, 2));
  EXPECT_THAT(numbers(b, {}), ElementsAre(0, 1, 2));
  EXPECT_EQ(only_trial(*storage_, a, 1).config[kX], 0.25);
  EXPECT_EQ(only_trial(*storage_, b, 1).config[kX], 0.75);
}

TEST_P(TrialContract, RefusesATrialThatDoesNotFitItsStudy) {
  const StudyId study = create(*storage_, make_spec("a"));
  const auto refusal = [&](const std::function<void(Trial&)>& spoil) {
    Trial trial = completed(make_running(0), {1});
    spoil(trial);
    return code_of([&] { (void)commit(*storage_, study, {AddTrial{trial}}); });
  };

  EXPECT_EQ(refusal([](Trial& trial) { trial.config.pop_back(); }), ErrorCode::Invalid);
  EXPECT_EQ(refusal([](Trial& trial) { trial.values = {std::nan("")}; }), ErrorCode::Invalid);
  EXPECT_EQ(refusal([](Trial& trial) { trial.values = {}; }), ErrorCode::Invalid);
  EXPECT_EQ(refusal([](Trial& trial) { trial.values = {1, 2}; }), ErrorCode::Invalid);
  EXPECT_EQ(refusal([](Trial& trial) { trial.metrics["worker"] = 1; }), ErrorCode::Invalid);
  EXPECT_THAT(storage_->trials(study, {}), IsEmpty());
}

TEST_P(TrialContract, AddsAndReplacesIntermediateValues) {
  const StudyId study = create(*storage_, make_spec("a"));
  (void)commit(*storage_, study, {AddTrial{make_running(0)}});

  (void)commit(*storage_, study, {SetIntermediate{0, 5, 0.5}, SetIntermediate{0, 2, -kInfinity}});
  (void)commit(*storage_, study, {SetIntermediate{0, 5, 0.75}});

  const std::map<std::int64_t, double> wanted{{2, -kInfinity}, {5, 0.75}};
  EXPECT_EQ(only_trial(*storage_, study, 0).intermediate, wanted);
}

TEST_P(TrialContract, KeepsTheValuesOfATrialThatIsVoided) {
  const StudyId study = create(*storage_, make_spec("a"));
  const Trial told = completed(make_running(0), {-kInfinity});
  commit(*storage_, study, {AddTrial{told}});
  Trial voided = told;
  voided.state = TrialState::Fail;
  voided.record.reason = FailReason::Voided;

  commit(*storage_, study, {UpdateTrial{TrialState::Complete, voided}});

  expect_same(only_trial(*storage_, study, 0), voided);
}

class TrialFilters : public StorageContract {
 protected:
  // 40 trials: workers W0 to W3 in turn, every fifth waiting, of the others every second complete.
  void SetUp() override {
    study_ = create(*storage_, make_spec("a"));
    const StudyId other = create(*storage_, make_spec("b"));
    std::vector<Write> writes;
    for (std::int64_t number = 0; number < 40; ++number) {
      Trial trial = make_running(number, 0.5, std::string("W").append(std::to_string(number % 4)));
      if (number % 5 == 0) {
        trial.state = TrialState::Waiting;
      } else if (number % 2 == 0) {
        trial = completed(trial, {static_cast<double>(number)});
      }
      writes.emplace_back(AddTrial{trial});
    }
    (void)commit(*storage_, study_, writes);
    (void)commit(*storage_, other, writes);
  }

  StudyId study_ = kNewStudy;
};

INSTANTIATE_TEST_SUITE_P(Backends, TrialFilters, all_backends(), backend_name);

TEST_P(TrialFilters, SelectByNumber) {
  EXPECT_THAT(numbers(study_, {.number = 17}), ElementsAre(17));
  EXPECT_THAT(numbers(study_, {.number = 40}), IsEmpty());
  EXPECT_THAT(numbers(study_, {.after = 17, .number = 17}), IsEmpty());
}

TEST_P(TrialFilters, SelectByState) {
  EXPECT_THAT(numbers(study_, {.state = TrialState::Waiting}),
              ElementsAre(0, 5, 10, 15, 20, 25, 30, 35));
  EXPECT_THAT(numbers(study_, {.state = TrialState::Fail}), IsEmpty());
}

TEST_P(TrialFilters, SelectByWorker) {
  EXPECT_THAT(numbers(study_, {.worker = "W3"}), ElementsAre(3, 7, 11, 15, 19, 23, 27, 31, 35, 39));
  EXPECT_THAT(numbers(study_, {.worker = "W"}), IsEmpty());
}

TEST_P(TrialFilters, SelectByEverythingTogether) {
  EXPECT_THAT(
      numbers(study_, {.after = 10, .state = TrialState::Complete, .worker = "W2", .limit = 3}),
      ElementsAre(14, 18, 22));
  EXPECT_THAT(numbers(study_, {.number = 14, .state = TrialState::Complete, .worker = "W2"}),
              ElementsAre(14));
  EXPECT_THAT(numbers(study_, {.number = 14, .worker = "W1"}), IsEmpty());
}

TEST_P(TrialFilters, PagesJoinToTheWhole) {
  for (const std::string worker : {"", "W1"}) {
    const std::vector<std::int64_t> whole = numbers(study_, {.worker = worker});
    std::vector<std::int64_t> joined;
    for (;;) {
      const std::vector<std::int64_t> page = numbers(
          study_, {.after = joined.empty() ? -1 : joined.back(), .worker = worker, .limit = 7});
      if (page.empty()) {
        break;
      }
      joined.insert(joined.end(), page.begin(), page.end());
    }
    EXPECT_EQ(joined, whole);
  }
}

}  // namespace
}  // namespace studyhall::storage
