// Studies are edited while they run.
#include <gmock/gmock.h>

#include <chrono>
#include <set>

#include "server/replay.h"
#include "tests/server/edit_fixture.h"

namespace studyhall::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class Edit : public EditTest {};
INSTANTIATE_TEST_SUITE_P(Backends, Edit, ::testing::Values("memory", "sqlite"),
                         [](const auto& backend) { return backend.param; });

TEST_P(Edit, ReopensAFinishedStudyWithALargerLimit) {
  create(two_floats(), {{"limits", {{"trials", 1}}}});
  tell(ask(), 1);
  ASSERT_EQ(ask_any().status, AskStatus::Finished);

  const StudyInfo info = edit(Json{{"limits", {{"trials", 2}, {"hours", 5}}}});

  EXPECT_EQ(info.state, StudyState::Running);
  EXPECT_EQ(info.spec["limits"]["failures"], 2) << "it followed the limit of the trials";
  restart();
  EXPECT_EQ(service_->study("s").spec, info.spec);
  tell(ask(), 2);
  EXPECT_EQ(ask_any().status, AskStatus::Finished);
  edit(Json{{"limits", nullptr}});
  EXPECT_EQ(ask_any().status, AskStatus::Trials);
  const Event event = service_->events("s", 0, 0)[4];
  EXPECT_EQ(event.kind, EventKind::Edited);
  EXPECT_EQ(event.author, "ann");
  EXPECT_EQ(event.body["patch"]["limits"]["trials"], 2);
}

TEST_P(Edit, ChangesWhatIsSuggestedFromThenOn) {
  create(two_floats());
  tell(ask("W1"), 1);
  tell(ask("W1"), 2);
  const Json pin = view(1).params;

  edit(Json{{"workers", {{"W1", {{"focus", {"x"}}}}}}, {"focus_share", 1}, {"sampler", "random"}});
  const AskedTrial focused = ask("W1");

  EXPECT_EQ(focused.sampler, "random");
  EXPECT_EQ(focused.params["y"], pin["y"]);
  EXPECT_NE(focused.params["x"], pin["x"]);
  restart();
  EXPECT_EQ(ask("W1").params["y"], pin["y"]);
  edit(Json{{"target", 2}});
  EXPECT_THAT(ask_any().reason, HasSubstr("target reached by trial 1"));
}

TEST_P(Edit, RefusesWhatIsWrongAndChangesNothing) {
  create(study_of_two(), {{"workers", {{"W1", {{"focus", {"x"}}}}}}});
  const Json before = service_->study("s").spec;

  EXPECT_EQ(code_of([&] { edit(R"({"name": "t"})"); }), ErrorCode::Invalid);
  EXPECT_EQ(code_of([&] { edit(R"({"experiment": {}})"); }), ErrorCode::Invalid);
  EXPECT_EQ(code_of([&] { edit(R"({"limits": {"trials": 0}})"); }), ErrorCode::Invalid);
  EXPECT_EQ(code_of([&] { edit(R"({"workers": {"W1": {"focus": ["z"]}}})"); }), ErrorCode::Invalid);
  EXPECT_EQ(code_of([&] { edit(R"({"params": {"x": null}})"); }), ErrorCode::Invalid)
      << "it is in a focus";
  EXPECT_EQ(code_of([&] { edit("[]"); }), ErrorCode::Invalid);

  EXPECT_EQ(service_->study("s").spec, before);
  EXPECT_THAT(kinds(), ElementsAre(EventKind::Created));
}

TEST_P(Edit, IsAnEventWithAllThatItTakesToDoItAgain) {
  create(study_of_two());

  const StudyInfo info = edit(R"({"params": {"x": {"high": 0.6}}})");

  const Event event = service_->events("s", 0, 0).back();
  EXPECT_EQ(event.kind, EventKind::Edited);
  EXPECT_EQ(event.author, "ann");
  EXPECT_EQ(event.body["reason"], "because");
  EXPECT_EQ(event.body["patch"], Json::parse(R"({"params": {"x": {"high": 0.6}}})"));
  EXPECT_EQ(event.body["file"], info.spec);
}

