// Tasks: who gets which, what their leases and results mean, and that they are no trials.
#include <gmock/gmock.h>

#include <chrono>
#include <limits>
#include <set>
#include <thread>

#include "core/study_api_json.h"
#include "server/replay.h"
#include "tests/server/service_fixture.h"

namespace studyhall::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Tasks : public ServiceTest {
 protected:
  std::int64_t add(const std::string& title, double priority = 0,
                   std::vector<std::string> tags = {}, std::vector<std::int64_t> after = {},
                   std::vector<std::int64_t> after_trials = {}) {
    return service_->add_task("s", {.title = title,
                                    .priority = priority,
                                    .tags = std::move(tags),
                                    .after = std::move(after),
                                    .after_trials = std::move(after_trials)});
  }
  AskAnswer ask_for(Want want, const std::string& worker = "W1", double lease_s = 3600) {
    AskRequest request;
    request.worker = worker;
    request.lease_s = lease_s;
    request.want = want;
    return service_->ask("s", request);
  }
  AskedTask ask_task(const std::string& worker = "W1", double lease_s = 3600) {
    AskAnswer answer = ask_for(Want::Tasks, worker, lease_s);
    if (answer.tasks.empty()) throw std::runtime_error("no task: " + answer.reason);
    return answer.tasks.front();
  }
  TaskTellAnswer done(const AskedTask& task, Json result = nullptr) {
    return service_->tell_task("s", task.number,
                               {.result = std::move(result), .lease = task.lease.token});
  }
  TaskTellAnswer fail_task(const AskedTask& task, std::optional<FailReason> reason,
                           std::optional<FaultCause> cause = std::nullopt) {
    return service_->tell_task(
        "s", task.number,
        {.state = TaskState::Failed, .reason = reason, .cause = cause, .lease = task.lease.token});
  }
  Task task(std::int64_t number) { return service_->task("s", number).task; }
  Json everything() {
    Json list = Json::array();
    for (const TaskView& view : service_->tasks("s", {})) list.push_back(to_json(view));
    for (const TrialView& trial : service_->trials("s", {})) list.push_back(to_json(trial));
    list.push_back(to_json(service_->study("s")));
    return list;
  }
  void expect_replays() {
    const ReplayReport report = replay(*storage_, "s");
    for (const Difference& difference : report.differences) {
      ADD_FAILURE() << "event " << difference.event << ", " << difference.what << ": "
                    << difference.found << " instead of " << difference.expected;
    }
    EXPECT_TRUE(report.equal());
    EXPECT_EQ(report.tasks, std::ssize(service_->tasks("s", {})));
  }
};
INSTANTIATE_TEST_SUITE_P(Backends, Tasks, ::testing::Values("memory", "sqlite"),
                         [](const auto& suite) { return suite.param; });

TEST_P(Tasks, GoByPriorityToWorkersThatAcceptTheirTags) {
  create(two_floats(), {{"workers", {{"W1", {{"accepts", {"cpp", "doc"}}}}}}});
  EXPECT_EQ(add("low", -10), 0);
  EXPECT_EQ(add("tagged", 5, {"doc", "cpp"}), 1);
  EXPECT_EQ(add("plain"), 2);
  EXPECT_EQ(add("another", 9, {"gpu"}), 3);

  EXPECT_EQ(ask_task("W2").number, 2);
  const AskedTask first = ask_task("W1");
  EXPECT_EQ(first.number, 1);
  EXPECT_EQ(first.title, "tagged");
  EXPECT_THAT(first.tags, ElementsAre("cpp", "doc"));
  EXPECT_EQ(ask_task("W1").number, 0);
  const AskAnswer none = ask_for(Want::Tasks);
  EXPECT_EQ(none.status, AskStatus::Wait);
  EXPECT_GT(none.retry_after_s, 0);
  EXPECT_EQ(task(1).worker, "W1");
  EXPECT_EQ(task(1).attempt, 1);
  EXPECT_EQ(task(1).state, TaskState::Running);
}

