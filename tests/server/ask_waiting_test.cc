// Asks that wait for something to do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/json.h"
#include "server/deferred_answer.h"
#include "server/study_service.h"
#include "storage/memory_storage.h"
#include "tests/support/fake_clock.h"
#include "tests/support/raw_socket.h"
#include "tests/support/running_server.h"

namespace studyhall::server {
namespace {

using studyhall::testing::RawSocket;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kEnd = "}\n";

class AskWaiting : public ::testing::Test {
 protected:
  void SetUp() override {
    service_.create_study(Json::parse(R"({"name": "s", "direction": "maximize", "seed": 7,
        "sampler": {"name": "random"}, "params": {"x": {"type": "float", "low": 0, "high": 1}},
        "limits": {"trials": 1}})"));
  }
  AskedTrial take_the_trial(double lease_s = 600) {
    AskRequest request;
    request.worker = "first";
    request.lease_s = lease_s;
    return service_.ask("s", request).trials.at(0);
  }
  // One that waits, seen by the server.
  RawSocket waiting(const std::string& body = R"({"wait_s": 60})") {
    const std::size_t before = count_waiting();
    RawSocket socket = RawSocket::connect_to(server_->port());
    socket.send("POST /api/v1/studies/s/ask HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n\r\n" + body);
    await_waiting(before + 1);
    return socket;
  }
  [[nodiscard]] std::string metrics() const {
    const RawSocket socket = RawSocket::connect_to(server_->port());
    socket.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    return socket.read_all();
  }
  [[nodiscard]] std::size_t count_waiting() const {
    const std::string text = metrics();
    const std::string name = "\nstudyhall_requests_waiting ";
    return std::stoul(text.substr(text.find(name) + name.size()));
  }
  void await_waiting(std::size_t count) const {
    while (count_waiting() != count) {
    }
  }

  std::unique_ptr<storage::Storage> storage_ = storage::make_memory_storage();
  studyhall::testing::FakeClock clock_;
  StudyService service_{*storage_, clock_};
  // There is one thread only.
  std::unique_ptr<studyhall::testing::RunningServer> server_ =
      std::make_unique<studyhall::testing::RunningServer>(service_, HttpOptions{.threads = 1});
};

TEST_F(AskWaiting, HoldsNoThreadAndGetsWhatIsGivenBack) {
  const AskedTrial first = take_the_trial();
  const RawSocket one = waiting();
  const RawSocket other = waiting();
  EXPECT_FALSE(one.has_input());

  service_.release("s", first.number, first.lease.token);

  EXPECT_THAT(one.read_until(kEnd), AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("\"number\":0")));
  EXPECT_FALSE(other.has_input());
  EXPECT_EQ(count_waiting(), 1u);
  EXPECT_THAT(metrics(), HasSubstr("route=\"/api/v1/studies/{study}/ask\",status=\"200\"} 1\n"));
}

TEST_F(AskWaiting, EndsWithItsTime) {
  take_the_trial();
  const RawSocket socket = waiting(R"({"wait_s": 30})");

  clock_.advance(std::chrono::seconds(29));
  EXPECT_EQ(count_waiting(), 1u);
  clock_.advance(std::chrono::seconds(1));

  EXPECT_THAT(socket.read_until(kEnd), HasSubstr("\"retry_after_s\":5"));
}

TEST_F(AskWaiting, GetsWhatALostLeaseGivesBack) {
  take_the_trial(10);
  const RawSocket socket = waiting();

  clock_.advance(std::chrono::seconds(11));
  service_.expire_leases();

  EXPECT_THAT(socket.read_until(kEnd), HasSubstr("\"attempt\":2"));
}

TEST_F(AskWaiting, HearsThatTheStudyIsOver) {
  take_the_trial();
  const RawSocket socket = waiting();

  service_.stop_study("s", "enough");

  EXPECT_THAT(socket.read_until(kEnd), AllOf(StartsWith("HTTP/1.1 410"), HasSubstr("enough")));
}

TEST_F(AskWaiting, GetsWhatAnEditAllows) {
  take_the_trial();
  const RawSocket socket = waiting();

  service_.edit_study("s", {.patch = {{"limits", {{"trials", 2}}}}, .author = ""});

  EXPECT_THAT(socket.read_until(kEnd), HasSubstr("\"number\":1"));
}

TEST_F(AskWaiting, HearsThatTheStudyIsGone) {
  take_the_trial();
  const RawSocket socket = waiting();

  service_.delete_study("s");

  EXPECT_THAT(socket.read_until(kEnd), StartsWith("HTTP/1.1 404"));
}

TEST_F(AskWaiting, GetsATaskThatIsAdded) {
  const RawSocket trials_only = [this] {
    take_the_trial();
    return waiting();
  }();
  const RawSocket socket = waiting(R"({"wait_s": 60, "want": "tasks"})");

  TaskRequest task;
  task.title = "describe it";
  service_.add_task("s", task);

  EXPECT_THAT(socket.read_until(kEnd), HasSubstr("describe it"));
  EXPECT_FALSE(trials_only.has_input());
}

TEST_F(AskWaiting, AClientThatHasGoneAwayGetsNothing) {
  const AskedTrial first = take_the_trial();
  { const RawSocket gone = waiting(); }
  await_waiting(0);
  const RawSocket stays = waiting();

  service_.release("s", first.number, first.lease.token);

  EXPECT_THAT(stays.read_until(kEnd), HasSubstr("\"number\":0"));
}

TEST_F(AskWaiting, TheConnectionGoesOnAfterwards) {
  const AskedTrial first = take_the_trial();
  const RawSocket socket = waiting();
  service_.release("s", first.number, first.lease.token);
  const std::string answer = socket.read_until(kEnd);
  const Json asked = Json::parse(answer.substr(answer.find("\r\n\r\n")));
  const std::string lease = asked.at("trials").at(0).at("lease").at("token");

  const std::string body =
      R"({"value": 1, "lease": ")" + lease + R"(", "note": ")" + std::string(5000, 'x') + "\"}";
  socket.send(
      "POST /api/v1/studies/s/trials/0/tell HTTP/1.1\r\nHost: localhost\r\n"
      "Content-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body);

  EXPECT_THAT(socket.read_until(kEnd), HasSubstr("\"new_best\":true"));
}

TEST_F(AskWaiting, AnEndingServerAnswers) {
  take_the_trial();
  const RawSocket one = waiting();
  const RawSocket other = waiting();

  server_->stop();

  for (const RawSocket* socket : {&one, &other}) {
    EXPECT_THAT(socket->read_all(),
                AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Connection: close"),
                      HasSubstr("\"retry_after_s\":5")));
  }
}

