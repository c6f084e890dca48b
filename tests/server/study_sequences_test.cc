// Random sequences of everything that can happen to a study, compared step by step with a plain
// reference (tests/support/reference_study.h); at the end the events must give the study again.
//
// Everyday: a few hundred sequences. STUDYHALL_TEST_LONG=1 (scripts/test.sh --full): 100 times as
// many. STUDYHALL_SEQUENCES_SEED chooses others. RapidCheck shrinks a sequence that fails.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/error.h"
#include "server/replay.h"
#include "server/study_service.h"
#include "storage/memory_storage.h"
#include "storage/sqlite_storage.h"
#include "tests/support/fake_clock.h"
#include "tests/support/reference_study.h"
#include "tests/support/temp_dir.h"

namespace studyhall::server {

// What a step does with a, b and c depends on what there is when it comes.
struct Step {
  int verb = 0;
  int a = 0;
  int b = 0;
  int c = 0;
};
void showValue(const Step& step, std::ostream& out) {
  out << '{' << step.verb << ", " << step.a << ", " << step.b << ", " << step.c << '}';
}

namespace {

using studyhall::testing::ReferenceStudy;
using studyhall::testing::ReferenceTrial;

constexpr const char* kStudy = "s";

// A departure from the reference.
struct Departure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

void require(bool holds, const std::string& what) {
  if (!holds) throw Departure(what);
}

template <typename T, typename U>
void require_equal(const T& found, const U& expected, const std::string& what) {
  if (found == expected) return;
  throw Departure(
      fmt::format("{}: found {}, expected {}", what, Json(found).dump(), Json(expected).dump()));
}

template <typename T>
std::optional<T> unless_refused(const std::function<T()>& verb) {
  try {
    return verb();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::Conflict && error.code() != ErrorCode::Invalid) throw;
    return std::nullopt;
  }
}

class Sequence {
 public:
  Sequence(bool sqlite, int variant)
      : sqlite_(sqlite), reference_(2, all_configurations()), variant_(variant) {
    storage_ = open();
    start();
    reference_.limit = 3 + variant % 17;
    service_->create_study(
        {{"name", kStudy},
         {"direction", "maximize"},
         {"seed", variant},
         {"sampler", variant % 2 == 0 ? "random" : "tpe"},
         {"params",
          {{"k", {{"type", "int"}, {"low", 0}, {"high", kHighest}}},
           {"c", {{"type", "categorical"}, {"choices", {"a", "b"}}}}}},
         {"limits", {{"trials", reference_.limit}}},
         {"workers", {{"W1", {{"focus", {"k"}}}}, {"W2", {{"accepts", {"gpu"}}}}}}});
  }

  void run(const std::vector<Step>& steps) {
    for (const Step& step : steps) {
      take(step);
      compare();
    }
    service_.reset();
    const ReplayReport report = replay(*storage_, kStudy);
    if (!report.equal()) {
      const Difference& first = report.differences.front();
      throw Departure(fmt::format("replay: event {}, trial {}, {}: {} instead of {}", first.event,
                                  first.number, first.what, first.found, first.expected));
    }
    require_equal(report.suggestions.equal, report.suggestions.checked, "suggestions drawn again");
    require_equal(report.unseen, 0, "trials without their event");
    start();
    reference_.restart(clock_.now());
    compare();
  }

 private:
  static constexpr int kHighest = 4;

  static std::vector<Json> all_configurations() {
    std::vector<Json> all;
    for (int k = 0; k <= kHighest; ++k) {
      for (const char* c : {"a", "b"}) all.push_back({{"k", k}, {"c", c}});
    }
    return all;
  }

  std::unique_ptr<storage::Storage> open() {
    if (!sqlite_) return storage::make_memory_storage();
    return storage::open_sqlite_storage(dir_.path() / "studies.db");
  }
  void start() {
    ServiceOptions options;
    options.new_token = [this] { return "lease-" + std::to_string(++tokens_); };
    service_ = std::make_unique<StudyService>(*storage_, clock_, std::move(options));
  }

