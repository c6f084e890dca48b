#include "server/access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include "core/error.h"
#include "core/hash.h"
#include "tests/support/fake_clock.h"
#include "tests/support/mock_study_api.h"
#include "tests/support/running_server.h"

namespace studyhall::server {
namespace {

using storage::TokenRecord;
using storage::TokenRole;
using ::testing::_;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::NiceMock;
using ::testing::Return;

AskAnswer waiting() {
  AskAnswer answer;
  answer.status = AskStatus::Wait;
  return answer;
}

class AccessTest : public ::testing::Test {
 protected:
  AccessTest() {
    add({.name = "root", .role = TokenRole::Admin});
    add({.name = "w", .role = TokenRole::Worker, .study = "s"});
    add({.name = "w1", .role = TokenRole::Worker, .study = "s", .worker = "W1"});
    add({.name = "planner",
         .role = TokenRole::Worker,
         .study = "s",
         .allow = {"enqueue", "insight"}});
    add({.name = "reader", .role = TokenRole::Read});
    add({.name = "board", .role = TokenRole::Read, .study = "s"});
    access_.set_tokens(tokens_);
  }

  void add(TokenRecord token) {
    const std::string secret = new_token();
    token.hash = sha256_hex(secret);
    secrets_[token.name] = secret;
    tokens_.push_back(std::move(token));
  }
  HttpOptions options() {
    HttpOptions options;
    options.access = &access_;
    return options;
  }
  httplib::Headers bearer(const std::string& name) {
    return {{"Authorization", "Bearer " + secrets_.at(name)}};
  }
  int get(const std::string& token, const std::string& path) {
    return client_.Get(path, bearer(token))->status;
  }
  int post(const std::string& token, const std::string& path, const std::string& body = "{}") {
    return client_.Post(path, bearer(token), body, "application/json")->status;
  }

