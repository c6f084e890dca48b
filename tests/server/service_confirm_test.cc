// Running would-be bests again before they lead.
#include <gmock/gmock.h>

#include <cmath>

#include "core/rng.h"
#include "server/confirming.h"
#include "server/replay.h"
#include "tests/server/service_fixture.h"

namespace studyhall::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Confirm : public ServiceTest {
 protected:
  void create_confirming(int replicates, const Json& patch = Json::object()) {
    Json file = two_floats();
    file["sampler"] = {{"name", "random"}};
    file["confirm"] = {{"replicates", replicates}};
    create(file, patch);
  }
  // Asks and tells until `purpose` comes; new trials get `value` less a little each.
  AskedTrial ask_until(Purpose purpose, double value) {
    for (int i = 0; i < 60; ++i) {
      AskedTrial trial = ask();
      if (trial.purpose == purpose) return trial;
      tell(trial, value - 0.1 * i);
    }
    throw std::runtime_error("that purpose never came");
  }
  std::vector<Event> events_of(EventKind kind) {
    std::vector<Event> out;
    for (Event& event : service_->events("s", 0, 0)) {
      if (event.kind == kind) out.push_back(std::move(event));
    }
    return out;
  }
  std::string whole_best() {
    std::string text;
    for (const BestRow& row : service_->best("s", 0)) {
      text += fmt_row(row);
    }
    return text;
  }
  static std::string fmt_row(const BestRow& row) {
    return std::to_string(row.number) + (row.confirmed ? "c" : "u") + std::to_string(row.n) + " " +
           std::to_string(row.mean.value_or(-1)) + "\n";
  }
};

INSTANTIATE_TEST_SUITE_P(Backends, Confirm, ::testing::Values("memory", "sqlite"),
                         [](const auto& test) { return test.param; });

TEST_P(Confirm, RunsTheBestAgainBeforeItLeads) {
  create_confirming(2);

  const AskedTrial first = ask_until(Purpose::Replicate, 5);

  EXPECT_FALSE(service_->study("s").best_number);
  const TrialView view_of_first = view(first.number);
  EXPECT_EQ(view_of_first.record.confirms, 0);
  EXPECT_EQ(first.params, view(0).params);
  EXPECT_NE(first.seed, 0U);
  const auto candidates = events_of(EventKind::Candidate);
  ASSERT_EQ(candidates.size(), 1U);
  EXPECT_EQ(candidates[0].body["number"], 0);
  EXPECT_EQ(candidates[0].body["replicates"].size(), 2U);
  EXPECT_THAT(candidates[0].body["reason"].get<std::string>(), HasSubstr("is the best"));

  EXPECT_FALSE(tell(first, 4.95).new_best);
  const AskedTrial second = ask();
  EXPECT_EQ(second.purpose, Purpose::Replicate);
  EXPECT_NE(second.seed, first.seed);
  EXPECT_TRUE(tell(second, 5.02).new_best);

  EXPECT_EQ(service_->study("s").best_number, 0);
  const auto confirmed = events_of(EventKind::Confirmed);
  ASSERT_EQ(confirmed.size(), 1U);
  EXPECT_EQ(confirmed[0].body["number"], 0);
  EXPECT_EQ(confirmed[0].body["runs"], 3);
  const std::vector<BestRow> rows = service_->best("s", 1);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_TRUE(rows[0].confirmed);
  EXPECT_TRUE(rows[0].raw_best);
  EXPECT_EQ(rows[0].n, 3);
  EXPECT_TRUE(rows[0].interval);
}

TEST_P(Confirm, RefutesALuckyOneAndWithdrawsItsRuns) {
  create_confirming(3);

  // The first trial is the best by far; then its first repeat is the worst of all.
  AskedTrial again = ask_until(Purpose::Replicate, 5);
  tell(again, -20);

  const auto refuted = events_of(EventKind::Refuted);
  ASSERT_EQ(refuted.size(), 1U);
  EXPECT_EQ(refuted[0].body["number"], 0);
  EXPECT_EQ(refuted[0].body["withdrawn"].size(), 2U);
  for (const auto& number : refuted[0].body["withdrawn"]) {
    const TrialView withdrawn = view(number);
    EXPECT_EQ(withdrawn.state, TrialState::Fail);
    EXPECT_EQ(withdrawn.record.reason, FailReason::Withdrawn);
  }
  EXPECT_FALSE(service_->study("s").best_number);
  EXPECT_NE(service_->best("s", 1)[0].number, 0);
}

TEST_P(Confirm, KeepsTheLastTrialsForItAndStaysWithinItsShare) {
  create_confirming(2, {{"limits", {{"trials", 40}}}});
  int begun = 0;
  int confirming = 0;
  int last = 0;
  for (AskAnswer answer = ask_any(); !answer.trials.empty(); answer = ask_any()) {
    const AskedTrial& trial = answer.trials.front();
    Rng rng = Rng::for_trial(3, trial.number);
    tell(trial, trial.params["x"].get<double>() + rng.normal());
    ++begun;
    if (trial.purpose != Purpose::Replicate) continue;
    ++confirming;
    last += begun > 35 ? 1 : 0;
  }

  EXPECT_EQ(begun, 40);
  EXPECT_EQ(service_->study("s").counts["complete"], 40);
  EXPECT_LE(confirming, 8);  // a fifth
  EXPECT_GE(last, 3);        // of the last five
  EXPECT_TRUE(service_->study("s").best_number);
}

