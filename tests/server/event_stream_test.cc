// Events as they come, over HTTP.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "core/hash.h"
#include "core/json.h"
#include "server/access.h"
#include "server/study_service.h"
#include "storage/memory_storage.h"
#include "tests/support/fake_clock.h"
#include "tests/support/gated_storage.h"
#include "tests/support/raw_socket.h"
#include "tests/support/running_server.h"

namespace studyhall::server {
namespace {

using studyhall::testing::RawSocket;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class EventStreams : public ::testing::Test {
 protected:
  void SetUp() override {
    service_.create_study(Json::parse(R"({"name": "s", "direction": "maximize", "seed": 7,
        "sampler": {"name": "random"}, "params": {"x": {"type": "float", "low": 0, "high": 1}}})"));
    serve({.threads = 1});
  }
  void serve(HttpOptions options) {
    options.watch = [this](const std::string& study, std::function<void()> changed) {
      return service_.watch(study, std::move(changed));
    };
    server_ = std::make_unique<studyhall::testing::RunningServer>(service_, std::move(options));
  }
  [[nodiscard]] RawSocket request(const std::string& query, const std::string& headers = "") const {
    RawSocket socket = RawSocket::connect_to(server_->port());
    socket.send("GET /api/v1/studies/s/events" + query +
                " HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n" + headers + "\r\n");
    return socket;
  }
  // One that has begun.
  [[nodiscard]] RawSocket listen(const std::string& query = "",
                                 const std::string& headers = "") const {
    RawSocket socket = request(query, headers);
    EXPECT_THAT(socket.read_until("retry: 1000\n\n"),
                AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Content-Type: text/event-stream\r\n"),
                      HasSubstr("Transfer-Encoding: chunked\r\n")));
    return socket;
  }
  void await_streams(int count) const {
    std::string text;
    while (text.find("\nstudyhall_streams " + std::to_string(count) + "\n") == std::string::npos) {
      const RawSocket socket = RawSocket::connect_to(server_->port());
      socket.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
      text = socket.read_all();
    }
  }
  void stop_and_resume(int times) {
    for (int i = 0; i < times; ++i) {
      service_.stop_study("s", "a pause");
      service_.resume_study("s");
    }
  }

