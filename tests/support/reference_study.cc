#include "tests/support/reference_study.h"

#include <algorithm>
#include <chrono>
#include <tuple>

namespace studyhall::testing {

namespace {

constexpr int kRetries = 2;

bool is_subset(const std::vector<std::string>& some, const std::vector<std::string>& all) {
  return std::all_of(some.begin(), some.end(), [&](const std::string& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
  });
}

bool agrees(const Json& configuration, const Json& params) {
  for (const auto& [name, value] : params.items()) {
    if (configuration[name] != value) return false;
  }
  return true;
}

}  // namespace

void ReferenceStudy::tidy(Timestamp now) {
  if (apart_ > std::chrono::minutes(1) || apart_ < -std::chrono::minutes(1)) renew(now);
  apart_ = {};
  for (std::size_t n = 0; n < trials.size(); ++n) {
    ReferenceTrial& trial = trials[n];
    const std::vector<ReferenceLease> leases = trial.leases;
    for (const ReferenceLease& lease : leases) {
      if (!lease.current || lease.expires_at > now) continue;
      if (trial.attempt <= kRetries) {
        send_back(static_cast<std::int64_t>(n), false);
      } else {
        end(static_cast<std::int64_t>(n), TrialState::Fail, FailReason::Infra);
      }
      judge(lease.worker, false, now);
    }
  }
}

ReferenceStudy::Ask ReferenceStudy::ask(const std::string& worker,
                                        const std::vector<std::string>& accepts, Timestamp now) {
  while (true) {
    std::int64_t done = 0;
    std::int64_t failures = 0;
    for (const ReferenceTrial& trial : trials) {
      const bool ended_well =
          trial.state == TrialState::Complete || trial.state == TrialState::Pruned;
      done += ended_well && !trial.late;
      failures += trial.state == TrialState::Fail &&
                  (trial.reason == FailReason::BadConfig || trial.reason == FailReason::Declined);
    }
    const std::int64_t running = count(TrialState::Running);
    if (stopped || done >= limit || failures >= limit) return {AskStatus::Finished};
    if (done + running >= limit) return {AskStatus::Wait};
    if (running_limit && running >= *running_limit) return {AskStatus::Wait};
    if (is_held_back(worker, now)) return {AskStatus::Wait};

    const auto waiting = first_waiting(accepts);
    if (!waiting) {
      const auto number = static_cast<std::int64_t>(trials.size());
      if (can_be_completed(Json::object())) return {AskStatus::Trials, number};
      return {AskStatus::Exhausted};
    }
    const ReferenceTrial& trial = trials[at(*waiting)];
    if (is_full(trial) || can_be_completed(trial.params)) return {AskStatus::Trials, *waiting};
    end(*waiting, TrialState::Fail, FailReason::Declined);
  }
}

void ReferenceStudy::hand_out(const AskedTrial& asked, const std::string& worker, Duration length,
                              Timestamp now) {
  if (asked.number == static_cast<std::int64_t>(trials.size())) trials.emplace_back();
  ReferenceTrial& trial = trials[at(asked.number)];
  trial.state = TrialState::Running;
  trial.attempt += 1;
  trial.worker = worker;
  trial.params = asked.params;
  trial.leases.push_back({asked.lease.token, worker, trial.attempt, length, now + length});
  workers_.try_emplace(worker);
}

ReferenceStudy::Told ReferenceStudy::tell(std::int64_t number, const TellRequest& request,
                                          Timestamp now, TellAnswer& answer) {
  ReferenceLease* lease = find_lease(number, request.lease);
  if (lease == nullptr) return Told::Refused;
  const std::string worker = lease->worker;
  const FailReason reason = request.reason.value_or(FailReason::BadConfig);
  const bool fails = request.state == TrialState::Fail;
  const FaultCause cause = request.cause.value_or(FaultCause::Crash);
  const bool own_fault = cause == FaultCause::Crash || cause == FaultCause::Stall;
  answer = {number, request.state};
  const auto judge_it = [&] {
    if (fails && reason == FailReason::Cancelled) return;
    if (fails && reason == FailReason::Infra && !own_fault) return;
    judge(worker, !fails || reason != FailReason::Infra, now);
  };

  if (is_finished(trials[at(number)].state)) {
    if (trials[at(number)].voided) return Told::Refused;
    if (lease->told_as >= 0) {
      const ReferenceTrial& told = trials[at(lease->told_as)];
      answer.number = lease->told_as;
      const bool same = told.state == request.state &&
                        (fails ? told.reason == reason
                               : told.value == (request.values.empty() ? std::optional<double>()
                                                                       : request.values.front()));
      return same ? Told::Already : Told::Refused;
    }
    if (request.state != TrialState::Complete) return Told::Already;
    lease->told_as = static_cast<std::int64_t>(trials.size());
    answer.number = lease->told_as;
    ReferenceTrial late;
    late.state = TrialState::Complete;
    late.purpose = Purpose::Replicate;
    late.attempt = lease->attempt;
    late.worker = worker;
    late.params = trials[at(number)].params;
    late.value = request.values.front();
    late.late = true;
    trials.push_back(late);
    judge_it();
    return Told::Taken;
  }

  const bool goes_back =
      fails && reason != FailReason::BadConfig &&
      (reason == FailReason::Cancelled || !own_fault || trials[at(number)].attempt <= kRetries);
  if (goes_back && !lease->current) return Told::Already;
  if (goes_back) {
    send_back(number, false);
    answer.requeued = true;
  } else {
    lease->told_as = number;
    trials[at(number)].worker = worker;
    if (!request.values.empty()) trials[at(number)].value = request.values.front();
    end(number, request.state, fails ? std::optional(reason) : std::nullopt);
  }
  judge_it();
  return Told::Taken;
}

std::optional<bool> ReferenceStudy::beat(std::int64_t number, const std::string& token,
                                         Timestamp now) {
  const ReferenceLease* lease = find_lease(number, token);
  if (lease == nullptr) return std::nullopt;
  ReferenceTrial& trial = trials[at(number)];
  if (!lease->current || trial.state != TrialState::Running) return true;
  trial.parked_until.reset();
  extend(trial, now);
  return false;
}

void ReferenceStudy::park(std::int64_t number, Timestamp until) {
  trials[at(number)].parked_until = until;
  extend(trials[at(number)], until);
}

void ReferenceStudy::release(std::int64_t number) { send_back(number, true); }

void ReferenceStudy::void_trial(std::int64_t number) {
  if (trials[at(number)].voided) return;
  trials[at(number)].voided = true;
  end(number, TrialState::Fail, FailReason::Voided);
}

bool ReferenceStudy::may_follow(const std::vector<std::int64_t>& after) const {
  return std::all_of(after.begin(), after.end(), [&](std::int64_t number) {
    return number >= 0 && number < static_cast<std::int64_t>(trials.size()) &&
           trials[at(number)].state != TrialState::Fail;
  });
}

std::set<std::int64_t> ReferenceStudy::holders(const Json& params) const {
  std::set<std::int64_t> numbers;
  for (std::size_t n = 0; n < trials.size(); ++n) {
    const ReferenceTrial& trial = trials[n];
    const bool holds = trial.state != TrialState::Fail || trial.reason == FailReason::BadConfig;
    if (holds && is_full(trial) && trial.params == params) {
      numbers.insert(static_cast<std::int64_t>(n));
    }
  }
  return numbers;
}

void ReferenceStudy::enqueue(const EnqueueRequest& request) {
  for (int i = 0; i < request.count; ++i) {
    ReferenceTrial trial;
    trial.params = request.params;
    const bool held = is_full(trial) && !holders(trial.params).empty();
    trial.purpose = held ? Purpose::Replicate : Purpose::Enqueued;
    trial.priority = request.priority;
    trial.tags = request.tags;
    trial.after = request.after;
    trials.push_back(trial);
  }
}

void ReferenceStudy::write_foreign(std::int64_t number, TrialState state, const Json& params,
                                   const std::vector<double>& values) {
  if (number == static_cast<std::int64_t>(trials.size())) trials.emplace_back();
  trials[at(number)].params = params;
  if (!values.empty()) trials[at(number)].value = values.front();
  if (state == TrialState::Running) {
    trials[at(number)].state = state;
  } else {
    end(number, state, std::nullopt);
  }
}

void ReferenceStudy::release_worker(const std::string& worker) { workers_.at(worker) = Worker(); }

std::int64_t ReferenceStudy::count(TrialState state) const {
  return std::count_if(trials.begin(), trials.end(),
                       [&](const ReferenceTrial& trial) { return trial.state == state; });
}

std::optional<std::int64_t> ReferenceStudy::best() const {
  std::optional<std::int64_t> best;
  for (std::size_t n = 0; n < trials.size(); ++n) {
    if (trials[n].state != TrialState::Complete || !is_feasible(trials[n].params)) continue;
    if (!best || *trials[n].value > *trials[at(*best)].value) best = static_cast<std::int64_t>(n);
  }
  return best;
}

bool ReferenceStudy::is_feasible(const Json& params) const {
  int results = 0;
  int failures = 0;
  for (const ReferenceTrial& trial : trials) {
    if (trial.params != params) continue;
    results += trial.state == TrialState::Complete;
    failures += trial.reason == FailReason::BadConfig;
  }
  return results > failures;
}

std::map<std::string, int> ReferenceStudy::results() const {
  std::map<std::string, int> results;
  for (const ReferenceTrial& trial : trials) {
    if (trial.state == TrialState::Complete) ++results[trial.params.dump()];
  }
  return results;
}

bool ReferenceStudy::is_ready(const ReferenceTrial& trial) const {
  return std::all_of(trial.after.begin(), trial.after.end(), [&](std::int64_t number) {
    const TrialState state = trials[at(number)].state;
    return state == TrialState::Complete || state == TrialState::Pruned;
  });
}

bool ReferenceStudy::has_waiting(const std::vector<std::string>& accepts) const {
  return std::any_of(trials.begin(), trials.end(), [&](const ReferenceTrial& trial) {
    return trial.state == TrialState::Waiting && is_subset(trial.tags, accepts);
  });
}

std::optional<std::int64_t> ReferenceStudy::first_waiting(
    const std::vector<std::string>& accepts) const {
  using Key = std::tuple<int, double, std::int64_t>;
  std::optional<Key> first;
  for (std::size_t n = 0; n < trials.size(); ++n) {
    const ReferenceTrial& trial = trials[n];
    if (trial.state != TrialState::Waiting || !is_ready(trial)) continue;
    if (!is_subset(trial.tags, accepts)) continue;
    const int rank = trial.purpose == Purpose::Enqueued    ? 2
                     : trial.purpose == Purpose::Replicate ? 1
                                                           : 0;
    const Key key(rank, -trial.priority, static_cast<std::int64_t>(n));
    if (!first || key < *first) first = key;
  }
  if (!first) return std::nullopt;
  return std::get<2>(*first);
}

std::int64_t ReferenceStudy::running(const std::string& worker) const {
  return std::count_if(trials.begin(), trials.end(), [&](const ReferenceTrial& trial) {
    return trial.state == TrialState::Running && trial.worker == worker;
  });
}

bool ReferenceStudy::can_be_completed(const Json& params) const {
  return std::any_of(configurations_.begin(), configurations_.end(),
                     [&](const Json& configuration) {
                       return agrees(configuration, params) && holders(configuration).empty();
                     });
}

// A quarantined worker waits, then gets one trial at a time. (That all wait while most workers are
// quarantined is not reckoned here.)
bool ReferenceStudy::is_held_back(const std::string& worker, Timestamp now) const {
  if (!is_quarantined(worker)) return false;
  return now < *workers_.at(worker).until || running(worker) > 0;
}

ReferenceLease* ReferenceStudy::find_lease(std::int64_t number, const std::string& token) {
  std::vector<ReferenceLease>& leases = trials[at(number)].leases;
  if (token.empty()) return leases.size() == 1 ? &leases.front() : nullptr;
  const auto found = std::find_if(leases.begin(), leases.end(),
                                  [&](const auto& lease) { return lease.token == token; });
  return found == leases.end() ? nullptr : &*found;
}

void ReferenceStudy::renew(Timestamp now) {
  for (ReferenceTrial& trial : trials)
    extend(trial, std::max(now, trial.parked_until.value_or(now)));
}

void ReferenceStudy::extend(ReferenceTrial& trial, Timestamp from) {
  for (ReferenceLease& lease : trial.leases) {
    if (lease.current) lease.expires_at = from + lease.length;
  }
}

void ReferenceStudy::end_leases(ReferenceTrial& trial) {
  for (ReferenceLease& lease : trial.leases) lease.current = false;
  trial.parked_until.reset();
}

void ReferenceStudy::send_back(std::int64_t number, bool same_attempt) {
  ReferenceTrial& trial = trials[at(number)];
  trial.state = TrialState::Waiting;
  trial.intermediate.clear();
  end_leases(trial);
  if (same_attempt) {
    trial.attempt -= 1;
  } else {
    trial.purpose = Purpose::Retry;
  }
}

// With all that waits for a trial that fails.
void ReferenceStudy::end(std::int64_t number, TrialState state, std::optional<FailReason> reason) {
  ReferenceTrial& ended = trials[at(number)];
  ended.state = state;
  ended.reason = reason;
  end_leases(ended);
  if (state != TrialState::Fail) return;
  for (std::size_t n = 0; n < trials.size(); ++n) {
    const std::vector<std::int64_t>& after = trials[n].after;
    if (trials[n].state != TrialState::Waiting) continue;
    if (std::find(after.begin(), after.end(), number) == after.end()) continue;
    end(static_cast<std::int64_t>(n), TrialState::Fail, FailReason::Dependency);
  }
}

// Three failures of its own in a row: ten minutes without trials, doubled each time, a day at most.
void ReferenceStudy::judge(const std::string& name, bool works, Timestamp now) {
  if (name.empty()) return;
  Worker& worker = workers_.at(name);
  if (works) {
    worker = Worker();
    return;
  }
  ++worker.failures;
  if (worker.failures < 3 || (worker.until && now < *worker.until)) return;
  Duration length = std::chrono::minutes(10);
  for (int i = 0; i < worker.quarantines; ++i) length *= 2;
  worker.until = now + std::min<Duration>(length, std::chrono::hours(24));
  ++worker.quarantines;
}

}  // namespace studyhall::testing