TEST_P(Edit, ARunOutsideTheNewRangeIsHistoryAndLeadsNoMore) {
  create(study_of_two(), {{"workers", {{"W1", {{"focus", {"c"}}}}}}, {"focus_share", 1}});
  run({{"x", 0.25}, {"c", "a"}}, 1);
  run({{"x", 0.75}, {"c", "b"}}, 9);
  ASSERT_EQ(service_->study("s").best_number, 1);

  edit(R"({"params": {"x": {"high": 0.6}}})");

  const Event news = service_->events("s", 0, 0).back();
  EXPECT_EQ(news.kind, EventKind::NewBest);
  EXPECT_EQ(news.body["number"], 0);
  for (int pass = 0; pass < 2; ++pass) {
    EXPECT_EQ(service_->study("s").best_number, 0);
    const TrialView old = view(1);
    EXPECT_EQ(old.params, Json::parse(R"({"x": 0.75, "c": "b"})"));
    EXPECT_EQ(old.values, std::vector<double>{9});
    EXPECT_TRUE(old.outside);
    EXPECT_FALSE(view(0).outside);
    const std::vector<BestRow> best = service_->best("s", 0);
    ASSERT_THAT(best, SizeIs(2));
    EXPECT_EQ(best[0].number, 0);
    EXPECT_EQ(best[1].number, 1);
    EXPECT_EQ(best[1].rank, 0);
    EXPECT_TRUE(best[1].outside);
    EXPECT_EQ(best[1].params, old.params);
    restart();
  }
  const AskedTrial held = ask("W1");
  EXPECT_EQ(held.pin, 0);
  EXPECT_EQ(held.params["x"], 0.25);
}

TEST_P(Edit, WideningBringsARunBack) {
  create(study_of_two());
  run({{"x", 0.25}, {"c", "a"}}, 1);
  run({{"x", 0.75}, {"c", "b"}}, 9);
  edit(R"({"params": {"x": {"high": 0.6}}})");
  restart();

  edit(R"({"params": {"x": {"high": 2}}})");

  for (int pass = 0; pass < 2; ++pass) {
    EXPECT_EQ(service_->study("s").best_number, 1);
    EXPECT_FALSE(view(1).outside);
    EXPECT_TRUE(enqueue({{"x", 0.75}, {"c", "b"}}).already);
    restart();
  }
}

TEST_P(Edit, OlderRunsBlockAndReplicateWithTheDefaultOfANewParameter) {
  create(study_of_two());
  run({{"x", 0.25}, {"c", "a"}}, 1);

  edit(R"({"params": {"n": {"type": "int", "low": 1, "high": 4, "default": 2}}})");
  edit(R"({"params": {"n": {"default": 3}}})");

  for (int pass = 0; pass < 2; ++pass) {
    EXPECT_EQ(view(0).params, Json::parse(R"({"x": 0.25, "c": "a"})")) << "as it ran";
    EXPECT_FALSE(view(0).outside);
    EXPECT_EQ(service_->best("s", 0)[0].params, Json::parse(R"({"x": 0.25, "c": "a", "n": 2})"));
    EXPECT_TRUE(enqueue({{"x", 0.25}, {"c", "a"}, {"n", 2}}).already);
    restart();
  }
  EXPECT_FALSE(enqueue({{"x", 0.25}, {"c", "a"}, {"n", 3}}).already);
}

TEST_P(Edit, ARetiredParameterIsHandedOutNoMore) {
  create(study_of_two());
  run({{"x", 0.5}, {"c", "a"}}, 1);
  run({{"x", 0.75}, {"c", "a"}}, 9);

  edit(R"({"params": {"x": null}})");

  for (int pass = 0; pass < 2; ++pass) {
    EXPECT_EQ(service_->study("s").best_number, 0) << "the other had another value";
    EXPECT_EQ(view(1).params["x"], 0.75);
    EXPECT_TRUE(view(1).outside);
    restart();
  }
  const std::set<std::string> left{ask().params.dump(), ask().params.dump()};
  EXPECT_THAT(left, ElementsAre(R"({"c":"b"})", R"({"c":"d"})"));
  EXPECT_EQ(ask_any().status, AskStatus::Exhausted);
}

