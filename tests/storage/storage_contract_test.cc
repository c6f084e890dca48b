// What storage.h promises of studies, groups, events, leases and requests, held by every backend.
#include <algorithm>
#include <atomic>
#include <thread>

#include "tests/storage/storage_contract.h"

namespace studyhall::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

INSTANTIATE_TEST_SUITE_P(Backends, StorageContract, all_backends(), backend_name);

TEST_P(StorageContract, IsEmptyAtFirst) {
  EXPECT_THAT(storage_->studies(), IsEmpty());
  EXPECT_FALSE(storage_->find_study("a"));
  EXPECT_THAT(storage_->trials(1, {}), IsEmpty());
  EXPECT_THAT(storage_->events(1, 0, 0), IsEmpty());
  EXPECT_EQ(storage_->last_sequence(1), 0);
  EXPECT_THAT(storage_->leases(1), IsEmpty());
  EXPECT_FALSE(storage_->find_request(1, "r"));
}

TEST_P(StorageContract, ReturnsTheStudyThatWasCreated) {
  StudyRecord record = make_record(make_spec("a"));
  record.directions = {Direction::Minimize, Direction::Maximize};
  record.stopped = "paused";
  record.id = 99;

  const StudyId id = commit(*storage_, kNewStudy, {CreateStudy{record}}).created.at(0);

  const auto found = storage_->find_study("a");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, id);
  EXPECT_EQ(found->name, "a");
  EXPECT_THAT(found->directions, ElementsAre(Direction::Minimize, Direction::Maximize));
  EXPECT_EQ(found->stopped, "paused");
  EXPECT_EQ(found->created, record.created);
  ASSERT_TRUE(found->spec);
  EXPECT_EQ(found->spec->resolved, record.spec->resolved);
  EXPECT_EQ(found->spec->seed, 7U);
}

TEST_P(StorageContract, ListsStudiesById) {
  const StudyId zebra = create(*storage_, make_spec("zebra"));
  const StudyId ant = create(*storage_, make_spec("ant"));

  const std::vector<StudyRecord> studies = storage_->studies();

  ASSERT_THAT(studies, SizeIs(2));
  EXPECT_EQ(studies[0].id, zebra);
  EXPECT_EQ(studies[1].id, ant);
  EXPECT_LT(zebra, ant);
  EXPECT_EQ(studies[1].name, "ant");
}

TEST_P(StorageContract, CreatesSeveralStudiesInOneGroup) {
  const std::vector<Change> group{
      change_of(kNewStudy, {CreateStudy{make_record(make_spec("a"))}}),
      change_of(kNewStudy, {CreateStudy{make_record(make_spec("b"))}, AddTrial{make_running(0)}})};

  const CommitResult result = storage_->commit(group);

  EXPECT_EQ(result.outcome, CommitOutcome::Committed);
  ASSERT_THAT(result.created, SizeIs(2));
  EXPECT_EQ(storage_->find_study("a")->id, result.created[0]);
  EXPECT_EQ(storage_->find_study("b")->id, result.created[1]);
  EXPECT_THAT(numbers(result.created[1], {}), ElementsAre(0));
}

TEST_P(StorageContract, RefusesANameThatIsTaken) {
  create(*storage_, make_spec("a"));

  EXPECT_EQ(code_of([&] { create(*storage_, make_spec("a")); }), ErrorCode::Conflict);
  EXPECT_THAT(storage_->studies(), SizeIs(1));
}

TEST_P(StorageContract, NeverGivesTheIdOfADeletedStudyAgain) {
  const StudyId first = create(*storage_, make_spec("a"));
  const StudyId last = create(*storage_, make_spec("b"));
  (void)commit(*storage_, last, {DeleteStudy{}});
  (void)commit(*storage_, first, {DeleteStudy{}});

  const StudyId next = create(*storage_, make_spec("c"));

  EXPECT_GT(next, last);
}