  void take(const Step& step) {
    const int verb = step.verb;
    if (verb < 14) return ask(step);
    if (verb < 25) return tell(step);
    if (verb < 27) return report(step);
    if (verb < 28) return heartbeat(step);
    if (verb < 29) return park(step);
    if (verb < 30) return release(step);
    if (verb < 32) return void_trial(step);
    if (verb < 35) return enqueue(step);
    if (verb < 36) return stop_or_resume();
    if (verb < 37) return edit(step);
    if (verb < 38) return change_insights(step);
    if (verb < 39) return release_worker(step);
    if (verb < 41) return advance(step);
    if (verb < 42) return jump(step);
    if (verb < 43) return crash();
    return write_foreign(step);
  }

  static std::string worker_name(int n) { return n % 4 == 0 ? "" : "W" + std::to_string(n % 4); }
  [[nodiscard]] std::int64_t any_trial(int n) const {
    return n % static_cast<int>(reference_.trials.size());
  }
  [[nodiscard]] bool has_trials() const { return !reference_.trials.empty(); }
  // The last lease of the trial, an older one, none, or one of another trial.
  [[nodiscard]] std::string any_lease(std::int64_t number, int n) const {
    const auto& leases = reference_.trials[static_cast<std::size_t>(number)].leases;
    if (n % 11 == 0) return "";
    if (n % 13 == 0) return "lease-1";
    if (leases.empty()) return "lease-0";
    return n % 5 == 0 ? leases[static_cast<std::size_t>(n) % leases.size()].token
                      : leases.back().token;
  }
  // A trial that runs, mostly.
  [[nodiscard]] std::int64_t likely_running(int n) const {
    std::vector<std::int64_t> running;
    for (std::size_t i = 0; i < reference_.trials.size(); ++i) {
      if (reference_.trials[i].state == TrialState::Running) {
        running.push_back(static_cast<std::int64_t>(i));
      }
    }
    if (running.empty() || n % 7 == 0) return any_trial(n);
    return running[static_cast<std::size_t>(n) % running.size()];
  }

  void ask(const Step& step) {
    AskRequest request;
    request.worker = worker_name(step.a);
    request.count = step.b % 5 == 0 ? 1 + step.c % 3 : 1;
    request.lease_s = step.c % 3 == 0 ? 600 : 7200;
    if (step.b % 3 == 0) request.request_id = "r" + std::to_string(step.b % 8);
    if (step.c % 4 == 0) request.accepts = {{"gpu"}};
    if (const auto before = asked_.find(request.request_id); before != asked_.end()) {
      std::vector<AskedTrial> expected = before->second;
      expected.resize(std::min(expected.size(), static_cast<std::size_t>(request.count)));
      return require_same_trials(service_->ask(kStudy, request).trials, expected);
    }
    std::vector<std::string> accepts;
    if (request.accepts || request.worker == "W2") accepts = {"gpu"};

    reference_.tidy(clock_.now());
    const AskAnswer answer = service_->ask(kStudy, request);

    std::size_t given = 0;
    for (int i = 0; i < request.count; ++i) {
      if (given == answer.trials.size() && all_wait_allowed() &&
          (given > 0 || answer.status == AskStatus::Wait)) {
        break;
      }
      const ReferenceStudy::Ask expected = reference_.ask(request.worker, accepts, clock_.now());
      if (expected.status != AskStatus::Trials) {
        require_equal(answer.trials.size(), given, "trials handed out");
        if (given == 0) {
          require_equal(static_cast<int>(answer.status), static_cast<int>(expected.status),
                        "status of ask");
        }
        break;
      }
      require(given < answer.trials.size(),
              fmt::format("trial {} was not handed out: {}", expected.number, answer.reason));
      take_in(answer.trials[given++], expected.number, request);
    }
    if (!request.request_id.empty() && given > 0) asked_[request.request_id] = answer.trials;
  }

  // While several workers are quarantined all may have to wait.
  [[nodiscard]] bool all_wait_allowed() const {
    int quarantined = 0;
    for (int w = 1; w < 4; ++w) quarantined += reference_.is_quarantined(worker_name(w));
    return quarantined > 1;
  }

