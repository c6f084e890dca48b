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
#include "core/queue.h"
#include "core/task.h"
#include "core/trial.h"
#include "core/want.h"

namespace studyhall {

enum class StudyState { Running, Stopped, Finished };
std::string_view to_string(StudyState state);

// How far a limit is used up.
struct BudgetUse {
  std::string worker;  // whose limit; empty: the study's
  std::string limit;   // "trials", "failures", "hours", "cost_usd", "turns", "tokens"
  double used = 0;
  double reserved = 0;  // for trials that run now
  double bound = 0;
};

// How results that somebody proposed compare with those that the sampler suggested: complete,
// feasible, of the first objective, runs again left out, at most the newest kMostCompared of each.
struct Proposals {
  std::string author;
  std::int64_t trials = 0;  // complete ones, and the best of them, among the author's newest 2,000
  std::optional<std::int64_t> best_number;
  std::optional<double> best_value;
  // The probability that one of its results is better than one of the sampler's (ties count half):
  // 0.5 means as good. Absent while one of both has none.
  std::optional<double> beats_sampler;
};
inline constexpr int kMostCompared = 50;

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
  std::int64_t last_event = 0;    // sequence
  std::vector<BudgetUse> budget;  // of each limit set but "running"; the study's first
  // Tasks by state name, every state present; empty while there has been no task.
  std::map<std::string, std::int64_t> tasks{};
  std::vector<std::string> running_workers{};  // that hold a running trial or task, by name
  // Of studies() only: the best feasible result of the first objective after each of at most
  // kMostSparks equal stretches of the trials, from the first result on.
  std::vector<double> sparkline{};
  std::int64_t open_questions = 0;     // of agents, that wait for an answer
  std::vector<Proposals> proposals{};  // of study() only: by author, of those who proposed any
};
inline constexpr int kMostSparks = 40;

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
  std::string stage{};  // where its worker was at its last heartbeat; empty: it did not say
  // The study was edited since: `params`, as the trial had them, are no configuration of its space.
  bool outside = false;
};

// A row of the leaderboard as users see it. With several objectives the rows are the Pareto front,
// by the first objective, best first; value, mean, stderr_ and interval are of that one.
struct BestRow {
  std::int64_t number = -1;
  Json params;
  std::string worker;
  std::string version;  // of the experiment that it was run under
  double value = 0;
  std::map<std::string, double> metrics;  // of trial `number`
  std::vector<double> values;             // [objectives] where there are several, of trial `number`
  std::vector<double> means;  // [objectives] where there are several and runs were repeated
  std::optional<double> mean;
  std::optional<double> stderr_;
  std::optional<std::pair<double, double>> interval;
  std::optional<double> p_best;
  std::optional<double> p_feasible;  // absent while the noise of the constraints is unknown
  int n = 0;
  int rank = 0;            // with several objectives 1
  bool confirmed = false;  // run as often as the study file asks, or clearly the best before
  bool feasible = true;
  bool raw_best = false;  // has the best single result of the feasible ones
  bool older = false;     // not the study's present version: never leads
  // Trial `number` is no configuration of the study's space since an edit: it stands below those
  // that are, with rank 0 and without statistics.
  bool outside = false;
  std::string author{};  // who proposed trial `number`; empty: the sampler
};

// Which trials to show as columns.
struct ColumnsRequest {
  // About how many at most: those that a chart needs are chosen (core/thinning.h). 0: every trial,
  // else kFewestPoints to kMostPoints.
  std::int64_t points = 5000;
};
inline constexpr std::int64_t kFewestPoints = 100;
inline constexpr std::int64_t kMostPoints = 1'000'000;

// Trials column by column: what charts and tables of many trials are drawn from. Chosen are always
// each feasible result better than all before it, running trials, the front, the leader and the
// newest trial.
struct TrialColumns {
  std::int64_t trials = 0;      // of the study, shown or not
  std::int64_t last_event = 0;  // sequence of the last one that is in the columns
  // "state", "worker", "purpose", "sampler", "reason": the names that those columns count from 0,
  // where -1 is none.
  Json names = Json::object();
  // One entry for each trial shown, by number: "number", those of `names`, "attempt", "feasible",
  // "outside", "started" and "completed" (seconds since 1970, null: not yet), "cost_usd" (told for
  // all trials up to this one). "values": a column for each objective; "params" and "metrics": a
  // column for each name, null where a trial has none.
  Json columns = Json::object();
  // {"number": [[step, value], ...]} of at most 200 trials shown that reported.
  Json intermediate = Json::object();
  // [objectives], each ascending: results of complete trials at equal steps of their rank, from the
  // lowest to the highest; all of them where there are at most kMostQuantiles.
  std::vector<std::vector<double>> quantiles;
};
inline constexpr std::size_t kMostQuantiles = 257;

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

