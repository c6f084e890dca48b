#include "server/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <atomic>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "core/study_api_json.h"
#include "tests/support/mock_study_api.h"
#include "tests/support/running_server.h"
#include "tests/support/study_api_equal.h"

namespace studyhall::server {
namespace {

using ::testing::_;
using ::testing::Eq;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::NiceMock;
using ::testing::Return;
using ::testing::Throw;

class HttpServerTest : public ::testing::Test {
 protected:
  HttpServerTest() { client_.set_keep_alive(true); }

  httplib::Result get(const std::string& path) { return client_.Get(path); }
  httplib::Result post(const std::string& path, const std::string& body) {
    return client_.Post(path, body, "application/json");
  }

  NiceMock<studyhall::testing::MockStudyApi> api_;
  studyhall::testing::RunningServer server_{api_};
  httplib::Client client_{"127.0.0.1", server_.port()};
};

// The message of an answer that must be an error of that status and code.
std::string error_message(const httplib::Result& result, int status, const std::string& code) {
  if (!result) {
    ADD_FAILURE() << "no answer: " << httplib::to_string(result.error());
    return "";
  }
  EXPECT_EQ(result->status, status) << result->body;
  EXPECT_EQ(result->get_header_value("Content-Type"), "application/json");
  const Json body = Json::parse(result->body);
  EXPECT_EQ(body.at("error").at("code"), code) << result->body;
  return body.at("error").at("message");
}

TrialView complete_trial(std::int64_t number) {
  TrialView trial;
  trial.number = number;
  trial.state = TrialState::Complete;
  trial.params = {{"x", 0.5}};
  trial.values = {1.25};
  return trial;
}

StudyInfo info_with_x() {
  StudyInfo info;
  info.name = "s";
  info.spec = {{"name", "s"}, {"direction", "maximize"}, {"params", {{"x", {{"type", "float"}}}}}};
  return info;
}

TEST_F(HttpServerTest, SaysThatItIsUp) {
  const auto result = get("/healthz");

  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 200);
  EXPECT_EQ(Json::parse(result->body), (Json{{"status", "ok"}}));
}

TEST_F(HttpServerTest, CreatesAStudyFromAFileWithComments) {
  EXPECT_CALL(api_, create_study(Json{{"name", "s"}})).WillOnce(Return(info_with_x()));

  const auto result = post("/api/v1/studies", "{\"name\": \"s\"  // mine\n}");

  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 201);
  EXPECT_EQ(Json::parse(result->body).at("name"), "s");
}

TEST_F(HttpServerTest, StopsForTheReasonGivenOrOneOfItsOwn) {
  EXPECT_CALL(api_, stop_study("s", "enough"));
  EXPECT_CALL(api_, stop_study("s", "stopped on request"));

  EXPECT_EQ(post("/api/v1/studies/s/stop", R"({"reason": "enough"})")->status, 200);
  EXPECT_EQ(client_.Post("/api/v1/studies/s/stop")->status, 200);
}

TEST_F(HttpServerTest, AnswersAskWithoutTrialsByTheReason) {
  AskAnswer wait;
  wait.status = AskStatus::Wait;
  wait.retry_after_s = 12.5;
  AskAnswer finished;
  finished.status = AskStatus::Finished;
  finished.reason = "limits.trials: 45 done";
  AskAnswer exhausted;
  exhausted.status = AskStatus::Exhausted;
  EXPECT_CALL(api_, ask("s", _))
      .WillOnce(Return(wait))
      .WillOnce(Return(finished))
      .WillOnce(Return(exhausted));

  const auto waiting = post("/api/v1/studies/s/ask", "{}");
  EXPECT_EQ(waiting->status, 200);
  EXPECT_EQ(Json::parse(waiting->body).at("trials"), Json::array());
  EXPECT_EQ(Json::parse(waiting->body).at("retry_after_s"), 12.5);
  EXPECT_THAT(error_message(post("/api/v1/studies/s/ask", "{}"), 410, "finished"),
              HasSubstr("limits.trials: 45 done"));
  error_message(post("/api/v1/studies/s/ask", "{}"), 409, "exhausted");
}