// What a request of a server does with its wait, without the server.
class ManyWaiters {
 public:
  explicit ManyWaiters(StudyService& service) : service_(service) {}

  // Asks; where it has to wait, it is called again when it is woken.
  void ask(const AskRequest& request, std::shared_ptr<Waiting> waited = nullptr) {
    AskAnswer answer;
    std::shared_ptr<Waiting> waiting;
    {
      DeferredAnswer deferred({.may_defer = false, .waited = std::move(waited)});
      answer = service_.ask("s", request);
      ++asks_;
      waiting = deferred.waiting();
    }
    if (!waiting) {
      answers_.push_back(answer);
      return;
    }
    waiting_.push_back(waiting);
    waiting->begin([this, request, waiting = waiting.get()] {
      const std::lock_guard lock(mutex_);
      woken_.emplace_back(request, waiting);
      changed_.notify_all();
    });
  }
  // Decides anew what is woken until `count` asks have their answer.
  void await_answers(std::size_t count) {
    while (answers_.size() < count) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return !woken_.empty(); });
      const auto [request, waiting] = woken_.front();
      woken_.pop_front();
      lock.unlock();
      const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                      [w = waiting](const auto& one) { return one.get() == w; });
      const std::shared_ptr<Waiting> own = *found;
      waiting_.erase(found);
      ask(request, own);
    }
  }
  [[nodiscard]] int asks() const { return asks_; }
  [[nodiscard]] const std::vector<AskAnswer>& answers() const { return answers_; }
  void leave() { waiting_.clear(); }

 private:
  StudyService& service_;
  int asks_ = 0;
  std::vector<AskAnswer> answers_;
  std::vector<std::shared_ptr<Waiting>> waiting_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::pair<AskRequest, Waiting*>> woken_;
};

TEST_F(AskWaiting, OneTrialDoesNotMakeThousandsAsk) {
  constexpr int kWorkers = 2000;
  const AskedTrial first = take_the_trial();
  ManyWaiters workers(service_);
  AskRequest request;
  request.wait_s = 60;
  for (int i = 0; i < kWorkers; ++i) {
    request.worker = "w" + std::to_string(i);
    workers.ask(request);
  }
  EXPECT_EQ(workers.asks(), kWorkers);

  service_.release("s", first.number, first.lease.token);
  workers.await_answers(1);

  EXPECT_EQ(workers.answers().front().trials.at(0).number, 0);
  EXPECT_LE(workers.asks(), kWorkers + 8);

  service_.edit_study("s", {.patch = {{"limits", {{"trials", 101}}}}, .author = ""});
  workers.await_answers(101);
  EXPECT_LE(workers.asks(), kWorkers + 101 + 64);
  workers.leave();
}

TEST_F(AskWaiting, WaitsOutsideAServerToo) {
  const AskedTrial first = take_the_trial();
  AskAnswer answer;
  std::thread asking([&] {
    AskRequest request;
    request.wait_s = 60;
    answer = service_.ask("s", request);
  });

  service_.release("s", first.number, first.lease.token);
  asking.join();

  EXPECT_EQ(answer.trials.at(0).number, 0);
}

TEST_F(AskWaiting, RefusesALongerWait) {
  AskRequest request;
  request.wait_s = 61;
  EXPECT_THROW(service_.ask("s", request), Error);
}

}  // namespace
}  // namespace studyhall::server