// How a value of a trial came to be what it is.
enum class ValueSource {
  Free,     // the sampler chose it
  Pin,      // held at the pin, outside the worker's focus
  Fixed,    // the study file fixes it for the worker
  Given,    // whoever enqueued the trial gave it
  Default,  // the study file's default, in the first trial
};
// "free", "pin", "fixed", "given", "default".
std::string_view to_string(ValueSource source);
std::optional<ValueSource> value_source_from_string(std::string_view name);

struct ExplainedValue {
  std::string name;
  Json value;
  // Absent where another program chose it, or where `doubt` says why it is not known.
  std::optional<ValueSource> source;
};

// Who made a suggestion, and why. Nothing of it is stored: the study is made again from its events
// up to the one that the sampler saw last, and the sampler asked again.
struct Explanation {
  std::int64_t number = -1;
  std::string worker;  // who was given it first; empty: nobody yet, or somebody without a name
  Purpose purpose = Purpose::Suggested;  // at first, before any retry
  int attempt = 0;                       // now; 0: never handed out
  std::optional<std::int64_t> of;        // of a replicate: the first trial of its configuration
  std::string about;                     // one sentence where it is no plain suggestion
  // Who made it; empty: no sampler was asked.
  std::string sampler;
  int sampler_version = 0;
  std::int64_t as_of = 0;    // the last event it had seen; 0: none was asked
  std::int64_t results = 0;  // complete and pruned trials up to then
  std::int64_t running = 0;  // that ran then
  std::int64_t pin = -1;     // trial whose configuration the rest is held at; -1: none
  std::int64_t pin_version = 0;
  std::vector<ExplainedValue> values;  // of the active parameters, in the order of the study file
  std::string why;                     // one sentence of the sampler; empty: nothing to say
  std::vector<std::pair<std::string, double>> terms;  // numbers that led to it
  // Why `why`, `terms` and the sources are not known: the sampler, asked again, does not say what
  // was handed out (another build or CPU, an altered database). Empty: it does.
  std::string doubt;
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
  // Changes the study file while the study runs, all of the patch or nothing; core/study_edit.h has
  // what can be edited, core/space_edit.h what becomes of the trials. Throws Error(Invalid) with
  // every problem of the patch and of the file as it would be.
  virtual StudyInfo edit_study(const std::string& name, const EditRequest& request) = 0;

  virtual AskAnswer ask(const std::string& study, const AskRequest& request) = 0;
  // Throws Error(Conflict) for a lease never issued for this trial, or a result that differs from
  // the one told.
  virtual TellAnswer tell(const std::string& study, std::int64_t number,
                          const TellRequest& request) = 0;
  // Throws Error(Invalid) with several objectives: an intermediate value is one of one objective.
  virtual BeatAnswer report(const std::string& study, std::int64_t number,
                            const ReportRequest& request) = 0;
  virtual BeatAnswer heartbeat(const std::string& study, std::int64_t number,
                               const BeatRequest& request) = 0;
  // Gives a running trial back: it waits again, under the same number and attempt.
  virtual void release(const std::string& study, std::int64_t number, const std::string& lease) = 0;
  // Keeps the lease of a running trial until then and for its full length after, while the worker
  // waits out a rate limit; a heartbeat or report ends it. Answers as a heartbeat does.
  virtual BeatAnswer park(const std::string& study, std::int64_t number,
                          const ParkRequest& request) = 0;
  // The trial is failed (voided) from now on, whatever it was: out of statistics, leaderboard,
  // samplers, limits.trials and limits.failures; its values stay to be seen, what it used stays
  // used, and its configuration may be suggested again. Voided before: nothing changes.
  virtual void void_trial(const std::string& study, std::int64_t number,
                          const PersonalRequest& request) = 0;
  virtual EnqueueAnswer enqueue(const std::string& study, const EnqueueRequest& request) = 0;
  // Results from elsewhere as finished trials, all of them or none: samplers learn from them, they
  // may lead, and they are outside the budget. Throws Error(Invalid) with every problem.
  virtual ResultsAnswer add_results(const std::string& study, const ResultsRequest& request) = 0;
  // Takes a running trial from its worker: it waits again, as a new attempt. Throws
  // Error(Conflict) for one that does not run.
  virtual void requeue(const std::string& study, std::int64_t number,
                       const PersonalRequest& request) = 0;

