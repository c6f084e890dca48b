#include <gmock/gmock.h>

#include <chrono>

#include "tests/server/service_fixture.h"

namespace studyhall::server {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using ::testing::HasSubstr;

class Budgets : public ServiceTest {
 protected:
  static Json claude(const Json& caps) {
    Json experiment = {{"agent", "claude"}, {"prompt", "prompt.md"}, {"claude", caps}};
    return experiment;
  }
  TellAnswer end(const AskedTrial& trial, const Usage& usage,
                 std::optional<FailReason> reason = std::nullopt) {
    TellRequest request;
    request.usage = usage;
    request.lease = trial.lease.token;
    request.reason = reason;
    if (reason) {
      request.state = TrialState::Fail;
    } else {
      request.values = {1};
    }
    return service_->tell("s", trial.number, request);
  }
  static Usage cost(double usd) {
    return {.cost_usd = usd, .turns = {}, .tokens = {}, .seconds = {}};
  }
  static Usage tokens(std::int64_t n) {
    return {.cost_usd = {}, .turns = {}, .tokens = n, .seconds = {}};
  }
  BudgetUse use(const std::string& limit, const std::string& worker = "") {
    for (const BudgetUse& use : service_->study("s").budget) {
      if (use.limit == limit && use.worker == worker) return use;
    }
    ADD_FAILURE() << "no budget " << limit;
    return {};
  }
};
INSTANTIATE_TEST_SUITE_P(Backends, Budgets, ::testing::Values("memory", "sqlite"),
                         [](const auto& backend) { return backend.param; });

// A limit of 10 and trials that may cost 3: with 3 running 9 are reserved, so that a fourth waits.
TEST_P(Budgets, ReserveATrialsCapUntilItIsTold) {
  create(two_floats(), {{"limits", {{"cost_usd", 10}}},
                        {"experiment", claude({{"max_cost_usd", 3}, {"max_turns", 5}})}});
  const AskedTrial a = ask("W1");
  const AskedTrial b = ask("W2");
  const AskedTrial c = ask("W3");

  const AskAnswer fourth = ask_any("W4");

  EXPECT_EQ(fourth.status, AskStatus::Wait);
  EXPECT_GT(fourth.retry_after_s, 0);
  EXPECT_THAT(fourth.reason, HasSubstr("limits.cost_usd: 0 of 10 used"));
  EXPECT_EQ(use("cost_usd").reserved, 9);

  end(a, cost(1));
  end(b, cost(0.75));
  EXPECT_EQ(use("cost_usd").used, 1.75);
  EXPECT_EQ(use("cost_usd").reserved, 3);
  restart();
  EXPECT_EQ(use("cost_usd").used, 1.75);
  EXPECT_EQ(use("cost_usd").reserved, 3);
  const AskedTrial d = ask("W1");

  end(c, cost(3));
  end(d, cost(2.5));
  const AskAnswer over = ask_any("W1");  // 7.25 used: 2.75 are left
  EXPECT_EQ(over.status, AskStatus::Finished);
  EXPECT_THAT(over.reason, HasSubstr("limits.cost_usd: 7.25 of 10 used, and a trial may use 3"));
  EXPECT_EQ(service_->study("s").state, StudyState::Finished);
}

TEST_P(Budgets, ReserveTheLargestUsageSeenWhereThereIsNoCap) {
  create(two_floats(), {{"limits", {{"tokens", 1000}}}});
  const AskedTrial a = ask("W1");
  const AskedTrial b = ask("W2");
  EXPECT_EQ(use("tokens").reserved, 0) << "nothing is known yet";

  end(a, tokens(400));

  EXPECT_EQ(use("tokens").reserved, 400);
  EXPECT_EQ(ask_any("W3").status, AskStatus::Wait) << "400 used, 400 reserved, 400 wanted";
  restart();
  EXPECT_EQ(ask_any("W3").status, AskStatus::Wait);
  end(b, tokens(100));
  const AskedTrial c = ask("W3");
  end(c, tokens(500));
  EXPECT_THAT(ask_any().reason, HasSubstr("limits.tokens: 1000 of 1000 used"));
}

TEST_P(Budgets, CountWhatAttemptsUsedThatWereSentBack) {
  create(two_floats(), {{"limits", {{"cost_usd", 10}, {"turns", 100}}}});
  end(ask("W1"), {.cost_usd = 4, .turns = 30, .tokens = {}, .seconds = {}}, FailReason::Declined);
  const AskedTrial again = ask("W2");
  EXPECT_EQ(again.attempt, 2);

  end(again, {.cost_usd = 5, .turns = 20, .tokens = {}, .seconds = {}});

  EXPECT_EQ(use("cost_usd").used, 9);
  EXPECT_EQ(use("turns").used, 50);
  restart();
  EXPECT_EQ(use("cost_usd").used, 9);
  EXPECT_EQ(use("turns").used, 50);
  EXPECT_THAT(ask_any().reason, HasSubstr("limits.cost_usd: 9 of 10 used, and a trial may use 5"));
}

TEST_P(Budgets, CountHoursFromTheFirstAsk) {
  create(two_floats(), {{"limits", {{"hours", 2}}}});
  clock_.advance(hours(24));
  const AskedTrial first = ask("W1");
  EXPECT_EQ(use("hours").used, 0);

  clock_.advance(minutes(90));
  EXPECT_EQ(use("hours").used, 1.5);
  fail(first, FailReason::Infra);  // its start is forgotten, the study's is not
  service_->stop_study("s", "");
  restart();
  service_->resume_study("s");
  EXPECT_EQ(ask_any("W2").status, AskStatus::Trials);
  clock_.advance(minutes(30));

  const AskAnswer over = ask_any("W2");
  EXPECT_EQ(over.status, AskStatus::Finished);
  EXPECT_THAT(over.reason, HasSubstr("limits.hours: 2 of 2 used"));
}

TEST_P(Budgets, OfOneWorkerCloseTheStudyForThatWorkerOnly) {
  create(two_floats(), {{"workers",
                         {{"W1", {{"limits", {{"trials", 1}}}}},
                          {"W2", {{"limits", {{"cost_usd", 5}, {"running", 1}, {"hours", 1}}}}}}}});
  end(ask("W1"), cost(1));

  const AskAnswer over = ask_any("W1");
  EXPECT_EQ(over.status, AskStatus::Finished);
  EXPECT_THAT(over.reason, HasSubstr("workers.W1.limits.trials: 1 of 1 used"));
  EXPECT_EQ(service_->study("s").state, StudyState::Running);

  const AskedTrial second = ask("W2");
  EXPECT_THAT(ask_any("W2").reason, HasSubstr("workers.W2.limits.running: 1 trials run"));
  EXPECT_EQ(ask_any("W3").status, AskStatus::Trials);
  end(second, cost(4.5));
  restart();
  EXPECT_EQ(use("cost_usd", "W2").used, 4.5);
  EXPECT_THAT(ask_any("W2").reason, HasSubstr("workers.W2.limits.cost_usd: 4.5 of 5 used"));
  EXPECT_EQ(ask_any("W4").status, AskStatus::Trials);
}

TEST_P(Budgets, LeaveResultsOfLostLeasesOutOfTheTrials) {
  create(two_floats(), {{"limits", {{"trials", 2}}}});
  AskRequest request;
  request.worker = "W1";
  request.lease_s = 60;
  const AskedTrial lost = service_->ask("s", request).trials.front();
  clock_.advance(minutes(2));
  const AskedTrial retry = ask("W2");
  ASSERT_EQ(retry.number, lost.number);
  end(retry, cost(1));

  EXPECT_NE(end(lost, cost(1)).number, lost.number);

  EXPECT_EQ(use("trials").used, 1);
  restart();
  EXPECT_EQ(use("trials").used, 1);
  EXPECT_EQ(ask_any("W1").status, AskStatus::Trials);
}

TEST_P(Budgets, AreRefusedWhereOneTrialDoesNotFit) {
  const auto problems_of = [&](const Json& limits) {
    try {
      create(two_floats(), {{"limits", limits},
                            {"experiment", claude({{"max_cost_usd", 6}, {"max_turns", 40}})}});
    } catch (const Error& error) {
      return error.details().dump();
    }
    return std::string("none");
  };

  EXPECT_THAT(problems_of({{"cost_usd", 5}}), HasSubstr("/limits/cost_usd"));
  EXPECT_THAT(problems_of({{"turns", 39}}), HasSubstr("/limits/turns"));
  EXPECT_EQ(problems_of({{"cost_usd", 6}, {"turns", 40}}), "none");
}

}  // namespace
}  // namespace studyhall::server