TEST_F(HttpServerTest, GivesEachErrorItsStatus) {
  const std::vector<std::tuple<ErrorCode, int, std::string>> table{
      {ErrorCode::Malformed, 400, "malformed"},     {ErrorCode::NotFound, 404, "not_found"},
      {ErrorCode::Conflict, 409, "conflict"},       {ErrorCode::TooLarge, 413, "too_large"},
      {ErrorCode::Invalid, 422, "invalid"},         {ErrorCode::Unsupported, 501, "unsupported"},
      {ErrorCode::Unavailable, 503, "unavailable"}, {ErrorCode::Internal, 500, "internal"}};
  for (const auto& [code, status, name] : table) {
    EXPECT_CALL(api_, study("s")).WillOnce(Throw(Error(code, "as thrown")));

    EXPECT_EQ(error_message(get("/api/v1/studies/s"), status, name), "as thrown");
  }
}

TEST_F(HttpServerTest, SurvivesAnyExceptionOfAVerb) {
  EXPECT_CALL(api_, studies()).WillOnce(Throw(std::bad_alloc())).WillOnce(Throw(42));

  error_message(get("/api/v1/studies"), 500, "internal");
  error_message(get("/api/v1/studies"), 500, "internal");
  EXPECT_EQ(get("/healthz")->status, 200);
}

TEST_F(HttpServerTest, NamesWhatThisBuildDoesNotHave) {
  EXPECT_THAT(
      error_message(client_.Get("/api/v1/studies/s/events", {{"Accept", "text/event-stream"}}), 501,
                    "unsupported"),
      HasSubstr("text/event-stream"));
}

TEST_F(HttpServerTest, PassesOnWhatPeopleDo) {
  EditRequest edit;
  edit.patch = {{"target", 3}};
  edit.author = "ann";
  StudyInfo info;
  info.name = "s";
  EXPECT_CALL(api_, edit_study("s", Eq(edit))).WillOnce(Return(info));
  ParkRequest parked;
  parked.for_s = 60;
  parked.lease = "t";
  EXPECT_CALL(api_, park("s", 3, Eq(parked))).WillOnce(Return(BeatAnswer{}));
  EXPECT_CALL(api_, void_trial("s", 3, Eq(PersonalRequest{"wrong", "ann"})));
  EXPECT_CALL(api_, void_trial("s", 4, Eq(PersonalRequest{})));
  EXPECT_CALL(api_, release_worker("s", "W1", Eq(PersonalRequest{})));
  EXPECT_CALL(api_, retire_insight("s", 2, Eq(PersonalRequest{})));
  EXPECT_CALL(api_, insights("s", true)).WillOnce(Return(std::vector<Insight>{}));
  EXPECT_CALL(api_, workers("s")).WillOnce(Return(std::vector<WorkerInfo>{WorkerInfo{}}));
  EXPECT_CALL(api_, add_insight("s", Eq(InsightRequest{"text", "", {}})))
      .WillOnce(Return(Insight{1, "text", "user", {}, {}, false}));

  EXPECT_EQ(
      client_.Patch("/api/v1/studies/s?author=ann", R"({"target": 3})", "application/json")->status,
      200);
  EXPECT_EQ(post("/api/v1/studies/s/trials/3/park", R"({"for_s": 60, "lease": "t"})")->status, 200);
  EXPECT_EQ(
      post("/api/v1/studies/s/trials/3/void", R"({"reason": "wrong", "author": "ann"})")->status,
      200);
  EXPECT_EQ(client_.Post("/api/v1/studies/s/trials/4/void")->status, 200);
  EXPECT_EQ(client_.Post("/api/v1/studies/s/workers/W1/release")->status, 200);
  EXPECT_EQ(client_.Post("/api/v1/studies/s/insights/2/retire")->status, 200);
  EXPECT_EQ(Json::parse(get("/api/v1/studies/s/insights?all=1")->body),
            Json::parse(R"({"insights": []})"));
  EXPECT_EQ(Json::parse(get("/api/v1/studies/s/workers")->body)["workers"].size(), 1U);
  EXPECT_EQ(post("/api/v1/studies/s/insights", R"({"text": "text"})")->status, 201);
  error_message(post("/api/v1/studies/s/trials/3/park", "{}"), 400, "malformed");
}