TEST_P(StorageContract, DeletesAStudyWithEverythingItHas) {
  const StudyId kept = create(*storage_, make_spec("kept"));
  const StudyId gone = create(*storage_, make_spec("gone"));
  for (const StudyId study : {kept, gone}) {
    Change change = change_of(
        study, {AddTrial{full_trial(0)}, PutLease{{.number = 0, .token = "t", .worker = "W1"}}});
    change.event = make_event(1);
    change.request = RequestRecord{"r", "tell", Json{{"ok", true}}};
    (void)storage_->commit(std::vector<Change>{change});
  }
  Change removal = change_of(gone, {DeleteStudy{}});
  removal.event = make_event(2, EventKind::Deleted);

  (void)storage_->commit(std::vector<Change>{removal});

  EXPECT_FALSE(storage_->find_study("gone"));
  EXPECT_THAT(storage_->trials(gone, {}), IsEmpty());
  EXPECT_THAT(storage_->events(gone, 0, 0), IsEmpty());
  EXPECT_THAT(storage_->leases(gone), IsEmpty());
  EXPECT_FALSE(storage_->find_request(gone, "r"));
  expect_same(only_trial(*storage_, kept, 0), full_trial(0));
  EXPECT_THAT(storage_->events(kept, 0, 0), SizeIs(1));
  EXPECT_THAT(storage_->leases(kept), SizeIs(1));
  EXPECT_TRUE(storage_->find_request(kept, "r"));
}

TEST_P(StorageContract, StopsAndResumesAStudy) {
  const StudyId study = create(*storage_, make_spec("a"));

  (void)commit(*storage_, study, {SetStopped{"target met"}});
  EXPECT_EQ(storage_->find_study("a")->stopped, "target met");
  (void)commit(*storage_, study, {SetStopped{""}});
  EXPECT_EQ(storage_->find_study("a")->stopped, "");
}

TEST_P(StorageContract, WritesNothingOfAGroupOfWhichOneChangeFails) {
  const StudyId study = create(*storage_, make_spec("a"));
  Trial first = make_running(0);
  first.intermediate = {{1, 0.5}};
  (void)commit(*storage_, study,
               {AddTrial{first}, PutLease{{.number = 0, .token = "t", .worker = "W1"}}});
  const StudyId other = create(*storage_, make_spec("other"));
  Change good = change_of(
      study, {UpdateTrial{TrialState::Running, completed(first, {1})}, AddTrial{make_running(1)},
              SetIntermediate{1, 4, 0.5}, SetStopped{"stopped"}, SetIntermediate{0, 1, 0.75},
              PutLease{{.number = 0, .token = "t", .worker = "W9"}},
              PutLease{{.number = 1, .token = "u", .worker = "W1"}}});
  good.event = make_event(1);
  good.request = RequestRecord{"r", "tell", nullptr};
  const std::vector<Change> group{good, change_of(other, {DeleteStudy{}}),
                                  change_of(kNewStudy, {CreateStudy{make_record(make_spec("b"))}}),
                                  change_of(study, {AddTrial{make_running(7)}})};

  EXPECT_EQ(code_of([&] { (void)storage_->commit(group); }), ErrorCode::Conflict);

  ASSERT_THAT(numbers(study, {}), ElementsAre(0));
  expect_same(only_trial(*storage_, study, 0), first);
  EXPECT_EQ(storage_->find_study("a")->stopped, "");
  EXPECT_EQ(storage_->find_study("other")->id, other);
  EXPECT_FALSE(storage_->find_study("b"));
  EXPECT_EQ(storage_->last_sequence(study), 0);
  EXPECT_FALSE(storage_->find_request(study, "r"));
  ASSERT_THAT(storage_->leases(study), SizeIs(1));
  EXPECT_EQ(storage_->leases(study)[0].worker, "W1");
}

TEST_P(StorageContract, GoesOnAfterAGroupThatFailed) {
  const StudyId study = create(*storage_, make_spec("a"));
  const auto skip = [&] { (void)commit(*storage_, study, {AddTrial{make_running(5)}}); };
  EXPECT_EQ(code_of(skip), ErrorCode::Conflict);

  (void)commit(*storage_, study, {AddTrial{make_running(0)}});

  EXPECT_THAT(numbers(study, {}), ElementsAre(0));
}

TEST_P(StorageContract, RefusesWhatIsNotThere) {
  const StudyId study = create(*storage_, make_spec("a"));
  const auto to = [&](StudyId id, Write write) {
    return code_of([&] { (void)commit(*storage_, id, {std::move(write)}); });
  };

  EXPECT_EQ(to(study + 1, AddTrial{make_running(0)}), ErrorCode::NotFound);
  EXPECT_EQ(to(study + 1, DeleteStudy{}), ErrorCode::NotFound);
  EXPECT_EQ(to(study, SetIntermediate{0, 1, 2.0}), ErrorCode::NotFound);
  EXPECT_EQ(to(study, UpdateTrial{TrialState::Running, make_running(0)}), ErrorCode::NotFound);
}