  studyhall::testing::FakeClock clock_;
  std::map<std::string, std::string> secrets_;
  std::vector<TokenRecord> tokens_;
  Access access_{clock_, true};
  NiceMock<studyhall::testing::MockStudyApi> api_;
  studyhall::testing::RunningServer server_{api_, options()};
  httplib::Client client_{"127.0.0.1", server_.port()};
};

TEST_F(AccessTest, AsksForATokenBeforeAnythingElse) {
  for (const std::string path : {"/api/v1/studies", "/api/v1/nothing", "/metrics", "/other"}) {
    const auto answer = client_.Get(path);
    EXPECT_EQ(answer->status, 401) << path;
    EXPECT_EQ(answer->get_header_value("WWW-Authenticate"), "Bearer");
    EXPECT_THAT(answer->body, HasSubstr("\"unauthorized\""));
  }
  EXPECT_EQ(client_.Get("/healthz")->status, 200);
  EXPECT_EQ(client_.Get("/readyz")->status, 200);
  for (const std::string page : {"/", "/studies/s", "/studies/s/trials", "/assets/other.js"}) {
    EXPECT_NE(client_.Get(page)->status, 401) << page << ": the page asks for a token itself";
  }
}

TEST_F(AccessTest, RefusesWhatIsNoTokenOfItsOwn) {
  const std::string good = secrets_.at("root");
  for (const std::string& header :
       {std::string("Bearer " + new_token()), std::string("Bearer "), std::string("Bearer x"),
        "Basic " + good, good, "Bearer " + good.substr(0, good.size() - 1), "Bearer " + good + "0",
        "Bearer " + sha256_hex(good)}) {
    EXPECT_EQ(client_.Get("/api/v1/studies", {{"Authorization", header}})->status, 401) << header;
  }
  EXPECT_EQ(client_.Get("/api/v1/studies", {{"Authorization", "bearer  " + good}})->status, 200);
}

TEST_F(AccessTest, KnowsNoRevokedOrExpiredToken) {
  tokens_[0].expires = clock_.now() + std::chrono::hours(1);
  access_.set_tokens(tokens_);
  EXPECT_EQ(get("root", "/api/v1/studies"), 200);
  clock_.advance(std::chrono::hours(1));
  EXPECT_THAT(client_.Get("/api/v1/studies", bearer("root"))->body, HasSubstr("expired"));

  EXPECT_EQ(get("reader", "/api/v1/studies"), 200);
  tokens_[4].revoked = clock_.now();
  access_.set_tokens(tokens_);
  EXPECT_EQ(get("reader", "/api/v1/studies"), 401);
}

TEST_F(AccessTest, EveryTokenMayReadTheDescriptionAndSpeakToTools) {
  const auto call = [](const std::string& tool) {
    const Json params{{"name", tool}, {"arguments", {{"study", "s"}}}};
    return Json{{"jsonrpc", "2.0"}, {"id", 1}, {"method", "tools/call"}, {"params", params}}.dump();
  };
  ON_CALL(api_, ask).WillByDefault(Return(waiting()));
  EXPECT_CALL(api_, stop_study).Times(0);
  for (const std::string token : {"w", "reader", "board"}) {
    EXPECT_EQ(get(token, "/api/v1/openapi.json"), 200) << token;
    const auto asked = client_.Post("/mcp", bearer(token), call("ask"), "application/json");
    EXPECT_EQ(asked->status, 200) << token;
    EXPECT_EQ(asked->body.find("\"isError\"") == std::string::npos, token == "w") << asked->body;
    const auto stopped = client_.Post("/mcp", bearer(token), call("stop"), "application/json");
    EXPECT_THAT(stopped->body, HasSubstr("\"forbidden\"")) << token;
  }
  EXPECT_EQ(client_.Post("/mcp", call("ask"), "application/json")->status, 401);
}

// Every route, whoever asks: what a role may not do is refused, what is new is for admins.
TEST_F(AccessTest, EachRoleMayDoWhatItIsFor) {
  ON_CALL(api_, ask).WillByDefault(Return(waiting()));
  const std::string s = "/api/v1/studies/s";
  for (const std::string verb : {"/trials/0/heartbeat", "/trials/0/release", "/tasks/0/heartbeat",
                                 "/tasks/0/release", "/tasks/0/tell"}) {
    EXPECT_EQ(post("w", s + verb), 200) << verb;
    EXPECT_EQ(post("root", s + verb), 200) << verb;
    EXPECT_EQ(post("reader", s + verb), 403) << verb;
    EXPECT_EQ(post("w", "/api/v1/studies/other" + verb), 403) << verb;
  }
  EXPECT_EQ(post("w", s + "/ask"), 200);
  EXPECT_EQ(post("w", "/api/v1/studies/t/ask"), 403);
  EXPECT_EQ(post("w", "/api/v1/studies/%73/ask"), 200);
  for (const std::string verb :
       {"/enqueue", "/stop", "/resume", "/trials/0/void", "/tasks", "/tasks/0/cancel",
        "/workers/W1/release", "/insights", "/insights/1/retire"}) {
    EXPECT_EQ(post("w", s + verb), 403) << verb;
    EXPECT_EQ(post("board", s + verb), 403) << verb;
  }
  for (const std::string path : {"", "/best", "/trials/0", "/tasks/0", "/insights"}) {
    EXPECT_EQ(get("w", s + path), 200) << path;
    EXPECT_EQ(get("board", s + path), 200) << path;
  }
  for (const std::string path :
       {"/trials", "/tasks", "/events", "/export?format=csv", "/workers"}) {
    EXPECT_EQ(get("w", s + path), 403) << path;
    EXPECT_EQ(get("reader", s + path), 200) << path;
  }
  EXPECT_EQ(get("w", "/api/v1/studies"), 403);
  EXPECT_EQ(get("board", "/api/v1/studies"), 403);
  EXPECT_EQ(get("board", "/metrics"), 403);
  EXPECT_EQ(get("reader", "/metrics"), 200);
  EXPECT_EQ(client_.Delete(s, bearer("w"))->status, 403);
  EXPECT_EQ(client_.Delete(s, bearer("root"))->status, 200);
  EXPECT_EQ(client_.Patch(s, bearer("board"), "{}", "application/json")->status, 403);
}

TEST_F(AccessTest, AWorkerMayBeAllowedMore) {
  EXPECT_EQ(post("planner", "/api/v1/studies/s/enqueue"), 200);
  EXPECT_CALL(api_, add_task("s", Field(&TaskRequest::author, "planner"))).WillOnce(Return(0));
  EXPECT_EQ(post("planner", "/api/v1/studies/s/tasks", R"({"title": "t"})"), 201);
  EXPECT_EQ(post("planner", "/api/v1/studies/s/tasks/0/cancel"), 403);
  EXPECT_EQ(post("planner", "/api/v1/studies/s/insights", R"({"text": "x"})"), 201);
  EXPECT_EQ(post("planner", "/api/v1/studies/s/insights/1/retire"), 403);
  EXPECT_EQ(get("planner", "/api/v1/studies/s/queue"), 200);
  EXPECT_EQ(get("w", "/api/v1/studies/s/queue"), 403);
}

TEST_F(AccessTest, ATokenOfAWorkerIsThatWorker) {
  EXPECT_CALL(api_, ask("s", Field(&AskRequest::worker, "W1")))
      .Times(2)
      .WillRepeatedly(Return(waiting()));
  EXPECT_EQ(post("w1", "/api/v1/studies/s/ask", R"({"worker": "W1"})"), 200);
  EXPECT_EQ(post("w1", "/api/v1/studies/s/ask", "{}"), 200);
  EXPECT_EQ(post("w1", "/api/v1/studies/s/ask", R"({"worker": "W2"})"), 403);
}

TEST_F(AccessTest, ATokenOfAWorkerTellsNoTrialOfAnotherWithoutItsLease) {
  TrialView own;
  own.record.worker = "W1";
  TrialView other;
  other.record.worker = "W2";
  ON_CALL(api_, trial("s", 1)).WillByDefault(Return(own));
  ON_CALL(api_, trial("s", 2)).WillByDefault(Return(other));
  for (const std::string verb : {"tell", "report", "heartbeat", "release", "park"}) {
    const std::string trial = "/api/v1/studies/s/trials/";
    const std::string more = verb == "tell"     ? R"("value": 1)"
                             : verb == "report" ? R"("value": 1, "step": 1)"
                             : verb == "park"   ? R"("for_s": 1)"
                                                : "";
    const std::string bare = "{" + more + "}";
    const std::string leased = "{" + more + (more.empty() ? "" : ", ") + R"("lease": "x"})";
    EXPECT_EQ(post("w1", trial + "1/" + verb, bare), 200) << verb;
    EXPECT_EQ(post("w1", trial + "2/" + verb, bare), 403) << verb;
    EXPECT_EQ(post("w1", trial + "2/" + verb, leased), 200) << verb;
    EXPECT_EQ(post("w", trial + "2/" + verb, bare), 200) << verb;
  }
}

TEST_F(AccessTest, ATokenOfAWorkerTellsNoTaskOfAnotherWithoutItsLease) {
  TaskView own;
  own.task.worker = "W1";
  TaskView other;
  other.task.worker = "W2";
  ON_CALL(api_, task("s", 1)).WillByDefault(Return(own));
  ON_CALL(api_, task("s", 2)).WillByDefault(Return(other));
  for (const std::string verb : {"tell", "heartbeat", "release", "park"}) {
    const std::string task = "/api/v1/studies/s/tasks/";
    const std::string more = verb == "park" ? R"("for_s": 1)" : "";
    const std::string bare = "{" + more + "}";
    const std::string leased = "{" + more + (more.empty() ? "" : ", ") + R"("lease": "x"})";
    EXPECT_EQ(post("w1", task + "1/" + verb, bare), 200) << verb;
    EXPECT_EQ(post("w1", task + "2/" + verb, bare), 403) << verb;
    EXPECT_EQ(post("w1", task + "2/" + verb, leased), 200) << verb;
  }
}

TEST_F(AccessTest, EventsOfPeopleAreSignedByTheToken) {
  EXPECT_CALL(api_, void_trial("s", 1, Field(&PersonalRequest::author, "root")));
  EXPECT_CALL(api_, void_trial("s", 2, Field(&PersonalRequest::author, "ann (root)")));
  EXPECT_EQ(post("root", "/api/v1/studies/s/trials/1/void"), 200);
  EXPECT_EQ(post("root", "/api/v1/studies/s/trials/2/void", R"({"author": "ann"})"), 200);
}

TEST_F(AccessTest, WhereNoneIsRequiredATokenStillBinds) {
  Access open(clock_, false);
  open.set_tokens(tokens_);
  HttpOptions options;
  options.access = &open;
  const studyhall::testing::RunningServer server(api_, options);
  httplib::Client client("127.0.0.1", server.port());
  EXPECT_EQ(client.Get("/api/v1/studies")->status, 200);
  EXPECT_EQ(client.Get("/api/v1/studies", {{"Authorization", "Bearer other"}})->status, 200);
  EXPECT_EQ(client.Post("/api/v1/studies/s/stop", bearer("reader"), "", "")->status, 403);
}

TEST(Token, Has256RandomBits) {
  const std::string one = new_token();
  EXPECT_EQ(one.size(), 67U);
  EXPECT_EQ(one.find_first_not_of("0123456789abcdef", 3), std::string::npos);
  EXPECT_NE(one, new_token());
}

}  // namespace
}  // namespace studyhall::server