  std::unique_ptr<storage::Storage> inner_ = storage::make_memory_storage();
  studyhall::testing::GatedStorage storage_{*inner_};
  studyhall::testing::FakeClock clock_;
  StudyService service_{storage_, clock_};
  std::unique_ptr<studyhall::testing::RunningServer> server_;
};

TEST_F(EventStreams, SendsWhatIsThereAndThenWhatComes) {
  const RawSocket first = request("");
  EXPECT_THAT(first.read_until("}\n\n"), AllOf(HasSubstr("id: 1\ndata: {"), HasSubstr("created")));

  // One thread serves both streams, and what else there is.
  const RawSocket second = listen("?after=1");
  service_.stop_study("s", "enough");

  for (const RawSocket* socket : {&first, &second}) {
    EXPECT_THAT(socket->read_until("}\n\n"),
                AllOf(HasSubstr("id: 2\ndata: {"), HasSubstr("enough"), Not(HasSubstr("id: 1\n"))));
  }
  const RawSocket other = RawSocket::connect_to(server_->port());
  other.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(other.read_all(), StartsWith("HTTP/1.1 200"));
}

TEST_F(EventStreams, TellsNoEventBeforeItsCommit) {
  const RawSocket socket = listen("?after=1");
  storage_.close_gate();
  std::thread stopping([this] { service_.stop_study("s", "enough"); });
  storage_.wait_for_a_commit();
  EXPECT_FALSE(socket.has_input());

  storage_.open_gate();
  EXPECT_THAT(socket.read_until("}\n\n"), HasSubstr("id: 2\n"));
  stopping.join();
}

TEST_F(EventStreams, GoesOnBehindTheLastEventThatAClientHas) {
  stop_and_resume(2);

  const RawSocket socket = request("?after=1", "Last-Event-ID: 4\r\n");
  EXPECT_THAT(socket.read_until("}\n\n"), AllOf(HasSubstr("id: 5\n"), Not(HasSubstr("id: 4\n"))));
}

TEST_F(EventStreams, SendsALongHistoryWhole) {
  stop_and_resume(400);

  const RawSocket socket = request("");
  const std::string all = socket.read_until("id: 801\n");
  for (int id = 1; id <= 801; ++id) {
    ASSERT_THAT(all, HasSubstr("id: " + std::to_string(id) + "\n"));
  }
}

TEST_F(EventStreams, BeatsWhileNothingHappens) {
  serve({.threads = 1, .heartbeat = std::chrono::milliseconds(1)});
  const RawSocket socket = listen("?after=1");
  EXPECT_THAT(socket.read_until("3\r\n:\n\n\r\n"), HasSubstr(":\n\n"));
}

TEST_F(EventStreams, DropsAClientThatTakesNothing) {
  serve({.threads = 1, .stall_timeout = std::chrono::milliseconds(1)});
  for (int i = 0; i < 150; ++i) {
    service_.edit_study("s", {.patch = {{"target", i}}, .author = std::string(200'000, 'y')});
  }
  const RawSocket socket = listen();

  // The buffers of the sockets take a part of it, and nobody reads: the connection ends without the
  // chunk that says that it is whole.
  await_streams(0);
  EXPECT_THAT(socket.read_all(), Not(HasSubstr("\r\n0\r\n\r\n")));

  const RawSocket other = listen("?after=151");
}

TEST_F(EventStreams, EndsWithItsStudy) {
  const RawSocket socket = listen("?after=1");
  service_.delete_study("s");
  EXPECT_THAT(socket.read_all(), AllOf(HasSubstr("event: end\ndata: {"), HasSubstr("not_found"),
                                       HasSubstr("\r\n0\r\n\r\n")));
}

// A server that asks for tokens, and two of them.
class GuardedEventStreams : public EventStreams {
 protected:
  void SetUp() override {
    EventStreams::SetUp();
    access_.set_tokens({record(kept_), record(other_)});
    serve({.threads = 1, .access = &access_});
  }
  void TearDown() override { server_.reset(); }
  [[nodiscard]] storage::TokenRecord record(const std::string& token) const {
    storage::TokenRecord record{.name = token.substr(0, 9), .role = storage::TokenRole::Read};
    record.hash = sha256_hex(token);
    record.created = clock_.now();
    return record;
  }
  static std::string header(const std::string& token) {
    return "Authorization: Bearer " + token + "\r\n";
  }

  const std::string kept_ = new_token();
  const std::string other_ = new_token();
  Access access_{clock_, true};
};

TEST_F(GuardedEventStreams, EndWithTheirToken) {
  const RawSocket kept = listen("?after=1", header(kept_));
  const RawSocket other = listen("?after=1", header(other_));

  access_.set_tokens({record(kept_)});
  service_.stop_study("s", "a secret");

  EXPECT_THAT(kept.read_until("}\n\n"), HasSubstr("a secret"));
  EXPECT_EQ(other.read_all(), "0\r\n\r\n");
}

TEST_F(GuardedEventStreams, EndWithTheirTokenWhereNothingHappensToo) {
  serve({.threads = 1, .heartbeat = std::chrono::milliseconds(1), .access = &access_});
  const RawSocket other = listen("?after=1", header(other_));
  access_.set_tokens({record(kept_)});
  EXPECT_EQ(other.read_all(), "0\r\n\r\n");
}

TEST_F(GuardedEventStreams, EndWhenTheirTokenExpires) {
  storage::TokenRecord brief = record(other_);
  brief.expires = clock_.now() + std::chrono::hours(1);
  access_.set_tokens({brief});
  const RawSocket socket = listen("?after=1", header(other_));

  clock_.advance(std::chrono::hours(1));
  service_.stop_study("s", "a secret");

  EXPECT_THAT(socket.read_all(), Not(HasSubstr("a secret")));
}

TEST_F(EventStreams, EndsWithItsServer) {
  const RawSocket socket = listen("?after=1");
  server_->stop();
  EXPECT_THAT(socket.read_all(), HasSubstr("0\r\n\r\n"));
}

TEST_F(EventStreams, RefusesWhatIsWrongWithAStatus) {
  EXPECT_THAT(request("?limit=1", "Connection: close\r\n").read_all(), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(request("", "Connection: close\r\nLast-Event-ID: x\r\n").read_all(),
              AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("Last-Event-ID")));
  const RawSocket socket = RawSocket::connect_to(server_->port());
  socket.send(
      "GET /api/v1/studies/t/events HTTP/1.1\r\nHost: localhost\r\n"
      "Accept: text/event-stream\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(socket.read_all(), StartsWith("HTTP/1.1 404"));
}

TEST_F(EventStreams, AClientThatLeavesIsForgotten) {
  { const RawSocket gone = listen("?after=1"); }
  await_streams(0);
  stop_and_resume(1);
  const RawSocket stays = request("?after=2");
  EXPECT_THAT(stays.read_until("}\n\n"), HasSubstr("id: 3\n"));
}

}  // namespace
}  // namespace studyhall::server