TEST_P(StorageContract, KeepsEventsInOrder) {
  const StudyId study = create(*storage_, make_spec("a"));
  for (std::int64_t sequence = 1; sequence <= 5; ++sequence) {
    Change change = change_of(study, {});
    change.event = make_event(sequence, EventKind::Told);
    change.event->body["text"] = "line\n\u00fc";
    (void)storage_->commit(std::vector<Change>{change});
  }

  const std::vector<Event> middle = storage_->events(study, 2, 2);

  ASSERT_THAT(middle, SizeIs(2));
  EXPECT_EQ(middle[0].sequence, 3);
  EXPECT_EQ(middle[1].sequence, 4);
  EXPECT_EQ(middle[0].time, at_second(3));
  EXPECT_EQ(middle[0].author, "W1");
  EXPECT_EQ(middle[0].kind, EventKind::Told);
  EXPECT_EQ(middle[0].body, (Json{{"number", 3}, {"text", "line\n\u00fc"}}));
  EXPECT_THAT(storage_->events(study, 0, 0), SizeIs(5));
  EXPECT_THAT(storage_->events(study, 5, 0), IsEmpty());
  EXPECT_EQ(storage_->last_sequence(study), 5);
}

TEST_P(StorageContract, RefusesAnEventThatLeavesAGap) {
  const StudyId study = create(*storage_, make_spec("a"));
  Change change = change_of(study, {AddTrial{make_running(0)}});
  change.event = make_event(2);

  EXPECT_EQ(code_of([&] { (void)storage_->commit(std::vector<Change>{change}); }),
            ErrorCode::Conflict);
  EXPECT_THAT(storage_->trials(study, {}), IsEmpty());
}

TEST_P(StorageContract, NumbersEventsWithinAGroupAndFromTheStudysFirst) {
  Change creation = change_of(kNewStudy, {CreateStudy{make_record(make_spec("a"))}});
  creation.event = make_event(1, EventKind::Created);
  const StudyId study = storage_->commit(std::vector<Change>{creation}).created.at(0);
  std::vector<Change> group(2, change_of(study, {}));
  group[0].event = make_event(2);
  group[1].event = make_event(3);

  (void)storage_->commit(group);

  EXPECT_EQ(storage_->last_sequence(study), 3);
}

TEST_P(StorageContract, KeepsLeasesByToken) {
  const StudyId study = create(*storage_, make_spec("a"));
  (void)commit(*storage_, study, {AddTrial{make_running(0)}, AddTrial{make_running(1)}});
  LeaseRecord late{.number = 1,
                   .token = "late",
                   .worker = "W1",
                   .attempt = 1,
                   .length = std::chrono::minutes(5),
                   .expires_at = at_second(300),
                   .current = true};
  LeaseRecord early = late;
  early.number = 0;
  early.token = "early";
  (void)commit(*storage_, study, {PutLease{late}, PutLease{early}});
  LeaseRecord second = late;
  second.token = "second";
  second.attempt = 2;
  late.current = false;
  late.expires_at = at_second(600.5);
  late.told_as = 1;

  (void)commit(*storage_, study, {PutLease{second}, PutLease{late}});

  EXPECT_THAT(storage_->leases(study), ElementsAre(early, late, second));
}

TEST_P(StorageContract, RepeatsTheAnswerToARequest) {
  const StudyId study = create(*storage_, make_spec("a"));
  Change change = change_of(study, {AddTrial{make_running(0)}});
  change.request = RequestRecord{"r-1", "ask", Json{{"trials", {{{"number", 0}}}}}};
  (void)storage_->commit(std::vector<Change>{change});

  const auto found = storage_->find_request(study, "r-1");

  ASSERT_TRUE(found);
  EXPECT_EQ(found->request_id, "r-1");
  EXPECT_EQ(found->verb, "ask");
  EXPECT_EQ(found->answer, change.request->answer);
  EXPECT_FALSE(storage_->find_request(study, "r-2"));
}

TEST_P(StorageContract, RefusesARequestThatHasBeenAnswered) {
  const StudyId study = create(*storage_, make_spec("a"));
  Change change = change_of(study, {AddTrial{make_running(0)}});
  change.request = RequestRecord{"r-1", "ask", 1};
  (void)storage_->commit(std::vector<Change>{change});
  Change repeated = change_of(study, {AddTrial{make_running(1)}});
  repeated.request = RequestRecord{"r-1", "ask", 2};

  EXPECT_EQ(code_of([&] { (void)storage_->commit(std::vector<Change>{repeated}); }),
            ErrorCode::Conflict);
  EXPECT_EQ(storage_->find_request(study, "r-1")->answer, 1);
  EXPECT_THAT(numbers(study, {}), ElementsAre(0));
}