TEST_P(Tasks, AreNoTrials) {
  create(two_floats(), {{"limits", {{"trials", 4}, {"running", 1}}}});
  std::vector<Json> without;
  for (int i = 0; i < 4; ++i) {
    const AskedTrial trial = ask();
    without.push_back(trial.params);
    tell(trial, i);
  }
  service_->delete_study("s");
  create(two_floats(), {{"limits", {{"trials", 4}, {"running", 1}}}});
  for (int i = 0; i < 9; ++i) add("t");

  for (int i = 0; i < 4; ++i) {
    const AskedTask task = ask_task();
    const AskedTrial trial = ask("W1");
    EXPECT_EQ(trial.number, i);
    EXPECT_EQ(trial.params, without[static_cast<std::size_t>(i)]);
    tell(trial, i);
    done(task);
  }

  EXPECT_EQ(ask_any().status, AskStatus::Finished);
  EXPECT_EQ(service_->trials("s", {}).size(), 4U);
  EXPECT_EQ(service_->best("s", 0).size(), 4U);
  EXPECT_EQ(service_->study("s").counts.at("complete"), 4);
  EXPECT_EQ(service_->study("s").tasks.at("done"), 4);
  EXPECT_EQ(service_->study("s").budget.front().used, 4);
  EXPECT_EQ(ask_task().number, 4) << "a study without trials left has tasks";
  EXPECT_EQ(service_->workers("s").at(0).tasks, 1);
}

TEST_P(Tasks, ShareOneQueueWithTrialsForWorkersThatTakeBoth) {
  create(two_floats());
  enqueue({{"x", 0.5}, {"y", 0.5}}, 5);
  add("low", 0);
  add("equal", 5);
  add("high", 100);

  EXPECT_EQ(ask_for(Want::Any).tasks.at(0).title, "high");
  EXPECT_EQ(ask_for(Want::Any).tasks.at(0).title, "equal");
  EXPECT_EQ(ask_for(Want::Any).trials.at(0).number, 0);
  EXPECT_EQ(ask_for(Want::Any).tasks.at(0).title, "low");
  EXPECT_EQ(ask_for(Want::Any).trials.at(0).purpose, Purpose::Suggested);
  AskRequest several;
  several.count = 3;
  several.want = Want::Any;
  add("one more");
  const AskAnswer answer = service_->ask("s", several);
  EXPECT_EQ(answer.tasks.size(), 1U);
  EXPECT_EQ(answer.trials.size(), 2U);
}

TEST_P(Tasks, WaitForWhatTheyAreToFollow) {
  create(two_floats());
  add("first");
  add("second", 0, {}, {0});
  const AskedTrial trial = ask();
  add("third", 0, {}, {1}, {trial.number});
  const std::int64_t waiting =
      service_
          ->enqueue("s", {.params = {{"x", 0.1}, {"y", 0.1}}, .request_id = "", .after_tasks = {1}})
          .numbers[0];

  const AskedTask first = ask_task();
  EXPECT_EQ(first.number, 0);
  EXPECT_EQ(ask_for(Want::Tasks).status, AskStatus::Wait);
  done(first);
  restart();
  const AskedTask second = ask_task();
  EXPECT_EQ(second.number, 1);
  EXPECT_THAT(second.after, ElementsAre(0));
  EXPECT_NE(ask().number, waiting);
  done(second);
  EXPECT_EQ(ask().number, waiting);
  EXPECT_EQ(ask_for(Want::Tasks).status, AskStatus::Wait) << "trial 0 still runs";
  tell(trial, 1);
  EXPECT_EQ(ask_task().number, 2);
  expect_replays();
}

