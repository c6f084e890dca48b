#include "server/study_views.h"

#include <algorithm>

#include "core/space_edit.h"
#include "server/outside_rows.h"

namespace studyhall::server {

StudyInfo view_study(const StudyModel& study, Timestamp now) {
  StudyInfo info;
  info.name = study.record().name;
  info.spec = study.spec().resolved;
  info.created = study.record().created;
  info.last_event = study.last_sequence();
  for (const TrialState s : {TrialState::Waiting, TrialState::Running, TrialState::Complete,
                             TrialState::Pruned, TrialState::Fail}) {
    info.counts[std::string(to_string(s))] = study.count(s);
  }
  if (!study.record().stopped.empty()) {
    info.state = StudyState::Stopped;
    info.finished_because = study.record().stopped;
  } else if (const auto closed = study.closed(now);
             closed && closed->status == AskStatus::Finished) {
    info.state = StudyState::Finished;
    info.finished_because = closed->reason;
  }
  if (const auto& leader = study.standing().leader()) {
    info.best_number = leader->number;
    info.best_value = leader->value;
  }
  if (study.spec().directions.size() > 1) {
    info.front_size = std::ssize(study.standing().front());
  }
  info.budget = study.budget().uses(study.spec(), now);
  return info;
}

std::vector<WorkerInfo> view_workers(const StudyModel& study) {
  std::vector<WorkerInfo> out;
  for (const auto& [name, record] : study.workers()) {
    WorkerInfo worker;
    worker.name = name;
    worker.first_ask = record.first_ask;
    worker.running = study.budget().running(name);
    worker.done = study.budget().done(name);
    worker.failures = record.failures;
    worker.quarantined_until = record.quarantined_until;
    out.push_back(std::move(worker));
  }
  return out;
}

TrialView view_trial(const StudyModel& study, const Trial& trial) {
  TrialView view;
  view.number = trial.number;
  view.state = trial.state;
  view.params = params_of(study.space(), trial);
  view.outside = is_outside(study.space(), trial);
  view.values = trial.values;
  view.feasible = std::none_of(trial.constraints.begin(), trial.constraints.end(),
                               [](double c) { return c > 0; });
  view.metrics = trial.metrics;
  view.intermediate = trial.intermediate;
  view.started = trial.started;
  view.completed = trial.completed;
  view.record = trial.record;
  if (trial.state == TrialState::Running) {
    if (const auto* lease = study.current_lease(trial.number)) {
      view.lease_expires = lease->expires_at;
    }
  }
  return view;
}

std::vector<BestRow> view_best(const StudyModel& study, int top) {
  std::vector<LeaderRow> rows = study.standing().rows();
  if (study.spec().directions.size() > 1) {
    std::erase_if(rows, [](const LeaderRow& row) { return !row.feasible || row.rank > 1; });
  }
  if (top > 0 && rows.size() > static_cast<std::size_t>(top)) {
    rows.resize(static_cast<std::size_t>(top));
  }
  std::vector<BestRow> out;
  for (const LeaderRow& row : rows) {
    const Trial& trial = study.trial(row.number);
    BestRow best;
    best.rank = row.rank;
    best.number = row.number;
    best.params = study.space().to_json(trial.config);
    best.worker = trial.record.worker;
    best.value = row.value;
    best.values = row.values;
    best.means = row.means;
    best.metrics = trial.metrics;
    best.mean = row.mean;
    best.stderr_ = row.stderr_;
    best.n = row.n;
    best.interval = row.interval;
    best.p_best = row.p_best;
    best.feasible = row.feasible;
    out.push_back(std::move(best));
  }
  for (BestRow& row : outside_rows(study)) {
    if (top > 0 && std::ssize(out) >= top) break;
    out.push_back(std::move(row));
  }
  return out;
}

}  // namespace studyhall::server