TEST_P(StorageContract, KeepsFactsByKindAndKey) {
  const StudyId study = create(*storage_, make_spec("a"));
  const StudyId other = create(*storage_, make_spec("other"));
  commit(*storage_, study,
         {PutFact{{"worker", "W2", 1}}, PutFact{{"worker", "W1", Json{{"failures", 2}}}},
          PutFact{{"insight", "1", "text"}}});
  commit(*storage_, study, {PutFact{{"worker", "W2", 3}}});

  EXPECT_THAT(storage_->facts(study),
              ElementsAre(Fact{"insight", "1", "text"}, Fact{"worker", "W1", Json{{"failures", 2}}},
                          Fact{"worker", "W2", 3}));
  EXPECT_THAT(storage_->facts(other), IsEmpty());
  const std::vector<Change> failing{
      change_of(study, {PutFact{{"worker", "W1", 9}}, PutFact{{"worker", "W9", 9}}}),
      change_of(study, {AddTrial{make_running(7)}})};
  EXPECT_EQ(code_of([&] { (void)storage_->commit(failing); }), ErrorCode::Conflict);
  EXPECT_THAT(storage_->facts(study), SizeIs(3));
  EXPECT_EQ(storage_->facts(study)[1].body, (Json{{"failures", 2}}));
  commit(*storage_, study, {DeleteStudy{}});
  EXPECT_THAT(storage_->facts(study), IsEmpty());
}

TEST_P(StorageContract, ReplacesTheStudyFile) {
  const StudyId study = create(*storage_, make_spec("a"));
  commit(*storage_, study, {AddTrial{make_running(0)}});
  Json file = storage_->find_study("a")->spec->resolved;
  file["limits"] = {{"trials", 7}};
  const auto edited = parse_study_spec(file);

  commit(*storage_, study, {SetSpec{edited}, AddTrial{make_running(1)}});

  EXPECT_EQ(storage_->find_study("a")->spec->resolved, edited->resolved);
  EXPECT_EQ(storage_->find_study("a")->spec->limits.trials, 7);
  EXPECT_THAT(numbers(study, {}), ElementsAre(0, 1));
}

TEST_P(StorageContract, OwnCommitsAreNotSomeoneElses) {
  const StudyId study = create(*storage_, make_spec("a"));
  EXPECT_FALSE(storage_->refresh());

  for (std::int64_t number = 0; number < 5; ++number) {
    EXPECT_EQ(commit(*storage_, study, {AddTrial{make_running(number)}}).outcome,
              CommitOutcome::Committed);
    (void)storage_->trials(study, {});
  }

  EXPECT_FALSE(storage_->refresh());
}

// Readers run while a writer adds pairs of trials: what they see is always whole pairs.
TEST_P(StorageContract, ReadsSeeWholeGroups) {
  const StudyId study = create(*storage_, make_spec("a"));
  std::atomic<bool> done = false;
  std::atomic<int> torn = 0;
  std::atomic<int> reads = 0;
  const auto read = [&] {
    while (!done) {
      const std::vector<Trial> trials = storage_->trials(study, {});
      const bool whole = trials.size() % 2 == 0 &&
                         std::all_of(trials.begin(), trials.end(), [](const Trial& trial) {
                           return trial.record.worker == "W1" && trial.config[kX] == 0.5;
                         });
      torn += whole ? 0 : 1;
      ++reads;
    }
  };
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back(read);
  }

  for (std::int64_t number = 0; number < 200 || reads < 10; number += 2) {
    (void)commit(*storage_, study,
                 {AddTrial{make_running(number)}, AddTrial{make_running(number + 1)}});
  }
  done = true;
  for (std::thread& reader : readers) {
    reader.join();
  }

  EXPECT_EQ(torn, 0);
}

TEST_P(StorageContract, TakesCommitsFromManyThreads) {
  const StudyId study = create(*storage_, make_spec("a"));
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int k = 0; k < 25; ++k) {
        const std::string token = std::to_string(i) + "-" + std::to_string(k);
        (void)commit(*storage_, study, {PutLease{{.number = 0, .token = token, .worker = "W"}}});
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }

  EXPECT_THAT(storage_->leases(study), SizeIs(100));
}

}  // namespace
}  // namespace studyhall::storage
