#include "server/study_views.h"

#include <algorithm>

#include "core/feasible.h"
#include "core/space_edit.h"
#include "server/outside_rows.h"
#include "server/queue_views.h"

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
  info.tasks = study.tasks().counts();
  for (const Question& question : study.questions()) {
    if (view_question(study, question).state == QuestionState::Open) ++info.open_questions;
  }
  info.budget = study.budget().uses(study.spec(), now);
  for (const auto& [name, record] : study.workers()) {
    if (study.budget().running(name) + study.budget().tasks(name) > 0) {
      info.running_workers.push_back(name);
    }
  }
  return info;
}

std::vector<WorkerInfo> view_workers(const StudyModel& study) {
  std::vector<WorkerInfo> out;
  for (const auto& [name, record] : study.workers()) {
    WorkerInfo worker;
    worker.name = name;
    worker.first_ask = record.first_ask;
    worker.running = study.budget().running(name);
    worker.tasks = study.budget().tasks(name);
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
  view.feasible = is_feasible(trial.constraints);
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

namespace {

BestRow view_row(const StudyModel& study, const LeaderRow& row) {
  const Trial& trial = study.trial(row.number);
  BestRow best;
  best.rank = row.rank;
  best.number = row.number;
  best.params = study.space().to_json(trial.config);
  best.worker = trial.record.worker;
  best.author = trial.record.author;
  best.value = row.value;
  best.values = row.values;
  best.means = row.means;
  best.metrics = trial.metrics;
  best.mean = row.mean;
  best.stderr_ = row.stderr_;
  best.n = row.n;
  best.interval = row.interval;
  best.p_best = row.p_best;
  best.confirmed = row.confirmed;
  best.feasible = row.feasible;
  best.p_feasible = row.p_feasible;
  best.raw_best = row.raw_best;
  return best;
}

}  // namespace

std::vector<BestRow> view_best(const StudyModel& study, int top) {
  const bool several = study.spec().directions.size() > 1;
  const std::size_t most = top > 0 ? static_cast<std::size_t>(top) : Leaderboard::kAll;
  std::vector<LeaderRow> rows = study.standing().rows(most);
  if (several) {
    std::erase_if(rows, [](const LeaderRow& row) { return !row.feasible || row.rank > 1; });
    if (rows.size() > most) rows.resize(most);
  }
  std::vector<BestRow> out;
  for (const LeaderRow& row : rows) {
    out.push_back(view_row(study, row));
    out.back().version = study.spec().experiment_version;
  }
  const auto& older = study.standing().older();
  for (auto it = older.rbegin(); it != older.rend(); ++it) {
    const int ranked = out.empty() ? 0 : out.back().rank;
    for (const LeaderRow& row : it->board.rows(most)) {
      if (out.size() >= most) break;
      out.push_back(view_row(study, row));
      out.back().rank += ranked;
      out.back().raw_best = false;
      out.back().version = it->version;
      out.back().older = true;
    }
  }
  if (out.size() >= most) return out;  // looking for those outside reads every trial
  for (BestRow& row : outside_rows(study)) {
    if (out.size() >= most) break;
    out.push_back(std::move(row));
  }
  return out;
}

}  // namespace studyhall::server
