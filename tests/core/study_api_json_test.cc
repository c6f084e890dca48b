#include "core/study_api_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/study_api_equal.h"

namespace studyhall {
namespace {

using ::testing::HasSubstr;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// What arrives when `json` went over the wire.
Json sent(const Json& json) { return parse_json(dump_json(json), "wire"); }

Json parse(const std::string& text) { return parse_json(text, "test"); }

Timestamp at(int seconds) {
  return Timestamp(std::chrono::seconds(1'772'366'400 + seconds)) + std::chrono::microseconds(250);
}

// The code and message of what `read` throws for `text`.
template <typename Read>
Error error_of(Read read, const std::string& text) {
  try {
    (void)read(parse(text));
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "accepted: " << text;
  return {ErrorCode::Internal, "accepted"};
}

struct BadRequest {
  std::string text;
  std::string message;
};

template <typename Read>
void expect_malformed(Read read, const std::vector<BadRequest>& cases) {
  for (const BadRequest& bad : cases) {
    const Error error = error_of(read, bad.text);
    EXPECT_EQ(error.code(), ErrorCode::Malformed) << bad.text;
    EXPECT_THAT(error.what(), HasSubstr(bad.message)) << bad.text;
  }
}

TEST(AskRequestJson, ComesBackAsItWent) {
  for (const AskRequest& request :
       {AskRequest{}, AskRequest{"W1", 7, 90.5, "id-1", {{"gpu", "large"}}},
        AskRequest{"", 1000, {}, "", std::vector<std::string>{}, 60}}) {
    EXPECT_EQ(ask_request_from_json(sent(to_json(request))), request);
  }
  EXPECT_EQ(ask_request_from_json(parse("{}")), AskRequest{});
  EXPECT_EQ(ask_request_from_json(
                parse(R"({"worker": null, "count": null, "lease_s": null, "wait_s": 0})")),
            AskRequest{});
}

TEST(AskRequestJson, RefusesWhatIsWrong) {
  expect_malformed(ask_request_from_json,
                   {{"[]", "expected an object, found []"},
                    {R"({"wroker": "W1"})",
                     "/wroker: unknown field \"wroker\"; the nearest known "
                     "one is \"worker\""},
                    {R"({"worker": 3})", "/worker: expected a string, found 3"},
                    {R"({"count": 0})", "/count: expected an integer from 1 to 1000, found 0"},
                    {R"({"count": 1001})", "found 1001"},
                    {R"({"count": "2"})", "found \"2\""},
                    {R"({"lease_s": 0})", "/lease_s: expected seconds"},
                    {R"({"lease_s": 1e300})", "/lease_s: expected seconds"},
                    {R"({"wait_s": -1})", "/wait_s: expected seconds: 0 to 60, found -1"},
                    {R"({"wait_s": 60.5})", "/wait_s: expected seconds: 0 to 60, found 60.5"},
                    {R"({"request_id": 1})", "/request_id: expected a string"},
                    {R"({"accepts": "gpu"})", "/accepts: expected a list of tags"},
                    {R"({"accepts": ["a b"]})", "/accepts/0: expected a tag"},
                    {R"({"accepts": ["a", "a"]})", "/accepts/1: \"a\" is listed already"}});
}

TEST(AskRequestJson, NamesEveryProblemAtOnce) {
  const Error error = error_of(ask_request_from_json, R"({"worker": 3, "count": 0, "x": 1})");
  EXPECT_EQ(error.details().size(), 3u);
}

TEST(AskAnswerJson, ComesBackAsItWent) {
  AskedTrial trial;
  trial.number = 12;
  trial.params = parse(R"({"x": 0.1, "kind": "a"})");
  trial.lease = {"0123abcd", at(300)};
  trial.attempt = 2;
  trial.purpose = Purpose::Retry;
  trial.sampler = "tpe";
  trial.pin = 7;
  trial.pin_version = 3;
  trial.seed = UINT32_MAX;
  const AskAnswer some{AskStatus::Trials, {trial, trial}, 0, ""};
  const AskAnswer wait{AskStatus::Wait, {}, 12.5, ""};

  EXPECT_EQ(ask_answer_from_json(sent(to_json(some))), some);
  EXPECT_EQ(ask_answer_from_json(sent(to_json(wait))), wait);
}

TEST(AskAnswerJson, HasTheFieldsThatUsersRelyOn) {
  AskedTrial trial;
  trial.number = 0;
  trial.params = Json::object();
  trial.lease = {"token", at(0)};
  const Json json = to_json(AskAnswer{AskStatus::Trials, {trial}, 0, ""});

  const Json& first = json["trials"][0];
  EXPECT_EQ(first["number"], 0);
  EXPECT_EQ(first["lease"]["token"], "token");
  EXPECT_EQ(first["lease"]["expires_at"], "2026-03-01T12:00:00.000250Z");
  EXPECT_EQ(first["attempt"], 1);
  EXPECT_EQ(first["purpose"], "suggested");
  EXPECT_FALSE(json.contains("retry_after_s"));
}

TEST(AskAnswerJson, TakesFieldsOfANewerServer) {
  const AskAnswer answer =
      ask_answer_from_json(parse(R"({"trials": [], "retry_after_s": 3, "insights": []})"));
  EXPECT_EQ(answer.status, AskStatus::Wait);
  EXPECT_EQ(answer.retry_after_s, 3);
}

TEST(AskAnswerJson, RefusesWhatIsNotAnAnswer) {
  expect_malformed(ask_answer_from_json,
                   {{"3", "expected an object"},
                    {"{}", "/trials: missing"},
                    {R"({"trials": [{}]})", "/trials/0/number: missing"},
                    {R"({"trials": [{"number": 1, "params": {}, "lease": 3}]})",
                     "/trials/0/lease: expected an object"},
                    {R"({"trials": [{"number": 1, "params": {}, "lease": {"token": "t",
                        "expires_at": "noon"}}]})",
                     "/trials/0/lease/expires_at: expected a time"}});
}

