#include <gmock/gmock.h>

#include <atomic>
#include <thread>
#include <vector>

#include "server/study_model.h"
#include "tests/server/service_fixture.h"
#include "tests/support/failing_storage.h"

namespace studyhall::server {
namespace {

using ::testing::HasSubstr;

class Study : public ServiceTest {};
INSTANTIATE_TEST_SUITE_P(Backends, Study, ::testing::Values("memory", "sqlite"),
                         [](const auto& backend) { return backend.param; });

TEST_P(Study, IsCreatedOnceAndDeleted) {
  create(two_floats());

  EXPECT_EQ(code_of([&] { create(two_floats()); }), ErrorCode::Conflict);
  EXPECT_EQ(service_->studies().size(), 1U);
  service_->delete_study("s");
  EXPECT_TRUE(service_->studies().empty());
  EXPECT_EQ(code_of([&] { service_->study("s"); }), ErrorCode::NotFound);
  create(two_floats());
  EXPECT_EQ(ask().number, 0);
}

TEST_P(Study, UnknownNameComesWithTheNearestKnownOne) {
  create(two_floats(), {{"name", "heat_signature"}});

  try {
    service_->study("heat_signatur");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::NotFound);
    EXPECT_THAT(error.what(), HasSubstr("did you mean \"heat_signature\""));
  }
}

TEST_P(Study, EnqueuedTrialsGoFirstByPriority) {
  create(two_floats());

  enqueue({{"x", 0.1}, {"y", 0.1}});
  enqueue({{"x", 0.2}, {"y", 0.2}}, 5);

  const AskedTrial first = ask();
  EXPECT_EQ(first.params["x"], 0.2);
  EXPECT_EQ(first.purpose, Purpose::Enqueued);
  EXPECT_EQ(ask().params["x"], 0.1);
}

TEST_P(Study, EnqueuedPartOfAConfigurationIsCompleted) {
  create(two_floats());

  enqueue({{"x", 0.125}});
  const AskedTrial trial = ask();

  EXPECT_EQ(trial.params["x"], 0.125);
  EXPECT_TRUE(trial.params.contains("y"));
  EXPECT_EQ(trial.purpose, Purpose::Enqueued);
}

TEST_P(Study, EnqueuingAConfigurationTwiceIsOneTrial) {
  create(two_floats());

  const EnqueueAnswer first = enqueue({{"x", 0.5}, {"y", 0.5}});
  const EnqueueAnswer again = enqueue({{"y", 0.5}, {"x", 0.50}});

  EXPECT_FALSE(first.already);
  EXPECT_TRUE(again.already);
  EXPECT_EQ(again.numbers, first.numbers);
  const EnqueueAnswer replicates = enqueue({{"x", 0.5}, {"y", 0.5}}, 0, 2);
  EXPECT_EQ(replicates.numbers, (std::vector<std::int64_t>{1, 2}));
}

TEST_P(Study, RefusesToEnqueueWhatTheSpaceDoesNotHave) {
  create(two_floats(), {{"require", Json::array({"x <= y"})}});

  EXPECT_EQ(code_of([&] { enqueue({{"x", 2}, {"y", 0.5}}); }), ErrorCode::Invalid);
  EXPECT_EQ(code_of([&] { enqueue({{"z", 2}}); }), ErrorCode::Invalid);
  EXPECT_EQ(code_of([&] { enqueue({{"x", 0.9}, {"y", 0.5}}); }), ErrorCode::Invalid);
  EXPECT_EQ(code_of([&] { enqueue({{"x", 0.25}}, 0, 3); }), ErrorCode::Invalid);
}

TEST_P(Study, PagesThroughTrials) {
  create(two_floats());
  for (int i = 0; i < 10; ++i) {
    const AskedTrial trial = ask(i % 2 == 0 ? "W1" : "W2");
    if (i < 6) tell(trial, i);
  }

  TrialQuery complete_of_one;
  complete_of_one.worker = "W1";
  complete_of_one.state = TrialState::Complete;
  std::vector<std::int64_t> numbers;
  for (const TrialView& trial : service_->trials("s", complete_of_one)) {
    numbers.push_back(trial.number);
  }
  TrialQuery page;
  page.after = 3;
  page.limit = 2;
  const std::vector<TrialView> two = service_->trials("s", page);

  EXPECT_THAT(numbers, ::testing::ElementsAre(0, 2, 4));
  ASSERT_EQ(two.size(), 2U);
  EXPECT_EQ(two[0].number, 4);
  EXPECT_EQ(two[1].number, 5);
}

TEST_P(Study, AFailedCommitChangesNothing) {
  create(two_floats());
  studyhall::testing::FailingStorage failing(*storage_);
  StudyService service(failing, clock_);
  const AskedTrial trial = service.ask("s", {}).trials.front();
  TellRequest told;
  told.values = {1};

  failing.fail_next(1);
  EXPECT_EQ(code_of([&] { service.tell("s", trial.number, told); }), ErrorCode::Unavailable);
  EXPECT_EQ(service.trial("s", trial.number).state, TrialState::Running);
  failing.fail_next(1);
  EXPECT_EQ(code_of([&] { service.ask("s", {}); }), ErrorCode::Unavailable);

  EXPECT_EQ(service.trials("s", {}).size(), 1U);
  EXPECT_FALSE(service.tell("s", trial.number, told).already);
  EXPECT_EQ(service.ask("s", {}).trials.front().number, 1);
}

TEST_P(Study, ARefusedChangeFailsNobodyElse) {
  create(two_floats(), {{"sampler", "random"}});
  Json twice = two_floats();
  twice["name"] = "twice";

  std::atomic<int> created = 0;
  std::atomic<int> taken = 0;
  std::atomic<int> asked = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      try {
        service_->create_study(twice);
        ++created;
      } catch (const Error& error) {
        taken += error.code() == ErrorCode::Conflict;
      }
    });
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) asked += std::ssize(ask_any().trials) == 1;
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(created, 1);
  EXPECT_EQ(taken, 7);
  EXPECT_EQ(asked, 160);
  EXPECT_EQ(service_->trials("s", {}).size(), 160U);
}