TEST_P(Tasks, FailWithWhatTheyWereToFollow) {
  create(two_floats());
  add("first");
  add("second", 0, {}, {0});
  service_->enqueue("s",
                    {.params = {{"x", 0.1}, {"y", 0.1}}, .request_id = "", .after_tasks = {1}});
  add("third", 0, {}, {}, {0});
  add("apart");

  fail_task(ask_task(), std::nullopt);

  EXPECT_EQ(task(0).state, TaskState::Failed);
  EXPECT_FALSE(task(0).reason.has_value());
  for (const std::int64_t number : {1, 2}) {
    EXPECT_EQ(task(number).state, TaskState::Failed);
    EXPECT_EQ(task(number).reason, FailReason::Dependency);
  }
  EXPECT_THAT(task(2).note, HasSubstr("trial 0, which it was to follow, failed"));
  EXPECT_EQ(view(0).state, TrialState::Fail);
  EXPECT_EQ(view(0).record.reason, FailReason::Dependency);
  EXPECT_EQ(task(3).state, TaskState::Waiting);
  EXPECT_EQ(code_of([&] { add("too late", 0, {}, {0}); }), ErrorCode::Invalid);
  const AskedTrial trial = ask();
  add("fourth", 0, {}, {}, {trial.number});
  service_->void_trial("s", trial.number, {});
  EXPECT_EQ(task(4).reason, FailReason::Dependency);
  expect_replays();
}

TEST_P(Tasks, AreGivenAnsweredAndToldOncePerRequestId) {
  create(two_floats());
  const TaskRequest request{.title = "t", .request_id = "add"};
  const std::int64_t number = service_->add_task("s", request);
  restart();
  EXPECT_EQ(service_->add_task("s", request), number);
  EXPECT_EQ(service_->tasks("s", {}).size(), 1U);

  AskRequest ask;
  ask.want = Want::Any;
  ask.request_id = "ask";
  const AskedTask asked = service_->ask("s", ask).tasks.at(0);
  restart();
  const AskAnswer again = service_->ask("s", ask);
  EXPECT_EQ(again.tasks.at(0).lease.token, asked.lease.token);
  EXPECT_EQ(task(0).attempt, 1);

  const TaskTell tell{.result = "r", .lease = asked.lease.token, .request_id = "tell"};
  EXPECT_FALSE(service_->tell_task("s", 0, tell).already);
  restart();
  EXPECT_FALSE(service_->tell_task("s", 0, tell).already) << "the answer of the first time";
  EXPECT_EQ(code_of([&] { service_->add_task("s", {.title = "t", .request_id = "tell"}); }),
            ErrorCode::Conflict);
  expect_replays();
}

TEST_P(Tasks, AreEachGivenToOneOfManyWorkers) {
  create(two_floats());
  constexpr int kTasks = 40;
  for (int i = 0; i < kTasks; ++i) add("t");

  std::vector<std::vector<std::int64_t>> got(8);
  {
    std::vector<std::jthread> workers;
    for (std::size_t w = 0; w < got.size(); ++w) {
      workers.emplace_back([&, w] {
        for (;;) {
          const AskAnswer answer = ask_for(Want::Tasks, "W" + std::to_string(w));
          if (answer.tasks.empty()) return;
          got[w].push_back(answer.tasks[0].number);
          done(answer.tasks[0], "done");
        }
      });
    }
  }

  std::multiset<std::int64_t> all;
  for (const auto& numbers : got) all.insert(numbers.begin(), numbers.end());
  EXPECT_EQ(all.size(), static_cast<std::size_t>(kTasks));
  EXPECT_EQ(std::set<std::int64_t>(all.begin(), all.end()).size(), all.size());
  EXPECT_EQ(service_->study("s").tasks.at("done"), kTasks);
  expect_replays();
}

TEST_P(Tasks, GoToAnotherWorkerWhenTheirLeaseRunsOut) {
  create(two_floats());
  service_->add_task("s", {.title = "t", .retries = 1});
  const AskedTask lost = ask_task("W1", 60);

  clock_.advance(std::chrono::seconds(40));
  EXPECT_FALSE(service_->heartbeat_task("s", 0, {lost.lease.token}).stop);
  clock_.advance(std::chrono::seconds(40));
  EXPECT_EQ(ask_for(Want::Tasks, "W2").status, AskStatus::Wait) << "the beat kept it";
  clock_.advance(std::chrono::seconds(21));
  const AskedTask second = ask_task("W2", 60);
  EXPECT_EQ(second.number, 0);
  EXPECT_EQ(second.attempt, 2);
  EXPECT_TRUE(service_->heartbeat_task("s", 0, {lost.lease.token}).stop);
  EXPECT_FALSE(service_->heartbeat_task("s", 0, {second.lease.token}).stop);

  clock_.advance(std::chrono::seconds(61));
  service_->expire_leases();
  EXPECT_EQ(task(0).state, TaskState::Failed) << "its retries are used up";
  EXPECT_EQ(task(0).reason, FailReason::Infra);
  EXPECT_THAT(task(0).note, HasSubstr("2 times"));
  expect_replays();
}

