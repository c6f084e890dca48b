// Requests that no HTTP library would send.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <string>
#include <vector>

#include "core/study_api_json.h"
#include "tests/support/mock_study_api.h"
#include "tests/support/raw_socket.h"
#include "tests/support/running_server.h"

namespace studyhall::server {
namespace {

using studyhall::testing::RawSocket;
using ::testing::_;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::NiceMock;
using ::testing::Return;
using ::testing::StartsWith;

constexpr std::size_t kMaxBody = 1000;

class HttpConnection : public ::testing::Test {
 protected:
  RawSocket connect() const { return RawSocket::connect_to(server_.port()); }
  // All that the server says to these bytes.
  std::string answer_to(const std::string& bytes) const {
    const RawSocket socket = connect();
    socket.send(bytes);
    socket.finish_sending();
    return socket.read_all();
  }
  void expect_alive() const {
    EXPECT_THAT(answer_to("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
                StartsWith("HTTP/1.1 200"));
  }
  static std::string ask_with(const std::string& headers, const std::string& body) {
    return "POST /api/v1/studies/s/ask HTTP/1.1\r\nHost: localhost\r\n"
           "Content-Type: application/json\r\n" +
           headers + "\r\n" + body;
  }

  NiceMock<studyhall::testing::MockStudyApi> api_;
  studyhall::testing::RunningServer server_{api_,
                                            {.max_body_bytes = kMaxBody,
                                             .request_timeout = std::chrono::milliseconds(300),
                                             .idle_timeout = std::chrono::milliseconds(300)}};
};

TEST_F(HttpConnection, RefusesWhatIsNotHttp) {
  for (const std::string& bytes :
       {std::string("hello\r\n\r\n"), std::string("GET / HTTP/9.9\r\n\r\n"),
        std::string("BREW /pot HTTP/1.1\r\n\r\n"), std::string("\r\n\r\n"),
        std::string("GET /\xFF\xFE\r\n\r\n"),
        std::string("\x16\x03\x01\x02\x00\x01\r\n\r\n", 10)}) {
    const std::string answer = answer_to(bytes);

    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400"));
    EXPECT_THAT(answer, HasSubstr("\"malformed\""));
    EXPECT_THAT(answer, HasSubstr("Connection: close"));
  }
  expect_alive();
}

TEST_F(HttpConnection, RefusesAPathThatIsTooLong) {
  const std::string answer = answer_to("GET /api/v1/studies/" + std::string(9000, 'n') +
                                       " HTTP/1.1\r\nHost: localhost\r\n\r\n");

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 414"));
  EXPECT_THAT(answer, HasSubstr("\"too_large\""));
  expect_alive();
}

TEST_F(HttpConnection, RefusesAHeadThatDoesNotEnd) {
  std::string head = "GET /healthz HTTP/1.1\r\n";
  for (int i = 0; i < 3000; ++i) head += "X-Header-" + std::to_string(i) + ": some value\r\n";

  EXPECT_THAT(answer_to(head), StartsWith("HTTP/1.1 400"));
  expect_alive();
}

TEST_F(HttpConnection, RefusesATooLargeBodyWithoutReadingIt) {
  EXPECT_CALL(api_, ask).Times(0);
  const std::string big(10'000'000, ' ');

  const std::string announced =
      answer_to(ask_with("Content-Length: " + std::to_string(big.size()) + "\r\n", big));
  EXPECT_THAT(announced, StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(announced, HasSubstr("at most 1000 bytes"));

  std::string chunks;
  for (int i = 0; i < 3; ++i) chunks += "200\r\n" + std::string(0x200, ' ') + "\r\n";
  EXPECT_THAT(answer_to(ask_with("Transfer-Encoding: chunked\r\n", chunks + "0\r\n\r\n")),
              StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(answer_to(ask_with("Content-Length: 99999999999999999999999\r\n", "{}")),
              StartsWith("HTTP/1.1 400"));
  expect_alive();
}

TEST_F(HttpConnection, TakesABodyOfExactlyTheLimit) {
  EXPECT_CALL(api_, ask).WillOnce(Return(AskAnswer{}));
  std::string body = "{}";
  body += std::string(kMaxBody - body.size(), ' ');

  EXPECT_THAT(answer_to(ask_with("Content-Length: 1000\r\nConnection: close\r\n", body)),
              StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpConnection, ReadsAChunkedBody) {
  EXPECT_CALL(api_, ask("s", Field(&AskRequest::worker, "W1"))).WillOnce(Return(AskAnswer{}));

  const std::string answer =
      answer_to(ask_with("Transfer-Encoding: chunked\r\nConnection: close\r\n",
                         "a;ext=1\r\n{\"worker\":\r\n5\r\n\"W1\"}\r\n0\r\nTrailer: x\r\n\r\n"));

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpConnection, RefusesFramingThatContradictsItself) {
  EXPECT_CALL(api_, ask).Times(0);
  const std::vector<std::string> cases{
      ask_with("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "{}"),
      ask_with("Content-Length: 2\r\nContent-Length: 3\r\n", "{}"),
      ask_with("Content-Length: -1\r\n", "{}"),
      ask_with("Content-Length: two\r\n", "{}"),
      ask_with("Transfer-Encoding: gzip, chunked\r\n", "{}"),
      ask_with("Transfer-Encoding: chunked\r\n", "xyz\r\n{}\r\n0\r\n\r\n"),
      ask_with("Transfer-Encoding: chunked\r\n", "ffffffffffffffffff\r\n{}\r\n"),
      ask_with("Transfer-Encoding: chunked\r\n", "1\r\n{}\r\n0\r\n\r\n"),
      ask_with("Transfer-Encoding: chunked\r\n", "2\r\n{}\r\n"),
      ask_with("Transfer-Encoding: chunked\r\n", std::string(5000, '0')),
  };
  for (const std::string& request : cases) {
    const std::string answer = answer_to(request);

    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400")) << request;
    EXPECT_THAT(answer, HasSubstr("Connection: close")) << request;
  }
  expect_alive();
}

TEST_F(HttpConnection, RefusesACompressedBodyByName) {
  const std::string answer =
      answer_to(ask_with("Content-Length: 2\r\nContent-Encoding: gzip\r\n", "{}"));

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 501"));
  EXPECT_THAT(answer, HasSubstr("gzip"));
}

TEST_F(HttpConnection, SurvivesClientsThatGoAwayHalfWay) {
  EXPECT_CALL(api_, ask).Times(0);

  connect();
  connect().send("POST /api/v1/stu");
  connect().send("POST /api/v1/studies/s/ask HTTP/1.1\r\nContent-Length: 5\r\n");
  connect().send(ask_with("Content-Length: 500\r\n", "{\"worker\""));
  connect().send(ask_with("Content-Length: 10000000\r\n", "{\"worker\""));

  expect_alive();
}

TEST_F(HttpConnection, TellsAHalfSentBodyFromAWholeOne) {
  EXPECT_CALL(api_, ask).Times(0);

  const std::string answer = answer_to(ask_with("Content-Length: 500\r\n", "{}"));

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(answer, HasSubstr("498 more were announced"));
}

TEST_F(HttpConnection, GivesUpOnABodyThatDoesNotCome) {
  const RawSocket socket = connect();
  socket.send(ask_with("Content-Length: 500\r\n", "{"));

  const std::string answer = socket.read_all();

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(answer, HasSubstr("in time"));
}

TEST_F(HttpConnection, GivesUpOnAHeadThatDoesNotCome) {
  const RawSocket socket = connect();
  socket.send("GET /healthz HTTP/1.1\r\nX-Slow: ");

  EXPECT_THAT(socket.read_all(), StartsWith("HTTP/1.1 400"));
}

// No thread waits for the rest of a request.
TEST_F(HttpConnection, AnswersOthersWhileManyRequestsAreHalfSent) {
  studyhall::testing::RunningServer server(api_, {.threads = 1});
  std::vector<RawSocket> half;
  for (int i = 0; i < 20; ++i) {
    half.push_back(RawSocket::connect_to(server.port()));
    half.back().send(i % 2 == 0 ? "GET /healthz HTTP/1.1\r\nX-Slow: "
                                : ask_with("Content-Length: 500\r\n", "{"));
  }
  const RawSocket whole = RawSocket::connect_to(server.port());
  whole.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(whole.read_until("ok"), StartsWith("HTTP/1.1 200"));

  half.front().send("1\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(half.front().read_until("ok"), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpConnection, PutsRequestsTogetherFromTheirBytes) {
  EXPECT_CALL(api_, stop_study("s", "over")).Times(2);
  const RawSocket socket = connect();
  const std::string head =
      "POST /api/v1/studies/s/stop HTTP/1.1\r\nHost: localhost\r\ncontent-length:  17\r\n";
  const std::string body = R"({"reason":"over"})";
  const std::string both = head + "\r\n" + body + head + "Connection: close\r\n\r\n" + body;
  for (const char byte : both) socket.send({&byte, 1});

  const std::string all = socket.read_all();
  const std::size_t first = all.find("\"stopped\":\"s\"");
  ASSERT_NE(first, std::string::npos);
  EXPECT_NE(all.find("\"stopped\":\"s\"", first + 1), std::string::npos);
}

TEST_F(HttpConnection, ClosesAConnectionThatStaysIdle) {
  const RawSocket socket = connect();
  socket.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");

  const std::string all = socket.read_all();

  EXPECT_THAT(all, StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpConnection, AnswersABodilessPostAtOnce) {
  EXPECT_CALL(api_, stop_study("s", _));
  const RawSocket socket = connect();

  socket.send("POST /api/v1/studies/s/stop HTTP/1.1\r\nHost: localhost\r\n\r\n");

  EXPECT_THAT(socket.read_until("\"}\n"), HasSubstr("\"stopped\":\"s\""));
}

TEST_F(HttpConnection, AsksForABodyThatIsHeldBack) {
  EXPECT_CALL(api_, ask).WillOnce(Return(AskAnswer{}));
  const RawSocket socket = connect();

  socket.send(ask_with("Content-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n", ""));
  EXPECT_EQ(socket.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  socket.send("{}");
  EXPECT_THAT(socket.read_all(), StartsWith("HTTP/1.1 200"));

  const RawSocket other = connect();
  other.send(ask_with("Content-Length: 2000\r\nExpect: 100-continue\r\n", ""));
  EXPECT_THAT(other.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 413"));
}

TEST_F(HttpConnection, AnswersRequestsSentTogetherInTheirOrder) {
  EXPECT_CALL(api_, study("one")).WillOnce([](const std::string& name) -> StudyInfo {
    throw Error(ErrorCode::NotFound, "no study " + name);
  });
  const std::string all = answer_to(
      "GET /api/v1/studies/one HTTP/1.1\r\nHost: localhost\r\n\r\n"
      "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

  const std::size_t first = all.find("HTTP/1.1 404");
  const std::size_t second = all.find("HTTP/1.1 200");
  EXPECT_EQ(first, 0u);
  ASSERT_NE(second, std::string::npos);
  EXPECT_GT(second, first);
}

TEST_F(HttpConnection, HoldsMoreIdleConnectionsThanItHasThreads) {
  std::vector<RawSocket> idle;
  for (int i = 0; i < 100; ++i) {
    idle.push_back(connect());
    ASSERT_TRUE(idle.back().send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    ASSERT_THAT(idle.back().read_until("}\n"), StartsWith("HTTP/1.1 200"));
  }

  expect_alive();
}

TEST_F(HttpConnection, StopsWhileAClientIsStillSending) {
  const RawSocket socket = connect();
  socket.send(ask_with("Content-Length: 500\r\n", "{"));

  server_.stop();

  EXPECT_THAT(socket.read_all(), ::testing::AnyOf("", StartsWith("HTTP/1.1 400")));
}

TEST_F(HttpConnection, IgnoresARangeAndAnswersTheWhole) {
  const std::string answer = answer_to(
      "GET /healthz HTTP/1.1\r\nHost: localhost\r\nRange: bytes=0-3\r\nConnection: close\r\n\r\n");

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer, HasSubstr("{\"status\":\"ok\"}"));
}

}  // namespace
}  // namespace studyhall::server
