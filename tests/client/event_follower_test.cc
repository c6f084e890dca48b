#include "client/event_follower.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "core/error.h"
#include "server/study_service.h"
#include "storage/memory_storage.h"
#include "tests/support/fake_clock.h"
#include "tests/support/raw_socket.h"
#include "tests/support/running_server.h"

namespace studyhall::client {
namespace {

using studyhall::testing::answering;
using studyhall::testing::http_answer;
using studyhall::testing::RawServer;
using studyhall::testing::RawSocket;
using ::testing::ElementsAre;

class EventFollower : public ::testing::Test {
 protected:
  void SetUp() override {
    service_.create_study(Json::parse(R"({"name": "s", "direction": "maximize", "seed": 7,
        "sampler": {"name": "random"}, "params": {"x": {"type": "float", "low": 0, "high": 1}}})"));
  }
  [[nodiscard]] server::HttpOptions with_watch() {
    server::HttpOptions options;
    options.watch = [this](const std::string& study, std::function<void()> changed) {
      return service_.watch(study, std::move(changed));
    };
    return options;
  }
  static ErrorCode code_of(const std::function<void()>& call) {
    try {
      call();
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::Internal;
  }
  static std::string event(int sequence) {
    const std::string body = "id: " + std::to_string(sequence) +
                             "\ndata: {\"sequence\": " + std::to_string(sequence) +
                             R"(, "time": "2026-03-01T12:00:00.000000Z", "author": "a",)"
                             R"( "kind": "stopped", "body": {}})"
                             "\n\n";
    return body;
  }

  std::unique_ptr<storage::Storage> storage_ = storage::make_memory_storage();
  studyhall::testing::FakeClock clock_;
  server::StudyService service_{*storage_, clock_};
  ClientOptions options_{.token = "", .retries = 1, .backoff = std::chrono::milliseconds(1)};
};

TEST_F(EventFollower, GetsEachEventAsItIsCommitted) {
  const studyhall::testing::RunningServer server(service_, with_watch());
  std::vector<EventKind> kinds;
  follow_events(server.url(), options_, "s", 0, [&](const Event& event) {
    kinds.push_back(event.kind);
    // Each is answered by the next: they come one by one.
    if (event.sequence == 1) service_.stop_study("s", "a pause");
    if (event.sequence == 2) service_.resume_study("s");
    return event.sequence < 3;
  });
  EXPECT_THAT(kinds, ElementsAre(EventKind::Created, EventKind::Stopped, EventKind::Resumed));
}

TEST_F(EventFollower, GoesOnWhereAConnectionBroke) {
  const auto head = std::string("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
  std::string second_request;
  RawServer server(
      {answering(head + event(4) + event(5) + "id: 6\ndata: {\"seq"), [&](RawSocket& connection) {
         second_request = connection.read_until("\r\n\r\n");
         connection.send(head + event(5) + ":\n\n" + event(6) + event(7));
       }});
  std::vector<std::int64_t> seen;
  follow_events(server.url(), options_, "s", 3, [&](const Event& event) {
    seen.push_back(event.sequence);
    return event.sequence < 7;
  });
  EXPECT_THAT(seen, ElementsAre(4, 5, 6, 7));
  EXPECT_THAT(second_request, ::testing::HasSubstr("/events?after=5 "));
}

TEST_F(EventFollower, SaysWhyThereIsNothingToFollow) {
  const auto ignore = [](const Event&) { return true; };
  const studyhall::testing::RunningServer server(service_, with_watch());
  EXPECT_EQ(code_of([&] { follow_events(server.url(), options_, "t", 0, ignore); }),
            ErrorCode::NotFound);
  EXPECT_EQ(code_of([&] { follow_events("http://127.0.0.1:1", options_, "s", 0, ignore); }),
            ErrorCode::Unreachable);
  EXPECT_EQ(code_of([&] {
              follow_events(server.url(), options_, "s", 0, [&](const Event&) {
                service_.delete_study("s");
                return true;
              });
            }),
            ErrorCode::NotFound);
}

TEST_F(EventFollower, EndsWhenItIsInterrupted) {
  const studyhall::testing::RunningServer server(service_, with_watch());
  std::atomic<bool> interrupted = false;
  options_.interrupted = &interrupted;
  std::thread interrupting;
  follow_events(server.url(), options_, "s", 0, [&](const Event&) {
    interrupting = std::thread([&] { interrupted = true; });
    return true;
  });
  interrupting.join();
}

TEST_F(EventFollower, AnAskThatWaitsEndsWhenItIsInterrupted) {
  std::atomic<bool> interrupted = false;
  RawServer server({[&](RawSocket& connection) {
    static_cast<void>(connection.read_until("}"));
    interrupted = true;
    static_cast<void>(connection.read_all());  // until the client has gone
  }});
  options_.interrupted = &interrupted;
  AskRequest request;
  request.wait_s = 60;
  EXPECT_EQ(code_of([&] { connect(server.url(), options_)->ask("s", request); }),
            ErrorCode::Unreachable);
}

}  // namespace
}  // namespace studyhall::client