TEST_P(Tasks, TakeAResultOnce) {
  create(two_floats());
  add("t");
  const AskedTask lost = ask_task("W1", 60);
  clock_.advance(std::chrono::seconds(61));
  const AskedTask held = ask_task("W2");

  EXPECT_EQ(code_of([&] { service_->tell_task("s", 0, {.lease = "x"}); }), ErrorCode::Conflict);
  EXPECT_EQ(code_of([&] { service_->tell_task("s", 0, {}); }), ErrorCode::Conflict);
  EXPECT_FALSE(done(held, {{"commit", "1f3a"}}).already);
  EXPECT_TRUE(done(held, {{"commit", "1f3a"}}).already);
  EXPECT_EQ(code_of([&] { done(held, "other"); }), ErrorCode::Conflict);
  EXPECT_EQ(code_of([&] { done(lost, {{"commit", "9"}}); }), ErrorCode::Conflict);
  EXPECT_TRUE(fail_task(lost, FailReason::Infra).already);
  EXPECT_EQ(task(0).result, (Json{{"commit", "1f3a"}}));
  EXPECT_EQ(task(0).worker, "W2");

  add("u");
  const AskedTask slow = ask_task("W1", 60);
  clock_.advance(std::chrono::seconds(61));
  const AskedTask next = ask_task("W2");
  EXPECT_FALSE(done(slow, "late, but first").already) << "an open task takes it";
  EXPECT_TRUE(service_->heartbeat_task("s", 1, {next.lease.token}).stop);
  EXPECT_EQ(task(1).worker, "W1");
  expect_replays();
}

TEST_P(Tasks, GoBackForWhatIsNotTheirFault) {
  create(two_floats());
  service_->add_task("s", {.title = "t", .retries = 1});

  EXPECT_TRUE(fail_task(ask_task("W1"), FailReason::Cancelled).requeued);
  EXPECT_TRUE(fail_task(ask_task("W1"), FailReason::Infra, FaultCause::RateLimit).requeued);
  EXPECT_EQ(task(0).attempt, 2);
  const TaskTellAnswer failed = fail_task(ask_task("W1"), FailReason::Declined);
  EXPECT_FALSE(failed.requeued);
  EXPECT_EQ(failed.state, TaskState::Failed);
  EXPECT_EQ(task(0).reason, FailReason::Declined);
  EXPECT_EQ(code_of([&] { service_->tell_task("s", 0, {.reason = FailReason::Infra}); }),
            ErrorCode::Conflict);
  expect_replays();
}

TEST_P(Tasks, AreParkedAndGivenBack) {
  create(two_floats());
  add("t");
  const AskedTask asked = ask_task("W1", 60);
  service_->park_task("s", 0,
                      {.lease = asked.lease.token, .until = {}, .for_s = 3600, .reason = "429"});
  clock_.advance(std::chrono::seconds(3000));
  EXPECT_EQ(ask_for(Want::Tasks, "W2").status, AskStatus::Wait);
  EXPECT_TRUE(task(0).parked_until.has_value());
  restart();
  service_->heartbeat_task("s", 0, {asked.lease.token});
  EXPECT_FALSE(task(0).parked_until.has_value());

  service_->release_task("s", 0, asked.lease.token);
  EXPECT_EQ(task(0).state, TaskState::Waiting);
  const AskedTask again = ask_task("W2");
  EXPECT_EQ(again.attempt, 1);
  service_->release_task("s", 0, asked.lease.token);
  EXPECT_EQ(task(0).worker, "W2") << "who gave it back has nothing to give";
  expect_replays();
}