TEST(TellRequestJson, ComesBackAsItWent) {
  TellRequest full;
  full.values = {1.0 / 3};
  full.metrics = {{"runtime_min", 57.1}, {"rmse", -0.0}};
  full.usage = {1.25, 40, 100'000, 3600.5};
  full.evidence = parse(R"({"exit": 0, "files": ["a"]})");
  full.note = "line one\nline two";
  full.lease = "token";
  full.request_id = "id";
  TellRequest several;
  several.values = {1, 2, -3};
  TellRequest pruned;
  pruned.state = TrialState::Pruned;
  TellRequest failed;
  failed.state = TrialState::Fail;
  failed.reason = FailReason::Infra;

  for (const TellRequest& request : {full, several, pruned, failed}) {
    EXPECT_EQ(tell_request_from_json(sent(to_json(request))), request);
  }
}

TEST(TellRequestJson, IsACompleteTrialUnlessSaid) {
  const TellRequest request = tell_request_from_json(parse(R"({"value": 3})"));
  EXPECT_EQ(request.state, TrialState::Complete);
  EXPECT_EQ(request.values, std::vector<double>{3});
  EXPECT_EQ(request.reason, std::nullopt);
  EXPECT_EQ(tell_request_from_json(parse(R"({"state": "failed", "value": null})")).values.size(),
            0u);
}

TEST(TellRequestJson, RefusesWhatIsNoValue) {
  expect_malformed(tell_request_from_json,
                   {{"{}", "/value: missing"},
                    {R"({"value": null})",
                     "/value: expected a finite number (NaN and infinities are no values)"
                     ", found null"},
                    {R"({"value": "abc"})", "found \"abc\""},
                    {R"({"value": "NaN"})", "/value: expected a finite number (NaN"},
                    {R"({"value": "inf"})", "found \"inf\""},
                    {R"({"value": "1.5"})", "found \"1.5\""},
                    {R"({"value": true})", "found true"},
                    {R"({"value": [1]})", "found [1]"},
                    {R"({"values": []})", "/values: expected at least one value"},
                    {R"({"values": 3})", "/values: expected a list"},
                    {R"({"values": [1, "nan"]})", "/values/1: expected a finite number"},
                    {R"({"value": 1, "values": [1]})", "either \"value\" or \"values\""},
                    {R"({"value": 1, "state": "failed"})", "/value: a failed trial has no value"}});
  for (const double value : {kNaN, kInfinity, -kInfinity}) {
    TellRequest request;
    request.values = {value};
    // A client that sends one anyway is told so by the server.
    EXPECT_THAT(error_of(tell_request_from_json, dump_json(to_json(request))).what(),
                HasSubstr("/value: expected a finite number"));
    EXPECT_THROW((void)tell_request_from_json(Json{{"value", value}}), Error);
  }
}

TEST(TellRequestJson, RefusesWhatIsWrong) {
  expect_malformed(
      tell_request_from_json,
      {{R"({"vale": 3})", "the nearest known one is \"value\""},
       {R"({"value": 1, "state": "done"})",
        "/state: expected \"complete\", \"pruned\" or "
        "\"failed\", found \"done\""},
       {R"({"value": 1, "state": "running"})", "found \"running\""},
       {R"({"state": "failed", "reason": "oom"})", "/reason: expected \"config\""},
       {R"({"value": 1, "reason": "infra"})", "/reason: goes with \"state\": \"failed\" only"},
       {R"({"value": 1, "metrics": [1]})", "/metrics: expected an object"},
       {R"({"value": 1, "metrics": {"m": "NaN"}})", "/metrics/m: expected a finite number"},
       {R"({"value": 1, "metrics": {"": 1}})", "a metric needs a name"},
       {R"({"value": 1, "usage": {"cost": 1}})", "/usage/cost: unknown field"},
       {R"({"value": 1, "usage": {"cost_usd": -1}})", "/usage/cost_usd: expected"},
       {R"({"value": 1, "usage": {"turns": 1.5}})", "/usage/turns: expected an integer"},
       {R"({"value": 1, "note": 3})", "/note: expected a string"},
       {R"({"value": 1, "lease": 3})", "/lease: expected a string"}});
}

TEST(TellAnswerJson, ComesBackAsItWent) {
  const TellAnswer answer{31, TrialState::Fail, true, true, true};
  EXPECT_EQ(tell_answer_from_json(sent(to_json(answer))), answer);
  const TellAnswer plain{0, TrialState::Complete, false, false, false};
  EXPECT_EQ(tell_answer_from_json(sent(to_json(plain))), plain);
  expect_malformed(tell_answer_from_json, {{"{}", "/number: missing"}});
}

TEST(ReportRequestJson, ComesBackAsItWent) {
  const ReportRequest request{5, -0.25, "token"};
  EXPECT_EQ(report_request_from_json(sent(to_json(request))), request);
  expect_malformed(report_request_from_json,
                   {{"{}", "/step: missing"},
                    {R"({"step": 1})", "/value: missing"},
                    {R"({"step": -1, "value": 0})", "/step: expected an integer of at least 0"},
                    {R"({"step": 1, "value": "nan"})", "/value: expected a finite number"},
                    {R"({"step": 1, "value": null})", "found null"},
                    {R"({"step": 1, "value": 0, "leas": "x"})", "\"lease\""}});
}

TEST(BeatAnswerJson, ComesBackAsItWent) {
  const BeatAnswer go{false, true, at(60)};
  EXPECT_EQ(beat_answer_from_json(sent(to_json(go))), go);
  const BeatAnswer bare{true, false, {}};
  EXPECT_EQ(beat_answer_from_json(sent(to_json(bare))), bare);
  EXPECT_FALSE(to_json(bare).contains("expires_at"));
}

TEST(EnqueueRequestJson, ComesBackAsItWent) {
  const EnqueueRequest request{parse(R"({"x": 1, "y": "a"})"),
                               -2.5,
                               3,
                               "id",
                               {"gpu", "large"},
                               {3, 5},
                               "a title",
                               "what it is about"};
  EXPECT_EQ(enqueue_request_from_json(sent(to_json(request))), request);
  EXPECT_EQ(enqueue_request_from_json(parse("{}")), EnqueueRequest{});
  expect_malformed(enqueue_request_from_json,
                   {{R"({"params": [1]})", "/params: expected an object"},
                    {R"({"param": {}})", "is \"params\""},
                    {R"({"priority": "urgent"})", "/priority: expected a finite number"},
                    {R"({"count": 0})", "/count: expected an integer from 1"}});
  expect_malformed(enqueue_request_from_json,
                   {{R"({"tags": "gpu"})", "/tags: expected a list of tags"},
                    {R"({"tags": ["-a"]})", "/tags/0: expected a tag"},
                    {R"({"after": [-1]})", "/after/0: expected an integer of at least 0"},
                    {R"({"title": 3})", "/title: expected a string"},
                    {R"({"description": ["a"]})", "/description: expected a string"}});
}

TEST(EnqueueAnswerJson, ComesBackAsItWent) {
  const EnqueueAnswer answer{{3, 4, 9}, true};
  EXPECT_EQ(enqueue_answer_from_json(sent(to_json(answer))), answer);
}

TEST(ParkRequestJson, ComesBackAsItWent) {
  for (const ParkRequest& request :
       {ParkRequest{"token", at(7), {}, "rate limit"}, ParkRequest{"", {}, 90.5, ""}}) {
    EXPECT_EQ(park_request_from_json(sent(to_json(request))), request);
  }
  expect_malformed(park_request_from_json,
                   {{"{}", "\"until\" or \"for_s\""},
                    {R"({"for_s": 0})", "/for_s: expected seconds"},
                    {R"({"until": "tomorrow"})", "/until: expected a time"},
                    {R"({"until": "2026-03-01T12:00:00Z", "for_s": 3})", "not both"}});
}

TEST(PersonalRequestJson, ComesBackAsItWent) {
  const PersonalRequest request{"a mistake", "ann"};
  EXPECT_EQ(personal_request_from_json(sent(to_json(request))), request);
  EXPECT_EQ(personal_request_from_json(parse("{}")), PersonalRequest{});
  expect_malformed(personal_request_from_json, {{R"({"reson": "x"})", "is \"reason\""}});
}

TEST(InsightJson, ComesBackAsItWent) {
  const InsightRequest request{"grid starts are wasted", "ann", 4};
  EXPECT_EQ(insight_request_from_json(sent(to_json(request))), request);
  expect_malformed(insight_request_from_json, {{"{}", "/text: missing"}});
  for (const Insight& insight :
       {Insight{3, "text", "ann", 7, at(1), true}, Insight{1, "text", "user", {}, at(0), false}}) {
    EXPECT_EQ(insight_from_json(sent(to_json(insight))), insight);
  }
}

TEST(TaskJson, ComesBackAsItWent) {
  const TaskRequest request{.title = "t",
                            .description = "d",
                            .priority = 2.5,
                            .tags = {"a", "b"},
                            .after = {0, 4},
                            .after_trials = {7},
                            .retries = 0,
                            .author = "ann",
                            .request_id = "r"};
  EXPECT_EQ(task_request_from_json(sent(to_json(request))), request);
  const TaskTell told{.state = TaskState::Failed,
                      .reason = FailReason::Infra,
                      .cause = FaultCause::Stall,
                      .result = {{"x", 1}},
                      .evidence = "e",
                      .note = "n",
                      .usage = {.cost_usd = 1, .turns = 2, .tokens = 3, .seconds = 4},
                      .lease = "l",
                      .request_id = "r"};
  EXPECT_EQ(task_tell_from_json(sent(to_json(told))), told);
  const TaskTellAnswer answer{3, TaskState::Done, true, true};
  EXPECT_EQ(task_tell_answer_from_json(sent(to_json(answer))), answer);
  TaskView view;
  view.task.number = 3;
  view.task.created = at(1);
  view.task.state = TaskState::Running;
  view.lease_expires = at(60);
  EXPECT_EQ(task_view_from_json(sent(to_json(view))), view);
}

TEST(TaskJson, RefusesWhatIsNone) {
  EXPECT_EQ(task_request_from_json({{"title", "t"}, {"priority", "critical"}}).priority, 100);
  EXPECT_EQ(enqueue_request_from_json({{"priority", "low"}}).priority, -10);
  expect_malformed(task_request_from_json,
                   {{"{}", "/title: missing"},
                    {R"({"title": "t", "priority": "urgent"})", "\"critical\""},
                    {R"({"title": "t", "after": [-1]})", "/after/0"},
                    {R"({"title": "t", "retries": 1001})", "/retries"},
                    {R"({"title": "t", "tag": []})", "/tag"}});
  expect_malformed(task_tell_from_json,
                   {{R"({"state": "running"})", "\"done\" or \"failed\""},
                    {R"({"state": "failed", "reason": "config"})", "\"declined\""},
                    {R"({"reason": "infra"})", "\"state\": \"failed\" only"},
                    {R"({"cause": "crash"})", "\"reason\": \"infra\" only"}});
}

TEST(AskedTaskJson, ComesBackAsItWent) {
  AskRequest request;
  request.want = Want::Any;
  EXPECT_EQ(ask_request_from_json(sent(to_json(request))), request);
  expect_malformed(ask_request_from_json, {{R"({"want": "all"})", "\"any\""}});
  AskAnswer answer;
  answer.tasks.push_back({.number = 2,
                          .title = "t",
                          .description = "d",
                          .priority = 2.5,
                          .tags = {"a"},
                          .after = {1},
                          .lease = {"token", at(60)},
                          .attempt = 2,
                          .insights = {{3, "text", "ann", 7, at(1), false}}});
  EXPECT_EQ(ask_answer_from_json(sent(to_json(answer))), answer);
}

TEST(WorkerInfoJson, ComesBackAsItWent) {
  for (const WorkerInfo& worker :
       {WorkerInfo{"W1", at(0), 2, 17, 3, at(600)}, WorkerInfo{"", at(5), 0, 0, 0, {}}}) {
    EXPECT_EQ(worker_info_from_json(sent(to_json(worker))), worker);
  }
}

TEST(StudyInfoJson, ComesBackAsItWent) {
  StudyInfo info;
  info.name = "heat";
  info.state = StudyState::Finished;
  info.finished_because = "limits.trials";
  info.spec = parse(R"({"name": "heat", "params": {"b": {}, "a": {}}})");
  info.counts = {{"waiting", 0}, {"complete", 12}};
  info.best_number = 4;
  info.best_value = 1.25;
  info.created = at(0);
  info.last_event = 77;
  info.budget = {{"", "cost_usd", 12.5, 6, 300}, {"W1", "trials", 3, 1, 10}};
  EXPECT_EQ(study_info_from_json(sent(to_json(info))), info);

  info.best_value = -kInfinity;
  EXPECT_EQ(study_info_from_json(sent(to_json(info))), info);
  info.best_value.reset();
  info.best_number.reset();
  EXPECT_EQ(study_info_from_json(sent(to_json(info))), info);
  EXPECT_TRUE(to_json(info)["best_number"].is_null());
  EXPECT_FALSE(to_json(info).contains("front_size"));

  info.front_size = 3;
  EXPECT_EQ(study_info_from_json(sent(to_json(info))), info);
}

TEST(TrialViewJson, ComesBackAsItWent) {
  TrialView trial;
  trial.number = 3;
  trial.state = TrialState::Complete;
  trial.params = parse(R"({"x": 0.5, "kind": null})");
  trial.values = {0.1 + 0.2};
  trial.feasible = false;
  trial.metrics = {{"runtime_min", 61}};
  trial.intermediate = {{-1, 0.5}, {10, kInfinity}};
  trial.started = at(0);
  trial.completed = at(90);
  trial.record.worker = "W1";
  trial.record.purpose = Purpose::Enqueued;
  trial.record.attempt = 2;
  trial.record.sampler = "tpe";
  trial.record.slice = "W1";
  trial.record.pin = 1;
  trial.record.note = "fine";
  trial.record.usage.cost_usd = 0.5;
  trial.record.evidence = parse(R"({"exit": 0})");
  EXPECT_EQ(trial_view_from_json(sent(to_json(trial))), trial);

  trial.values = {1, -kInfinity};
  trial.record.reason = FailReason::Declined;
  trial.lease_expires = at(400);
  EXPECT_EQ(trial_view_from_json(sent(to_json(trial))), trial);

  TrialView waiting;
  waiting.number = 0;
  waiting.params = Json::object();
  EXPECT_EQ(trial_view_from_json(sent(to_json(waiting))), waiting);
}

TEST(TrialViewJson, NamesInfinitiesAndKeepsOneValueApartFromSeveral) {
  TrialView trial;
  trial.params = Json::object();
  trial.values = {kInfinity};
  EXPECT_EQ(to_json(trial)["value"], "inf");
  EXPECT_FALSE(to_json(trial).contains("values"));
  trial.values = {1, -kInfinity};
  EXPECT_EQ(to_json(trial)["values"], parse(R"([1, "-inf"])"));
  EXPECT_FALSE(to_json(trial).contains("value"));
}

TEST(TrialViewJson, RefusesWhatIsNoTrial) {
  expect_malformed(
      trial_view_from_json,
      {{"[]", "expected an object"},
       {"{}", "/number: missing"},
       {R"({"number": 1, "state": "done"})", "/state: expected a trial state"},
       {R"({"number": 1, "state": "failed", "value": "x"})", "/value: expected"},
       {R"({"number": 1, "state": "failed", "worker": 3})", "worker"},
       {R"({"number": 1, "state": "failed", "intermediate": {"a": 1}})", "expected a step"}});
}

TEST(BestRowJson, HasAListOfValuesForSeveralObjectives) {
  BestRow row;
  row.rank = 1;
  row.number = 8;
  row.params = parse(R"({"x": 1})");
  row.value = 1.5;
  EXPECT_FALSE(to_json(row).contains("values"));
  EXPECT_FALSE(to_json(row).contains("means"));

  row.values = {1.5, -kInfinity};
  row.means = {1.25, 2};
  EXPECT_EQ(to_json(row)["value"], 1.5);
  EXPECT_EQ(to_json(row)["values"][0], 1.5);
  EXPECT_EQ(best_row_from_json(sent(to_json(row))), row);
}

TEST(BestRowJson, ComesBackAsItWent) {
  BestRow row;
  row.rank = 1;
  row.number = 8;
  row.params = parse(R"({"x": 1})");
  row.worker = "W2";
  row.value = 1.3;
  row.metrics = {{"runtime_min", 58}};
  row.mean = 1.21;
  row.stderr_ = 0.02;
  row.n = 3;
  row.interval = {1.17, 1.25};
  row.p_best = 0.6;
  row.feasible = true;
  EXPECT_EQ(best_row_from_json(sent(to_json(row))), row);

  row.interval = {-kInfinity, kInfinity};
  row.value = kInfinity;
  EXPECT_EQ(best_row_from_json(sent(to_json(row))), row);

  row.mean.reset();
  row.stderr_.reset();
  row.interval.reset();
  row.p_best.reset();
  EXPECT_EQ(best_row_from_json(sent(to_json(row))), row);
  for (const char* name : {"mean", "stderr", "interval", "p_best"}) {
    EXPECT_TRUE(to_json(row)[name].is_null()) << name;
  }
}

TEST(ImportanceAnswerJson, ComesBackAsItWent) {
  const ImportanceAnswer answer{.trials = 40,
                                .target_trials = 4,
                                .informative = true,
                                .parameters = {{"x", 2.0 / 3, 0.003, 40}, {"y", 1.0 / 3, 0, 12}}};
  EXPECT_EQ(importance_answer_from_json(sent(to_json(answer))), answer);
  EXPECT_EQ(importance_answer_from_json(sent(to_json(ImportanceAnswer{}))), ImportanceAnswer{});
  expect_malformed(
      importance_answer_from_json,
      {{"[]", "expected an object"},
       {"{}", "/importance: missing"},
       {R"({"importance": [{"importance": 1}]})", "/importance/0/name: missing"},
       {R"({"importance": [{"name": "x", "importance": "much"}]})", "/importance/0/importance"}});
}

TEST(ExplanationJson, ComesBackAsItWent) {
  Explanation full;
  full.number = 12;
  full.worker = "W1";
  full.purpose = Purpose::Replicate;
  full.attempt = 2;
  full.of = 3;
  full.about = "runs the configuration of trial 3 once more";
  full.sampler = "tpe";
  full.sampler_version = 3;
  full.as_of = 88;
  full.results = 20;
  full.running = 3;
  full.pin = 7;
  full.pin_version = 4;
  full.values = {
      {"x", 0.25, ValueSource::Free}, {"c", "a", ValueSource::Pin}, {"k", 3, std::nullopt}};
  full.why = "largest ratio";
  full.terms = {{"score", -0.5}, {"worst", std::numeric_limits<double>::infinity()}};
  full.doubt = "none";
  Explanation bare;
  bare.number = 0;

  EXPECT_EQ(explanation_from_json(sent(to_json(full))), full);
  EXPECT_EQ(explanation_from_json(sent(to_json(bare))), bare);
  expect_malformed(explanation_from_json,
                   {{"{}", "/number: missing"},
                    {R"({"number": 1, "values": [{"name": "x"}]})", "/values/0/value: missing"},
                    {R"({"number": 1, "values": [{"name": "x", "value": 1, "source": "luck"}]})",
                     "/values/0/source"},
                    {R"({"number": 1, "terms": [{"name": "score"}]})", "/terms/0/value"}});
}

TEST(EventJson, ComesBackAsItWent) {
  const Event event{12, at(3), "W1", EventKind::LeaseLost, parse(R"({"number": 3})")};
  const Event back = event_from_json(sent(to_json(event)));
  EXPECT_EQ(back, event);
  expect_malformed(event_from_json,
                   {{R"({"sequence": 1, "kind": "exploded"})", "/kind: expected a kind of event"},
                    {R"({"sequence": 0, "kind": "told"})", "/sequence: expected"}});
}

TEST(ErrorJson, ComesBackAsItWent) {
  const Error error(ErrorCode::Conflict, "told twice", parse(R"({"told": 3})"));
  const Json json = sent(error_json(error));
  EXPECT_EQ(json, parse(R"({"error": {"code": "conflict", "message": "told twice",
                                      "details": {"told": 3}}})"));

  const Error back = error_from_json(json, 409);

  EXPECT_EQ(back.code(), ErrorCode::Conflict);
  EXPECT_STREQ(back.what(), "told twice");
  EXPECT_EQ(back.details(), error.details());
  EXPECT_FALSE(error_json("internal", "x")["error"].contains("details"));
}

