#include "server/http_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/metrics.h"
#include "server/rate_limit.h"
#include "server/request_id.h"
#include "tests/support/mock_study_api.h"
#include "tests/support/raw_socket.h"
#include "tests/support/running_server.h"

namespace studyhall::server {
namespace {

using studyhall::testing::MockStudyApi;
using studyhall::testing::RawSocket;
using studyhall::testing::RunningServer;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::NiceMock;
using ::testing::Not;
using ::testing::Return;

class HttpPolicyTest : public ::testing::Test {
 protected:
  HttpPolicyTest() { options_.allowed_hosts = {"studies.lab"}; }

  NiceMock<MockStudyApi> api_;
  HttpOptions options_;
};

TEST_F(HttpPolicyTest, TakesOnlyNamesOfTheLoopbackAsHost) {
  const RunningServer server(api_, options_);
  httplib::Client client("127.0.0.1", server.port());
  for (const std::string host : {"localhost", "LOCALHOST:80", "127.0.0.1:1", "[::1]:8642", "[::1]",
                                 "studies.lab", "Studies.Lab:99"}) {
    EXPECT_EQ(client.Get("/healthz", {{"Host", host}})->status, 200) << host;
  }
  for (const std::string host : {"evil.example", "evil.example:8642", "localhost.evil.example",
                                 "127.0.0.1.evil.example", "[::2]"}) {
    const auto answer = client.Get("/api/v1/studies", {{"Host", host}});
    EXPECT_EQ(answer->status, 403) << host;
    EXPECT_THAT(answer->body, HasSubstr("Host"));
  }
}

TEST_F(HttpPolicyTest, EveryAnswerHasTheSecurityHeaders) {
  const RunningServer server(api_, options_);
  const auto raw = [&](const std::string& request) {
    const RawSocket socket = RawSocket::connect_to(server.port());
    socket.send(request);
    socket.finish_sending();
    return socket.read_all();
  };
  for (const std::string& request :
       {std::string("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        std::string("GET /none HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        std::string("GET /healthz HTTP/1.1\r\nHost: evil\r\n\r\n"),
        std::string("POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n")}) {
    const std::string answer = raw(request);
    std::string_view rest = kSecurityHeaders;
    while (!rest.empty()) {
      const std::string line(rest.substr(0, rest.find("\r\n") + 2));
      EXPECT_THAT(answer, HasSubstr(line)) << request;
      rest.remove_prefix(line.size());
    }
    EXPECT_THAT(answer, Not(HasSubstr("Access-Control"))) << request;
  }
}

TEST_F(HttpPolicyTest, LetsPagesOfACorsOriginInAndNoOthers) {
  options_.cors_origins = {"https://board.lab"};
  const RunningServer server(api_, options_);
  httplib::Client client("127.0.0.1", server.port());
  const httplib::Headers question{{"Access-Control-Request-Method", "POST"},
                                  {"Origin", "https://board.lab"}};

  const auto preflight = client.Options("/api/v1/studies/s/resume", question);
  EXPECT_EQ(preflight->status, 204);
  EXPECT_EQ(preflight->get_header_value("Access-Control-Allow-Origin"), "https://board.lab");
  EXPECT_THAT(preflight->get_header_value("Access-Control-Allow-Headers"),
              AllOf(HasSubstr("Authorization"), HasSubstr("MCP-Protocol-Version")));
  const auto write =
      client.Post("/api/v1/studies/s/resume", {{"Origin", "https://board.lab"}}, "", "");
  EXPECT_EQ(write->status, 200);
  EXPECT_EQ(write->get_header_value("Access-Control-Allow-Origin"), "https://board.lab");
  EXPECT_EQ(write->get_header_value("Vary"), "Origin");

  const auto other = client.Get("/healthz", {{"Origin", "https://evil.example"}});
  EXPECT_FALSE(other->has_header("Access-Control-Allow-Origin"));
  EXPECT_EQ(client
                .Options("/api/v1/studies/s/resume", {{"Access-Control-Request-Method", "POST"},
                                                      {"Origin", "https://evil.example"}})
                ->status,
            400);
}

TEST_F(HttpPolicyTest, NoPathReachesTheFileSystem) {
  const RunningServer server(api_, options_);
  for (const std::string path : {"/../../../../etc/passwd", "/api/v1/../../../etc/passwd",
                                 "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/etc/passwd"}) {
    const RawSocket socket = RawSocket::connect_to(server.port());
    socket.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(socket.read_all(), HasSubstr(" 404 ")) << path;
  }
}

TEST_F(HttpPolicyTest, RefusesABodyOfTooManyValues) {
  const RunningServer server(api_, options_);
  httplib::Client client("127.0.0.1", server.port());
  std::string body = "[0";
  for (int i = 0; i < 250'000; ++i) body += ",0";
  body += "]";
  const auto answer = client.Post("/api/v1/studies", body, "application/json");
  EXPECT_EQ(answer->status, 413);
  EXPECT_THAT(answer->body, HasSubstr("200000"));
  const std::string deep = std::string(5000, '[') + std::string(5000, ']');
  EXPECT_EQ(client.Post("/api/v1/studies", deep, "application/json")->status, 400);
}

TEST_F(HttpPolicyTest, TellsAClientThatAsksTooMuchToWait) {
  options_.requests_per_s = 0.001;
  const RunningServer server(api_, options_);
  httplib::Client client("127.0.0.1", server.port());
  EXPECT_EQ(client.Get("/api/v1/studies")->status, 200);
  const auto late = client.Get("/api/v1/studies");
  EXPECT_EQ(late->status, 429);
  EXPECT_THAT(late->body, HasSubstr("\"rate_limited\""));
  EXPECT_GT(std::stoi(late->get_header_value("Retry-After")), 900);
}

TEST(RateLimit, FillsUpAgainWithTime) {
  RateLimit limit(10);
  const RateLimit::TimePoint start{};
  for (int i = 0; i < 20; ++i) EXPECT_EQ(limit.take("a", start).count(), 0) << i;
  EXPECT_NEAR(limit.take("a", start).count(), 0.1, 1e-9);
  EXPECT_EQ(limit.take("b", start).count(), 0);
  EXPECT_EQ(limit.take("a", start + std::chrono::milliseconds(100)).count(), 0);
  EXPECT_GT(limit.take("a", start + std::chrono::milliseconds(100)).count(), 0);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(limit.take("a", start + std::chrono::hours(1)).count(), 0);
  EXPECT_GT(limit.take("a", start + std::chrono::hours(1)).count(), 0);
}

TEST(RateLimit, ForgetsNobodyWhoIsStillLimited) {
  RateLimit limit(1);
  const RateLimit::TimePoint start{};
  for (int i = 0; i < 100'000; ++i) static_cast<void>(limit.take(std::to_string(i), start));
  const auto later = start + std::chrono::seconds(10);
  EXPECT_EQ(limit.take("x", later).count(), 0);
  EXPECT_EQ(limit.take("x", later).count(), 0);
  for (int i = 0; i < 60'000; ++i) static_cast<void>(limit.take(std::to_string(i), later));
  EXPECT_GT(limit.take("x", later).count(), 0);
}

TEST(RequestId, IsTheClientsWhereThatIsPlain) {
  EXPECT_EQ(request_id("abc-1_2.3"), "abc-1_2.3");
  for (const std::string& bad : {std::string(), std::string("a b"), std::string("a\nb"),
                                 std::string("{}"), std::string(65, 'a')}) {
    const std::string made = request_id(bad);
    EXPECT_NE(made, bad);
    EXPECT_NE(made, request_id(bad));
  }
}

TEST_F(HttpPolicyTest, AnswersTheRequestId) {
  const RunningServer server(api_, options_);
  httplib::Client client("127.0.0.1", server.port());
  EXPECT_EQ(client.Get("/healthz", {{"X-Request-Id", "mine"}})->get_header_value("X-Request-Id"),
            "mine");
  EXPECT_FALSE(client.Get("/healthz")->get_header_value("X-Request-Id").empty());
}

TEST_F(HttpPolicyTest, IsReadyOnlyWhileTheStorageAnswers) {
  std::atomic<bool> works = true;
  options_.probe = [&] {
    if (!works) throw Error(ErrorCode::Unavailable, "the disk is full");
  };
  const RunningServer server(api_, options_);
  httplib::Client client("127.0.0.1", server.port());
  EXPECT_EQ(client.Get("/readyz")->status, 200);
  works = false;
  const auto answer = client.Get("/readyz");
  EXPECT_EQ(answer->status, 503);
  EXPECT_THAT(answer->body, Not(HasSubstr("disk")));
  EXPECT_EQ(client.Get("/healthz")->status, 200);
}

TEST_F(HttpPolicyTest, CountsRequestsByRouteAndStatus) {
  StudyInfo info;
  info.name = "a\"b";
  info.counts = {{"waiting", 2}, {"running", 1}};
  info.budget.emplace_back();
  info.budget[0].limit = "cost_usd";
  info.budget[0].used = 1.5;
  WorkerInfo worker;
  worker.name = "W1";
  worker.done = 4;
  ON_CALL(api_, studies()).WillByDefault(Return(std::vector{info}));
  ON_CALL(api_, workers("a\"b")).WillByDefault(Return(std::vector{worker}));
  CommitMetrics commits;
  commits.changes.add(3);
  options_.commits = &commits;
  const RunningServer server(api_, options_);
  httplib::Client client("127.0.0.1", server.port());
  for (int i = 0; i < 3; ++i) client.Get("/api/v1/studies/" + std::to_string(i));
  for (int i = 0; i < 50; ++i) client.Get("/none/" + std::to_string(i));

  const auto answer = client.Get("/metrics");
  EXPECT_THAT(answer->get_header_value("Content-Type"), HasSubstr("text/plain"));
  for (const std::string line :
       {"studyhall_requests_total{method=\"GET\",route=\"/api/v1/studies/{study}\",status=\"200\"} "
        "3\n",
        "studyhall_requests_total{method=\"\",route=\"none\",status=\"404\"} 50\n",
        "studyhall_request_seconds_count{method=\"\",route=\"none\"} 50\n",
        "studyhall_requests_running 1\n",
        "studyhall_trials{study=\"a\\\"b\",state=\"waiting\"} 2\n",
        "studyhall_budget_used{study=\"a\\\"b\",limit=\"cost_usd\",worker=\"\"} 1.5\n",
        "studyhall_worker_done_total{study=\"a\\\"b\",worker=\"W1\"} 4\n",
        "studyhall_commit_changes_bucket{le=\"2\"} 0\n",
        "studyhall_commit_changes_bucket{le=\"4\"} 1\n", "studyhall_commit_changes_sum 3\n"}) {
    EXPECT_THAT(answer->body, HasSubstr(line));
  }
}

}  // namespace
}  // namespace studyhall::server