// Two configurations that are equally good beside others: the one in front gets further runs, so
// that what it is said to score is not its luck.
TEST_P(Confirm, RunsTheLeaderAgainWhileOthersComeClose) {
  create_confirming(1, {{"limits", {{"trials", 40}}}});
  int most = 0;
  for (int begun = 0; begun < 40; ++begun) {
    const AskedTrial trial = ask();
    Rng rng = Rng::for_trial(11, trial.number);
    tell(trial, 5 + rng.normal());
    for (const BestRow& row : service_->best("s", 0)) {
      // Until the last five confirming is one run more.
      if (begun < 35) {
        EXPECT_LE(row.n, 2);
      }
      most = std::max(most, row.n);
    }
  }

  EXPECT_GT(most, 2);
  const auto candidates = events_of(EventKind::Candidate);
  EXPECT_TRUE(std::ranges::any_of(candidates, [](const Event& event) {
    return event.body["reason"].get<std::string>().find("tell it from luck") != std::string::npos;
  }));
}

TEST_P(Confirm, StopsAtTheTargetOnlyOnceConfirmed) {
  create_confirming(1, {{"target", 4.0}});
  for (int i = 0; i < 12; ++i) tell(ask(), 0.1 * i);
  const AskedTrial lucky = ask_until(Purpose::Suggested, 0);

  tell(lucky, 9);

  const AskedTrial again = ask();
  EXPECT_EQ(again.purpose, Purpose::Replicate);
  EXPECT_EQ(view(again.number).record.confirms, lucky.number);
  tell(again, 9.1);
  EXPECT_EQ(ask_any().status, AskStatus::Finished);
  EXPECT_EQ(service_->study("s").best_number, lucky.number);
}

TEST_P(Confirm, IsTheSameAfterARestart) {
  create_confirming(2, {{"limits", {{"trials", 60}}}});
  for (int i = 0; i < 45; ++i) {
    const AskedTrial trial = ask();
    Rng rng = Rng::for_trial(4, trial.number);
    tell(trial, 3 * trial.params["x"].get<double>() + rng.normal());
    if (i % 15 != 14 || GetParam() == "memory") continue;
    const std::string before = whole_best();
    const auto leader = service_->study("s").best_number;
    restart();
    EXPECT_EQ(whole_best(), before);
    EXPECT_EQ(service_->study("s").best_number, leader);
  }
}

TEST_P(Confirm, IsMadeAgainFromItsEvents) {
  create_confirming(2, {{"limits", {{"trials", 50}}}, {"seed", 11}});
  for (AskAnswer answer = ask_any(); !answer.trials.empty(); answer = ask_any()) {
    const AskedTrial& trial = answer.trials.front();
    Rng rng = Rng::for_trial(5, trial.number);
    tell(trial, 2 * trial.params["x"].get<double>() + rng.normal());
  }
  ASSERT_FALSE(events_of(EventKind::Candidate).empty());
  ASSERT_FALSE(events_of(EventKind::Confirmed).empty());

  const ReplayReport report = replay(*storage_, "s");

  for (const Difference& difference : report.differences) {
    ADD_FAILURE() << difference.event << " " << difference.what << ": " << difference.expected
                  << ", found " << difference.found;
  }
  EXPECT_TRUE(report.equal());
}

TEST_P(Confirm, ATrialThatFailsForItsConfigurationCountsAgainstIt) {
  create_confirming(2);
  const AskedTrial first = ask_until(Purpose::Replicate, 5);

  fail(first, FailReason::BadConfig);

  EXPECT_THAT(events_of(EventKind::Refuted), ::testing::SizeIs(1));
  for (const BestRow& row : service_->best("s", 0)) {
    if (row.number != 0) continue;
    EXPECT_FALSE(row.feasible);
    EXPECT_EQ(row.p_feasible, 0.5);
  }
}

TEST_P(Confirm, AVoidedRunDoesNotConfirm) {
  create_confirming(1);
  const AskedTrial again = ask_until(Purpose::Replicate, 5);
  tell(again, 5.01);
  ASSERT_EQ(service_->study("s").best_number, 0);

  service_->void_trial("s", again.number, {});

  EXPECT_FALSE(service_->study("s").best_number);
  EXPECT_EQ(ask().purpose, Purpose::Replicate);
}

