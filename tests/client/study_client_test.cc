// Each verb from the client through a server to a StudyApi and back.
#include "client/study_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <set>
#include <thread>

#include "core/error.h"
#include "tests/support/mock_study_api.h"
#include "tests/support/running_server.h"
#include "tests/support/study_api_equal.h"

namespace studyhall::client {
namespace {

using ::testing::_;
using ::testing::Eq;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::Return;
using ::testing::StrictMock;
using ::testing::Throw;

Timestamp at(const char* text) { return parse_utc(text).value(); }

class StudyClientTest : public ::testing::Test {
 protected:
  StrictMock<studyhall::testing::MockStudyApi> api_;
  studyhall::testing::RunningServer server_{api_};
  std::unique_ptr<StudyApi> client_ =
      connect(server_.url(), {.token = "", .backoff = std::chrono::milliseconds(1)});
};

StudyInfo sample_info() {
  StudyInfo info;
  info.name = "heat";
  info.state = StudyState::Stopped;
  info.finished_because = "stopped: \"enough\"";
  info.spec = {{"name", "heat"}, {"seed", 7}, {"params", {{"x", {{"type", "float"}}}}}};
  info.counts = {{"waiting", 0}, {"running", 1}, {"complete", 44}, {"pruned", 0}, {"failed", 2}};
  info.best_number = 17;
  info.best_value = 1.1029;
  info.created = at("2026-03-01T12:00:00.000001Z");
  info.last_event = 123;
  return info;
}

TrialView sample_trial() {
  TrialView trial;
  trial.number = 17;
  trial.state = TrialState::Complete;
  trial.params = {{"x", 0.30000000000000004}, {"kind", "smart"}, {"n", 3}, {"flag", true}};
  trial.values = {1.1029};
  trial.feasible = false;
  trial.metrics = {{"runtime_min", 61.5}, {"rmse", 1e-300}};
  trial.intermediate = {{0, 0.5}, {10, 0.75}};
  trial.started = at("2026-03-01T12:00:00.5Z");
  trial.completed = at("2026-03-01T12:57:06.25Z");
  trial.record.worker = "W1";
  trial.record.purpose = Purpose::Enqueued;
  trial.record.attempt = 2;
  trial.record.sampler = "tpe";
  trial.record.slice = "W1";
  trial.record.pin = 4;
  trial.record.pin_version = 3;
  trial.record.as_of = 99;
  trial.record.priority = -1.5;
  trial.record.note = "two\nlines";
  trial.record.usage.cost_usd = 1.25;
  trial.record.usage.turns = 40;
  trial.record.evidence = {{"exit_code", 0}};
  return trial;
}

TEST_F(StudyClientTest, CreatesAStudy) {
  const Json file{{"name", "heat"}, {"params", {{"x", {{"type", "float"}, {"low", 0}}}}}};
  EXPECT_CALL(api_, create_study(file)).WillOnce(Return(sample_info()));

  EXPECT_EQ(client_->create_study(file), sample_info());
}

TEST_F(StudyClientTest, ListsStudies) {
  StudyInfo fresh;
  fresh.name = "new";
  fresh.spec = Json::object();
  const std::vector<StudyInfo> list{sample_info(), fresh};
  EXPECT_CALL(api_, studies()).WillOnce(Return(list));

  EXPECT_EQ(client_->studies(), list);
}

TEST_F(StudyClientTest, ShowsDeletesStopsAndResumesAStudy) {
  EXPECT_CALL(api_, study("a/b ?")).WillOnce(Return(sample_info()));
  EXPECT_CALL(api_, delete_study("heat"));
  EXPECT_CALL(api_, stop_study("heat", "enough \"of\" it"));
  EXPECT_CALL(api_, resume_study("heat"));

  EXPECT_EQ(client_->study("a/b ?"), sample_info());
  client_->delete_study("heat");
  client_->stop_study("heat", "enough \"of\" it");
  client_->resume_study("heat");
}

TEST_F(StudyClientTest, Asks) {
  AskRequest request{.worker = "W1", .count = 2, .lease_s = 300.5, .request_id = "r-1"};
  AskAnswer answer;
  for (int i = 0; i < 2; ++i) {
    AskedTrial trial;
    trial.number = 40 + i;
    trial.params = {{"x", 0.1}, {"kind", "grid"}};
    trial.lease = {"token", at("2026-03-01T12:05:00Z")};
    trial.attempt = 2;
    trial.purpose = Purpose::Retry;
    trial.sampler = "cmaes";
    trial.pin = 17;
    trial.pin_version = 5;
    trial.seed = 4294967295u;
    answer.trials.push_back(trial);
  }
  EXPECT_CALL(api_, ask("heat", Eq(request))).WillOnce(Return(answer));

  EXPECT_EQ(client_->ask("heat", request), answer);
}

TEST_F(StudyClientTest, BringsEveryOutcomeOfAnAskBack) {
  AskAnswer wait;
  wait.status = AskStatus::Wait;
  wait.retry_after_s = 2.5;
  AskAnswer finished;
  finished.status = AskStatus::Finished;
  finished.reason = "limits.trials: 45 of 45 done";
  AskAnswer exhausted;
  exhausted.status = AskStatus::Exhausted;
  exhausted.reason = "12 configurations";
  for (const AskAnswer& answer : {wait, finished, exhausted}) {
    EXPECT_CALL(api_, ask("heat", _)).WillOnce(Return(answer));

    EXPECT_EQ(client_->ask("heat", {}), answer);
  }
}

TEST_F(StudyClientTest, Tells) {
  TellRequest request;
  request.values = {1.1029};
  request.metrics = {{"runtime_min", 57.1}};
  request.usage.cost_usd = 5.75;
  request.usage.tokens = 1'000'000'000'000;
  request.evidence = {{"command", {"python3", "evaluate.py"}}};
  request.note = "fine";
  request.lease = "token";
  request.request_id = "r-2";
  TellAnswer answer;
  answer.number = 46;
  answer.already = true;
  answer.new_best = true;
  EXPECT_CALL(api_, tell("heat", 17, Eq(request))).WillOnce(Return(answer));

  EXPECT_EQ(client_->tell("heat", 17, request), answer);
}

TEST_F(StudyClientTest, TellsFailuresAndSeveralValues) {
  TellRequest failed;
  failed.state = TrialState::Fail;
  failed.reason = FailReason::Infra;
  failed.request_id = "r-3";
  TellAnswer requeued;
  requeued.number = 3;
  requeued.state = TrialState::Waiting;
  requeued.requeued = true;
  EXPECT_CALL(api_, tell("heat", 3, Eq(failed))).WillOnce(Return(requeued));
  TellRequest several;
  several.state = TrialState::Complete;
  several.values = {1, -2.5};
  several.request_id = "r-4";
  TellAnswer taken;
  taken.number = 4;
  EXPECT_CALL(api_, tell("heat", 4, Eq(several))).WillOnce(Return(taken));

  EXPECT_EQ(client_->tell("heat", 3, failed), requeued);
  EXPECT_EQ(client_->tell("heat", 4, several), taken);
}

TEST_F(StudyClientTest, ReportsAndBeats) {
  const ReportRequest report{.step = 10, .value = 0.75, .lease = "token"};
  BeatAnswer prune;
  prune.prune = true;
  prune.expires_at = at("2026-03-01T12:05:00Z");
  BeatAnswer stop;
  stop.stop = true;
  stop.expires_at = at("2026-03-01T12:10:00.123456Z");
  EXPECT_CALL(api_, report("heat", 17, Eq(report))).WillOnce(Return(prune));
  EXPECT_CALL(api_, heartbeat("heat", 17, Field(&BeatRequest::lease, "token")))
      .WillOnce(Return(stop));
  EXPECT_CALL(api_, release("heat", 17, "token"));

  EXPECT_EQ(client_->report("heat", 17, report), prune);
  EXPECT_EQ(client_->heartbeat("heat", 17, {"token"}), stop);
  client_->release("heat", 17, "token");
}

TEST_F(StudyClientTest, PassesOnWhatPeopleDo) {
  const EditRequest edit{{{"limits", {{"trials", 5}}}}, "ann & bob", "a b"};
  StudyInfo info;
  info.name = "heat";
  info.budget = {{"", "trials", 3, 1, 5}};
  EXPECT_CALL(api_, edit_study("heat", Eq(edit))).WillOnce(Return(info));
  const ParkRequest parked{"token", at("2026-03-01T12:05:00Z"), {}, "limit"};
  BeatAnswer beat;
  beat.expires_at = at("2026-03-01T12:10:00Z");
  EXPECT_CALL(api_, park("heat", 3, Eq(parked))).WillOnce(Return(beat));
  const PersonalRequest person{"why", "ann"};
  EXPECT_CALL(api_, void_trial("heat", 3, Eq(person)));
  EXPECT_CALL(api_, release_worker("heat", "W.1", Eq(person)));
  EXPECT_CALL(api_, retire_insight("heat", 2, Eq(person)));
  const std::vector<WorkerInfo> workers{{"W1", at("2026-03-01T12:00:00Z"), 1, 2, 3, {}}};
  EXPECT_CALL(api_, workers("heat")).WillOnce(Return(workers));
  const Insight insight{1, "text", "ann", 4, at("2026-03-01T12:00:00Z"), false};
  EXPECT_CALL(api_, add_insight("heat", Eq(InsightRequest{"text", "ann", 4})))
      .WillOnce(Return(insight));
  EXPECT_CALL(api_, insights("heat", false)).WillOnce(Return(std::vector<Insight>{insight}));

  EXPECT_EQ(client_->edit_study("heat", edit), info);
  EXPECT_EQ(client_->park("heat", 3, parked), beat);
  client_->void_trial("heat", 3, person);
  client_->release_worker("heat", "W.1", person);
  client_->retire_insight("heat", 2, person);
  EXPECT_EQ(client_->workers("heat"), workers);
  EXPECT_EQ(client_->add_insight("heat", {"text", "ann", 4}), insight);
  EXPECT_EQ(client_->insights("heat", false), std::vector<Insight>{insight});
}

TEST_F(StudyClientTest, Enqueues) {
  const EnqueueRequest request{.params = {{"x", 0.5}},
                               .priority = 2.5,
                               .count = 3,
                               .request_id = "r-5",
                               .tags = {"gpu"},
                               .after = {3},
                               .title = "title",
                               .description = "words",
                               .after_tasks = {2}};
  const EnqueueAnswer answer{.numbers = {7, 8, 9}, .already = true};
  EXPECT_CALL(api_, enqueue("heat", Eq(request))).WillOnce(Return(answer));

  EXPECT_EQ(client_->enqueue("heat", request), answer);
}

TEST_F(StudyClientTest, WorksOnTasks) {
  const TaskRequest request{.title = "t", .tags = {"cpp"}, .after = {0}, .request_id = "r"};
  const TaskQuery query{.after = 1, .limit = 5, .state = TaskState::Done, .worker = "W&1"};
  const TaskTell told{.result = {{"x", 1}}, .lease = "token", .request_id = "r-2"};
  const TaskTellAnswer answer{3, TaskState::Done, true, false};
  const ParkRequest parked{"token", {}, 60, "rate limit"};
  const BeatAnswer beat{.prune = false, .stop = true, .expires_at = at("2026-03-01T12:00:00Z")};
  TaskView view;
  view.task.number = 3;
  view.task.created = at("2026-03-01T12:00:00Z");
  EXPECT_CALL(api_, add_task("heat", Eq(request))).WillOnce(Return(7));
  EXPECT_CALL(api_, tasks("heat", Eq(query))).WillOnce(Return(std::vector<TaskView>{view}));
  EXPECT_CALL(api_, task("heat", 3)).WillOnce(Return(view));
  EXPECT_CALL(api_, tell_task("heat", 3, Eq(told))).WillOnce(Return(answer));
  EXPECT_CALL(api_, heartbeat_task("heat", 3, Field(&BeatRequest::lease, "token")))
      .WillOnce(Return(beat));
  EXPECT_CALL(api_, park_task("heat", 3, Eq(parked))).WillOnce(Return(beat));
  EXPECT_CALL(api_, release_task("heat", 3, "token"));
  EXPECT_CALL(api_, cancel_task("heat", 3, Eq(PersonalRequest{"why", "ann"})));

  EXPECT_EQ(client_->add_task("heat", request), 7);
  EXPECT_EQ(client_->tasks("heat", query), std::vector<TaskView>{view});
  EXPECT_EQ(client_->task("heat", 3), view);
  EXPECT_EQ(client_->tell_task("heat", 3, told), answer);
  EXPECT_EQ(client_->heartbeat_task("heat", 3, {"token"}), beat);
  EXPECT_EQ(client_->park_task("heat", 3, parked), beat);
  client_->release_task("heat", 3, "token");
  client_->cancel_task("heat", 3, {"why", "ann"});
}

TEST_F(StudyClientTest, ReadsTrials) {
  const TrialQuery query{.after = 9, .limit = 50, .state = TrialState::Fail, .worker = "W&1"};
  EXPECT_CALL(api_, trials("heat", Eq(query)))
      .WillOnce(Return(std::vector<TrialView>{sample_trial()}));
  EXPECT_CALL(api_, trials("heat", Eq(TrialQuery{}))).WillOnce(Return(std::vector<TrialView>{}));
  EXPECT_CALL(api_, trial("heat", 17)).WillOnce(Return(sample_trial()));

  EXPECT_EQ(client_->trials("heat", query), std::vector<TrialView>{sample_trial()});
  EXPECT_EQ(client_->trials("heat", {}), std::vector<TrialView>{});
  EXPECT_EQ(client_->trial("heat", 17), sample_trial());
}

TEST_F(StudyClientTest, ReadsAnInfinityThatOptunaWrote) {
  TrialView trial = sample_trial();
  trial.values = {std::numeric_limits<double>::infinity(),
                  -std::numeric_limits<double>::infinity()};
  EXPECT_CALL(api_, trial("heat", 17)).WillOnce(Return(trial));

  EXPECT_EQ(client_->trial("heat", 17), trial);
}

TEST_F(StudyClientTest, ReadsTheLeaderboard) {
  BestRow row;
  row.rank = 1;
  row.number = 17;
  row.params = {{"x", 0.5}};
  row.worker = "W2";
  row.value = 1.1029;
  row.metrics = {{"runtime_min", 57.1}};
  row.mean = 1.09;
  row.stderr_ = 0.01;
  row.n = 3;
  row.interval = {1.07, 1.11};
  row.p_best = 0.8;
  row.confirmed = true;
  BestRow bare;
  bare.rank = 2;
  bare.number = 3;
  bare.params = Json::object();
  bare.feasible = false;
  EXPECT_CALL(api_, best("heat", 2)).WillOnce(Return(std::vector<BestRow>{row, bare}));

  EXPECT_EQ(client_->best("heat", 2), (std::vector<BestRow>{row, bare}));
}

TEST_F(StudyClientTest, ReadsColumns) {
  TrialColumns columns;
  columns.trials = 40;
  columns.last_event = 99;
  columns.names = {{"state", {"complete"}}};
  columns.columns = {{"number", {0, 39}}, {"values", {{0.5, nullptr}}}};
  columns.intermediate = {{"39", {{0, 1.5}}}};
  columns.quantiles = {{0.25, 0.5}};
  EXPECT_CALL(api_, columns("heat", Eq(ColumnsRequest{.points = 500}))).WillOnce(Return(columns));

  EXPECT_EQ(client_->columns("heat", {.points = 500}), columns);
}

TEST_F(StudyClientTest, ReadsAnExplanation) {
  Explanation explanation;
  explanation.number = 12;
  explanation.sampler = "tpe";
  explanation.values = {{"x", 0.1, ValueSource::Free}};
  explanation.terms = {{"score", 2.0 / 3}};
  EXPECT_CALL(api_, explain("heat", 12)).WillOnce(Return(explanation));
  EXPECT_CALL(api_, explain("heat", 13))
      .WillOnce(Throw(Error(ErrorCode::NotFound, "study heat has no trial 13")));

  EXPECT_EQ(client_->explain("heat", 12), explanation);
  try {
    client_->explain("heat", 13);
    ADD_FAILURE() << "no error was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::NotFound);
  }
}

TEST_F(StudyClientTest, ReadsImportance) {
  const ImportanceRequest request{"W 1&2", 1, 0.15, 1.0 / 3};
  const ImportanceAnswer answer{.trials = 40,
                                .target_trials = 4,
                                .informative = true,
                                .parameters = {{"x", 2.0 / 3, 0.003, 40}, {"y", 1.0 / 3, 0, 12}}};
  EXPECT_CALL(api_, importance("heat", Eq(request))).WillOnce(Return(answer));
  EXPECT_CALL(api_, importance("heat", Eq(ImportanceRequest{})))
      .WillOnce(Return(ImportanceAnswer{}));

  EXPECT_EQ(client_->importance("heat", request), answer);
  EXPECT_EQ(client_->importance("heat", {}), ImportanceAnswer{});
}

TEST_F(StudyClientTest, ReadsEvents) {
  Event event;
  event.sequence = 43;
  event.time = at("2026-03-01T12:00:00.000007Z");
  event.author = "W1";
  event.kind = EventKind::LeaseLost;
  event.body = {{"number", 17}, {"attempt", 1}};
  EXPECT_CALL(api_, events("heat", 42, 10)).WillOnce(Return(std::vector<Event>{event}));

  EXPECT_EQ(client_->events("heat", 42, 10), std::vector<Event>{event});
}

TEST_F(StudyClientTest, ThrowsTheErrorThatTheServerAnswered) {
  for (const ErrorCode code :
       {ErrorCode::Malformed, ErrorCode::NotFound, ErrorCode::Conflict, ErrorCode::TooLarge,
        ErrorCode::Invalid, ErrorCode::Unsupported, ErrorCode::Internal}) {
    const Json details = Json::array({{{"path", "/params/x"}, {"message", "low above high"}}});
    EXPECT_CALL(api_, create_study(_)).WillOnce(Throw(Error(code, "as thrown", details)));
    try {
      client_->create_study({{"name", "heat"}});
      ADD_FAILURE() << "no error " << to_string(code);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code);
      EXPECT_STREQ(error.what(), "as thrown");
      EXPECT_EQ(error.details(), details);
    }
  }
}

TEST_F(StudyClientTest, TriesAgainWhileTheServerIsUnavailable) {
  std::set<std::string> ids;
  AskAnswer answer;
  answer.trials.emplace_back();
  answer.trials[0].number = 0;
  answer.trials[0].params = Json::object();
  const auto busy = [&](const std::string&, const AskRequest& request) -> AskAnswer {
    ids.insert(request.request_id);
    throw Error(ErrorCode::Unavailable, "busy");
  };
  EXPECT_CALL(api_, ask("heat", _))
      .WillOnce(busy)
      .WillOnce(busy)
      .WillOnce([&](const std::string&, const AskRequest& request) {
        ids.insert(request.request_id);
        return answer;
      });

  EXPECT_EQ(client_->ask("heat", {}), answer);

  ASSERT_EQ(ids.size(), 1u) << "each attempt must be the same request";
  EXPECT_FALSE(ids.begin()->empty());
}

TEST_F(StudyClientTest, GivesUpWithTheServersErrorWhenItStaysUnavailable) {
  EXPECT_CALL(api_, studies())
      .Times(4)
      .WillRepeatedly(Throw(Error(ErrorCode::Unavailable, "busy")));

  try {
    client_->studies();
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::Unavailable);
    EXPECT_STREQ(error.what(), "busy");
  }
}