  // Trials and tasks that wait, in the order of handing out.
  virtual std::vector<QueueItem> queue(const std::string& study) = 0;
  // Throws Error(Conflict) for one that does not wait.
  virtual void change_queued(const std::string& study, const WorkRef& work,
                             const QueueChange& change) = 0;
  // Enqueues the topic's trials, unless there are topics like it and the request does not say
  // `anyway`. Throws Error(Conflict) for a name that is taken.
  virtual TopicAnswer add_topic(const std::string& study, const TopicRequest& request) = 0;
  // By their creation.
  virtual std::vector<Topic> topics(const std::string& study) = 0;

  // Of the holder of a running trial or task to people: the lease is kept for kAnswerDays without
  // heartbeats. Throws Error(Conflict) for a lease that is not the current one, or while another
  // question of the same trial or task is open.
  virtual Question ask_question(const std::string& study, const WorkRef& work,
                                const QuestionRequest& request) = 0;
  // By id.
  virtual std::vector<Question> questions(const std::string& study, const QuestionQuery& query) = 0;
  // The lease gets its full length again from now. Throws Error(NotFound) for an id that was never
  // given, Error(Conflict) for a question that is not open.
  virtual Question answer_question(const std::string& study, std::int64_t id,
                                   const AnswerRequest& request) = 0;

  // The number of the new task, the study's count of tasks so far.
  virtual std::int64_t add_task(const std::string& study, const TaskRequest& request) = 0;
  // Ascending by number.
  virtual std::vector<TaskView> tasks(const std::string& study, const TaskQuery& query) = 0;
  virtual TaskView task(const std::string& study, std::int64_t number) = 0;
  // Throws Error(Conflict) for a lease never issued for this task, a result that differs from the
  // one told, or a task that another has done or that was cancelled.
  virtual TaskTellAnswer tell_task(const std::string& study, std::int64_t number,
                                   const TaskTell& request) = 0;
  // heartbeat, park and release as of a trial.
  virtual BeatAnswer heartbeat_task(const std::string& study, std::int64_t number,
                                    const BeatRequest& request) = 0;
  virtual BeatAnswer park_task(const std::string& study, std::int64_t number,
                               const ParkRequest& request) = 0;
  virtual void release_task(const std::string& study, std::int64_t number,
                            const std::string& lease) = 0;
  // What waits for it fails (dependency); its holder is told to stop. Cancelled before: nothing
  // changes. Throws Error(Conflict) for a task that is done or failed.
  virtual void cancel_task(const std::string& study, std::int64_t number,
                           const PersonalRequest& request) = 0;

  virtual std::vector<TrialView> trials(const std::string& study, const TrialQuery& query) = 0;
  virtual TrialView trial(const std::string& study, std::int64_t number) = 0;
  // Throws Error(Invalid) for a number of points out of range.
  virtual TrialColumns columns(const std::string& study, const ColumnsRequest& request) = 0;
  // Costs a walk through the study's events up to the trial's; asks go on meanwhile.
  virtual Explanation explain(const std::string& study, std::int64_t number) = 0;
  // The `top` best rows; top 0: all. Confirmed configurations come before others, infeasible ones
  // after, those of older experiment versions last; where the raw best is not among the first `top`
  // it follows them. With several objectives the feasible configurations that none dominates.
  virtual std::vector<BestRow> best(const std::string& study, int top) = 0;
  // How much each parameter matters for being among the best results. Throws Error(NotFound) for a
  // worker that the study file does not name, Error(Invalid) for an objective or quantiles out of
  // range.
  virtual ImportanceAnswer importance(const std::string& study,
                                      const ImportanceRequest& request) = 0;
  // By name.
  virtual std::vector<WorkerInfo> workers(const std::string& study) = 0;
  // Ends a worker's quarantine. Throws Error(NotFound) for one that has never asked.
  virtual void release_worker(const std::string& study, const std::string& worker,
                              const PersonalRequest& request) = 0;

  virtual Insight add_insight(const std::string& study, const InsightRequest& request) = 0;
  // By id; `all`: retired ones too.
  virtual std::vector<Insight> insights(const std::string& study, bool all) = 0;
  // Throws Error(NotFound) for an id that was never given. Retired before: nothing changes.
  virtual void retire_insight(const std::string& study, std::int64_t id,
                              const PersonalRequest& request) = 0;

  // Events with a sequence above `after`, at most `limit`.
  virtual std::vector<Event> events(const std::string& study, std::int64_t after, int limit) = 0;
};

}  // namespace studyhall
