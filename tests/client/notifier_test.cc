#include "client/notifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "core/error.h"
#include "server/study_service.h"
#include "storage/memory_storage.h"
#include "tests/support/fake_clock.h"
#include "tests/support/hook_server.h"
#include "tests/support/temp_dir.h"

namespace studyhall::client {
namespace {

using studyhall::testing::HookServer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class NotifierTest : public ::testing::Test {
 protected:
  void create(const std::string& name = "s", const Json& more = Json::object()) {
    Json file = Json::parse(R"({"direction": "maximize",
        "seed": 7, "sampler": {"name": "random"}, "limits": {"trials": 4, "cost_usd": 10},
        "params": {"x": {"type": "float", "low": 0, "high": 1}}})");
    file["name"] = name;
    file.update(more);
    service_.create_study(file);
  }
  std::int64_t ask(const std::string& study = "s") {
    AskRequest request;
    request.worker = "W1";
    return service_.ask(study, request).trials.at(0).number;
  }
  void tell(double value, double cost_usd = 0.5) { tell_trial(ask(), value, cost_usd); }
  void tell_trial(std::int64_t number, double value, double cost_usd) {
    TellRequest request;
    request.values = {value};
    request.usage.cost_usd = cost_usd;
    service_.tell("s", number, request);
  }
  void fail(FailReason reason = FailReason::BadConfig) {
    TellRequest request;
    request.state = TrialState::Fail;
    request.reason = reason;
    service_.tell("s", ask(), request);
  }
  static std::vector<Hook> hooks(const std::string& url, const Json& more = Json::object()) {
    Json hook = {{"url", url}};
    hook.update(more);
    return parse_hooks({{"hooks", {{"team", hook}}}}, [](const std::string&) { return ""; });
  }
  std::unique_ptr<Notifier> notify(std::vector<Hook> hooks,
                                   std::set<std::string> study_hosts = {}) {
    NotifierOptions options;
    options.study_hosts = std::move(study_hosts);
    options.teller.folder = dir_.path() / "notify";
    options.teller.look_every = std::chrono::milliseconds(1);
    options.teller.shortest_pause = std::chrono::milliseconds(1);
    options.teller.client.timeout = std::chrono::seconds(5);
    options.teller.say = [this](const std::string& line) {
      const std::lock_guard lock(mutex_);
      said_ += line + "\n";
    };
    return std::make_unique<Notifier>(service_, clock_, std::move(hooks), options);
  }
  std::string said() {
    const std::lock_guard lock(mutex_);
    return said_;
  }