TEST_P(Tasks, AreCancelledByPeople) {
  create(two_floats());
  add("t");
  add("u", 0, {}, {0});
  const AskedTask asked = ask_task();
  service_->cancel_task("s", 0, {"not needed", "Ann"});
  service_->cancel_task("s", 0, {});

  EXPECT_EQ(task(0).state, TaskState::Cancelled);
  EXPECT_EQ(task(0).note, "not needed");
  EXPECT_EQ(task(1).reason, FailReason::Dependency);
  EXPECT_THAT(task(1).note, HasSubstr("was cancelled"));
  EXPECT_TRUE(service_->heartbeat_task("s", 0, {asked.lease.token}).stop);
  EXPECT_EQ(code_of([&] { done(asked); }), ErrorCode::Conflict);
  EXPECT_EQ(code_of([&] { service_->cancel_task("s", 1, {}); }), ErrorCode::Conflict);
  EXPECT_EQ(code_of([&] { service_->cancel_task("s", 7, {}); }), ErrorCode::NotFound);
  EXPECT_EQ(service_->events("s", 0, 0).at(4).author, "Ann");
  expect_replays();
}

TEST_P(Tasks, AreTheSameAfterARestart) {
  create(two_floats(), {{"limits", {{"cost_usd", 100}}}});
  service_->add_task("s", {.title = "t",
                           .description = "words",
                           .priority = 2.5,
                           .tags = {"b", "a", "b"},
                           .retries = 7,
                           .author = "Ann"});
  add("u");
  add("v", 0, {}, {0, 1});
  AskRequest request;
  request.worker = "W2";
  request.accepts = {{"a", "b"}};
  request.want = Want::Tasks;
  const AskedTask asked = service_->ask("s", request).tasks.at(0);
  service_->tell_task("s", 0,
                      {.state = TaskState::Failed,
                       .reason = FailReason::Infra,
                       .usage = {.cost_usd = 2, .turns = 3, .tokens = 4, .seconds = 5},
                       .lease = asked.lease.token});
  const AskedTask again = service_->ask("s", request).tasks.at(0);
  service_->tell_task("s", 0,
                      {.result = {{"files", 3}},
                       .evidence = {{"commit", "1f3a"}},
                       .note = "went well",
                       .usage = {.cost_usd = 1, .turns = {}, .tokens = {}, .seconds = {}},
                       .lease = again.lease.token});
  ask_task("W1");
  const Json before = everything();

  restart();

  EXPECT_EQ(everything(), before);
  EXPECT_THAT(task(0).tags, ElementsAre("a", "b"));
  EXPECT_EQ(task(0).earlier.at(0).usage.cost_usd, 2);
  EXPECT_EQ(task(0).author, "Ann");
  expect_replays();
}

TEST_P(Tasks, SpendTheStudysMoney) {
  create(two_floats(), {{"limits", {{"cost_usd", 10}}}});
  for (int i = 0; i < 4; ++i) add("t");
  AskedTask first = ask_task();
  service_->tell_task("s", 0,
                      {.usage = {.cost_usd = 4, .turns = {}, .tokens = {}, .seconds = {}},
                       .lease = first.lease.token});
  EXPECT_EQ(service_->study("s").budget.at(0).used, 4);
  const AskedTask second = ask_task();
  EXPECT_EQ(service_->study("s").budget.at(0).reserved, 4);
  const AskAnswer held = ask_for(Want::Tasks);
  EXPECT_EQ(held.status, AskStatus::Wait) << "4 used, 4 reserved, 4 more may be too much";
  EXPECT_EQ(ask_any().status, AskStatus::Trials) << "no trial has used anything yet";
  service_->tell_task("s", 1,
                      {.usage = {.cost_usd = 6, .turns = {}, .tokens = {}, .seconds = {}},
                       .lease = second.lease.token});
  EXPECT_EQ(ask_for(Want::Tasks).status, AskStatus::Finished);
  EXPECT_EQ(ask_for(Want::Any).status, AskStatus::Finished);
  expect_replays();
}

