// Which waiting trial goes to whom: dependencies, tags, priorities.
#include <gmock/gmock.h>

#include "tests/server/service_fixture.h"

namespace studyhall::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Waiting : public ServiceTest {
 protected:
  std::int64_t put(double x, EnqueueRequest request) {
    request.params = {{"x", x}, {"y", x}};
    return service_->enqueue("s", request).numbers.front();
  }
  std::int64_t put_after(double x, std::vector<std::int64_t> after) {
    EnqueueRequest request;
    request.after = std::move(after);
    return put(x, request);
  }
  std::int64_t put_tagged(double x, std::vector<std::string> tags, double priority = 0) {
    EnqueueRequest request;
    request.tags = std::move(tags);
    request.priority = priority;
    return put(x, request);
  }
  AskedTrial ask_accepting(const std::string& worker,
                           std::optional<std::vector<std::string>> accepts) {
    AskRequest request;
    request.worker = worker;
    request.accepts = std::move(accepts);
    return service_->ask("s", request).trials.front();
  }
};
INSTANTIATE_TEST_SUITE_P(Backends, Waiting, ::testing::Values("memory", "sqlite"),
                         [](const auto& backend) { return backend.param; });

TEST_P(Waiting, HandsOutATrialOnceWhatItWaitsForHasEnded) {
  create(two_floats());
  const std::int64_t a = put(0.1, {});
  const std::int64_t b = put(0.2, {});
  const std::int64_t c = put_after(0.3, {b, a, a});
  EXPECT_EQ(view(c).record.after, (std::vector<std::int64_t>{a, b}));

  const AskedTrial first = ask();
  const AskedTrial second = ask();
  EXPECT_EQ(ask().number, 3) << "the sampler's";
  tell(first, 1);
  EXPECT_EQ(ask().number, 4);
  restart();
  TellRequest pruned;
  pruned.state = TrialState::Pruned;
  pruned.lease = second.lease.token;
  service_->tell("s", second.number, pruned);

  EXPECT_EQ(ask().number, c);
}

TEST_P(Waiting, FailsWithWhatItWaitsFor) {
  create(two_floats());
  const std::int64_t a = put(0.1, {});
  const std::int64_t b = put_after(0.2, {a});
  const std::int64_t c = put_after(0.3, {b});
  const std::int64_t d = put(0.4, {});
  const AskedTrial first = ask();
  ASSERT_EQ(first.number, a);

  const TellAnswer answer = fail(first, FailReason::BadConfig);

  EXPECT_FALSE(answer.new_best);
  for (int pass = 0; pass < 2; ++pass) {
    for (const std::int64_t number : {b, c}) {
      EXPECT_EQ(view(number).state, TrialState::Fail);
      EXPECT_EQ(view(number).record.reason, FailReason::Dependency);
    }
    EXPECT_THAT(view(c).record.note, HasSubstr("trial 1"));
    EXPECT_EQ(view(d).state, TrialState::Waiting);
    restart();
  }
  EXPECT_EQ(ask().number, d);
  EXPECT_FALSE(service_->enqueue("s", {{{"x", 0.2}, {"y", 0.2}}, 0, 1, ""}).already);
  EXPECT_EQ(code_of([&] { put_after(0.6, {a}); }), ErrorCode::Invalid);
  EXPECT_EQ(code_of([&] { put_after(0.6, {99}); }), ErrorCode::Invalid);
}

TEST_P(Waiting, OutlivesTheRetriesOfWhatItWaitsFor) {
  create(two_floats());
  const std::int64_t a = put(0.1, {});
  const std::int64_t b = put_after(0.2, {a});

  fail(ask(), FailReason::Declined);
  EXPECT_EQ(view(b).state, TrialState::Waiting);
  const AskedTrial again = ask();
  ASSERT_EQ(again.number, a);
  tell(again, 1);

  EXPECT_EQ(ask().number, b);
}

TEST_P(Waiting, FailsWhenWhatItWaitsForIsVoided) {
  create(two_floats());
  const std::int64_t a = put(0.1, {});
  tell(ask(), 1);
  const std::int64_t b = put_after(0.2, {a});

  service_->void_trial("s", a, {});

  EXPECT_EQ(view(b).record.reason, FailReason::Dependency);
  EXPECT_EQ(ask().number, 2);
}

TEST_P(Waiting, GoesOnlyToWorkersThatAcceptAllItsTags) {
  create(two_floats(),
         {{"workers", {{"W1", {{"accepts", {"gpu", "large"}}}}, {"W2", Json::object()}}}});
  const std::int64_t both = put_tagged(0.1, {"large", "gpu"}, 1);
  const std::int64_t other = put_tagged(0.2, {"tpu"}, 5);
  const std::int64_t plain = put_tagged(0.3, {});
  EXPECT_THAT(view(both).record.tags, ElementsAre("gpu", "large"));
  restart();

  EXPECT_EQ(ask("W2").number, plain);
  EXPECT_EQ(ask_accepting("W2", {{"gpu"}}).number, 3) << "one tag of two is not enough";
  EXPECT_EQ(ask("W1").number, both);
  EXPECT_EQ(ask_accepting("W1", std::vector<std::string>{}).number, 4);
  EXPECT_EQ(ask_accepting("", {{"x", "tpu"}}).number, other);
}

TEST_P(Waiting, KeepsItsTagsThroughARetry) {
  create(two_floats());
  const std::int64_t a = put_tagged(0.1, {"gpu"});
  const AskedTrial first = ask_accepting("W1", {{"gpu"}});
  ASSERT_EQ(first.number, a);
  fail(first, FailReason::Declined);

  EXPECT_EQ(ask("W2").number, 1);
  EXPECT_EQ(ask_accepting("W2", {{"gpu"}}).number, a);
}

TEST_P(Waiting, ComesInTheOrderOfRetriesReplicatesAndPriorities) {
  create(two_floats(), {{"workers", {{"W1", {{"accepts", {"gpu"}}}}}}});
  const AskedTrial suggested = ask("W1");
  const std::int64_t low = put_tagged(0.1, {}, 1);
  const std::int64_t high = put_tagged(0.2, {"gpu"}, 2);
  tell(ask("W2"), 1);
  ASSERT_EQ(view(low).state, TrialState::Complete);
  const std::int64_t plain = put_tagged(0.4, {}, 1);
  const std::int64_t replicate =
      service_->enqueue("s", {{{"x", 0.1}, {"y", 0.1}}, 0, 2, ""}).numbers.front();
  fail(suggested, FailReason::Declined);

  EXPECT_EQ(ask("W1").number, suggested.number);
  EXPECT_EQ(ask("W1").number, replicate);
  EXPECT_EQ(ask("W1").number, replicate + 1);
  EXPECT_EQ(ask("W1").number, high);
  EXPECT_EQ(ask("W1").number, plain);
}

TEST_P(Waiting, CarriesATitleAndADescription) {
  create(two_floats());
  EnqueueRequest request;
  request.title = "corner";
  request.description = "what happens at the edge";
  put(1, request);
  restart();

  const AskedTrial trial = ask();

  EXPECT_EQ(trial.title, "corner");
  EXPECT_EQ(trial.description, "what happens at the edge");
  request.title = std::string(201, 'a');
  EXPECT_EQ(code_of([&] { put(0.5, request); }), ErrorCode::Invalid);
}

}  // namespace
}  // namespace studyhall::server