  void take_in(const AskedTrial& asked, std::int64_t expected, const AskRequest& request) {
    require_equal(asked.number, expected, "number of the trial handed out");
    const bool is_new = asked.number == std::ssize(reference_.trials);
    const bool drawn =
        is_new || reference_.trials[static_cast<std::size_t>(expected)].params.size() < 2;
    if (drawn) {
      require(reference_.holders(asked.params).empty(),
              "configuration " + asked.params.dump() + " is live or done already");
    }
    if (!is_new) {
      for (const auto& [name, value] :
           reference_.trials[static_cast<std::size_t>(expected)].params.items()) {
        require_equal(asked.params[name], value, "parameter given");
      }
    }
    reference_.hand_out(asked, request.worker, seconds_to_duration(*request.lease_s), clock_.now());
    const ReferenceTrial& trial = reference_.trials[static_cast<std::size_t>(expected)];
    require_equal(asked.attempt, trial.attempt, "attempt");
    require_equal(to_string(asked.purpose), to_string(trial.purpose), "purpose");
    require(asked.lease.expires_at == trial.leases.back().expires_at, "end of the lease");
    require_equal(asked.insights.size(),
                  static_cast<std::size_t>(
                      std::count(reference_.insights.begin(), reference_.insights.end(), true)),
                  "insights shown");
  }

  static void require_same_trials(const std::vector<AskedTrial>& found,
                                  const std::vector<AskedTrial>& expected) {
    require_equal(found.size(), expected.size(), "trials of a repeated ask");
    for (std::size_t i = 0; i < found.size(); ++i) {
      require_equal(found[i].number, expected[i].number, "number in a repeated ask");
      require_equal(found[i].lease.token, expected[i].lease.token, "lease in a repeated ask");
      require(found[i].params == expected[i].params, "params in a repeated ask");
    }
  }

  void tell(const Step& step) {
    if (!has_trials()) return;
    const std::int64_t number = likely_running(step.a);
    TellRequest request;
    request.lease = any_lease(number, step.b);
    const int what = step.c % 12;
    if (what < 5) {
      request.values = {value_of(step)};
    } else if (what < 6) {
      request.state = TrialState::Pruned;
      if (step.a % 2 == 0) request.values = {value_of(step)};
    } else {
      request.state = TrialState::Fail;
      request.reason = what < 7    ? FailReason::BadConfig
                       : what < 10 ? FailReason::Infra
                       : what < 11 ? FailReason::Declined
                                   : FailReason::Cancelled;
      if (what == 8) request.cause = FaultCause::RateLimit;
      if (what == 9) request.cause = FaultCause::Stall;
    }
    if (step.b % 4 == 0) request.request_id = "t" + std::to_string(step.a % 6);
    tell(number, request);
    if (step.b % 9 == 0) tell(number, request);
  }

  // Distinct for each step's figures and few enough to be told twice.
  static double value_of(const Step& step) { return step.a + step.c / 64.0; }

  void tell(std::int64_t number, const TellRequest& request) {
    if (const auto before = told_.find(request.request_id); before != told_.end()) {
      const TellAnswer answer = service_->tell(kStudy, number, request);
      require_equal(answer.number, before->second.number, "number in a repeated tell");
      require_equal(answer.requeued, before->second.requeued, "requeued in a repeated tell");
      return;
    }
    const bool replicated = has_replicates();
    const std::optional<std::int64_t> best = reference_.best();
    TellAnswer expected;
    const ReferenceStudy::Told told = reference_.tell(number, request, clock_.now(), expected);
    const auto answer =
        unless_refused<TellAnswer>([&] { return service_->tell(kStudy, number, request); });
    require_equal(answer.has_value(), told != ReferenceStudy::Told::Refused,
                  fmt::format("tell of trial {} taken", number));
    if (!answer) return;
    require_equal(answer->number, expected.number, "number answered to tell");
    require_equal(answer->already, told == ReferenceStudy::Told::Already, "already");
    if (told == ReferenceStudy::Told::Already) return;
    require_equal(answer->requeued, expected.requeued, "requeued");
    if (!replicated && !has_replicates()) {
      require_equal(answer->new_best, reference_.best() != best, "new best");
    }
    if (!request.request_id.empty()) told_[request.request_id] = *answer;
  }

  [[nodiscard]] bool has_replicates() const {
    for (const auto& [configuration, runs] : reference_.results()) {
      if (runs > 1) return true;
    }
    return false;
  }

  // Whether a beat went through to a trial that goes on.
  bool beat(std::int64_t number, const std::string& lease,
            const std::function<BeatAnswer()>& verb) {
    const std::optional<bool> stop = reference_.beat(number, lease, clock_.now());
    const auto answer = unless_refused<BeatAnswer>(verb);
    require_equal(answer.has_value(), stop.has_value(), "beat taken");
    if (answer) require_equal(answer->stop, *stop, "stop");
    return stop && !*stop;
  }

