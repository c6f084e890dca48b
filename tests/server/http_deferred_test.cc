// Answers over HTTP leave after their commit, and no thread waits for it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "core/json.h"
#include "server/study_service.h"
#include "storage/memory_storage.h"
#include "tests/support/fake_clock.h"
#include "tests/support/gated_storage.h"
#include "tests/support/raw_socket.h"
#include "tests/support/running_server.h"

namespace studyhall::server {
namespace {

using studyhall::testing::RawSocket;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class HttpDeferred : public ::testing::Test {
 protected:
  void SetUp() override {
    service_.create_study(Json::parse(R"({"name": "s", "direction": "maximize", "seed": 7,
        "sampler": {"name": "random"}, "params": {"x": {"type": "float", "low": 0, "high": 1}}})"));
  }
  [[nodiscard]] RawSocket connect() const { return RawSocket::connect_to(server_->port()); }
  static std::string post(const std::string& verb, const std::string& body) {
    return "POST /api/v1/studies/s/" + verb +
           " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
  }
  static std::string told(int number, double value) {
    return post("trials/" + std::to_string(number) + "/tell",
                R"({"value":)" + std::to_string(value) + "}");
  }
  [[nodiscard]] std::int64_t count(const std::string& state) {
    const auto counts = service_.study("s").counts;
    const auto found = counts.find(state);
    return found == counts.end() ? 0 : found->second;
  }

  std::unique_ptr<storage::Storage> inner_ = storage::make_memory_storage();
  studyhall::testing::GatedStorage storage_{*inner_};
  studyhall::testing::FakeClock clock_;
  StudyService service_{storage_, clock_};
  std::unique_ptr<studyhall::testing::RunningServer> server_ =
      std::make_unique<studyhall::testing::RunningServer>(service_, HttpOptions{.threads = 1});
};

TEST_F(HttpDeferred, AnswersOthersWhileACommitIsUnderWay) {
  storage_.close_gate();
  const RawSocket asking = connect();
  asking.send(post("ask", "{}"));
  storage_.wait_for_a_commit();

  const RawSocket other = connect();  // there is one thread only
  other.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(other.read_until("ok"), StartsWith("HTTP/1.1 200"));
  EXPECT_FALSE(asking.has_input());

  storage_.open_gate();
  EXPECT_THAT(asking.read_until("\"token\""), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpDeferred, DecidesAnewWhatWasNotWritten) {
  const RawSocket socket = connect();
  socket.send(post("ask", "{}"));
  EXPECT_THAT(socket.read_until("}]}"), HasSubstr("\"number\":0"));

  storage_.close_gate();
  socket.send(told(0, 1.5));
  storage_.wait_for_a_commit();
  storage_.fail_next(1);
  storage_.open_gate();
  EXPECT_THAT(socket.read_until("}\n"), HasSubstr("\"new_best\":true"));
  EXPECT_EQ(count("complete"), 1);
}

TEST_F(HttpDeferred, SaysWhatCannotBeWritten) {
  const RawSocket socket = connect();
  storage_.fail_next(2);  // the first time, and when it is decided anew
  socket.send(post("ask", "{}"));
  EXPECT_THAT(socket.read_until("}\n"), HasSubstr("disk is full"));
  EXPECT_EQ(count("running"), 0);
  socket.send(post("ask", "{}"));
  EXPECT_THAT(socket.read_until("}\n"), HasSubstr("\"number\":0"));
}

TEST_F(HttpDeferred, KeepsTheOrderOfRequestsSentAtOnce) {
  const RawSocket socket = connect();
  storage_.close_gate();
  socket.send(post("ask", "{}") + told(0, 2) +
              "GET /api/v1/studies/s HTTP/1.1\r\nHost: localhost\r\n"
              "Connection: close\r\n\r\n");
  storage_.wait_for_a_commit();
  storage_.open_gate();
  const std::string all = socket.read_all();
  EXPECT_LT(all.find("\"token\""), all.find("\"new_best\":true"));
  EXPECT_LT(all.find("\"new_best\":true"), all.find("\"best_value\":2"));
  EXPECT_NE(all.find("\"best_value\":2"), std::string::npos);
}

TEST_F(HttpDeferred, AnswersWhatItTookBeforeItEnds) {
  storage_.close_gate();
  const RawSocket socket = connect();
  socket.send(post("ask", "{}"));
  storage_.wait_for_a_commit();
  std::thread stopping([this] { server_->stop(); });
  storage_.open_gate();
  EXPECT_THAT(socket.read_all(), HasSubstr("\"token\""));
  stopping.join();
}

// A repeat must not be acknowledged before the first is durable.
TEST_F(HttpDeferred, AcknowledgesARepeatedTellNoEarlierThanTheFirst) {
  const RawSocket first = connect();
  first.send(post("ask", "{}"));
  EXPECT_THAT(first.read_until("}]}"), HasSubstr("\"number\":0"));
  storage_.close_gate();
  first.send(told(0, 1));
  storage_.wait_for_a_commit();
  const RawSocket second = connect();
  second.send(told(0, 1));
  const RawSocket other = connect();
  other.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(other.read_until("ok"), StartsWith("HTTP/1.1 200"));
  EXPECT_FALSE(second.has_input());
  storage_.open_gate();
  EXPECT_THAT(second.read_until("}\n"), HasSubstr("\"already\":true"));
  EXPECT_THAT(first.read_until("}\n"), HasSubstr("\"already\":false"));
}

}  // namespace
}  // namespace studyhall::server