TEST_F(HttpServerTest, CallsTheVerbsOfTasks) {
  TaskView view;
  view.task.number = 3;
  AskAnswer asked;
  asked.tasks.push_back({});
  AskRequest ask;
  ask.want = Want::Any;
  EXPECT_CALL(api_, ask("s", Eq(ask))).WillOnce(Return(asked));
  EXPECT_CALL(api_, add_task("s", Eq(TaskRequest{.title = "t", .priority = 10})))
      .WillOnce(Return(4));
  EXPECT_CALL(api_, tasks("s", Eq(TaskQuery{.state = TaskState::Failed})))
      .WillOnce(Return(std::vector<TaskView>{view}));
  EXPECT_CALL(api_, task("s", 3)).WillOnce(Return(view));
  EXPECT_CALL(api_, tell_task("s", 3, Eq(TaskTell{.result = "r", .lease = "t"})))
      .WillOnce(Return(TaskTellAnswer{.number = 3}));
  EXPECT_CALL(api_, heartbeat_task("s", 3, Field(&BeatRequest::lease, "t")))
      .WillOnce(Return(BeatAnswer{}));
  EXPECT_CALL(api_, park_task("s", 3, Eq(ParkRequest{"t", {}, 60, ""})))
      .WillOnce(Return(BeatAnswer{}));
  EXPECT_CALL(api_, release_task("s", 3, "t"));
  EXPECT_CALL(api_, cancel_task("s", 3, Eq(PersonalRequest{"why", "ann"})));

  const std::string tasks = "/api/v1/studies/s/tasks";
  EXPECT_EQ(Json::parse(post("/api/v1/studies/s/ask", R"({"want": "any"})")->body)["tasks"].size(),
            1U);
  EXPECT_EQ(post(tasks, R"({"title": "t", "priority": "high"})")->status, 201);
  EXPECT_EQ(Json::parse(get(tasks + "?state=failed")->body)["tasks"][0]["number"], 3);
  EXPECT_EQ(get(tasks + "/3")->status, 200);
  EXPECT_EQ(post(tasks + "/3/tell", R"({"result": "r", "lease": "t"})")->status, 200);
  EXPECT_EQ(post(tasks + "/3/heartbeat", R"({"lease": "t"})")->status, 200);
  EXPECT_EQ(post(tasks + "/3/park", R"({"for_s": 60, "lease": "t"})")->status, 200);
  EXPECT_EQ(post(tasks + "/3/release", R"({"lease": "t"})")->status, 200);
  EXPECT_EQ(post(tasks + "/3/cancel", R"({"reason": "why", "author": "ann"})")->status, 200);
  error_message(post(tasks, R"({"title": "t", "priority": "urgent"})"), 400, "malformed");
  error_message(get(tasks + "?state=complete"), 400, "malformed");
  error_message(get(tasks + "/x"), 400, "malformed");
}

TEST_F(HttpServerTest, TellsUnknownPathsFromWrongMethods) {
  EXPECT_THAT(error_message(get("/api/v2/studies"), 404, "not_found"),
              HasSubstr("/api/v2/studies"));
  const auto result = client_.Put("/api/v1/studies", "{}", "application/json");
  error_message(result, 405, "unsupported");
  EXPECT_EQ(result->get_header_value("Allow"), "GET, POST");
}

TEST_F(HttpServerTest, PassesStudyNamesOnDecoded) {
  const std::string long_name(4000, 'n');
  EXPECT_CALL(api_, study("a/b c")).WillOnce(Throw(Error(ErrorCode::NotFound, "no study a/b c")));
  EXPECT_CALL(api_, study(long_name)).WillOnce(Throw(Error(ErrorCode::NotFound, "no such study")));

  error_message(get("/api/v1/studies/a%2Fb%20c"), 404, "not_found");
  error_message(get("/api/v1/studies/" + long_name), 404, "not_found");
}

TEST_F(HttpServerTest, RefusesATrialNumberThatIsNotOne) {
  for (const std::string number : {"abc", "-1", "1.5", "99999999999999999999", "NaN"}) {
    EXPECT_THAT(error_message(get("/api/v1/studies/s/trials/" + number), 400, "malformed"),
                HasSubstr(number));
  }
}

TEST_F(HttpServerTest, PassesTheFiltersOfTrialsOn) {
  EXPECT_CALL(api_, trials("s", _)).WillOnce([](const std::string&, const TrialQuery& query) {
    EXPECT_EQ(query.after, 9);
    EXPECT_EQ(query.limit, 50);
    EXPECT_EQ(query.state, TrialState::Complete);
    EXPECT_EQ(query.worker, "W 1");
    return std::vector<TrialView>{complete_trial(10)};
  });

  const auto result = get("/api/v1/studies/s/trials?after=9&limit=50&state=complete&worker=W%201");

  ASSERT_TRUE(result);
  EXPECT_EQ(Json::parse(result->body).at("trials").at(0).at("number"), 10);
}

