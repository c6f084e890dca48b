// The verbs of a study, written once: server/study_service implements them in process,
// client/study_client over HTTP; the command line, the worker and the HTTP routes call them.
//
// Thread safety: every verb may be called from any thread.
// Durability: when a verb that changes something returns, its effect survives a crash and a power
// loss. Errors: an unknown study or trial throws Error(NotFound); input that breaks a rule
// Error(Invalid); a database that cannot be written Error(Unavailable), and then nothing has
// changed; no answer from a server Error(Unreachable).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/event.h"
#include "core/json.h"
#include "core/trial.h"

namespace studyhall {

enum class StudyState { Running, Stopped, Finished };
std::string_view to_string(StudyState state);

struct StudyInfo {
  std::string name;
  StudyState state = StudyState::Running;
  std::string finished_because;                // empty while running
  Json spec;                                   // the resolved study file
  std::map<std::string, std::int64_t> counts;  // trials by state name, every state present
  std::optional<std::int64_t> best_number;     // of the leader; absent with several objectives
  std::optional<double> best_value;
  std::optional<std::int64_t> front_size;  // of several objectives: configurations on the front
  Timestamp created;
  std::int64_t last_event = 0;  // sequence
};

struct AskRequest {
  std::string worker;             // empty: nobody in particular, the whole space
  int count = 1;                  // 1 to 1000
  std::optional<double> lease_s;  // default: the experiment's time limit + 10 %, else 24 h
  std::string request_id;         // empty: not idempotent
};

struct Lease {
  std::string token;
  Timestamp expires_at;
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
};

enum class AskStatus {
  Trials,     // `trials` holds one or more
  Wait,       // none now: reserved trials still run; ask again after retry_after_s
  Exhausted,  // every configuration of the finite space was handed out
  Finished,   // stopped, target met, or a budget used: `reason`
};

struct AskAnswer {
  AskStatus status = AskStatus::Trials;
  std::vector<AskedTrial> trials;
  double retry_after_s = 0;
  std::string reason;
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

// What a worker should do next.
struct BeatAnswer {
  bool prune = false;
  bool stop = false;  // the lease has passed to another, or the trial is done
  Timestamp expires_at;
};

struct EnqueueRequest {
  Json params = Json::object();  // full or partial; the sampler chooses the rest
  double priority = 0;
  int count = 1;  // more than 1: replicates of each other, full params only
  std::string request_id;
};

struct EnqueueAnswer {
  std::vector<std::int64_t> numbers;
  bool already = false;  // the configuration is waiting, running or done: its number, nothing added
};

struct TrialQuery {
  std::int64_t after = -1;  // numbers above this
  int limit = 1000;         // 1 to 10000
  std::optional<TrialState> state;
  std::string worker;  // empty: any
};

// A trial as users see it.
struct TrialView {
  std::int64_t number = -1;
  TrialState state = TrialState::Waiting;
  Json params;  // active ones, external
  std::vector<double> values;
  bool feasible = true;  // meets the study's constraints (true while unknown)
  std::map<std::string, double> metrics;
  std::map<std::int64_t, double> intermediate;
  std::optional<Timestamp> started;
  std::optional<Timestamp> completed;
  TrialRecord record;
  std::optional<Timestamp> lease_expires;  // of a running trial
};

// A row of the leaderboard as users see it. With several objectives the rows are the Pareto front,
// by the first objective, best first; value, mean, stderr_ and interval are of that one.
struct BestRow {
  int rank = 0;  // with several objectives 1
  std::int64_t number = -1;
  Json params;
  std::string worker;
  double value = 0;
  std::map<std::string, double> metrics;  // of trial `number`
  std::optional<double> mean;
  std::optional<double> stderr_;
  int n = 0;
  std::optional<std::pair<double, double>> interval;
  std::optional<double> p_best;
  bool confirmed = false;
  bool feasible = true;
  std::vector<double> values;  // [objectives] where there are several, of trial `number`
  std::vector<double> means;   // [objectives] where there are several and runs were repeated
};

// Which results to compare; see sampler/importance.h.
struct ImportanceRequest {
  // Only results within this worker's ranges, of whoever ran them, and only the parameters that it
  // moves; empty: the whole space.
  std::string worker;
  int objective = 0;             // which of the study's objectives, from 0
  double target_quantile = 0.1;  // the best results, as a share of all: 0 < target < region <= 1
  double region_quantile = 1;    // the results they are compared with
};

struct ImportanceRow {
  std::string name;
  double importance = 0;    // shares: they sum to 1
  double variance = 0;      // before that
  std::int64_t trials = 0;  // of those compared with, in which the parameter is active
};

struct ImportanceAnswer {
  std::int64_t trials = 0;         // those compared with
  std::int64_t target_trials = 0;  // the best of them
  bool informative = false;        // false: nothing tells the parameters apart, shares are equal
  std::vector<ImportanceRow> parameters;  // most important first
};

class StudyApi {
 public:
  virtual ~StudyApi() = default;

  // Throws Error(Conflict) if the name is taken, Error(Invalid) with every problem of the file.
  virtual StudyInfo create_study(const Json& file) = 0;
  virtual std::vector<StudyInfo> studies() = 0;
  virtual StudyInfo study(const std::string& name) = 0;
  virtual void delete_study(const std::string& name) = 0;
  // Hands out no more trials; running ones go on to their end.
  virtual void stop_study(const std::string& name, const std::string& reason) = 0;
  virtual void resume_study(const std::string& name) = 0;

  virtual AskAnswer ask(const std::string& study, const AskRequest& request) = 0;
  // Throws Error(Conflict) for a lease never issued for this trial, or a result that differs from
  // the one told.
  virtual TellAnswer tell(const std::string& study, std::int64_t number,
                          const TellRequest& request) = 0;
  // Throws Error(Invalid) with several objectives: an intermediate value is one of one objective.
  virtual BeatAnswer report(const std::string& study, std::int64_t number,
                            const ReportRequest& request) = 0;
  virtual BeatAnswer heartbeat(const std::string& study, std::int64_t number,
                               const std::string& lease) = 0;
  // Gives a running trial back: it waits again, under the same number and attempt.
  virtual void release(const std::string& study, std::int64_t number, const std::string& lease) = 0;
  virtual EnqueueAnswer enqueue(const std::string& study, const EnqueueRequest& request) = 0;

  virtual std::vector<TrialView> trials(const std::string& study, const TrialQuery& query) = 0;
  virtual TrialView trial(const std::string& study, std::int64_t number) = 0;
  // The `top` best rows; top 0: all. With several objectives the feasible configurations that none
  // dominates.
  virtual std::vector<BestRow> best(const std::string& study, int top) = 0;
  // How much each parameter matters for being among the best results. Throws Error(NotFound) for a
  // worker that the study file does not name, Error(Invalid) for an objective or quantiles out of
  // range.
  virtual ImportanceAnswer importance(const std::string& study,
                                      const ImportanceRequest& request) = 0;
  // Events with a sequence above `after`, at most `limit`.
  virtual std::vector<Event> events(const std::string& study, std::int64_t after, int limit) = 0;
};

}  // namespace studyhall
