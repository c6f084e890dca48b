// Many clients that do not behave: the server stays up, answers the others, and is done with them
// in bounded time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "core/json.h"
#include "server/study_service.h"
#include "storage/memory_storage.h"
#include "tests/support/fake_clock.h"
#include "tests/support/raw_socket.h"
#include "tests/support/running_server.h"

namespace studyhall::server {
namespace {

using studyhall::testing::RawSocket;
using ::testing::StartsWith;

constexpr int kConnections = 2000;

// Client and server are one process here: two descriptors a connection.
bool may_open(rlim_t descriptors) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max < descriptors) return false;
  limit.rlim_cur = std::max(limit.rlim_cur, descriptors);
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

class HttpFlood : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!may_open(2 * kConnections + 200)) GTEST_SKIP() << "too few file descriptors here";
    service_.create_study(Json::parse(R"({"name": "s", "direction": "maximize", "seed": 7,
        "sampler": {"name": "random"}, "params": {"x": {"type": "float", "low": 0, "high": 1}}})"));
  }
  [[nodiscard]] RawSocket connect() const { return RawSocket::connect_to(server_.port()); }
  // Answered beside the flood: an ask, which goes all the way to the storage.
  void expect_answers() const {
    const RawSocket socket = connect();
    socket.send(
        "POST /api/v1/studies/s/ask HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n"
        "Connection: close\r\n\r\n{}");
    EXPECT_THAT(socket.read_all(), StartsWith("HTTP/1.1 200"));
  }

  std::unique_ptr<storage::Storage> storage_ = storage::make_memory_storage();
  studyhall::testing::FakeClock clock_;
  StudyService service_{*storage_, clock_};
  studyhall::testing::RunningServer server_{service_,
                                            {.threads = 4,
                                             .request_timeout = std::chrono::milliseconds(2000),
                                             .idle_timeout = std::chrono::milliseconds(2000)}};
};

TEST_F(HttpFlood, OfConnectionsThatSayNothing) {
  std::vector<RawSocket> silent;
  for (int i = 0; i < kConnections; ++i) silent.push_back(connect());
  expect_answers();
  for (const RawSocket& socket : silent) EXPECT_EQ(socket.read_all(), "");
  expect_answers();
}

TEST_F(HttpFlood, OfHalfRequests) {
  const std::vector<std::string> halves{
      "G", "GET /healthz HTTP/1.1\r\n", "GET /healthz HTTP/1.1\r\nHost: local",
      "POST /api/v1/studies/s/ask HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{",
      "POST /api/v1/studies/s/ask HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"};
  std::vector<RawSocket> half;
  for (int i = 0; i < kConnections; ++i) {
    half.push_back(connect());
    half.back().send(halves[static_cast<std::size_t>(i) % halves.size()]);
    if (i % 500 == 0) expect_answers();
  }
  expect_answers();
  // Who has sent a first line hears that it was too slow; who owes a body, perhaps that too many
  // do.
  for (std::size_t i = 0; i < half.size(); ++i) {
    const std::string answer = half[i].read_all();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 400") || (i % halves.size() == 0 && answer.empty()) ||
                (i % halves.size() >= 3 && answer.starts_with("HTTP/1.1 503")))
        << i << ": " << answer;
  }
  expect_answers();
}

// A thread reads each of these as it comes: two of the four threads do so, the others are refused.
TEST_F(HttpFlood, OfBodiesThatComeInPieces) {
  std::vector<RawSocket> slow;
  for (int i = 0; i < 50; ++i) {
    slow.push_back(connect());
    slow.back().send(
        "POST /api/v1/studies/s/ask HTTP/1.1\r\nHost: localhost\r\n"
        "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n");
  }
  expect_answers();
  std::size_t refused = 0;
  for (const RawSocket& socket : slow) {
    const std::string answer = socket.read_all();
    refused += answer.starts_with("HTTP/1.1 503") ? 1 : 0;
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 503") || answer.starts_with("HTTP/1.1 400")) << answer;
  }
  EXPECT_GE(refused, 40u);
  expect_answers();
}

TEST_F(HttpFlood, OfBytesWithoutSense) {
  std::mt19937_64 random(7);
  std::uniform_int_distribution<int> byte(0, 255);
  for (int i = 0; i < 500; ++i) {
    std::string bytes;
    const int length = 1 + byte(random);
    for (int k = 0; k < length; ++k) bytes += static_cast<char>(byte(random));
    if (i % 3 == 0) bytes = "POST /api/v1/studies/s/ask HTTP/1.1\r\n" + bytes;
    const RawSocket socket = connect();
    socket.send(bytes + "\r\n\r\n");
    socket.finish_sending();
    const std::string answer = socket.read_all();
    EXPECT_TRUE(answer.empty() || answer.starts_with("HTTP/1.1 4") ||
                answer.starts_with("HTTP/1.1 2"))
        << answer;
  }
  expect_answers();
}

TEST_F(HttpFlood, OfRequestsWhoseAnswersNobodyReads) {
  std::vector<RawSocket> deaf;
  std::string requests;
  for (int i = 0; i < 20; ++i) {
    requests += "GET /api/v1/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n";
  }
  for (int i = 0; i < 100; ++i) {
    deaf.push_back(connect());
    deaf.back().send(requests);
    deaf.pop_back();  // and goes
  }
  expect_answers();
}

TEST_F(HttpFlood, OfConnectionsThatComeAndGo) {
  for (int i = 0; i < kConnections; ++i) {
    const RawSocket socket = connect();
    if (i % 2 == 0) socket.send("GET /healthz HTTP/1.1\r\nHost: loc");
  }
  expect_answers();
}

}  // namespace
}  // namespace studyhall::server