class SharedFile : public ServiceTest {};
INSTANTIATE_TEST_SUITE_P(Backends, SharedFile, ::testing::Values("sqlite"),
                         [](const auto& backend) { return backend.param; });

TEST_P(SharedFile, SeesWhatAnotherProgramWrites) {
  create(two_floats());
  const auto other_storage = open_storage();
  ServiceOptions embedded;
  embedded.renew_leases = false;
  StudyService other(*other_storage, clock_, embedded);

  const AskedTrial first = other.ask("s", {}).trials.front();
  const AskedTrial second = ask();
  TellRequest told;
  told.values = {4};
  other.tell("s", first.number, told);

  EXPECT_EQ(second.number, 1);
  EXPECT_EQ(other.ask("s", {}).trials.front().number, 2);
  service_->catch_up();
  EXPECT_EQ(service_->study("s").best_value, 4);
}

TEST_P(SharedFile, ForeignResultsWithoutTheirConstraintsAreFeasibleToNobody) {
  create(two_floats(), {{"constraints", Json::parse(R"([{"metric": "minutes", "max": 60}])")}});
  const auto id = storage_->find_study("s")->id;
  Trial foreign;
  foreign.number = 0;
  foreign.state = TrialState::Complete;
  foreign.config = {0.5, 0.5};
  foreign.values = {9};
  foreign.started = foreign.completed = clock_.now();
  storage::Change change;
  change.study = id;
  change.writes.emplace_back(storage::AddTrial{foreign});
  storage_->commit({&change, 1});
  restart();

  tell(ask(), 1, {{"minutes", 50}});

  EXPECT_EQ(service_->study("s").best_value, 1);
  const StudyModel model = StudyModel::load(*storage_, *storage_->find_study("s"));
  model.visit_history([](const Observation& seen) {
    EXPECT_EQ(seen.violation() > 0, seen.number == 0) << seen.number;
  });
}

}  // namespace
}  // namespace studyhall::server