  void report(const Step& step) {
    if (!has_trials()) return;
    const std::int64_t number = likely_running(step.a);
    const ReportRequest request{step.c % 5, step.b / 8.0, any_lease(number, step.b)};
    if (beat(number, request.lease, [&] { return service_->report(kStudy, number, request); })) {
      reference_.report(number, request.step, request.value);
    }
  }

  void heartbeat(const Step& step) {
    if (!has_trials()) return;
    const std::int64_t number = likely_running(step.a);
    const std::string lease = any_lease(number, step.b);
    beat(number, lease, [&] { return service_->heartbeat(kStudy, number, lease); });
  }

  void park(const Step& step) {
    if (!has_trials()) return;
    const std::int64_t number = likely_running(step.a);
    ParkRequest request;
    request.lease = any_lease(number, step.b);
    request.until = clock_.now() + std::chrono::minutes(1 + step.c % 300);
    if (beat(number, request.lease, [&] { return service_->park(kStudy, number, request); })) {
      reference_.park(number, *request.until);
    }
  }

  void release(const Step& step) {
    if (!has_trials()) return;
    const std::int64_t number = likely_running(step.a);
    const std::string lease = any_lease(number, step.b);
    const std::optional<bool> stop = reference_.beat(number, lease, clock_.now());
    const auto done = unless_refused<bool>([&] {
      service_->release(kStudy, number, lease);
      return true;
    });
    require_equal(done.has_value(), stop.has_value(), "release taken");
    if (stop && !*stop) reference_.release(number);
  }

  void void_trial(const Step& step) {
    if (!has_trials()) return;
    const std::int64_t number = any_trial(step.a);
    service_->void_trial(kStudy, number, {step.b % 2 == 0 ? "" : "why", "Ann"});
    reference_.void_trial(number);
  }

  void enqueue(const Step& step) {
    EnqueueRequest request;
    if (step.a % 3 > 0) request.params["k"] = step.b % (kHighest + 1);
    if (step.a % 4 > 0) request.params["c"] = step.b % 2 == 0 ? "a" : "b";
    request.priority = step.c % 3;
    if (step.c % 5 == 0) request.tags = {"gpu"};
    if (step.c % 2 == 0 && has_trials()) request.after = {any_trial(step.c)};
    if (step.c % 7 == 0) request.after.push_back(any_number(step.b));
    std::sort(request.after.begin(), request.after.end());
    request.after.erase(std::unique(request.after.begin(), request.after.end()),
                        request.after.end());
    if (step.b % 4 == 0 && request.params.size() == 2) request.count = 2;
    if (step.b % 3 == 0) request.request_id = "e" + std::to_string(step.a % 6);
    if (step.c % 3 == 0) request.description = "words";

    if (const auto before = enqueued_.find(request.request_id); before != enqueued_.end()) {
      require_equal(service_->enqueue(kStudy, request).numbers, before->second,
                    "numbers of a repeated enqueue");
      return;
    }
    const auto answer =
        unless_refused<EnqueueAnswer>([&] { return service_->enqueue(kStudy, request); });
    require_equal(answer.has_value(), reference_.may_follow(request.after), "enqueue taken");
    if (!answer) return;
    const std::set<std::int64_t> holders = reference_.holders(request.params);
    if (request.count == 1 && !holders.empty()) {
      require(answer->already, "an enqueued configuration is there already");
      require_equal(answer->numbers.size(), std::size_t{1}, "trials of a known configuration");
      require(holders.contains(answer->numbers.front()), "number of a known configuration");
      return;
    }
    std::vector<std::int64_t> numbers;
    for (int i = 0; i < request.count; ++i) {
      numbers.push_back(std::ssize(reference_.trials) + i);
    }
    require_equal(answer->numbers, numbers, "numbers enqueued");
    reference_.enqueue(request);
    if (!request.request_id.empty()) enqueued_[request.request_id] = numbers;
  }
  [[nodiscard]] std::int64_t any_number(int n) const {
    return n % (static_cast<int>(reference_.trials.size()) + 1);
  }

  void stop_or_resume() {
    if (reference_.stopped) {
      service_->resume_study(kStudy);
    } else {
      service_->stop_study(kStudy, "enough");
    }
    reference_.stopped = !reference_.stopped;
  }

