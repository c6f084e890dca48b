// The queue: holds, waves, resources, limits of tags, whom something is for, follow-ups, topics,
// questions, and results from elsewhere.
#include <gmock/gmock.h>

#include <chrono>

#include "core/study_api_json.h"
#include "server/replay.h"
#include "tests/server/service_fixture.h"

namespace studyhall::server {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

QueueTerms held() {
  QueueTerms terms;
  terms.hold = true;
  return terms;
}
QueueTerms of_wave(int wave) {
  QueueTerms terms;
  terms.wave = wave;
  return terms;
}
QueueTerms only_for(const std::string& worker) {
  QueueTerms terms;
  terms.worker = worker;
  return terms;
}
QueueTerms needing(std::vector<std::string> resources) {
  QueueTerms terms;
  terms.needs = std::move(resources);
  return terms;
}
QueueTerms followed_by(FollowUp next) {
  QueueTerms terms;
  terms.on_complete.push_back(std::move(next));
  return terms;
}
QueueTerms of_topic(const std::string& topic) {
  QueueTerms terms;
  terms.topic = topic;
  return terms;
}

constexpr WorkRef trial_ref(std::int64_t number) { return {false, number}; }
constexpr WorkRef task_ref(std::int64_t number) { return {true, number}; }

class Queue : public ServiceTest {
 protected:
  std::int64_t put(double x, QueueTerms terms, double priority = 0) {
    EnqueueRequest request;
    request.params = {{"x", x}, {"y", 0.5}};
    request.priority = priority;
    request.queue = std::move(terms);
    return service_->enqueue("s", request).numbers.front();
  }
  std::int64_t put_task(const std::string& title, QueueTerms terms = {},
                        std::vector<std::string> tags = {}) {
    return service_->add_task("s",
                              {.title = title, .tags = std::move(tags), .queue = std::move(terms)});
  }
  AskAnswer ask_for(Want want, const std::string& worker = "W1") {
    AskRequest request;
    request.worker = worker;
    request.want = want;
    return service_->ask("s", request);
  }
  AskedTask ask_task(const std::string& worker = "W1") {
    AskAnswer answer = ask_for(Want::Tasks, worker);
    if (answer.tasks.empty()) throw std::runtime_error("no task: " + answer.reason);
    return answer.tasks.front();
  }
  void finish(const AskedTask& task) {
    service_->tell_task("s", task.number, {.lease = task.lease.token});
  }
  void change(const WorkRef& work, QueueChange change) {
    service_->change_queued("s", work, change);
  }
  // "trial 3: hold, wave".
  std::vector<std::string> lines() {
    std::vector<std::string> out;
    for (const QueueItem& item : service_->queue("s")) {
      std::string line = to_string(item.work);
      for (const Hindrance& hindrance : item.waits_for) {
        line += (line.ends_with(":") ? " " : line.find(':') == std::string::npos ? ": " : ", ");
        line += to_string(hindrance.why);
      }
      out.push_back(std::move(line));
    }
    return out;
  }
  AskedTrial ask_as(const std::string& worker) { return ask(worker); }
  void expect_replays() {
    const ReplayReport report = replay(*storage_, "s");
    for (const Difference& difference : report.differences) {
      ADD_FAILURE() << "event " << difference.event << ", " << difference.what << ": "
                    << difference.found << " instead of " << difference.expected;
    }
    EXPECT_TRUE(report.equal());
  }
  // What a restart must not change; leases get their full length again.
  Json everything() {
    Json all = Json::array();
    for (const TrialView& trial : service_->trials("s", {})) all.push_back(to_json(trial));
    for (const TaskView& task : service_->tasks("s", {})) all.push_back(to_json(task));
    for (Json& one : all) one.erase("lease_expires");
    for (const QueueItem& item : service_->queue("s")) all.push_back(to_json(item));
    for (const Topic& topic : service_->topics("s")) all.push_back(to_json(topic));
    for (const Question& question : service_->questions("s", {})) all.push_back(to_json(question));
    return all;
  }
  void expect_survives_a_restart() {
    const Json before = everything();
    restart();
    EXPECT_EQ(everything().dump(1), before.dump(1));
  }
};
INSTANTIATE_TEST_SUITE_P(Backends, Queue, ::testing::Values("memory", "sqlite"),
                         [](const auto& suite) { return suite.param; });

TEST_P(Queue, HoldsWhatIsNotApproved) {
  create(two_floats());
  const std::int64_t held_trial = put(0.1, held(), 10);
  const std::int64_t held_task = put_task("document", held());
  EXPECT_THAT(lines(), ElementsAre("trial 0: hold", "task 0: hold"));
  EXPECT_NE(ask("W1").number, held_trial);
  EXPECT_EQ(ask_for(Want::Tasks).status, AskStatus::Wait);

  change(trial_ref(held_trial), {.hold = false, .author = "ann"});
  change(task_ref(held_task), {.hold = false});
  EXPECT_THAT(lines(), ElementsAre("trial 0", "task 0"));
  expect_survives_a_restart();
  const AskedTrial approved = ask("W1");
  EXPECT_EQ(approved.number, held_trial);
  EXPECT_EQ(approved.params["x"], 0.1);
  EXPECT_EQ(ask_task().number, held_task);
  EXPECT_EQ(code_of([&] { change(trial_ref(held_trial), {.hold = true}); }), ErrorCode::Conflict);
  EXPECT_EQ(code_of([&] { change(trial_ref(99), {.hold = true}); }), ErrorCode::NotFound);
  EXPECT_EQ(code_of([&] { change(trial_ref(held_trial), {}); }), ErrorCode::Invalid);
  expect_replays();
}

TEST_P(Queue, IsReorderedByPriority) {
  create(two_floats());
  put(0.1, {});
  put(0.2, {});
  put(0.3, {});
  EXPECT_THAT(lines(), ElementsAre("trial 0", "trial 1", "trial 2"));
  change(trial_ref(2), {.priority = 3});
  EXPECT_THAT(lines(), ElementsAre("trial 2", "trial 0", "trial 1"));
  EXPECT_EQ(ask("W1").number, 2);
  service_->void_trial("s", 0, {.reason = "not worth it", .author = "ann"});
  EXPECT_THAT(lines(), ElementsAre("trial 1"));
  expect_replays();
}

TEST_P(Queue, HandsOutAWaveOnceTheWavesBeforeHaveEnded) {
  create(two_floats());
  put(0.1, of_wave(2), 5);
  put(0.2, of_wave(1));
  const std::int64_t task = put_task("prepare", of_wave(1));
  EXPECT_THAT(lines(), ElementsAre("trial 0: wave", "task 0", "trial 1"));
  const AskedTrial first = ask("W1");
  EXPECT_EQ(first.number, 1);
  tell(first, 1);
  const AskedTask prepare = ask_task();
  EXPECT_EQ(prepare.number, task);
  EXPECT_NE(ask("W2").number, 0) << "a task of the first wave still runs";
  finish(prepare);
  EXPECT_THAT(lines(), ElementsAre("trial 0"));
  EXPECT_EQ(ask("W1").number, 0);
  expect_replays();
}

TEST_P(Queue, KeepsWhatNeedsOneResourceApart) {
  create(two_floats());
  put(0.1, needing({"gpu0"}));
  put(0.2, needing({"gpu0", "licence"}));
  put(0.3, needing({"licence"}));
  put_task("profile", needing({"gpu0"}));
  const AskedTrial first = ask("W1");
  EXPECT_EQ(first.number, 0);
  EXPECT_THAT(lines(), ElementsAre("task 0: resource", "trial 1: resource", "trial 2"));
  EXPECT_THAT(service_->queue("s").front().waits_for.front().text, HasSubstr("trial 0"));
  EXPECT_EQ(ask("W2").number, 2);
  EXPECT_EQ(ask_for(Want::Tasks, "W3").status, AskStatus::Wait);
  tell(first, 1);
  EXPECT_EQ(ask_task("W3").number, 0);
  EXPECT_THAT(lines(), ElementsAre("trial 1: resource, resource"));
  expect_replays();
}

TEST_P(Queue, LimitsHowManyRunWithATag) {
  create(two_floats(),
         {{"limits", {{"running_by_tag", {{"gpu", 1}}}}},
          {"workers", {{"W1", {{"accepts", {"gpu"}}}}, {"W2", {{"accepts", {"gpu"}}}}}}});
  for (const double x : {0.1, 0.2}) {
    EnqueueRequest request;
    request.params = {{"x", x}, {"y", 0.5}};
    request.tags = {"gpu"};
    service_->enqueue("s", request);
  }
  const AskedTrial first = ask("W1");
  EXPECT_EQ(first.number, 0);
  EXPECT_THAT(lines(), ElementsAre("trial 1: tag_limit"));
  EXPECT_GT(ask("W2").number, 1);
  tell(first, 1);
  EXPECT_EQ(ask("W2").number, 1);
  expect_replays();
}

TEST_P(Queue, GivesWhatIsForAWorkerToThatOne) {
  create(two_floats());
  put(0.1, only_for("W2"), 10);
  EXPECT_THAT(lines(), ElementsAre("trial 0: no_worker")) << "W2 has never asked";
  EXPECT_NE(ask("W1").number, 0);
  EXPECT_EQ(ask("W2").number, 0);
  put(0.2, only_for("W2"));
  EXPECT_THAT(lines(), ElementsAre("trial 2"));
  change(trial_ref(2), {.worker = ""});
  EXPECT_EQ(ask("W1").number, 2);
  expect_replays();
}

TEST_P(Queue, SaysWhatWaitsForWhat) {
  create(two_floats());
  const AskedTrial running = ask("W1");
  EnqueueRequest request;
  request.params = {{"x", 0.1}};
  request.after = {running.number};
  request.after_tasks = {put_task("first", {}, {"rare"})};
  request.author = "ann";
  service_->enqueue("s", request);
  EXPECT_THAT(lines(), ElementsAre("task 0: no_worker", "trial 1: trial, task"));
  const QueueItem item = service_->queue("s").back();
  EXPECT_EQ(item.params, Json({{"x", 0.1}}));
  EXPECT_EQ(item.author, "ann");
  EXPECT_EQ(to_json(queue_item_from_json(to_json(item))), to_json(item));
  service_->stop_study("s", "enough");
  EXPECT_THAT(lines(), ElementsAre("task 0: no_worker, study", "trial 1: trial, task, study"));
}

TEST_P(Queue, WaitsRatherThanEndsWhileAFiniteSpaceHasSomethingQueued) {
  create(three_choices());
  EnqueueRequest request;
  request.params = {{"c", "a"}};
  request.queue.needs = {"gpu0"};
  service_->enqueue("s", request);
  request.params = {{"c", "b"}};
  service_->enqueue("s", request);
  const AskedTrial first = ask("W1");
  const AskedTrial rest = ask("W2");
  EXPECT_EQ(rest.params["c"], "c");
  const AskAnswer wait = ask_any("W3");
  EXPECT_EQ(wait.status, AskStatus::Wait);
  EXPECT_THAT(wait.reason, HasSubstr("queue"));
  tell(first, 1);
  EXPECT_EQ(ask("W3").number, 1);
  EXPECT_EQ(ask_any("W1").status, AskStatus::Exhausted);
}

TEST_P(Queue, AddsWhatIsToFollow) {
  create(two_floats());
  put(0.1, followed_by({.title = "write it up", .tags = {"docs"}}));
  put_task("implement", followed_by({.title = "review", .priority = 5}));
  const AskedTrial trial = ask("W1");
  EXPECT_EQ(service_->tasks("s", {}).size(), 1U);
  tell(trial, 1);
  ASSERT_EQ(service_->tasks("s", {}).size(), 2U);
  const Task follow = service_->task("s", 1).task;
  EXPECT_EQ(follow.title, "write it up");
  EXPECT_THAT(follow.tags, ElementsAre("docs"));
  EXPECT_THAT(follow.after_trials, ElementsAre(0));
  const AskedTask task = ask_task();
  finish(task);
  EXPECT_EQ(service_->task("s", 2).task.title, "review");
  EXPECT_EQ(service_->task("s", 2).task.priority, 5);
  expect_replays();
  expect_survives_a_restart();
}

TEST_P(Queue, AddsNothingAfterAFailure) {
  create(two_floats());
  put(0.1, followed_by({.title = "write it up"}));
  fail(ask("W1"), FailReason::BadConfig);
  EXPECT_THAT(service_->tasks("s", {}), IsEmpty());
}

TEST_P(Queue, RunsAConfigurationAgainWhereItIsAskedTo) {
  create(two_floats());
  const AskedTrial first = ask("W1");
  tell(first, 1);
  EnqueueRequest request;
  request.params = first.params;
  EXPECT_TRUE(service_->enqueue("s", request).already);
  request.again = true;
  const EnqueueAnswer again = service_->enqueue("s", request);
  EXPECT_FALSE(again.already);
  const AskedTrial second = ask("W2");
  EXPECT_EQ(second.number, again.numbers.front());
  EXPECT_EQ(second.params, first.params);
  EXPECT_EQ(second.purpose, Purpose::Replicate);
  request.params = {{"x", 0.1}};
  EXPECT_EQ(code_of([&] { service_->enqueue("s", request); }), ErrorCode::Invalid);
}

TEST_P(Queue, TakesARunningTrialFromItsWorker) {
  create(two_floats());
  const AskedTrial lost = ask("W1");
  service_->requeue("s", lost.number, {.reason = "the machine is gone", .author = "ann"});
  EXPECT_TRUE(service_->heartbeat("s", lost.number, {lost.lease.token}).stop);
  EXPECT_EQ(code_of([&] { service_->requeue("s", lost.number, {}); }), ErrorCode::Conflict);
  const AskedTrial again = ask("W2");
  EXPECT_EQ(again.number, lost.number);
  EXPECT_EQ(again.params, lost.params);
  EXPECT_EQ(again.attempt, 2);
  expect_replays();
}

TEST_P(Queue, ShowsWhatTheWorkerIsAt) {
  create(two_floats());
  const AskedTrial trial = ask("W1");
  EXPECT_EQ(view(trial.number).stage, "");
  service_->heartbeat("s", trial.number, {trial.lease.token, "implement"});
  EXPECT_EQ(view(trial.number).stage, "implement");
  service_->heartbeat("s", trial.number, {trial.lease.token});
  EXPECT_EQ(view(trial.number).stage, "implement");
  tell(trial, 1);
  EXPECT_EQ(view(trial.number).stage, "");
}

TEST_P(Queue, SaysWhetherProposalsBeatTheSampler) {
  create(two_floats());
  EXPECT_THAT(service_->study("s").proposals, IsEmpty());
  for (const double value : {1.0, 2.0, 3.0, 4.0}) tell(ask("W1"), value);
  put(0.111, {});
  EnqueueRequest request;
  request.author = "orchestrator";
  for (const double x : {0.2, 0.3}) {
    request.params = {{"x", x}, {"y", 0.5}};
    service_->enqueue("s", request);
  }
  tell(ask("W1"), 9);
  tell(ask("W1"), 3);
  tell(ask("W1"), 3.5);
  const std::vector<Proposals> proposals = service_->study("s").proposals;
  ASSERT_EQ(proposals.size(), 2U);
  EXPECT_EQ(proposals[0].author, "orchestrator");
  EXPECT_EQ(proposals[0].trials, 2);
  EXPECT_EQ(proposals[0].best_value, 3.5);
  EXPECT_EQ(proposals[0].best_number, 6);
  // Of the eight pairs 3 beats two and ties one, 3.5 beats three.
  EXPECT_EQ(proposals[0].beats_sampler, 5.5 / 8);
  EXPECT_EQ(proposals[1].author, "user");
  EXPECT_EQ(proposals[1].beats_sampler, 1);
  const StudyInfo info = service_->study("s");
  EXPECT_EQ(to_json(study_info_from_json(to_json(info))), to_json(info));
}

// --- Topics ---

class Topics : public Queue {
 protected:
  TopicAnswer add(TopicRequest request) { return service_->add_topic("s", request); }
};
INSTANTIATE_TEST_SUITE_P(Backends, Topics, ::testing::Values("memory", "sqlite"),
                         [](const auto& suite) { return suite.param; });

TEST_P(Topics, RunOneAfterAnotherByOneWorker) {
  create(two_floats());
  const TopicAnswer answer = add({.name = "coarse",
                                  .family = "start",
                                  .hypothesis = "a coarse start is enough",
                                  .success = "the same score",
                                  .params = {{"x", 0.25}},
                                  .trials = 3,
                                  .author = "ann"});
  EXPECT_TRUE(answer.created);
  EXPECT_THAT(answer.numbers, ElementsAre(0, 1, 2));
  const AskedTrial first = ask("W1");
  EXPECT_EQ(first.number, 0);
  EXPECT_EQ(first.params["x"], 0.25);
  ASSERT_TRUE(first.topic);
  EXPECT_EQ(first.topic->hypothesis, "a coarse start is enough");
  EXPECT_EQ(first.topic->index, 1);
  EXPECT_EQ(first.topic->of, 3);
  EXPECT_EQ(first.topic->after, -1);

  const AskedTrial other = ask("W2");
  EXPECT_FALSE(other.topic) << "one trial of the topic at a time";
  tell(first, 1);
  EXPECT_FALSE(ask("W2").topic) << "W1 is on it";
  put(0.9, {}, 100);
  const AskedTrial second = ask("W1");
  EXPECT_EQ(second.number, 1) << "before what is more urgent: the worker stays on its topic";
  ASSERT_TRUE(second.topic);
  EXPECT_EQ(second.topic->after, 0);
  EXPECT_EQ(second.topic->index, 2);
  tell(second, 3);
  clock_.advance(hours(1));
  EXPECT_EQ(ask("W2").number, 5);
  const AskedTrial third = ask("W3");
  EXPECT_EQ(third.number, 2) << "its worker is long gone";
  EXPECT_EQ(third.topic->after, 1);

  const std::vector<Topic> topics = service_->topics("s");
  ASSERT_EQ(topics.size(), 1U);
  EXPECT_TRUE(topics.front().open);
  EXPECT_EQ(topics.front().worker, "W3");
  EXPECT_EQ(topics.front().best_value, 3);
  EXPECT_EQ(topics.front().best_number, 1);
  tell(third, 2);
  EXPECT_FALSE(service_->topics("s").front().open);
  expect_replays();
  expect_survives_a_restart();
}

TEST_P(Topics, LikeEarlierOnesComeBackWithTheirResults) {
  create(two_floats());
  add({.name = "Coarse-start", .family = "start", .params = {{"x", 0.25}}, .trials = 1});
  tell(ask("W1"), 4);
  const auto why = [&](TopicRequest request) {
    const TopicAnswer answer = add(std::move(request));
    EXPECT_FALSE(answer.created);
    EXPECT_THAT(answer.numbers, IsEmpty());
    if (answer.similar.empty()) return std::string("nothing");
    EXPECT_EQ(answer.similar.front().topic.best_value, 4);
    EXPECT_EQ(to_json(topic_answer_from_json(to_json(answer))), to_json(answer));
    return answer.similar.front().why;
  };
  EXPECT_EQ(why({.name = "coarse.start.2"}), "name");
  EXPECT_EQ(why({.name = "other", .family = "Start"}), "family");
  EXPECT_EQ(why({.name = "other", .params = {{"x", 0.25}}}), "params");
  EXPECT_EQ(service_->topics("s").size(), 1U);
  EXPECT_TRUE(add({.name = "other", .family = "start", .anyway = true}).created);
  EXPECT_TRUE(add({.name = "fine", .params = {{"x", 0.5}}}).created);
  EXPECT_EQ(code_of([&] { add({.name = "fine", .anyway = true}); }), ErrorCode::Conflict);
  EXPECT_EQ(code_of([&] { add({.name = "no name"}); }), ErrorCode::Invalid);
  EXPECT_EQ(code_of([&] { add({.name = "many", .trials = 101}); }), ErrorCode::Invalid);
}

TEST_P(Topics, TakeFurtherTrials) {
  create(two_floats());
  add({.name = "coarse", .trials = 1});
  put(0.5, of_topic("coarse"));
  EXPECT_THAT(service_->topics("s").front().numbers, ElementsAre(0, 1));
  EXPECT_EQ(code_of([&] { put(0.6, of_topic("course")); }), ErrorCode::Invalid);
  tell(ask("W1"), 1);
  EXPECT_EQ(ask("W1").topic->of, 2);
  expect_replays();
  expect_survives_a_restart();
}

// --- Questions ---

class Questions : public Queue {};
INSTANTIATE_TEST_SUITE_P(Backends, Questions, ::testing::Values("memory", "sqlite"),
                         [](const auto& suite) { return suite.param; });

TEST_P(Questions, KeepTheLeaseUntilTheyAreAnswered) {
  create(two_floats(), {{"limits", {{"running", 1}}}});
  AskRequest request;
  request.worker = "W1";
  request.lease_s = 600;
  const AskedTrial trial = service_->ask("s", request).trials.front();
  const Question asked =
      service_->ask_question("s", trial_ref(trial.number), {"which cache?", trial.lease.token});
  EXPECT_EQ(asked.id, 1);
  EXPECT_EQ(asked.worker, "W1");
  EXPECT_EQ(asked.state, QuestionState::Open);
  EXPECT_EQ(code_of([&] {
              service_->ask_question("s", trial_ref(trial.number), {"and?", trial.lease.token});
            }),
            ErrorCode::Conflict);
  EXPECT_EQ(view(trial.number).record.question, 1);

  clock_.advance(hours(20));
  service_->expire_leases();
  EXPECT_EQ(view(trial.number).state, TrialState::Running);
  const AskedTrial meanwhile = ask("W1");
  EXPECT_NE(meanwhile.number, trial.number) << "limits.running leaves out who waits for an answer";
  service_->heartbeat("s", trial.number, {trial.lease.token});
  EXPECT_EQ(view(trial.number).record.question, 1);
  expect_survives_a_restart();

  const Question answered = service_->answer_question("s", 1, {"the old one", "ann"});
  EXPECT_EQ(answered.state, QuestionState::Answered);
  EXPECT_EQ(answered.answer, "the old one");
  EXPECT_EQ(code_of([&] { service_->answer_question("s", 1, {"no"}); }), ErrorCode::Conflict);
  EXPECT_EQ(code_of([&] { service_->answer_question("s", 2, {"no"}); }), ErrorCode::NotFound);
  EXPECT_THAT(service_->questions("s", {.open = true}), IsEmpty());
  EXPECT_EQ(view(trial.number).record.question, 0);
  EXPECT_EQ(view(trial.number).lease_expires, clock_.now() + minutes(10));
  tell(trial, 1);
  expect_replays();
}

TEST_P(Questions, OfTasksToo) {
  create(two_floats());
  put_task("implement");
  const AskedTask task = ask_task();
  service_->ask_question("s", task_ref(0), {"which branch?", task.lease.token});
  EXPECT_EQ(service_->questions("s", {.open = true, .worker = "W1"}).size(), 1U);
  EXPECT_THAT(service_->questions("s", {.open = true, .worker = "W2"}), IsEmpty());
  clock_.advance(hours(48));
  service_->expire_leases();
  EXPECT_EQ(service_->task("s", 0).task.state, TaskState::Running);
  service_->answer_question("s", 1, {"main"});
  finish(task);
  expect_replays();
}

TEST_P(Questions, AreMootOnceTheirTrialHasEnded) {
  create(two_floats());
  const AskedTrial trial = ask("W1");
  service_->ask_question("s", trial_ref(trial.number), {"which?", trial.lease.token});
  tell(trial, 1);
  EXPECT_EQ(service_->questions("s", {}).front().state, QuestionState::Moot);
  EXPECT_EQ(code_of([&] { service_->answer_question("s", 1, {"this"}); }), ErrorCode::Conflict);
  const AskedTrial lost = ask("W1");
  service_->ask_question("s", trial_ref(lost.number), {"which?", lost.lease.token});
  clock_.advance(hours(24 * (kAnswerDays + 2)));
  service_->expire_leases();
  EXPECT_EQ(view(lost.number).state, TrialState::Waiting);
  EXPECT_EQ(service_->questions("s", {}).back().state, QuestionState::Moot);
  expect_replays();
}

// --- Results from elsewhere ---

class Imports : public Queue {};
INSTANTIATE_TEST_SUITE_P(Backends, Imports, ::testing::Values("memory", "sqlite"),
                         [](const auto& suite) { return suite.param; });

TEST_P(Imports, AreFinishedTrialsOutsideTheBudget) {
  create(two_floats(), {{"limits", {{"trials", 2}}}});
  const Timestamp then = clock_.now() - hours(5);
  ResultsRequest request;
  request.results.push_back({.params = {{"x", 0.1}, {"y", 0.2}},
                             .values = {7},
                             .metrics = {{"runtime_min", 51}},
                             .started = then,
                             .completed = then + hours(1),
                             .worker = "W9",
                             .note = "before the service"});
  request.results.push_back(
      {.params = {{"x", 0.3}, {"y", 0.2}}, .state = TrialState::Fail, .note = "diverged"});
  request.author = "ann";
  request.request_id = "once";
  EXPECT_THAT(service_->add_results("s", request).numbers, ElementsAre(0, 1));
  EXPECT_THAT(service_->add_results("s", request).numbers, ElementsAre(0, 1)) << "asked again";
  const TrialView given = view(0);
  EXPECT_EQ(given.state, TrialState::Complete);
  EXPECT_EQ(given.record.purpose, Purpose::Imported);
  EXPECT_EQ(given.record.worker, "W9");
  EXPECT_EQ(given.started, then);
  EXPECT_EQ(given.metrics.at("runtime_min"), 51);
  EXPECT_EQ(view(1).record.reason, FailReason::BadConfig);
  EXPECT_EQ(service_->study("s").best_number, 0);
  EXPECT_EQ(service_->best("s", 1).front().author, "ann");
  EXPECT_TRUE(enqueue({{"x", 0.1}, {"y", 0.2}}).already);
  tell(ask("W1"), 1);
  tell(ask("W1"), 1);
  EXPECT_EQ(ask_any("W1").status, AskStatus::Finished);
  expect_replays();
  expect_survives_a_restart();
}

TEST_P(Imports, AreAllTakenOrNone) {
  create(two_floats(), {{"constraints", Json::array({{{"metric", "minutes"}, {"max", 60}}})}});
  ResultsRequest request;
  request.results.push_back(
      {.params = {{"x", 0.1}, {"y", 0.2}}, .values = {7}, .metrics = {{"minutes", 10}}});
  request.results.push_back({.params = {{"x", 0.1}}, .values = {7}});
  request.results.push_back({.params = {{"x", 2}, {"y", 0}}, .values = {7, 8}});
  try {
    service_->add_results("s", request);
    FAIL() << "taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::Invalid);
    const std::string details = error.details().dump();
    EXPECT_THAT(details, HasSubstr("/results/1/params"));
    EXPECT_THAT(details, HasSubstr("/results/1/metrics/minutes"));
    EXPECT_THAT(details, HasSubstr("/results/2/params"));
    EXPECT_THAT(details, HasSubstr("/results/2/values"));
  }
  EXPECT_THAT(service_->trials("s", {}), IsEmpty());
}

}  // namespace
}  // namespace studyhall::server