  studyhall::testing::TempDir dir_;
  std::unique_ptr<storage::Storage> storage_ = storage::make_memory_storage();
  studyhall::testing::FakeClock clock_;
  server::StudyService service_{*storage_, clock_};
  std::mutex mutex_;
  std::string said_;
};

TEST_F(NotifierTest, TellsBestsFailuresBudgetsAndTheEndInOrder) {
  HookServer server;
  const auto notifier = notify(hooks(server.url(), {{"failure_streak", 2}}));
  create();

  tell(1.5, 5);
  fail();
  fail();
  server.wait_for(3);
  const std::int64_t parked = ask();
  service_.park("s", parked, {.lease = "", .until = {}, .for_s = 600, .reason = "429"});
  server.wait_for(4);
  tell_trial(parked, 1.0, 3.5);  // no further trial could be paid

  // What of a budget is used is seen beside the events, in no order with them.
  std::map<std::string, std::vector<Json>> by_kind;
  std::vector<std::string> events;
  for (const Json& message : server.wait_for(7)) {
    const std::string kind = message["event"];
    by_kind[kind].push_back(message);
    if (kind != "budget") events.push_back(kind);
  }
  EXPECT_THAT(events, ElementsAre("new_best", "failure_streak", "rate_limit", "finished"));
  const Json& best = by_kind["new_best"].at(0);
  EXPECT_EQ(best["study"], "s");
  EXPECT_EQ(best["text"], "s: new best 1.5 (trial 0)");
  EXPECT_EQ(best["facts"]["number"], 0);
  ASSERT_EQ(by_kind["budget"].size(), 3U);
  EXPECT_EQ(by_kind["budget"][0]["facts"]["level"], 50);
  EXPECT_EQ(by_kind["budget"][0]["facts"]["limit"], "cost_usd");
  EXPECT_THAT(by_kind["failure_streak"].at(0)["text"].get<std::string>(),
              HasSubstr("2 trials in a row failed"));
  EXPECT_THAT(
      by_kind["finished"].at(0)["text"].get<std::string>(),
      HasSubstr("limits.cost_usd: 8.5 of 10 used, and a trial may use 5; best 1.5 (trial 0)"));
}

TEST_F(NotifierTest, TellsOfQuestionsAndConfirmations) {
  HookServer server;
  const auto notifier = notify(hooks(server.url(), {{"events", {"question", "confirmed"}}}));
  create("s", {{"confirm", {{"replicates", 1}}}, {"limits", {{"trials", 100}}}});
  service_.ask_question("s", {.number = ask()},
                        {.text = "May the cache be kept?\nI think so.", .lease = {}});
  tell_trial(0, 1.5, 0);
  for (bool is_again = false; !is_again;) {
    const AskedTrial trial = service_.ask("s", {}).trials.at(0);
    is_again = trial.purpose == Purpose::Replicate;
    tell_trial(trial.number, is_again ? 1.5 : 0.5, 0);
  }

  const std::vector<Json> messages = server.wait_for(2);
  EXPECT_EQ(messages[0]["text"], "s: W1 asks: May the cache be kept? (question 1)");
  EXPECT_THAT(messages[1]["text"].get<std::string>(), HasSubstr("the best is confirmed: 1.5"));
}

TEST_F(NotifierTest, TellsEachLevelOfABudgetOnce) {
  HookServer server;
  const auto notifier = notify(hooks(server.url(), {{"events", {"budget"}}}));
  create("s", {{"limits", {{"cost_usd", 10}}}});
  // Asked for before anything has cost: nothing is reserved then.
  for (int i = 0; i < 4; ++i) ask();
  tell_trial(0, 1, 5);
  EXPECT_EQ(server.wait_for(1)[0]["facts"]["level"], 50);
  tell_trial(1, 1, 1);
  tell_trial(2, 1, 2);
  EXPECT_EQ(server.wait_for(2)[1]["facts"]["level"], 80);
  tell_trial(3, 1, 2);
  EXPECT_EQ(server.wait_for(3)[2]["text"], "s: 100 % of the budget is used: cost_usd 10 of 10");
}

// The webhook is the study's: it comes with the file, is edited with it, and goes with it.
TEST_F(NotifierTest, TellsTheWebhooksOfStudyFiles) {
  HookServer first;
  HookServer second;
  HookServer third;
  const auto to = [](const HookServer& server) {
    return Json{{"url", server.url()}, {"events", {"new_best"}}};
  };
  create("before", {{"notify", {{"team", to(first)}}}});
  TellRequest request;
  request.values = {1};
  service_.tell("before", ask("before"), request);
  const auto notifier = notify({}, {"127.0.0.1"});
  create("s", {{"notify", {{"team", to(first)}}}});
  tell(1.5);
  EXPECT_EQ(first.wait_for(1)[0]["study"], "s") << "what was before the server is not told";

  service_.edit_study(
      "s", {.patch = {{"notify", {{"team", nullptr}, {"crew", to(second)}}}}, .author = {}});
  tell(2.5);
  std::size_t count = 1;
  while (second.wait_for(count).back()["facts"]["number"] != 1) ++count;

  service_.delete_study("s");
  clock_.advance(std::chrono::seconds(1));
  create("s", {{"notify", {{"crew", to(third)}}}});
  tell(0.5);
  EXPECT_EQ(third.wait_for(1)[0]["facts"]["number"], 0);
}

TEST_F(NotifierTest, WebhooksOfStudyFilesElsewhereAreNotTold) {
  HookServer server;
  const auto notifier = notify({}, {"hooks.slack.com"});
  create("s", {{"notify", {{"team", {{"url", server.url()}}}}}});
  tell(1.5);
  while (said().empty()) std::this_thread::yield();
  EXPECT_THAT(said(), HasSubstr("study s: webhook team is not told: 127.0.0.1 is none of the"));
  EXPECT_THAT(said(), Not(HasSubstr("secret")));
}

TEST_F(NotifierTest, TriesAgainUntilAMessageIsTakenAndKeepsTheOrder) {
  HookServer server({503, 429, 500});
  const auto notifier = notify(hooks(server.url(), {{"events", {"new_best"}}}));
  create();
  tell(1);
  tell(2);

  const std::vector<Json> messages = server.wait_for(2);

  EXPECT_EQ(messages[0]["facts"]["number"], 0);
  EXPECT_EQ(messages[1]["facts"]["number"], 1);
  EXPECT_THAT(said(), HasSubstr("webhook team: trying again: http://127.0.0.1:"));
  EXPECT_THAT(said(), HasSubstr("answered 503"));
  EXPECT_THAT(said(), Not(HasSubstr("secret"))) << "of the URL only its origin is shown";
  EXPECT_THAT(said(), Not(HasSubstr("hush")));
}

TEST_F(NotifierTest, DropsWhatIsRefusedForGood) {
  HookServer server({404});
  const auto notifier = notify(hooks(server.url(), {{"events", {"new_best"}}}));
  create();
  tell(1);
  server.wait_for_requests(1);
  tell(2);

  EXPECT_EQ(server.wait_for(1)[0]["facts"]["number"], 1);
  EXPECT_THAT(said(), HasSubstr("a message is dropped"));
}

TEST_F(NotifierTest, ARestartNeitherLosesNorRepeats) {
  HookServer server;
  create("old");
  TellRequest request;
  request.values = {1};
  service_.tell("old", ask("old"), request);
  {
    const auto notifier = notify(hooks(server.url(), {{"events", {"new_best"}}}));
    create();
    tell(1);
    server.wait_for(1);
  }
  tell(2);
  const auto again = notify(hooks(server.url(), {{"events", {"new_best"}}}));
  tell(3);

  const std::vector<Json> messages = server.wait_for(3);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(messages[i]["study"], "s") << "what was before the hook is not told";
    EXPECT_EQ(messages[i]["facts"]["number"], i);
  }
}

