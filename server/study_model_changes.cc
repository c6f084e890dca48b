#include <algorithm>
#include <utility>

#include "core/json_object.h"
#include "core/space_edit.h"
#include "core/study_api_json_reader.h"
#include "server/foreign_trial.h"
#include "server/study_model.h"

namespace studyhall::server {

using storage::Change;
using storage::LeaseRecord;

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
  trial.config = std::move(what.config);
  trial.ran = nullptr;
  trial.fit = Fit::Exact;
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
  record.version = spec().experiment_version;

  lease.number = number;
  lease.worker = what.worker;
  lease.attempt = record.attempt;
  leases_.add(lease);
  expiries_.emplace(lease.expires_at, number);

  Json body = json_object("number", number, "params", space().to_json(trial.config), "worker",
                          record.worker, "purpose", to_string(record.purpose), "attempt",
                          record.attempt, "sampler", record.sampler, "sampler_version",
                          what.sampler_version, "slice", record.slice, "cpu", what.cpu, "pin",
                          record.pin, "pin_version", record.pin_version, "as_of", record.as_of);
  if (!record.version.empty()) body["version"] = record.version;
  Change out = change(EventKind::Asked, std::move(body), what.worker, now);
  if (is_new) {
    out.writes.emplace_back(storage::AddTrial{trial});
  } else {
    out.writes.emplace_back(storage::UpdateTrial{TrialState::Waiting, trial});
  }
  out.writes.emplace_back(storage::PutLease{lease});
  note_worker(what.worker, now, out);
  place(std::move(trial));
  learn(number);
  return out;
}

std::vector<Change> StudyModel::finish(Trial result, const std::string& author, Timestamp now,
                                       const Json& how) {
  std::vector<Change> changes;
  const std::int64_t number = result.number;
  finish_one(std::move(result), author, now, how, changes);
  fail_dependents({.number = number}, now, changes);
  follow_up({.number = number}, now, changes);
  confirm(number, now, changes);
  return changes;
}

void StudyModel::finish_one(Trial result, const std::string& author, Timestamp now, const Json& how,
                            std::vector<Change>& changes) {
  const std::int64_t number = result.number;
  const bool is_new = number == std::ssize(trials_);
  const TrialState from = is_new ? TrialState::Running : trial(number).state;
  result.completed = now;
  result.record.parked_until.reset();
  result.record.question = 0;
  if (result.state == TrialState::Complete) {
    result.constraints = constraint_values(spec(), result.metrics);
  }
  Json body = json_object("number", number, "state", to_string(result.state));
  if (!result.values.empty()) body["values"] = result.values;
  if (!result.metrics.empty()) body["metrics"] = result.metrics;
  if (result.record.reason) body["reason"] = to_string(*result.record.reason);
  if (!result.record.note.empty()) body["note"] = result.record.note;
  if (result.record.usage != Usage{}) body["usage"] = to_json(result.record.usage);
  if (!result.record.evidence.is_null()) body["evidence"] = result.record.evidence;
  body["worker"] = result.record.worker;
  body.update(how);

  Change told = change(EventKind::Told, std::move(body), author, now);
  result.record.told = last_sequence_;
  const bool ranked =
      result.state == TrialState::Complete ||
      (result.state == TrialState::Fail && result.record.reason == FailReason::BadConfig);
  if (is_new) {
    told.writes.emplace_back(storage::AddTrial{result});
  } else {
    told.writes.emplace_back(storage::UpdateTrial{from, result});
  }
  changes.push_back(std::move(told));
  place(std::move(result));
  close_leases(number);
  learn(number);
  if (!ranked) return;
  note_lead(rank(trial(number)), now, changes);
}

std::vector<std::int64_t> StudyModel::in_the_lead() const {
  if (spec().directions.size() > 1) return standing_.front();
  if (!standing_.leader()) return {};
  return {standing_.leader()->number};
}

void StudyModel::note_lead(const LeadChange& lead, Timestamp now, std::vector<Change>& changes) {
  const bool several = spec().directions.size() > 1;
  if (lead.joined.empty() && (!several || lead.left.empty())) return;
  Json news;
  if (several) {
    news = {{"joined", lead.joined}, {"left", lead.left}, {"front_size", standing_.front().size()}};
  } else {
    news = {{"number", standing_.leader()->number},
            {"value", number_or_name(standing_.leader()->value)}};
    if (standing_.leader()->mean) news["mean"] = *standing_.leader()->mean;
  }
  changes.push_back(change(EventKind::NewBest, std::move(news), "server", now));
}

void StudyModel::close_leases(std::int64_t number) {
  const LeaseRecord* const lease = current_lease(number);
  if (lease == nullptr) return;
  expiries_.erase({lease->expires_at, number});
  dirty_leases_.emplace(number, lease->token);
  leases_.close(number);
}