TEST_P(Confirm, NoticesNoisyConstraints) {
  create_confirming(2, {{"constraints", {{{"metric", "minutes"}, {"max", 60}}}}});
  AskedTrial trial = ask();
  for (int i = 0; i < 60 && trial.purpose != Purpose::Replicate; ++i, trial = ask()) {
    tell(trial, 5 - 0.1 * i, {{"minutes", 59}});
  }
  tell(trial, 5, {{"minutes", 63}});

  const std::vector<BestRow> rows = service_->best("s", 0);
  EXPECT_EQ(rows.back().number, 0);
  EXPECT_FALSE(rows.back().feasible);
  // Mean 61, pooled sd sqrt(8), two runs: t = -0.5 with one degree of freedom, whose distribution
  // function is 1/2 + atan(t)/pi.
  EXPECT_NEAR(*rows.back().p_feasible, 0.5 - std::atan(0.5) / std::acos(-1.0), 1e-12);
  EXPECT_NEAR(*rows.front().p_feasible, 0.5 + std::atan(1 / std::sqrt(8.0)) / std::acos(-1.0),
              1e-12);
}

TEST_P(Confirm, OlderExperimentVersionsNeverLead) {
  const Json experiment = {{"command", {"./run", "{x}"}}};
  create_confirming(0, {{"experiment", experiment}});
  for (int i = 0; i < 3; ++i) tell(ask(), 10 + i);
  ASSERT_EQ(service_->study("s").best_number, 2);
  const std::string version = view(2).record.version;
  EXPECT_EQ(version.size(), 64U);

  service_->edit_study("s", {{{"experiment", {{"command", {"./run2", "{x}"}}}}}, "ann"});

  EXPECT_FALSE(service_->study("s").best_number);
  const AskedTrial fresh = ask();
  EXPECT_EQ(fresh.pin, 2);
  tell(fresh, 1);
  EXPECT_EQ(service_->study("s").best_number, fresh.number);
  EXPECT_NE(view(fresh.number).record.version, version);
  const std::vector<BestRow> rows = service_->best("s", 0);
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_FALSE(rows[0].older);
  EXPECT_TRUE(rows[1].older);
  EXPECT_EQ(rows[1].version, version);

  // The same configuration may be run again under the new version.
  EXPECT_FALSE(enqueue(view(2).params).already);
}

TEST_P(Confirm, GoesOnInAnEditedSpace) {
  create_confirming(2);
  const AskedTrial again = ask_until(Purpose::Replicate, 5);
  const std::int64_t candidate = view(again.number).record.confirms;
  const double x = again.params["x"];
  std::int64_t next_best = -1;  // of those that stay in the space
  for (const BestRow& row : service_->best("s", 0)) {
    if (next_best < 0 && row.params["x"].get<double>() < x) next_best = row.number;
  }
  ASSERT_GE(next_best, 0);

  // The candidate is out of range: one of its runs waits, the other one runs.
  service_->edit_study("s", {{{"params", {{"x", {{"high", x - 1e-9}}}}}}, "ann"});

  const auto waited = events_of(EventKind::Candidate)[0].body["replicates"][1];
  EXPECT_EQ(view(waited).state, TrialState::Fail);
  EXPECT_EQ(view(waited).record.reason, FailReason::Withdrawn);
  EXPECT_EQ(view(again.number).state, TrialState::Running);

  tell(again, 5.01);  // of a configuration that can be had no more
  EXPECT_FALSE(service_->study("s").best_number);
  AskedTrial confirming = ask_until(Purpose::Replicate, -5);
  EXPECT_EQ(view(confirming.number).record.confirms, next_best);
  const double value = view(next_best).values[0];
  tell(confirming, value);
  restart();
  tell(ask(), value + 0.01);
  EXPECT_EQ(service_->study("s").best_number, next_best);

  // Back in the space the first candidate is the best again, with two runs of three.
  service_->edit_study("s", {{{"params", {{"x", {{"high", 1}}}}}}, "ann"});
  confirming = ask_until(Purpose::Replicate, -5);
  EXPECT_EQ(view(confirming.number).record.confirms, candidate);
  tell(confirming, 4.99);
  EXPECT_EQ(service_->study("s").best_number, candidate);
  EXPECT_THAT(replay(*storage_, "s").differences, IsEmpty());
}

TEST(ConfirmShare, IsAFifthOfWhichAnEighthIsKept) {
  StudySpec spec;
  spec.confirm.replicates = 2;
  spec.limits.trials = 200;
  EXPECT_EQ(confirm_share(spec).most, 40);
  EXPECT_EQ(confirm_share(spec).kept, 25);
  spec.limits.trials = 20;
  EXPECT_EQ(confirm_share(spec).kept, 4);
  spec.limits.trials = 6;
  EXPECT_EQ(confirm_share(spec).kept, 3);

  spec.limits.trials = 200;
  EXPECT_EQ(confirming_allowed(spec, 0, 0, false), 0);
  EXPECT_EQ(confirming_allowed(spec, 70, 72, false), 6);
  EXPECT_EQ(confirming_allowed(spec, 70, 72, true), 40);
  EXPECT_EQ(confirming_allowed(spec, 174, 175, false), 40);
  spec.limits.trials.reset();
  EXPECT_EQ(confirming_allowed(spec, 50, 50, false), 10);
}

}  // namespace
}  // namespace studyhall::server