TEST_F(HttpServerTest, ExplainsATrial) {
  Explanation explanation;
  explanation.number = 12;
  explanation.sampler = "tpe";
  explanation.terms = {{"score", 0.5}};
  EXPECT_CALL(api_, explain("s", 12)).WillOnce(Return(explanation));

  const auto result = get("/api/v1/studies/s/trials/12/explain");

  EXPECT_EQ(result->status, 200);
  EXPECT_EQ(Json::parse(result->body), to_json(explanation));
  error_message(get("/api/v1/studies/s/trials/12/explain?top=1"), 400, "malformed");
}

TEST_F(HttpServerTest, PassesTheQueryOfImportanceOn) {
  ImportanceRequest asked;
  EXPECT_CALL(api_, importance("s", _))
      .Times(2)
      .WillRepeatedly([&](const std::string&, const ImportanceRequest& request) {
        asked = request;
        return ImportanceAnswer{.trials = 40,
                                .target_trials = 4,
                                .informative = true,
                                .parameters = {{"x", 0.75, 0.003, 40}, {"y", 0.25, 0.001, 12}}};
      });

  const auto plain = get("/api/v1/studies/s/importance");
  EXPECT_EQ(Json::parse(plain->body), Json::parse(R"({
    "importance": [{"name": "x", "importance": 0.75, "variance": 0.003, "trials": 40},
                   {"name": "y", "importance": 0.25, "variance": 0.001, "trials": 12}],
    "trials": 40, "target_trials": 4, "informative": true})"));
  EXPECT_EQ(asked, ImportanceRequest{});

  const auto full =
      get("/api/v1/studies/s/importance?worker=W%201&objective=1&target_quantile=0.2"
          "&region_quantile=5e-1");
  EXPECT_EQ(full->status, 200);
  EXPECT_EQ(asked, (ImportanceRequest{"W 1", 1, 0.2, 0.5}));
}

TEST_F(HttpServerTest, PassesThePointsOfColumnsOn) {
  ColumnsRequest asked;
  EXPECT_CALL(api_, columns("s", _))
      .Times(2)
      .WillRepeatedly([&](const std::string&, const ColumnsRequest& request) {
        asked = request;
        return TrialColumns{.trials = 7, .last_event = 12, .quantiles = {{0.5}}};
      });

  EXPECT_EQ(Json::parse(get("/api/v1/studies/s/columns")->body).at("trials"), 7);
  EXPECT_EQ(asked.points, 5000);
  EXPECT_EQ(get("/api/v1/studies/s/columns?points=0")->status, 200);
  EXPECT_EQ(asked.points, 0);
  error_message(get("/api/v1/studies/s/columns?points=-1"), 422, "invalid");
}

TEST_F(HttpServerTest, RefusesQueryParametersThatItCannotUse) {
  EXPECT_CALL(api_, trials).Times(0);
  EXPECT_CALL(api_, best).Times(0);

  EXPECT_THAT(error_message(get("/api/v1/studies/s/trials?after=abc"), 400, "malformed"),
              HasSubstr("after"));
  EXPECT_THAT(error_message(get("/api/v1/studies/s/trials?limit=0"), 422, "invalid"),
              HasSubstr("1 to 10000"));
  EXPECT_THAT(error_message(get("/api/v1/studies/s/trials?state=done"), 400, "malformed"),
              HasSubstr("complete"));
  EXPECT_THAT(error_message(get("/api/v1/studies/s/trials?sate=complete"), 400, "malformed"),
              HasSubstr("did you mean state?"));
  EXPECT_THAT(error_message(get("/api/v1/studies/s/best?top=NaN"), 400, "malformed"),
              HasSubstr("top"));
  EXPECT_CALL(api_, importance).Times(0);
  for (const std::string number : {"abc", "nan", "inf", "1e999", "", "0.1x"}) {
    EXPECT_THAT(error_message(get("/api/v1/studies/s/importance?target_quantile=" + number), 400,
                              "malformed"),
                HasSubstr("target_quantile"));
  }
  EXPECT_THAT(error_message(get("/api/v1/studies/s/importance?objective=-1"), 422, "invalid"),
              HasSubstr("objective"));
  EXPECT_THAT(error_message(get("/api/v1/studies/s/export?format=xml"), 400, "malformed"),
              HasSubstr("csv or jsonl"));
  error_message(get("/api/v1/studies/s?x=1"), 400, "malformed");
  error_message(get("/api/v1/studies/s/trials?worker=%FF"), 400, "malformed");
}