  void edit(const Step& step) {
    reference_.limit = 1 + step.a % 30;
    Json limits{{"trials", reference_.limit}, {"running", nullptr}};
    reference_.running_limit.reset();
    if (step.b % 3 == 0) {
      reference_.running_limit = 1 + step.c % 4;
      limits["running"] = *reference_.running_limit;
    }
    service_->edit_study(kStudy, {{{"limits", limits}}, "Ann"});
  }

  void change_insights(const Step& step) {
    const auto known = std::ssize(reference_.insights);
    if (known > 0 && step.a % 3 == 0) {
      const std::int64_t id = 1 + step.b % known;
      service_->retire_insight(kStudy, id, {"", "Ann"});
      reference_.insights[static_cast<std::size_t>(id - 1)] = false;
      return;
    }
    InsightRequest request{"note " + std::to_string(step.b), "Ann", std::nullopt};
    if (has_trials()) request.trial = any_trial(step.c);
    require_equal(service_->add_insight(kStudy, request).id, known + 1, "id of an insight");
    reference_.insights.push_back(true);
  }

  void release_worker(const Step& step) {
    const std::string worker = worker_name(step.a);
    const bool known = reference_.has_asked(worker);
    try {
      service_->release_worker(kStudy, worker, {"", "Ann"});
      require(known, "a worker that never asked was released");
      reference_.release_worker(worker);
    } catch (const Error& error) {
      require(error.code() == ErrorCode::NotFound && !known, error.what());
    }
  }

  void advance(const Step& step) {
    clock_.advance(std::chrono::seconds(step.a % 3 == 0 ? step.b * 20 : step.b));
    if (step.c % 2 == 0) return;
    reference_.tidy(clock_.now());
    service_->expire_leases();
  }

  void jump(const Step& step) {
    const Duration by = std::chrono::minutes(step.a - 500);
    clock_.set(clock_.now() + by);
    reference_.clock_jumped(by);
  }

  void crash() {
    service_.reset();
    if (sqlite_) {
      storage_.reset();
      storage_ = open();
    }
    start();
    reference_.restart(clock_.now());
  }

  void write_foreign(const Step& step) {
    crash();
    storage::Change change;
    change.study = storage_->find_study(kStudy)->id;
    Trial trial;
    std::vector<std::int64_t> theirs;
    for (const std::int64_t number : foreign_) {
      if (reference_.trials[static_cast<std::size_t>(number)].state == TrialState::Running) {
        theirs.push_back(number);
      }
    }
    const bool is_new = theirs.empty();
    trial.number = is_new ? std::ssize(reference_.trials)
                          : theirs[static_cast<std::size_t>(step.a) % theirs.size()];
    trial.config = {static_cast<double>(step.b % (kHighest + 1)), static_cast<double>(step.c % 2)};
    if (!is_new) trial.config = storage_->trials(change.study, {.number = trial.number})[0].config;
    const int what = step.c % 4;
    trial.state = what == 0   ? TrialState::Fail
                  : what == 1 ? TrialState::Complete
                  : is_new    ? TrialState::Running
                              : TrialState::Pruned;
    if (trial.state == TrialState::Complete) trial.values = {value_of(step)};
    trial.started = clock_.now();
    if (is_finished(trial.state)) trial.completed = clock_.now();
    if (is_new) {
      change.writes.emplace_back(storage::AddTrial{trial});
      foreign_.insert(trial.number);
    } else {
      change.writes.emplace_back(storage::UpdateTrial{TrialState::Running, trial});
    }
    static_cast<void>(storage_->commit({&change, 1}));
    crash();
    reference_.write_foreign(trial.number, trial.state,
                             {{"k", step_k(trial)}, {"c", trial.config[1] == 0 ? "a" : "b"}},
                             trial.values);
    reference_.tidy(clock_.now());
    service_->expire_leases();
  }
  static int step_k(const Trial& trial) { return static_cast<int>(trial.config[0]); }

  void compare() {
    TrialQuery query;
    const std::vector<TrialView> views = service_->trials(kStudy, query);
    require_equal(views.size(), reference_.trials.size(), "trials");
    for (std::size_t n = 0; n < views.size(); ++n) compare(views[n], reference_.trials[n], n);
    const StudyInfo info = service_->study(kStudy);
    for (const TrialState state : {TrialState::Waiting, TrialState::Running, TrialState::Complete,
                                   TrialState::Pruned, TrialState::Fail}) {
      require_equal(info.counts.at(std::string(to_string(state))), reference_.count(state),
                    fmt::format("trials {}", to_string(state)));
    }
    compare_best(info);
  }

