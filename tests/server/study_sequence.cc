#include "tests/server/study_sequence.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "server/replay.h"
#include "storage/memory_storage.h"
#include "storage/sqlite_storage.h"

namespace studyhall::server {

Sequence::Sequence(bool sqlite, int variant)
    : sqlite_(sqlite), reference_(2, all_configurations()) {
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

void Sequence::run(const std::vector<Step>& steps) {
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

std::vector<Json> Sequence::all_configurations() {
  std::vector<Json> all;
  for (int k = 0; k <= kHighest; ++k) {
    for (const char* c : {"a", "b"}) all.push_back({{"k", k}, {"c", c}});
  }
  return all;
}

std::unique_ptr<storage::Storage> Sequence::open() {
  if (!sqlite_) return storage::make_memory_storage();
  return storage::open_sqlite_storage(dir_.path() / "studies.db");
}

void Sequence::start() {
  ServiceOptions options;
  options.new_token = [this] { return "lease-" + std::to_string(++tokens_); };
  service_ = std::make_unique<StudyService>(*storage_, clock_, std::move(options));
}

void Sequence::take(const Step& step) {
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
  if (verb < 44) return write_foreign(step);
  return act_on_tasks(step);
}

std::string Sequence::any_lease(std::int64_t number, int n) const {
  const auto& leases = reference_.trials[static_cast<std::size_t>(number)].leases;
  if (n % 11 == 0) return "";
  if (n % 13 == 0) return "lease-1";
  if (leases.empty()) return "lease-0";
  return n % 5 == 0 ? leases[static_cast<std::size_t>(n) % leases.size()].token
                    : leases.back().token;
}

std::int64_t Sequence::likely_running(int n) const {
  std::vector<std::int64_t> running;
  for (std::size_t i = 0; i < reference_.trials.size(); ++i) {
    if (reference_.trials[i].state == TrialState::Running) {
      running.push_back(static_cast<std::int64_t>(i));
    }
  }
  if (running.empty() || n % 7 == 0) return any_trial(n);
  return running[static_cast<std::size_t>(n) % running.size()];
}

bool Sequence::has_replicates() const {
  for (const auto& [configuration, runs] : reference_.results()) {
    if (runs > 1) return true;
  }
  return false;
}

void Sequence::advance(const Step& step) {
  clock_.advance(std::chrono::seconds(step.a % 3 == 0 ? step.b * 20 : step.b));
  if (step.c % 2 == 0) return;
  reference_.tidy(clock_.now());
  service_->expire_leases();
}

void Sequence::jump(const Step& step) {
  const Duration by = std::chrono::minutes(step.a - 500);
  clock_.set(clock_.now() + by);
  reference_.clock_jumped(by);
}

void Sequence::crash() {
  service_.reset();
  if (sqlite_) {
    storage_.reset();
    storage_ = open();
  }
  start();
  reference_.restart(clock_.now());
}

void Sequence::write_foreign(const Step& step) {
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

void Sequence::compare() {
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
  compare_tasks();
}

void Sequence::compare(const TrialView& view, const ReferenceTrial& trial, std::size_t n) {
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

void Sequence::compare_best(const StudyInfo& info) {
  const std::vector<BestRow> best = service_->best(kStudy, 0);
  const std::map<std::string, int> results = reference_.results();
  require_equal(best.size(), results.size(), "rows of the leaderboard");
  for (const BestRow& row : best) {
    const auto found = results.find(row.params.dump());
    require(found != results.end(), "a configuration without results is on the leaderboard");
    require_equal(row.n, found->second, "runs of a configuration");
  }
  if (best.empty()) return;
  for (const BestRow& row : best) {
    require_equal(row.feasible, reference_.is_feasible(row.params), "feasible");
  }
  require_equal(info.best_number.has_value(), reference_.best().has_value(), "a leader");
  if (!info.best_number) return;
  require_equal(best.front().number, *info.best_number, "first of the leaderboard");
  if (!has_replicates()) require_equal(*info.best_number, *reference_.best(), "the leader");
}

}  // namespace studyhall::server