TEST_P(Tasks, KeepWorkersThatTakeThemFromLeaving) {
  create(two_floats(), {{"limits", {{"trials", 1}}}});
  add("implement");
  add("document", 0, {}, {0});
  tell(ask(), 1);
  const AskedTask running = ask_task("W2");

  EXPECT_EQ(ask_any("W1").status, AskStatus::Finished);
  EXPECT_EQ(ask_for(Want::Any).status, AskStatus::Wait);
  done(running);
  const AskedTask last = ask_for(Want::Any).tasks.at(0);
  EXPECT_EQ(last.title, "document");
  done(last);
  EXPECT_EQ(ask_for(Want::Any).status, AskStatus::Finished);
  service_->stop_study("s", "enough");
  EXPECT_EQ(ask_for(Want::Tasks).status, AskStatus::Finished);
}

TEST_P(Tasks, CountForAndAgainstTheirWorkers) {
  create(two_floats());
  add("t");
  for (int i = 0; i < 2; ++i) fail_task(ask_task("W1"), FailReason::Infra);
  clock_.advance(std::chrono::seconds(1));
  fail_task(ask_task("W1"), FailReason::Infra);

  EXPECT_EQ(ask_for(Want::Any, "W1").status, AskStatus::Wait);
  EXPECT_THAT(ask_for(Want::Tasks, "W1").reason, HasSubstr("quarantined"));
  add("u");
  EXPECT_EQ(ask_task("W2").number, 1);
  add("v");
  clock_.advance(std::chrono::minutes(11));
  const AskedTask probe = ask_task("W1");
  EXPECT_EQ(ask_any("W1").status, AskStatus::Wait) << "its probe still runs";
  done(probe);
  EXPECT_EQ(ask_any("W1").status, AskStatus::Trials);
  expect_replays();
}

TEST_P(Tasks, AreRefusedWithEveryProblem) {
  create(two_floats());
  try {
    service_->add_task("s", {.title = "",
                             .priority = std::numeric_limits<double>::infinity(),
                             .tags = {"no good"},
                             .after = {0},
                             .after_trials = {5},
                             .retries = -1});
    FAIL() << "taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::Invalid);
    for (const char* path :
         {"/title", "/priority", "/tags", "/after:", "/after_trials", "/retries"}) {
      EXPECT_THAT(error.what(), HasSubstr(path));
    }
  }
  EXPECT_THAT(service_->tasks("s", {}), IsEmpty());
  EXPECT_EQ(code_of([&] { task(0); }), ErrorCode::NotFound);
  EXPECT_EQ(code_of([&] { service_->tell_task("s", 0, {}); }), ErrorCode::NotFound);
  EXPECT_EQ(code_of([&] { service_->tasks("s", {.limit = 0}); }), ErrorCode::Invalid);
  EXPECT_EQ(
      code_of([&] {
        service_->enqueue("s", {.params = {{"x", 0.1}}, .request_id = "", .after_tasks = {0}});
      }),
      ErrorCode::Invalid);
  add("t");
  EXPECT_EQ(code_of([&] { service_->tell_task("s", 0, {}); }), ErrorCode::Conflict)
      << "never handed out";
}

TEST_P(Tasks, AreListedByStateAndWorker) {
  create(two_floats());
  for (int i = 0; i < 3; ++i) add("t");
  done(ask_task("W1"));
  ask_task("W2");

  const auto numbers = [&](const TaskQuery& query) {
    std::vector<std::int64_t> found;
    for (const TaskView& view : service_->tasks("s", query)) found.push_back(view.task.number);
    return found;
  };
  EXPECT_THAT(numbers({}), ElementsAre(0, 1, 2));
  EXPECT_THAT(numbers({.state = TaskState::Waiting}), ElementsAre(2));
  EXPECT_THAT(numbers({.worker = "W2"}), ElementsAre(1));
  EXPECT_THAT(numbers({.after = 0, .limit = 1}), ElementsAre(1));
  EXPECT_TRUE(service_->task("s", 1).lease_expires.has_value());
  EXPECT_FALSE(service_->task("s", 0).lease_expires.has_value());
}

}  // namespace
}  // namespace studyhall::server
