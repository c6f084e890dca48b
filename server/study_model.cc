#include "server/study_model.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/error.h"
#include "core/study_api_json.h"
#include "core/tags.h"

namespace studyhall::server {

namespace {

std::size_t slot(TrialState state) { return static_cast<std::size_t>(state); }

}  // namespace

StudyModel::StudyModel(storage::StudyRecord record)
    : record_(std::move(record)), standing_(*record_.spec) {}

StudyModel StudyModel::created(storage::StudyRecord record) {
  StudyModel study(std::move(record));
  study.last_sequence_ = 1;
  return study;
}

Trial StudyModel::trial(std::int64_t number) const {
  if (number < 0 || number >= std::ssize(trials_)) {
    throw Error(ErrorCode::NotFound, "study \"" + record_.name + "\" has no trial " +
                                         std::to_string(number) + " (it has " +
                                         std::to_string(trials_.size()) + " trials)");
  }
  return trials_[static_cast<std::size_t>(number)];
}

std::int64_t StudyModel::count(TrialState state) const { return counts_[slot(state)]; }

std::optional<AskAnswer> StudyModel::closed(Timestamp now) const {
  const auto finished = [](std::string reason) {
    AskAnswer answer;
    answer.status = AskStatus::Finished;
    answer.reason = std::move(reason);
    return answer;
  };
  if (!record_.stopped.empty()) return finished("stopped: " + record_.stopped);
  const auto& leader = standing_.leader();
  if (spec().target && leader) {
    if (reaches_target(leader->mean.value_or(leader->value))) {
      return finished("target reached by trial " + std::to_string(leader->number));
    }
  }
  return budget_.closed(spec(), now);
}

std::optional<AskAnswer> StudyModel::closed_for(const std::string& worker, Timestamp now) const {
  std::optional<AskAnswer> closed = budget_.closed(spec(), worker, now);
  if (closed && closed->status == AskStatus::Finished) return closed;
  if (auto held_back = quarantine_of(worker, now)) return held_back;
  return closed;
}

std::optional<std::int64_t> StudyModel::holder(const Config& config) const {
  return holders_.first(digest_of(hash_of(config)));
}

std::vector<HistoryChange> StudyModel::take_history_changes() { return std::exchange(unseen_, {}); }

void StudyModel::visit_history(const std::function<void(Observation)>& visit) const {
  std::vector<std::pair<std::int64_t, std::int64_t>> seen;  // told, number
  for (const Trial& trial : trials_) {
    if (!is_observed(trial)) continue;
    const bool runs = !is_finished(trial.state);
    seen.emplace_back(runs ? std::numeric_limits<std::int64_t>::max() : trial.record.told,
                      trial.number);
  }
  std::sort(seen.begin(), seen.end());
  for (const auto& [told, number] : seen) visit(observe(trial(number)));
}

std::span<const Trial> StudyModel::competitors() const {
  if (!competitors_) {
    competitors_.emplace();
    for (const Trial& trial : trials_) competitors_->put(trial);
  }
  return competitors_->trials();
}

const BestSteps& StudyModel::best_steps() const {
  if (!best_steps_) {
    best_steps_.emplace(spec().directions.front());
    TrialOutline trial;
    for (std::size_t n = 0; n < trials_.size(); ++n) {
      trials_.read(n, trial);
      best_steps_->put(static_cast<std::int64_t>(n), feasible_value(trial));
    }
  }
  return *best_steps_;
}

std::vector<std::int64_t> StudyModel::expired(Timestamp now) const {
  std::vector<std::int64_t> numbers;
  for (const auto& [expires_at, number] : expiries_) {
    if (expires_at > now) break;
    numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

void StudyModel::recall(const storage::Fact& fact) {
  if (fact.kind == kInsightFact) {
    insights_.push_back(insight_from_json(fact.body));
    return;
  }
  if (fact.kind == kTopicFact) {
    topics_.push_back(topic_from_json(fact.body));
    return;
  }
  if (fact.kind == kQuestionFact) {
    questions_.push_back(question_from_json(fact.body));
    return;
  }
  if (fact.kind != kWorkerFact) return;
  const WorkerRecord worker = worker_from_fact(fact);
  budget_.start(worker.name, worker.first_ask);
  if (worker.quarantined_until) quarantined_.insert(worker.name);
  workers_.insert_or_assign(worker.name, worker);
}

void StudyModel::place(Trial trial) {
  const std::optional<Digest> held = held_of(trial);
  place(std::move(trial), held);
}

void StudyModel::place(Trial trial, const std::optional<Digest>& held) {
  const auto at = static_cast<std::size_t>(trial.number);
  if (holders_.held_by(trial.number) != held) ++holder_changes_;
  bool had_ended = false;
  if (at < trials_.size()) {
    const Trial before = trials_[at];
    had_ended = is_finished(before.state);
    unindex(before);
  }
  blocks_.note(trial.number, had_ended, is_finished(trial.state));
  if (competitors_) competitors_->put(trial);
  if (best_steps_ && !best_steps_->put(trial.number, feasible_value(trial))) best_steps_.reset();
  index(trial, held);
  trials_.put(std::move(trial));
  const auto waits = dependents_.find(static_cast<std::int64_t>(at));
  if (waits == dependents_.end()) return;
  for (const std::int64_t number : waits->second) {
    const Trial dependent = this->trial(number);
    if (dependent.state == TrialState::Waiting) line_up(dependent);
  }
}

bool StudyModel::is_ready(const Trial& trial) const {
  const auto has_ended_well = [&](std::int64_t n) {
    const TrialState state = this->trial(n).state;
    return state == TrialState::Complete || state == TrialState::Pruned;
  };
  return std::ranges::all_of(trial.record.after, has_ended_well) &&
         std::ranges::all_of(trial.record.after_tasks, [&](std::int64_t n) {
           return tasks_.task(n).state == TaskState::Done;
         });
}

void StudyModel::line_up(const Trial& trial) {
  if (!is_ready(trial)) return;
  if (trial.record.queue.is_free()) {
    waiting_[trial.record.tags].insert(waiting_key(trial));
  } else {
    bound_.insert(waiting_key(trial));
  }
}

LeadChange StudyModel::rank(const Trial& trial) {
  if (trial.fit != Fit::Exact || !space().contains(trial.config)) return {};
  return standing_.add(trial, hash_of(trial), trials_);
}

void StudyModel::index(const Trial& trial, const std::optional<Digest>& held) {
  ++counts_[slot(trial.state)];
  budget_.add(trial);
  rules_.add(trial);
  count_confirming(trial, 1);
  if (!trial.record.author.empty() && trial.record.purpose != Purpose::Imported) {
    proposed_[trial.record.author].insert(trial.number);
  }
  if (trial.state == TrialState::Waiting) {
    for (const std::int64_t awaited : trial.record.after) dependents_[awaited].insert(trial.number);
    if (!trial.record.after_tasks.empty()) after_tasks_.insert(trial.number);
    queue_.insert(waiting_key(trial));
    line_up(trial);
  }
  if (held) holders_.insert(*held, trial.number);
}

bool StudyModel::holds(const Trial& trial) const {
  const bool may_run_again =
      trial.state == TrialState::Fail && trial.record.reason != FailReason::BadConfig;
  const bool older = is_finished(trial.state) && !trial.record.version.empty() &&
                     trial.record.version != spec().experiment_version;
  return !may_run_again && !older && trial.fit == Fit::Exact && space().contains(trial.config);
}

std::optional<Digest> StudyModel::held_of(const Trial& trial) const {
  if (!holds(trial)) return std::nullopt;
  return digest_of(hash_of(trial.config));
}

void StudyModel::unindex(const Trial& trial) {
  --counts_[slot(trial.state)];
  budget_.remove(trial);
  rules_.remove(trial);
  count_confirming(trial, -1);
  after_tasks_.erase(trial.number);
  queue_.erase(waiting_key(trial));
  bound_.erase(waiting_key(trial));
  if (const auto queue = waiting_.find(trial.record.tags); queue != waiting_.end()) {
    queue->second.erase(waiting_key(trial));
    if (queue->second.empty()) waiting_.erase(queue);
  }
  holders_.erase(trial.number);
}

WaitingKey StudyModel::waiting_key(const Trial& trial) {
  const Purpose purpose = trial.record.purpose;
  const int rank = purpose == Purpose::Enqueued ? 2 : purpose == Purpose::Replicate ? 1 : 0;
  return {rank, -trial.record.priority, trial.number};
}

bool StudyModel::is_observed(const Trial& trial) const {
  if (trial.fit == Fit::Outside) return false;
  switch (trial.state) {
    case TrialState::Waiting:
      return false;
    case TrialState::Fail:
      return trial.record.reason == FailReason::BadConfig;
    case TrialState::Running:
      return true;
    default:
      return trial.record.told > 0;
  }
}

Observation StudyModel::observe(const Trial& trial) const {
  Observation observation;
  observation.number = trial.number;
  observation.state = trial.state;
  observation.infeasible_config = trial.state == TrialState::Fail;
  observation.config = trial.config;
  observation.values = trial.values;
  observation.constraints = trial.constraints;
  // Another program's result: nothing shows that it is feasible.
  if (trial.state == TrialState::Complete &&
      trial.constraints.size() != spec().constraints.size()) {
    observation.constraints.assign(spec().constraints.size(),
                                   std::numeric_limits<double>::infinity());
  }
  if (!trial.intermediate.empty()) {
    observation.last_step = trial.intermediate.rbegin()->first;
    observation.last_value = trial.intermediate.rbegin()->second;
  }
  observation.slice = trial.record.slice;
  observation.sampler = trial.record.sampler;
  return observation;
}

void StudyModel::learn(std::int64_t number) {
  const Trial seen = trial(number);
  HistoryChange change{number, std::nullopt};
  if (is_observed(seen)) change.observation = observe(seen);
  unseen_.push_back(std::move(change));
}

}  // namespace studyhall::server