TEST_P(Edit, ChoicesMayBeAddedRetiredAndReordered) {
  create(study_of_two());
  run({{"x", 0.25}, {"c", "d"}}, 1);
  run({{"x", 0.75}, {"c", "b"}}, 9);

  edit(R"({"params": {"c": {"choices": ["new", "d", "a"]}}})");

  for (int pass = 0; pass < 2; ++pass) {
    EXPECT_EQ(view(0).params, Json::parse(R"({"x": 0.25, "c": "d"})"));
    EXPECT_FALSE(view(0).outside);
    EXPECT_EQ(view(1).params, Json::parse(R"({"x": 0.75, "c": "b"})"));
    EXPECT_TRUE(view(1).outside);
    EXPECT_EQ(service_->study("s").best_number, 0);
    restart();
  }
  run({{"x", 0.125}, {"c", "new"}}, 5);
  restart();
  EXPECT_EQ(view(2).params["c"], "new");
}

TEST_P(Edit, WaitingTrialsThatFitNoMoreAreWithdrawn) {
  create(study_of_two());
  const std::int64_t out = enqueue({{"x", 0.75}, {"c", "a"}}).numbers.front();
  EnqueueRequest after;
  after.params = {{"x", 0.125}, {"c", "a"}};
  after.after = {out};
  const std::int64_t dependent = service_->enqueue("s", after).numbers.front();
  const std::int64_t full = enqueue({{"x", 0.25}, {"c", "a"}}).numbers.front();
  const std::int64_t part = enqueue({{"c", "b"}}).numbers.front();

  edit(R"({"params": {"x": {"high": 0.6},
                      "n": {"type": "int", "low": 1, "high": 4, "default": 2}}})");
  restart();

  EXPECT_EQ(view(out).state, TrialState::Fail);
  EXPECT_EQ(view(out).record.reason, FailReason::Cancelled);
  EXPECT_EQ(view(out).params, Json::parse(R"({"x": 0.75, "c": "a"})"));
  EXPECT_THAT(view(out).record.note, HasSubstr("search space"));
  EXPECT_EQ(view(dependent).record.reason, FailReason::Dependency);
  const AskedTrial first = ask();
  EXPECT_EQ(first.number, full);
  EXPECT_EQ(first.params, Json::parse(R"({"x": 0.25, "c": "a", "n": 2})"));
  const AskedTrial second = ask();
  EXPECT_EQ(second.number, part);
  EXPECT_EQ(second.params["c"], "b");
  EXPECT_TRUE(second.params.contains("n"));
}

TEST_P(Edit, ARunningTrialFinishesAsItIsAndIsNotHandedOutAgain) {
  create(study_of_two());
  enqueue({{"x", 0.75}, {"c", "a"}});
  enqueue({{"x", 0.875}, {"c", "a"}});
  const AskedTrial told = ask();
  const AskedTrial given_back = ask();

  edit(R"({"params": {"x": {"high": 0.6}}})");
  tell(told, 9);
  service_->release("s", given_back.number, given_back.lease.token);
  const AskedTrial next = ask();

  EXPECT_EQ(next.number, 2);
  for (int pass = 0; pass < 2; ++pass) {
    EXPECT_EQ(view(0).state, TrialState::Complete);
    EXPECT_EQ(view(0).params["x"], 0.75);
    EXPECT_TRUE(view(0).outside);
    EXPECT_EQ(service_->study("s").best_number, std::nullopt);
    EXPECT_EQ(view(1).state, TrialState::Fail);
    EXPECT_EQ(view(1).record.reason, FailReason::Cancelled);
    EXPECT_EQ(view(1).params["x"], 0.875);
    restart();
  }
}

TEST_P(Edit, ALostTrialComesBackWithTheDefaultOfANewParameter) {
  create(study_of_two());
  enqueue({{"x", 0.25}, {"c", "a"}});
  const AskedTrial before = ask();
  edit(R"({"params": {"n": {"type": "int", "low": 1, "high": 4, "default": 2}}})");

  service_->release("s", before.number, before.lease.token);
  restart();
  const AskedTrial again = ask();

  EXPECT_EQ(again.number, before.number);
  EXPECT_EQ(again.params, Json::parse(R"({"x": 0.25, "c": "a", "n": 2})"));
}

