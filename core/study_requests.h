// What the verbs of a study that change something are given, and what they answer
// (core/study_api.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/json.h"
#include "core/queue.h"
#include "core/task.h"
#include "core/trial.h"
#include "core/want.h"

namespace studyhall {

inline constexpr double kMostWaitSeconds = 60;

struct AskRequest {
  std::string worker;             // empty: nobody in particular, the whole space
  int count = 1;                  // 1 to 1000
  std::optional<double> lease_s;  // default: the experiment's time limit + 10 %, else 24 h
  std::string request_id;         // empty: not idempotent
  // Tags of waiting trials and tasks that the worker takes; absent: those of the study file.
  std::optional<std::vector<std::string>> accepts{};
  // How long to wait for something to do where there is nothing now, in seconds, at most
  // kMostWaitSeconds; the answer is Wait only once that time is over (or the server stops).
  double wait_s = 0;
  Want want = Want::Trials;
};

struct Lease {
  std::string token;
  Timestamp expires_at;
};

// What somebody found out and the agents of later trials should know.
struct Insight {
  std::int64_t id = 0;  // 1, 2, ... within the study
  std::string text;
  std::string author;
  std::optional<std::int64_t> trial;  // that it was learned from
  Timestamp created;
  bool retired = false;  // shown to no agent any more
};

struct AskedTrial {
  std::int64_t number = -1;
  Json params;  // full, external values, active ones
  Lease lease;
  int attempt = 1;
  Purpose purpose = Purpose::Suggested;
  std::string sampler;
  std::int64_t pin = -1;  // trial whose configuration held the rest; -1: none
  std::int64_t pin_version = 0;
  std::uint32_t seed = 0;  // STUDY_SEED
  std::string title;       // of an enqueued trial
  std::string description;
  std::vector<Insight> insights;  // to show to the agent: those not retired
  std::optional<TopicStep> topic{};
};

struct AskedTask {
  std::int64_t number = -1;
  std::string title;
  std::string description;
  double priority = 0;
  std::vector<std::string> tags;
  std::vector<std::int64_t> after;  // tasks that were done before it
  Lease lease;
  int attempt = 1;
  std::vector<Insight> insights;  // as of an AskedTrial
};

enum class AskStatus {
  Trials,     // `trials` and `tasks` hold one or more
  Wait,       // none now, though there may be later: ask again after retry_after_s
  Exhausted,  // every configuration of the finite space was handed out
  Finished,   // stopped, target met, or a budget used: `reason`
};

struct AskAnswer {
  AskStatus status = AskStatus::Trials;
  std::vector<AskedTrial> trials;
  double retry_after_s = 0;
  std::string reason;
  std::vector<AskedTask> tasks{};
};

struct TellRequest {
  TrialState state = TrialState::Complete;  // Complete, Pruned or Fail
  std::vector<double> values;               // [objectives]; empty for Fail, optional for Pruned
  std::optional<FailReason> reason;         // of Fail; default BadConfig
  std::map<std::string, double> metrics;
  Usage usage;
  Json evidence;
  std::string note;
  std::string lease;  // empty: allowed while the trial has had only one
  std::string request_id;
  // With FailReason::Infra; absent: Crash. A cause that is no fault of the worker's counts neither
  // against it nor against the trial's retries.
  std::optional<FaultCause> cause{};
};

struct TellAnswer {
  std::int64_t number =
      -1;  // differs from the one told when the result was kept as a new replicate
  TrialState state = TrialState::Complete;
  bool already = false;  // the same result had been told before
  bool new_best = false;
  bool requeued = false;  // failed for a reason that is not the configuration's: waits again
};

struct ReportRequest {
  std::int64_t step = 0;
  double value = 0;
  std::string lease;
};

// A sign of life.
struct BeatRequest {
  std::string lease;
  std::string stage{};  // what the worker is at, for people: at most 64 bytes; empty: not said
};

// What a worker should do next.
struct BeatAnswer {
  bool prune = false;
  bool stop = false;  // the lease has passed to another, or the trial is done
  Timestamp expires_at;
};

// Exactly one of `until` and `for_s`.
struct ParkRequest {
  std::string lease;
  std::optional<Timestamp> until;
  std::optional<double> for_s;
  std::string reason;
};

// A change that a person makes.
struct PersonalRequest {
  std::string reason;  // may be empty
  std::string author;  // empty: "user"
};

struct InsightRequest {
  std::string text;
  std::string author;  // empty: "user"
  std::optional<std::int64_t> trial;
};

struct EditRequest {
  Json patch;  // RFC 7396: members of the study file with their new values, null to remove one
  std::string author;    // empty: "user"
  std::string reason{};  // kept with the event; may be empty
};

// How a worker that has asked stands.
struct WorkerInfo {
  std::string name;  // empty: all who asked without a name
  Timestamp first_ask;
  std::int64_t running = 0;
  std::int64_t done = 0;                       // complete or pruned
  std::int64_t failures = 0;                   // of its own, in a row, up to now
  std::optional<Timestamp> quarantined_until;  // then it gets one trial or task as a probe
  std::int64_t tasks = 0;                      // that it works on
};

struct EnqueueRequest {
  Json params = Json::object();  // full or partial; the sampler chooses the rest
  double priority = 0;
  int count = 1;  // more than 1: replicates of each other, full params only
  std::string request_id;
  std::vector<std::string> tags{};    // only for workers that accept them all
  std::vector<std::int64_t> after{};  // handed out once these have ended complete or pruned; fails
                                      // (dependency) once one has failed for good
  std::string title{};
  std::string description{};
  std::vector<std::int64_t> after_tasks{};  // as `after`, of tasks
  QueueTerms queue{};
  std::string author{};  // empty: "user"
  bool again = false;    // run it once more where it was handed out already: a replicate
};

struct EnqueueAnswer {
  std::vector<std::int64_t> numbers;
  bool already = false;  // the configuration is waiting, running or done: its number, nothing added
};

// A result from elsewhere.
struct GivenResult {
  Json params = Json::object();             // full
  TrialState state = TrialState::Complete;  // Complete, Pruned or Fail
  std::vector<double> values{};             // as of a TellRequest
  std::map<std::string, double> metrics{};
  std::optional<Timestamp> started{};
  std::optional<Timestamp> completed{};  // absent: now
  std::string worker{};
  std::string title{};
  std::string note{};
  Usage usage{};
};

inline constexpr std::size_t kMostResults = 1000;

struct ResultsRequest {
  std::vector<GivenResult> results;  // 1 to kMostResults
  std::string author{};              // empty: "user"
  std::string request_id{};
};

struct ResultsAnswer {
  std::vector<std::int64_t> numbers;  // in the order of the results
};

}  // namespace studyhall
