// A study as users see it: what the verbs that read answer (core/study_api.h).
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
#include "core/trial.h"

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

}  // namespace studyhall