  static void compare(const TrialView& view, const ReferenceTrial& trial, std::size_t n) {
    const std::string name = fmt::format("trial {}: ", n);
    require_equal(view.number, static_cast<std::int64_t>(n), name + "number");
    require_equal(to_string(view.state), to_string(trial.state), name + "state");
    require(view.params == trial.params,
            name + "params " + view.params.dump() + " instead of " + trial.params.dump());
    require_equal(view.values,
                  trial.value ? std::vector<double>{*trial.value} : std::vector<double>{},
                  name + "values");
    require(view.record.reason == trial.reason, name + "reason");
    require_equal(view.record.attempt, trial.attempt, name + "attempt");
    require_equal(to_string(view.record.purpose), to_string(trial.purpose), name + "purpose");
    require_equal(view.record.worker, trial.worker, name + "worker");
    require_equal(view.record.late, trial.late, name + "late");
    require_equal(view.record.voided > 0, trial.voided, name + "voided");
    require(view.intermediate == trial.intermediate, name + "intermediate values");
    require(view.record.parked_until == trial.parked_until, name + "parked until");
    std::optional<Timestamp> expires;
    for (const auto& lease : trial.leases) {
      if (lease.current) expires = lease.expires_at;
    }
    require(view.lease_expires == expires, name + "end of its lease");
  }

  void compare_best(const StudyInfo& info) {
    const std::vector<BestRow> best = service_->best(kStudy, 0);
    const std::map<std::string, int> results = reference_.results();
    require_equal(best.size(), results.size(), "rows of the leaderboard");
    for (const BestRow& row : best) {
      const auto found = results.find(row.params.dump());
      require(found != results.end(), "a configuration without results is on the leaderboard");
      require_equal(row.n, found->second, "runs of a configuration");
    }
    if (best.empty()) return;
    require(info.best_number.has_value(), "results without a leader");
    require_equal(best.front().number, *info.best_number, "first of the leaderboard");
    if (!has_replicates()) require_equal(*info.best_number, *reference_.best(), "the leader");
  }

  studyhall::testing::TempDir dir_;
  studyhall::testing::FakeClock clock_;
  int tokens_ = 0;
  bool sqlite_;
  std::unique_ptr<storage::Storage> storage_;
  std::unique_ptr<StudyService> service_;
  ReferenceStudy reference_;
  int variant_;
  std::set<std::int64_t> foreign_;
  std::map<std::string, std::vector<AskedTrial>> asked_;
  std::map<std::string, TellAnswer> told_;
  std::map<std::string, std::vector<std::int64_t>> enqueued_;
};

rc::Gen<Step> any_step() {
  return rc::gen::build<Step>(rc::gen::set(&Step::verb, rc::gen::inRange(0, 44)),
                              rc::gen::set(&Step::a, rc::gen::inRange(0, 1000)),
                              rc::gen::set(&Step::b, rc::gen::inRange(0, 1000)),
                              rc::gen::set(&Step::c, rc::gen::inRange(0, 1000)));
}

bool holds(bool sqlite, int sequences, int longest) {
  const char* is_long = std::getenv("STUDYHALL_TEST_LONG");
  if (is_long != nullptr && std::string(is_long) == "1") sequences *= 100;
  const char* seed = std::getenv("STUDYHALL_SEQUENCES_SEED");
  setenv("RC_PARAMS",
         fmt::format("seed={} max_success={} max_size={}", seed != nullptr ? seed : "20261121",
                     sequences, longest)
             .c_str(),
         1);
  return rc::check("a study does what the reference does", [&] {
    const int variant = *rc::gen::inRange(0, 1000);
    const auto steps = *rc::gen::container<std::vector<Step>>(any_step());
    Sequence(sqlite, variant).run(steps);
  });
}

TEST(StudySequences, DoWhatTheReferenceDoesInMemory) { EXPECT_TRUE(holds(false, 400, 120)); }

TEST(StudySequences, DoWhatTheReferenceDoesOnSqlite) { EXPECT_TRUE(holds(true, 15, 80)); }

}  // namespace
}  // namespace studyhall::server
