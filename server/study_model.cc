#include "server/study_model.h"

#include <algorithm>
#include <utility>

#include "core/error.h"

namespace studyhall::server {

using storage::LeaseRecord;

namespace {

std::size_t slot(TrialState state) { return static_cast<std::size_t>(state); }

}  // namespace

StudyModel::StudyModel(storage::StudyRecord record)
    : record_(std::move(record)), standing_(*record_.spec) {}

StudyModel StudyModel::load(storage::Storage& storage, const storage::StudyRecord& record) {
  StudyModel study(record);
  study.last_sequence_ = storage.last_sequence(record.id);
  std::vector<Trial> trials = storage.trials(record.id, {});
  std::vector<std::int64_t> finished;
  for (Trial& trial : trials) {
    if (is_finished(trial.state) && trial.record.told == 0) study.foreign_.push_back(trial.number);
    if (trial.state == TrialState::Complete && trial.record.told > 0) {
      finished.push_back(trial.number);
    }
    study.place(std::move(trial));
  }
  std::sort(finished.begin(), finished.end(), [&](std::int64_t a, std::int64_t b) {
    return std::pair(study.trial(a).record.told, a) < std::pair(study.trial(b).record.told, b);
  });
  for (const std::int64_t number : finished) study.rank(study.trial(number));
  for (const LeaseRecord& lease : storage.leases(record.id)) {
    study.leases_[lease.number].push_back(lease);
    if (lease.current) study.expiries_.emplace(lease.expires_at, lease.number);
  }
  return study;
}

const Trial& StudyModel::trial(std::int64_t number) const {
  if (number < 0 || number >= std::ssize(trials_)) {
    throw Error(ErrorCode::NotFound, "study \"" + record_.name + "\" has no trial " +
                                         std::to_string(number) + " (it has " +
                                         std::to_string(trials_.size()) + " trials)");
  }
  return trials_[static_cast<std::size_t>(number)];
}

std::int64_t StudyModel::count(TrialState state) const { return counts_[slot(state)]; }

std::optional<AskAnswer> StudyModel::closed() const {
  const auto finished = [](std::string reason) {
    AskAnswer answer;
    answer.status = AskStatus::Finished;
    answer.reason = std::move(reason);
    return answer;
  };
  const auto wait = [](std::string reason) {
    AskAnswer answer;
    answer.status = AskStatus::Wait;
    answer.retry_after_s = 5;
    answer.reason = std::move(reason);
    return answer;
  };
  if (!record_.stopped.empty()) return finished("stopped: " + record_.stopped);
  const auto& leader = standing_.leader();
  if (spec().target && leader) {
    const bool maximize = spec().directions.front() == Direction::Maximize;
    if (maximize ? leader->value >= *spec().target : leader->value <= *spec().target) {
      return finished("target reached by trial " + std::to_string(leader->number));
    }
  }
  const Limits& limits = spec().limits;
  const std::int64_t running = count(TrialState::Running);
  if (limits.trials) {
    const std::int64_t done = count(TrialState::Complete) + count(TrialState::Pruned);
    if (done >= *limits.trials) {
      return finished("limits.trials: " + std::to_string(done) + " trials are done");
    }
    if (done + running >= *limits.trials) return wait("the last trials of the budget still run");
  }
  const std::optional<std::int64_t> failures = limits.failures ? limits.failures : limits.trials;
  if (failures && config_failures_ >= *failures) {
    return finished("limits.failures: " + std::to_string(config_failures_) +
                    " configurations failed");
  }
  if (limits.running && running >= *limits.running) {
    return wait("limits.running: " + std::to_string(running) + " trials run");
  }
  return std::nullopt;
}

std::optional<std::int64_t> StudyModel::first_waiting() const {
  if (waiting_.empty()) return std::nullopt;
  return std::get<2>(*waiting_.begin());
}

std::optional<std::int64_t> StudyModel::holder(const std::string& hash) const {
  const auto found = holders_.find(hash);
  if (found == holders_.end()) return std::nullopt;
  return found->second.front();
}

std::vector<HistoryChange> StudyModel::take_history_changes() { return std::exchange(unseen_, {}); }

std::vector<HistoryChange> StudyModel::whole_history() const {
  std::vector<HistoryChange> finished;
  std::vector<HistoryChange> running;
  for (const Trial& trial : trials_) {
    if (!is_observed(trial)) continue;
    (is_finished(trial.state) ? finished : running).push_back({trial.number, observe(trial)});
  }
  std::stable_sort(finished.begin(), finished.end(),
                   [&](const HistoryChange& a, const HistoryChange& b) {
                     return trial(a.number).record.told < trial(b.number).record.told;
                   });
  finished.insert(finished.end(), running.begin(), running.end());
  return finished;
}

const std::vector<LeaseRecord>& StudyModel::leases(std::int64_t number) const {
  static const std::vector<LeaseRecord> kNone;
  const auto found = leases_.find(number);
  return found == leases_.end() ? kNone : found->second;
}

const LeaseRecord* StudyModel::current_lease(std::int64_t number) const {
  for (const LeaseRecord& lease : leases(number)) {
    if (lease.current) return &lease;
  }
  return nullptr;
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

void StudyModel::place(Trial trial) {
  const auto at = static_cast<std::size_t>(trial.number);
  if (at < trials_.size()) {
    unindex(trials_[at]);
    trials_[at] = std::move(trial);
  } else {
    trials_.push_back(std::move(trial));
  }
  index(trials_[at]);
}

LeadChange StudyModel::rank(const Trial& trial) {
  if (!space().contains(trial.config)) return {};
  return standing_.add(trial, config_hash(space(), trial.config));
}

void StudyModel::index(const Trial& trial) {
  ++counts_[slot(trial.state)];
  const bool config_failed =
      trial.state == TrialState::Fail && trial.record.reason == FailReason::BadConfig;
  if (config_failed) ++config_failures_;
  if (trial.state == TrialState::Waiting) waiting_.insert(waiting_key(trial));
  const bool holds = trial.state != TrialState::Fail || config_failed;
  if (holds && space().contains(trial.config)) {
    holders_[config_hash(space(), trial.config)].push_back(trial.number);
  }
}

void StudyModel::unindex(const Trial& trial) {
  --counts_[slot(trial.state)];
  if (trial.state == TrialState::Fail && trial.record.reason == FailReason::BadConfig) {
    --config_failures_;
  }
  waiting_.erase(waiting_key(trial));
  const auto found = holders_.find(config_hash(space(), trial.config));
  if (found == holders_.end()) return;
  std::erase(found->second, trial.number);
  if (found->second.empty()) holders_.erase(found);
}

StudyModel::WaitingKey StudyModel::waiting_key(const Trial& trial) {
  const Purpose purpose = trial.record.purpose;
  const int rank = purpose == Purpose::Enqueued ? 2 : purpose == Purpose::Replicate ? 1 : 0;
  return {rank, -trial.record.priority, trial.number};
}

bool StudyModel::is_observed(const Trial& trial) const {
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
  if (!trial.intermediate.empty()) {
    observation.last_step = trial.intermediate.rbegin()->first;
    observation.last_value = trial.intermediate.rbegin()->second;
  }
  observation.slice = trial.record.slice;
  observation.sampler = trial.record.sampler;
  return observation;
}

void StudyModel::learn(std::int64_t number) {
  const Trial& seen = trial(number);
  HistoryChange change{number, std::nullopt};
  if (is_observed(seen)) change.observation = observe(seen);
  unseen_.push_back(std::move(change));
}

}  // namespace studyhall::server