TEST_F(HttpServerTest, RefusesBodiesThatAreNotTheJsonExpected) {
  EXPECT_CALL(api_, tell).Times(0);
  const std::string path = "/api/v1/studies/s/trials/1/tell";

  error_message(post(path, "value=1"), 400, "malformed");
  error_message(post(path, "{\"value\": NaN}"), 400, "malformed");
  error_message(post(path, "{\"value\": \"abc\"}"), 400, "malformed");
  error_message(post(path, "{\"value\": \"NaN\"}"), 400, "malformed");
  error_message(post(path, "{\"value\": 1e999}"), 400, "malformed");
  error_message(post(path, "{\"value\": 1, \"note\": \"\xFF\"}"), 400, "malformed");
  error_message(post(path, "{\"value\": 1, \"valeu\": 2}"), 400, "malformed");
  error_message(post(path, "[1]"), 400, "malformed");
  error_message(post(path, std::string(100'000, '[')), 400, "malformed");
  error_message(post("/api/v1/studies/s/trials/1/heartbeat", "{\"lease\": 7}"), 400, "malformed");
  error_message(post("/api/v1/studies/s/trials/1/release", "{\"token\": \"t\"}"), 400, "malformed");
  EXPECT_THAT(error_message(client_.Post("/api/v1/studies"), 400, "malformed"),
              HasSubstr("expected a study file"));
}

TEST_F(HttpServerTest, ReadsEveryBodyAsJson) {
  EXPECT_CALL(api_, ask("s", Field(&AskRequest::worker, "W1")))
      .Times(3)
      .WillRepeatedly(Return(AskAnswer{}));

  for (const std::string type :
       {"application/json; charset=utf-8", "text/plain", "application/x-www-form-urlencoded"}) {
    EXPECT_EQ(client_.Post("/api/v1/studies/s/ask", R"({"worker": "W1"})", type)->status, 200);
  }
}

TEST_F(HttpServerTest, TakesNoWritesFromPagesOfOtherSites) {
  EXPECT_CALL(api_, resume_study("s"));

  for (const std::string origin : {"http://evil.example", "null", "http://127.0.0.1"}) {
    EXPECT_THAT(
        error_message(client_.Post("/api/v1/studies/s/resume", {{"Origin", origin}}, "", ""), 400,
                      "malformed"),
        HasSubstr("other sites"));
  }
  const auto own = client_.Post("/api/v1/studies/s/resume", {{"Origin", server_.url()}}, "", "");
  EXPECT_EQ(own->status, 200) << own->body;
}

TEST_F(HttpServerTest, ExportsPageByPage) {
  EXPECT_CALL(api_, study("s")).WillRepeatedly(Return(info_with_x()));
  EXPECT_CALL(api_, trials("s", _)).WillRepeatedly([](const std::string&, const TrialQuery& query) {
    std::vector<TrialView> page;
    for (auto n = query.after + 1; n < 2500 && n <= query.after + query.limit; ++n) {
      page.push_back(complete_trial(n));
    }
    return page;
  });

  const auto csv = get("/api/v1/studies/s/export?format=csv");
  const auto jsonl = get("/api/v1/studies/s/export?format=jsonl");

  ASSERT_TRUE(csv);
  EXPECT_EQ(csv->get_header_value("Transfer-Encoding"), "chunked");
  EXPECT_EQ(csv->get_header_value("Content-Type"), "text/csv; charset=utf-8");
  EXPECT_EQ(std::count(csv->body.begin(), csv->body.end(), '\n'), 2501);
  EXPECT_THAT(csv->body, HasSubstr("\n2499,1.25,0.5,COMPLETE,"));
  ASSERT_TRUE(jsonl);
  EXPECT_EQ(std::count(jsonl->body.begin(), jsonl->body.end(), '\n'), 2500);
}

TEST_F(HttpServerTest, ExportsAStudyWithoutTrials) {
  EXPECT_CALL(api_, study("s")).WillRepeatedly(Return(info_with_x()));

  const auto jsonl = get("/api/v1/studies/s/export?format=jsonl");

  ASSERT_TRUE(jsonl);
  EXPECT_EQ(jsonl->status, 200);
  EXPECT_EQ(jsonl->body, "");
}

TEST_F(HttpServerTest, GivesAnErrorBeforeTheFirstPageItsStatus) {
  EXPECT_CALL(api_, study("s")).WillOnce(Throw(Error(ErrorCode::NotFound, "no study s")));

  error_message(get("/api/v1/studies/s/export"), 404, "not_found");
}

TEST_F(HttpServerTest, BreaksAnExportOffWhenAPageFails) {
  EXPECT_CALL(api_, study("s")).WillRepeatedly(Return(info_with_x()));
  EXPECT_CALL(api_, trials("s", _)).WillRepeatedly([](const std::string&, const TrialQuery& query) {
    if (query.after >= 0) throw Error(ErrorCode::Unavailable, "disk");
    return std::vector<TrialView>{complete_trial(0)};
  });

  const auto result = get("/api/v1/studies/s/export?format=jsonl");

  EXPECT_FALSE(result) << "the client must not take the part for the whole";
  EXPECT_EQ(get("/healthz")->status, 200);
}

TEST_F(HttpServerTest, AnswersHeadWithoutABody) {
  EXPECT_CALL(api_, studies()).WillOnce(Return(std::vector<StudyInfo>{}));

  const auto result = client_.Head("/api/v1/studies");

  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 200);
  EXPECT_EQ(result->body, "");
}

TEST_F(HttpServerTest, ServesManyThreadsAtOnce) {
  std::atomic<std::int64_t> asked = 0;
  ON_CALL(api_, ask).WillByDefault([&](const std::string&, const AskRequest&) {
    AskAnswer answer;
    answer.trials.emplace_back();
    answer.trials[0].number = asked++;
    answer.trials[0].params = Json::object();
    return answer;
  });
  constexpr int kThreads = 32;
  constexpr int kAsks = 20;

  std::vector<std::thread> threads;
  std::vector<std::vector<std::int64_t>> numbers(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      httplib::Client client("127.0.0.1", server_.port());
      client.set_keep_alive(true);
      for (int i = 0; i < kAsks; ++i) {
        const auto result = client.Post("/api/v1/studies/s/ask", "{}", "application/json");
        if (!result || result->status != 200) continue;
        numbers[static_cast<std::size_t>(t)].push_back(
            Json::parse(result->body).at("trials").at(0).at("number"));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  std::vector<std::int64_t> all;
  for (const auto& part : numbers) all.insert(all.end(), part.begin(), part.end());
  std::sort(all.begin(), all.end());
  ASSERT_EQ(all.size(), static_cast<std::size_t>(kThreads * kAsks));
  EXPECT_EQ(std::adjacent_find(all.begin(), all.end()), all.end());
}

TEST_F(HttpServerTest, AnswersWhatWasTakenBeforeItStops) {
  std::atomic<bool> entered = false;
  std::atomic<bool> may_go_on = false;
  ON_CALL(api_, studies).WillByDefault([&] {
    entered = true;
    entered.notify_all();
    may_go_on.wait(false);
    return std::vector<StudyInfo>{};
  });

  int status = 0;
  std::thread asking([&] { status = get("/api/v1/studies")->status; });
  entered.wait(false);
  std::thread stopping([&] { server_.stop(); });
  may_go_on = true;
  may_go_on.notify_all();
  asking.join();
  stopping.join();

  EXPECT_EQ(status, 200);
  EXPECT_FALSE(get("/healthz"));
}

TEST(HttpServer, NamesHostAndPortThatItCannotTake) {
  studyhall::testing::MockStudyApi api;
  HttpServer first(api, {.host = "127.0.0.1", .port = 0});
  const int port = first.bind();
  HttpServer second(api, {.host = "127.0.0.1", .port = port});

  try {
    second.bind();
    FAIL() << "took a port in use";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::Unavailable);
    EXPECT_THAT(error.what(), HasSubstr("127.0.0.1:" + std::to_string(port)));
    EXPECT_THAT(error.what(), HasSubstr("in use"));
    EXPECT_THAT(error.what(), HasSubstr("--port"));
  }
}

TEST(HttpServer, RefusesAHostThatIsNotOne) {
  studyhall::testing::MockStudyApi api;
  for (const std::string host : {"256.1.1.1", "no host", "192.0.2.1"}) {
    HttpServer server(api, {.host = host, .port = 0});
    try {
      server.bind();
      ADD_FAILURE() << "took " << host;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::Unavailable);
      EXPECT_THAT(error.what(), HasSubstr(host));
    }
  }
  HttpServer server(api, {.host = "127.0.0.1", .port = 70000});
  EXPECT_THROW(server.bind(), Error);
}

TEST(HttpServer, DoesNotServeWhenItWasStoppedBefore) {
  studyhall::testing::MockStudyApi api;
  HttpServer server(api, {.host = "127.0.0.1", .port = 0});
  server.bind();

  server.stop();

  server.run();
}

}  // namespace
}  // namespace studyhall::server