Change StudyModel::requeue(std::int64_t number, EventKind kind, Json body,
                           const std::string& author, bool same_attempt, const Usage& used,
                           Timestamp now) {
  Trial trial = this->trial(number);
  const TrialState from = trial.state;
  if (used != Usage{}) {
    trial.record.earlier.push_back({author, used});
    body["usage"] = to_json(used);
  }
  trial.state = TrialState::Waiting;
  trial.intermediate.clear();
  trial.record.prune = false;
  trial.record.parked_until.reset();
  trial.record.question = 0;
  trial.started.reset();
  if (!trial.ran.is_null()) {
    fit_trial(spec(), Json(trial.ran), trial);
    fill_absent(space(), trial);
  }
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

Change StudyModel::enqueue(Config config, const EnqueueRequest& request, bool replicate,
                           Timestamp now) {
  Trial trial;
  trial.number = std::ssize(trials_);
  trial.state = TrialState::Waiting;
  trial.config = std::move(config);
  trial.record.purpose = replicate ? Purpose::Replicate : Purpose::Enqueued;
  trial.record.priority = request.priority;
  trial.record.tags = request.tags;
  trial.record.after = request.after;
  trial.record.after_tasks = request.after_tasks;
  trial.record.title = request.title;
  trial.record.description = request.description;
  trial.record.author = request.author;
  trial.record.queue = request.queue;
  Json body{{"number", trial.number},
            {"params", space().to_json(trial.config)},
            {"priority", request.priority},
            {"purpose", to_string(trial.record.purpose)}};
  if (!request.tags.empty()) body["tags"] = request.tags;
  if (!request.after.empty()) body["after"] = request.after;
  if (!request.after_tasks.empty()) body["after_tasks"] = request.after_tasks;
  if (!request.title.empty()) body["title"] = request.title;
  if (!request.description.empty()) body["description"] = request.description;
  put_queue_terms(body, request.queue);
  const std::string author = request.author.empty() ? "server" : request.author;
  Change out = change(EventKind::Enqueued, std::move(body), author, now);
  out.writes.emplace_back(storage::AddTrial{trial});
  if (!request.queue.topic.empty()) join_topic(request.queue.topic, trial.number, out);
  place(std::move(trial));
  return out;
}

std::vector<Change> StudyModel::add_replicate(std::int64_t of, Trial result,
                                              const std::string& author, Timestamp now, Json how) {
  result.number = std::ssize(trials_);
  result.config = trial(of).config;
  result.ran = trial(of).ran;
  result.fit = trial(of).fit;
  result.started = trial(of).started;
  result.record.purpose = Purpose::Replicate;
  result.record.prune = false;
  result.record.earlier.clear();
  result.record.late = true;
  result.record.queue = {};
  how["of"] = of;
  how["attempt"] = result.record.attempt;
  return finish(std::move(result), author, now, how);
}

Change StudyModel::set_stopped(const std::string& reason, Timestamp now) {
  record_.stopped = reason;
  Change out = reason.empty() ? change(EventKind::Resumed, Json::object(), "server", now)
                              : change(EventKind::Stopped, {{"reason", reason}}, "server", now);
  out.writes.emplace_back(storage::SetStopped{reason});
  return out;
}

std::vector<Change> StudyModel::adopt(std::int64_t number, Timestamp now) {
  Trial trial = this->trial(number);
  Change out = change(EventKind::Foreign, foreign_body(space(), trial), "foreign", now);
  trial.record.foreign = foreign_digest(space(), trial);
  if (is_finished(trial.state)) {
    trial.record.told = last_sequence_;
    trial.record.parked_until.reset();
    trial.record.prune = false;
    trial.record.version = spec().experiment_version;
    close_leases(number);
  }
  out.writes.emplace_back(storage::UpdateTrial{trial.state, trial});
  place(std::move(trial));
  learn(number);
  std::vector<Change> changes{std::move(out)};
  if (this->trial(number).state == TrialState::Complete) {
    note_lead(rank(this->trial(number)), now, changes);
  }
  std::erase(foreign_, number);
  fail_dependents({.number = number}, now, changes);
  confirm(number, now, changes);
  return changes;
}

void StudyModel::extend_lease(std::int64_t number, Timestamp now) {
  const LeaseRecord* const lease = current_lease(number);
  if (lease == nullptr) return;
  expiries_.erase({lease->expires_at, number});
  const std::optional<Timestamp> parked = trial(number).record.parked_until;
  leases_.extend(number, std::max(now, parked.value_or(now)) + lease->length);
  expiries_.emplace(lease->expires_at, number);
  dirty_leases_.emplace(number, lease->token);
}

void StudyModel::mark_told(std::int64_t number, const std::string& token, std::int64_t told_as) {
  if (leases_.mark_told(number, token, told_as)) dirty_leases_.emplace(number, token);
}

std::vector<storage::Write> StudyModel::take_lease_writes() {
  std::vector<storage::Write> writes;
  for (const auto& [number, token] : std::exchange(dirty_leases_, {})) {
    for (LeaseRecord& lease : leases_.of(number)) {
      if (lease.token == token) writes.emplace_back(storage::PutLease{std::move(lease)});
    }
  }
  for (storage::Write& write : tasks_.take_lease_writes()) writes.push_back(std::move(write));
  return writes;
}

void StudyModel::renew_leases(Timestamp now) {
  std::vector<std::int64_t> running;
  for (const auto& [expires_at, number] : expiries_) running.push_back(number);
  for (const std::int64_t number : running) extend_lease(number, now);
  for (const std::int64_t number : tasks_.in(TaskState::Running)) tasks_.extend_lease(number, now);
}

}  // namespace studyhall::server
