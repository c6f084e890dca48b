#include "core/trial.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <tuple>

#include "core/error.h"
#include "core/event.h"

namespace studyhall {
namespace {

using ::testing::HasSubstr;

TEST(TrialState, HasOneNameInBothDirections) {
  const std::vector<std::pair<TrialState, std::string>> names = {{TrialState::Waiting, "waiting"},
                                                                 {TrialState::Running, "running"},
                                                                 {TrialState::Complete, "complete"},
                                                                 {TrialState::Pruned, "pruned"},
                                                                 {TrialState::Fail, "failed"}};
  for (const auto& [state, name] : names) {
    EXPECT_EQ(to_string(state), name);
    EXPECT_EQ(trial_state_from_string(name), state);
  }
  EXPECT_EQ(trial_state_from_string("COMPLETE"), TrialState::Complete);
  EXPECT_EQ(trial_state_from_string("fail"), TrialState::Fail);
  EXPECT_EQ(trial_state_from_string("FAIL"), TrialState::Fail);
  EXPECT_EQ(trial_state_from_string("done"), std::nullopt);
  EXPECT_EQ(trial_state_from_string(""), std::nullopt);
}

TEST(TrialState, ChangesOnlyAsAllowed) {
  using enum TrialState;
  const std::set<std::pair<TrialState, TrialState>> legal = {
      {Waiting, Running},  {Waiting, Complete}, {Waiting, Pruned}, {Waiting, Fail},
      {Running, Complete}, {Running, Pruned},   {Running, Fail},   {Running, Waiting},
      {Complete, Fail},    {Pruned, Fail}};
  for (const TrialState from : {Waiting, Running, Complete, Pruned, Fail}) {
    for (const TrialState to : {Waiting, Running, Complete, Pruned, Fail}) {
      EXPECT_EQ(is_legal_change(from, to), legal.contains({from, to}))
          << to_string(from) << " to " << to_string(to);
    }
    EXPECT_EQ(is_finished(from), from == Complete || from == Pruned || from == Fail);
  }
}

TEST(FailReason, HasOneNameInBothDirections) {
  for (const auto& [reason, name] :
       std::vector<std::pair<FailReason, std::string>>{{FailReason::BadConfig, "config"},
                                                       {FailReason::Infra, "infra"},
                                                       {FailReason::Declined, "declined"},
                                                       {FailReason::Cancelled, "cancelled"},
                                                       {FailReason::Dependency, "dependency"},
                                                       {FailReason::Voided, "voided"}}) {
    EXPECT_EQ(to_string(reason), name);
    EXPECT_EQ(fail_reason_from_string(name), reason);
  }
  EXPECT_EQ(fail_reason_from_string("oom"), std::nullopt);
  EXPECT_TRUE(is_told(FailReason::Infra));
  EXPECT_FALSE(is_told(FailReason::Dependency));
  EXPECT_FALSE(is_told(FailReason::Voided));
}

TEST(FaultCause, HasOneNameInBothDirections) {
  for (const auto& [cause, name, own] : std::vector<std::tuple<FaultCause, std::string, bool>>{
           {FaultCause::Crash, "crash", true},
           {FaultCause::Stall, "stall", true},
           {FaultCause::RateLimit, "rate_limit", false},
           {FaultCause::Auth, "auth", false},
           {FaultCause::ServerError, "server_error", false}}) {
    EXPECT_EQ(to_string(cause), name);
    EXPECT_EQ(fault_cause_from_string(name), cause);
    EXPECT_EQ(is_own_fault(cause), own) << name;
  }
  EXPECT_EQ(fault_cause_from_string("fire"), std::nullopt);
}

TEST(Purpose, HasOneNameInBothDirections) {
  for (const auto& [purpose, name] :
       std::vector<std::pair<Purpose, std::string>>{{Purpose::Suggested, "suggested"},
                                                    {Purpose::Enqueued, "enqueued"},
                                                    {Purpose::Replicate, "replicate"},
                                                    {Purpose::Retry, "retry"}}) {
    EXPECT_EQ(to_string(purpose), name);
    EXPECT_EQ(purpose_from_string(name), purpose);
  }
  EXPECT_EQ(purpose_from_string("Suggested"), std::nullopt);
}

TEST(EventKind, HasOneNameInBothDirections) {
  using enum EventKind;
  for (const auto& [kind, name] :
       std::vector<std::pair<EventKind, std::string>>{{Created, "created"},
                                                      {Asked, "asked"},
                                                      {Enqueued, "enqueued"},
                                                      {Told, "told"},
                                                      {Reported, "reported"},
                                                      {LeaseLost, "lease_lost"},
                                                      {Released, "released"},
                                                      {NewBest, "new_best"},
                                                      {Stopped, "stopped"},
                                                      {Resumed, "resumed"},
                                                      {Deleted, "deleted"},
                                                      {Foreign, "foreign"},
                                                      {Voided, "voided"},
                                                      {Parked, "parked"},
                                                      {Unparked, "unparked"},
                                                      {Quarantined, "quarantined"},
                                                      {WorkerReleased, "worker_released"},
                                                      {InsightAdded, "insight_added"},
                                                      {InsightRetired, "insight_retired"},
                                                      {Edited, "edited"},
                                                      {Refuted, "refuted"},
                                                      {TaskAdded, "task_added"},
                                                      {TaskLeaseLost, "task_lease_lost"},
                                                      {TaskCancelled, "task_cancelled"}}) {
    EXPECT_EQ(to_string(kind), name);
    EXPECT_EQ(event_kind_from_string(name), kind);
  }
  EXPECT_EQ(event_kind_from_string("exploded"), std::nullopt);
}

TEST(Usage, LeavesOutWhatWasNotMeasured) {
  Usage usage;
  EXPECT_EQ(dump_json(to_json(usage)), "{}");

  usage.turns = 12;
  usage.cost_usd = 0.25;
  EXPECT_EQ(dump_json(to_json(usage)), R"({"cost_usd":0.25,"turns":12})");
}

TEST(TrialRecord, ReadsBackWhatItWrote) {
  TrialRecord record;
  record.worker = "W1";
  record.purpose = Purpose::Replicate;
  record.attempt = 3;
  record.sampler = "tpe";
  record.slice = "W1";
  record.pin = 17;
  record.pin_version = 4;
  record.as_of = 9'000'000'000;
  record.told = 9'000'000'007;
  record.priority = -0.1;
  record.prune = true;
  record.reason = FailReason::Declined;
  record.note = "left \"early\"\n";
  record.usage = {.cost_usd = 1.5, .turns = 7, .tokens = 5'000'000'000, .seconds = 0.1};
  record.earlier = {{"W2", {.cost_usd = 2, .turns = {}, .tokens = {}, .seconds = 3}}, {"", {}}};
  record.late = true;
  record.voided = 12;
  record.parked_until = Timestamp(std::chrono::microseconds(1'772'366'400'000'001));
  record.tags = {"gpu", "large"};
  record.after = {3, 5};
  record.title = "a title";
  record.description = "two\nlines";
  record.evidence = Json::parse(R"({"command": ["python3", "evaluate.py"], "exit": 0})");

  EXPECT_EQ(trial_record_from_json(parse_json(dump_json(to_json(record)), "record")), record);
  EXPECT_EQ(trial_record_from_json(to_json(TrialRecord{})), TrialRecord{});
}

TEST(TrialRecord, KeepsDefaultsForAbsentMembersAndIgnoresUnknownOnes) {
  const TrialRecord record = trial_record_from_json(Json::parse(R"({"worker": "W2", "new": [1]})"));

  TrialRecord expected;
  expected.worker = "W2";
  EXPECT_EQ(record, expected);
  EXPECT_EQ(record.pin, -1);
}

TEST(TrialRecord, CannotBeReadFromSomethingElse) {
  for (const char* text :
       {"[]", "null", R"({"worker": 3})", R"({"attempt": "x"})", R"({"purpose": "lunch"})",
        R"({"reason": "bored"})", R"({"usage": 5})"}) {
    try {
      static_cast<void>(trial_record_from_json(Json::parse(text)));
      ADD_FAILURE() << text;
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::Corrupt);
      EXPECT_THAT(e.what(), HasSubstr("trial record"));
    }
  }
}

}  // namespace
}  // namespace studyhall
