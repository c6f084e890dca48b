#include <utility>

#include "server/study_model.h"

namespace studyhall::server {

using storage::Change;
using storage::LeaseRecord;

namespace {

std::vector<double> constraint_values(const StudySpec& spec, const Trial& trial) {
  std::vector<double> values;
  for (const MetricConstraint& constraint : spec.constraints) {
    const auto metric = trial.metrics.find(constraint.metric);
    if (metric == trial.metrics.end()) return {};
    values.push_back(constraint.violation(metric->second));
  }
  return values;
}

}  // namespace

Change StudyModel::change(EventKind kind, Json body, const std::string& author, Timestamp now) {
  Change change;
  change.study = record_.id;
  change.event = Event{++last_sequence_, now, author, kind, std::move(body)};
  return change;
}

Change StudyModel::hand_out(std::int64_t number, HandOut what, LeaseRecord lease, Timestamp now) {
  const bool is_new = number == std::ssize(trials_);
  Trial trial;
  if (!is_new) trial = this->trial(number);
  trial.number = number;
  trial.state = TrialState::Running;
  trial.config = what.config;
  trial.started = now;
  TrialRecord& record = trial.record;
  record.worker = what.worker;
  record.purpose = what.purpose;
  record.attempt += 1;
  record.sampler = what.sampler;
  record.slice = what.slice;
  record.pin = what.pin.number;
  record.pin_version = what.pin.version;
  record.as_of = what.as_of;

  lease.number = number;
  lease.worker = what.worker;
  lease.attempt = record.attempt;
  leases_[number].push_back(lease);
  expiries_.emplace(lease.expires_at, number);

  Change out = change(EventKind::Asked,
                      {{"number", number},
                       {"params", space().to_json(trial.config)},
                       {"worker", record.worker},
                       {"purpose", to_string(record.purpose)},
                       {"attempt", record.attempt},
                       {"sampler", record.sampler},
                       {"slice", record.slice},
                       {"pin", record.pin},
                       {"pin_version", record.pin_version},
                       {"as_of", record.as_of}},
                      what.worker, now);
  if (is_new) {
    out.writes.emplace_back(storage::AddTrial{trial});
  } else {
    out.writes.emplace_back(storage::UpdateTrial{TrialState::Waiting, trial});
  }
  out.writes.emplace_back(storage::PutLease{lease});
  place(std::move(trial));
  learn(number);
  return out;
}

std::vector<Change> StudyModel::finish(Trial result, const std::string& author, Timestamp now) {
  const std::int64_t number = result.number;
  const bool is_new = number == std::ssize(trials_);
  const TrialState from = is_new ? TrialState::Running : trial(number).state;
  result.completed = now;
  if (result.state == TrialState::Complete) {
    result.constraints = constraint_values(spec(), result);
  }
  Json body{{"number", number}, {"state", to_string(result.state)}};
  if (!result.values.empty()) body["values"] = result.values;
  if (!result.metrics.empty()) body["metrics"] = result.metrics;
  if (result.record.reason) body["reason"] = to_string(*result.record.reason);
  if (!result.record.note.empty()) body["note"] = result.record.note;

  std::vector<Change> changes{change(EventKind::Told, std::move(body), author, now)};
  result.record.told = last_sequence_;
  if (is_new) {
    changes.front().writes.emplace_back(storage::AddTrial{result});
  } else {
    changes.front().writes.emplace_back(storage::UpdateTrial{from, result});
  }
  place(std::move(result));
  close_leases(number);
  learn(number);

  const Trial& told = trial(number);
  if (told.state != TrialState::Complete) return changes;
  const LeadChange lead = rank(told);
  const bool several = spec().directions.size() > 1;
  if (lead.joined.empty() && (!several || lead.left.empty())) return changes;
  Json news;
  if (several) {
    news = {{"joined", lead.joined}, {"left", lead.left}, {"front_size", standing_.front().size()}};
  } else {
    news = {{"number", standing_.leader()->number}, {"value", standing_.leader()->value}};
  }
  changes.push_back(change(EventKind::NewBest, std::move(news), "server", now));
  return changes;
}

void StudyModel::close_leases(std::int64_t number) {
  for (LeaseRecord& lease : leases_[number]) {
    if (!lease.current) continue;
    lease.current = false;
    expiries_.erase({lease.expires_at, number});
    dirty_leases_.emplace(number, lease.token);
  }
}

Change StudyModel::requeue(std::int64_t number, EventKind kind, Json body,
                           const std::string& author, bool same_attempt, Timestamp now) {
  Trial trial = this->trial(number);
  const TrialState from = trial.state;
  trial.state = TrialState::Waiting;
  trial.intermediate.clear();
  trial.record.prune = false;
  trial.started.reset();
  if (same_attempt) {
    --trial.record.attempt;
  } else {
    trial.record.purpose = Purpose::Retry;
  }
  body["number"] = number;
  Change out = change(kind, std::move(body), author, now);
  out.writes.emplace_back(storage::UpdateTrial{from, trial});
  place(std::move(trial));
  close_leases(number);
  learn(number);
  return out;
}

Change StudyModel::report(std::int64_t number, std::int64_t step, double value, bool prune,
                          Timestamp now) {
  Trial trial = this->trial(number);
  trial.intermediate[step] = value;
  Json body{{"number", number}, {"step", step}, {"value", value}};
  if (prune) body["prune"] = true;
  Change out = change(EventKind::Reported, std::move(body), trial.record.worker, now);
  if (prune && !trial.record.prune) {
    trial.record.prune = true;
    out.writes.emplace_back(storage::UpdateTrial{TrialState::Running, trial});
  } else {
    out.writes.emplace_back(storage::SetIntermediate{number, step, value});
  }
  place(std::move(trial));
  learn(number);
  return out;
}

Change StudyModel::enqueue(Config config, double priority, bool replicate, Timestamp now) {
  Trial trial;
  trial.number = std::ssize(trials_);
  trial.state = TrialState::Waiting;
  trial.config = std::move(config);
  trial.record.purpose = replicate ? Purpose::Replicate : Purpose::Enqueued;
  trial.record.priority = priority;
  Change out = change(
      EventKind::Enqueued,
      {{"number", trial.number}, {"params", space().to_json(trial.config)}, {"priority", priority}},
      "server", now);
  out.writes.emplace_back(storage::AddTrial{trial});
  place(std::move(trial));
  return out;
}

std::vector<Change> StudyModel::add_replicate(std::int64_t of, Trial result,
                                              const std::string& author, Timestamp now) {
  result.number = std::ssize(trials_);
  result.config = trial(of).config;
  result.started = trial(of).started;
  result.record.purpose = Purpose::Replicate;
  result.record.prune = false;
  return finish(std::move(result), author, now);
}

Change StudyModel::set_stopped(const std::string& reason, Timestamp now) {
  record_.stopped = reason;
  Change out = reason.empty() ? change(EventKind::Resumed, Json::object(), "server", now)
                              : change(EventKind::Stopped, {{"reason", reason}}, "server", now);
  out.writes.emplace_back(storage::SetStopped{reason});
  return out;
}

Change StudyModel::adopt(std::int64_t number, Timestamp now) {
  Trial trial = this->trial(number);
  Json body{{"number", number},
            {"state", to_string(trial.state)},
            {"params", space().to_json(trial.config)}};
  if (!trial.values.empty()) body["values"] = trial.values;
  Change out = change(EventKind::Foreign, std::move(body), "foreign", now);
  trial.record.told = last_sequence_;
  out.writes.emplace_back(storage::UpdateTrial{trial.state, trial});
  place(std::move(trial));
  learn(number);
  if (this->trial(number).state == TrialState::Complete) rank(this->trial(number));
  std::erase(foreign_, number);
  return out;
}

void StudyModel::extend_lease(std::int64_t number, Timestamp now) {
  for (LeaseRecord& lease : leases_[number]) {
    if (!lease.current) continue;
    expiries_.erase({lease.expires_at, number});
    lease.expires_at = now + lease.length;
    expiries_.emplace(lease.expires_at, number);
    dirty_leases_.emplace(number, lease.token);
  }
}

void StudyModel::mark_told(std::int64_t number, const std::string& token, std::int64_t told_as) {
  for (LeaseRecord& lease : leases_[number]) {
    if (lease.token != token) continue;
    lease.told_as = told_as;
    dirty_leases_.emplace(number, token);
  }
}

std::vector<storage::Write> StudyModel::take_lease_writes() {
  std::vector<storage::Write> writes;
  for (const auto& [number, token] : std::exchange(dirty_leases_, {})) {
    for (const LeaseRecord& lease : leases_[number]) {
      if (lease.token == token) writes.emplace_back(storage::PutLease{lease});
    }
  }
  return writes;
}

void StudyModel::renew_leases(Timestamp now) {
  std::vector<std::int64_t> running;
  for (const auto& [expires_at, number] : expiries_) running.push_back(number);
  for (const std::int64_t number : running) extend_lease(number, now);
}

}  // namespace studyhall::server