TEST_F(StudyClientTest, DoesNotRepeatWhatIsNotSafeToRepeat) {
  EXPECT_CALL(api_, delete_study("heat")).WillOnce(Throw(Error(ErrorCode::Unavailable, "busy")));

  EXPECT_THROW(client_->delete_study("heat"), Error);
}

TEST_F(StudyClientTest, RefusesAnEmptyStudyName) {
  try {
    client_->study("");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::NotFound);
  }
}

TEST_F(StudyClientTest, ServesManyThreadsWithOneClient) {
  std::atomic<std::int64_t> next = 0;
  EXPECT_CALL(api_, ask("heat", _)).WillRepeatedly([&](const std::string&, const AskRequest&) {
    AskAnswer answer;
    answer.trials.emplace_back();
    answer.trials[0].number = next++;
    answer.trials[0].params = Json::object();
    return answer;
  });
  EXPECT_CALL(api_, tell("heat", _, _))
      .WillRepeatedly([](const std::string&, std::int64_t number, const TellRequest& request) {
        TellAnswer answer;
        answer.number = number;
        answer.new_best = request.values == std::vector{static_cast<double>(number)};
        return answer;
      });
  constexpr int kThreads = 32;
  constexpr int kCycles = 20;

  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kCycles; ++i) {
        const std::int64_t number = client_->ask("heat", {}).trials.at(0).number;
        TellRequest request;
        request.values = {static_cast<double>(number)};
        const TellAnswer answer = client_->tell("heat", number, request);
        if (answer.number == number && answer.new_best) ++right;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(right, kThreads * kCycles);
  EXPECT_EQ(next, kThreads * kCycles);
}

TEST_F(StudyClientTest, GoesOnWithAServerThatCameBack) {
  EXPECT_CALL(api_, studies()).WillRepeatedly(Return(std::vector<StudyInfo>{}));
  client_->studies();

  server_.stop();

  EXPECT_THROW(client_->studies(), Error);
  studyhall::server::HttpServer again(api_, {.host = "127.0.0.1", .port = server_.port()});
  again.bind();
  std::thread running([&] { again.run(); });
  EXPECT_EQ(client_->studies(), std::vector<StudyInfo>{});
  again.stop();
  running.join();
}

}  // namespace
}  // namespace studyhall::client