TEST(ErrorJson, IsReadByTheStatusWhereTheBodyIsAnothers) {
  const std::vector<std::pair<int, ErrorCode>> codes = {
      {400, ErrorCode::Malformed},   {404, ErrorCode::NotFound},    {409, ErrorCode::Conflict},
      {410, ErrorCode::Conflict},    {413, ErrorCode::TooLarge},    {422, ErrorCode::Invalid},
      {501, ErrorCode::Unsupported}, {503, ErrorCode::Unavailable}, {502, ErrorCode::Unreachable},
      {500, ErrorCode::Internal},    {418, ErrorCode::Internal}};
  for (const auto& [status, code] : codes) {
    for (const Json& body : {Json("<html>"), Json(nullptr), parse(R"({"error": "no"})"),
                             parse(R"({"error": {"code": 3}})")}) {
      const Error error = error_from_json(body, status);
      EXPECT_EQ(error.code(), code) << status;
      EXPECT_THAT(error.what(), HasSubstr(std::to_string(status)));
    }
  }
  EXPECT_EQ(
      error_from_json(parse(R"({"error": {"code": "new_kind", "message": "m"}})"), 422).code(),
      ErrorCode::Invalid);
  EXPECT_EQ(
      error_from_json(parse(R"({"error": {"code": "internal", "message": "m"}})"), 404).code(),
      ErrorCode::Internal);
}

}  // namespace
}  // namespace studyhall