TEST_P(Edit, ALateResultOfBeforeTheEditKeepsItsParameters) {
  create(study_of_two());
  enqueue({{"x", 0.75}, {"c", "d"}});
  const AskedTrial slow = ask("W1");
  clock_.advance(std::chrono::hours(25));
  const AskedTrial quick = ask("W2");
  ASSERT_EQ(quick.number, slow.number);
  tell(quick, 1);
  edit(R"({"params": {"x": {"high": 0.6}, "c": {"choices": ["a", "b"]}}})");

  const TellAnswer late = tell(slow, 2);
  restart();

  EXPECT_NE(late.number, slow.number);
  EXPECT_EQ(view(late.number).params, Json::parse(R"({"x": 0.75, "c": "d"})"));
  EXPECT_TRUE(view(late.number).outside);
}

TEST_P(Edit, IsMadeAgainFromItsEvents) {
  create(study_of_two(), {{"constraints", {{{"metric", "minutes"}, {"max", 60}}}}});
  run({{"x", 0.75}, {"c", "b"}}, 9, {{"minutes", 50}});
  const AskedTrial running = ask("W1");
  enqueue({{"x", 0.875}, {"c", "a"}});
  const AskedTrial given_back = ask("W2");
  enqueue({{"x", 0.8}});
  enqueue({{"x", 0.1}, {"c", "a"}});
  edit(R"({"params": {"x": {"high": 0.6}, "n": {"type": "int", "low": 1, "high": 4, "default": 2}},
           "constraints": [{"metric": "minutes", "max": 70}]})");
  service_->release("s", given_back.number, given_back.lease.token);
  ask("W2");
  edit(R"({"params": {"c": null, "x": {"high": 1}}, "require": ["x >= 0.05"]})");
  tell(running, 2, {{"minutes", 65}});
  tell(ask("W3"), 3, {{"minutes", 65}});

  for (int pass = 0; pass < 2; ++pass) {
    const ReplayReport again = replay(*storage_, "s");
    EXPECT_TRUE(again.equal()) << again.differences.at(0).what << ": "
                               << again.differences.at(0).expected << " instead of "
                               << again.differences.at(0).found;
    EXPECT_EQ(again.suggestions.equal, again.suggestions.checked);
    restart();
  }
}

TEST_P(Edit, JudgesFeasibilityAnewWhenConstraintsChange) {
  create(study_of_two(), {{"constraints", {{{"metric", "minutes"}, {"max", 60}}}}});
  run({{"x", 0.25}, {"c", "a"}}, 1, {{"minutes", 20}});
  run({{"x", 0.75}, {"c", "b"}}, 9, {{"minutes", 50}});
  ASSERT_EQ(service_->study("s").best_number, 1);

  edit(R"({"constraints": [{"metric": "minutes", "max": 30}]})");

  for (int pass = 0; pass < 2; ++pass) {
    EXPECT_EQ(service_->study("s").best_number, 0);
    EXPECT_FALSE(view(1).feasible);
    restart();
  }
  edit(R"({"constraints": null})");
  EXPECT_EQ(service_->study("s").best_number, 1);
}

TEST_P(Edit, HoldsRunsToANewRequirement) {
  create(study_of_two());
  run({{"x", 0.25}, {"c", "a"}}, 1);
  run({{"x", 0.75}, {"c", "b"}}, 9);

  edit(R"({"require": ["x <= 0.5"]})");

  for (int pass = 0; pass < 2; ++pass) {
    EXPECT_EQ(service_->study("s").best_number, 0);
    EXPECT_TRUE(view(1).outside);
    restart();
  }
  for (int i = 0; i < 5; ++i) EXPECT_LE(ask().params["x"], 0.5);
}

// The same database under two services, as two command lines have it.
TEST_P(Edit, IsSeenByOtherWriters) {
  if (GetParam() == "memory") GTEST_SKIP() << "one process only";
  create(study_of_two());
  run({{"x", 0.75}, {"c", "a"}}, 1);
  const auto storage = open_storage();
  StudyService other(*storage, clock_, {});
  ASSERT_EQ(other.study("s").best_number, 0);

  edit(R"({"params": {"x": {"high": 0.6}}})");
  const AskedTrial theirs = other.ask("s", {}).trials.at(0);
  const AskedTrial ours = ask();

  EXPECT_LE(theirs.params["x"], 0.6);
  EXPECT_EQ(ours.number, theirs.number + 1);
  EXPECT_EQ(other.study("s").best_number, std::nullopt);
}

}  // namespace
}  // namespace studyhall::server