TEST_F(NotifierTest, AHookThatDoesNotAnswerHoldsUpNobody) {
  const std::string nowhere = "http://127.0.0.1:1/x";  // nothing listens there
  HookServer server;
  const Json file = {
      {"hooks",
       {{"a", {{"url", nowhere}}}, {"b", {{"url", server.url()}, {"events", {"new_best"}}}}}}};
  const auto notifier = notify(parse_hooks(file, [](const std::string&) { return ""; }));
  create();
  tell(1);

  EXPECT_EQ(server.wait_for(1)[0]["event"], "new_best");
}

TEST(Hooks, SpeakToSlackAndDiscord) {
  Occasion occasion;
  occasion.study = "heat";
  occasion.text = "new best 1.5 (trial 3)";
  EXPECT_EQ(message_of(HookFormat::Slack, occasion),
            Json({{"text", "heat: new best 1.5 (trial 3)"}}));
  EXPECT_EQ(message_of(HookFormat::Discord, occasion)["content"], "heat: new best 1.5 (trial 3)");
}

TEST(Hooks, EveryProblemOfTheFileIsSaidAndNoUrl) {
  const Json file = Json::parse(R"({"hooks": {
      "a": {"url": "ftp://hidden.example/x"}, "b": {"url_env": "NOT_SET"},
      "c": {"url": "https://h.example/x", "events": ["new_bst"], "format": "teams", "retry": 3},
      "d": {}}})");
  try {
    parse_hooks(file, [](const std::string&) { return ""; });
    FAIL();
  } catch (const Error& error) {
    const std::string words = error.what();
    EXPECT_THAT(words, HasSubstr("/hooks/a/url: expected http://"));
    EXPECT_THAT(words, HasSubstr("the variable NOT_SET is not set"));
    EXPECT_THAT(words, HasSubstr("\"new_bst\" is none of new_best"));
    EXPECT_THAT(words, HasSubstr("json, slack or discord"));
    EXPECT_THAT(words, HasSubstr("/hooks/c/retry"));
    EXPECT_THAT(words, HasSubstr("expected one of url and url_env"));
    EXPECT_THAT(words, Not(HasSubstr("hidden")));
  }
}

}  // namespace
}  // namespace studyhall::client
