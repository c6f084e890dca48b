#include "server/budget.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace studyhall::server {

namespace {

constexpr double kRetryAfterSeconds = 5;
constexpr double kMicro = 1e6;
constexpr double kMicrosecondsPerHour = 3600e6;
// Of one attempt, so that a million of them can be added up.
constexpr std::int64_t kMost = 1'000'000'000'000;

std::int64_t micro(double usd) {
  return usd > 0 ? std::llround(std::min(usd, static_cast<double>(kMost) / kMicro) * kMicro) : 0;
}

std::int64_t bounded(const std::optional<std::int64_t>& amount) {
  return std::clamp<std::int64_t>(amount.value_or(0), 0, kMost);
}

std::string text(double amount) { return fmt::format("{:.12g}", std::round(amount * 1e4) / 1e4); }

AskAnswer answer_of(AskStatus status, std::string reason) {
  AskAnswer answer;
  answer.status = status;
  answer.reason = std::move(reason);
  if (status == AskStatus::Wait) answer.retry_after_s = kRetryAfterSeconds;
  return answer;
}

}  // namespace

void Budget::count(const Trial& trial, int sign) {
  const TrialRecord& record = trial.record;
  if (record.purpose == Purpose::Imported) return;
  const bool done = trial.state == TrialState::Complete || trial.state == TrialState::Pruned;
  for (Tally* tally : {&study_, &workers_[record.worker]}) {
    if (done && !record.late) tally->done += sign;
    if (trial.state == TrialState::Running && record.question == 0) tally->running += sign;
    // A declined one was handed to others until its retries were used up.
    if (trial.state == TrialState::Fail &&
        (record.reason == FailReason::BadConfig || record.reason == FailReason::Declined)) {
      tally->failures += sign;
    }
    if (trial.completed) {
      tally->last_end = std::max(tally->last_end.value_or(*trial.completed), *trial.completed);
    }
  }
  if (record.usage != Usage{}) spend(record.worker, record.usage, sign, largest_);
  for (const AttemptUsage& attempt : record.earlier) {
    spend(attempt.worker, attempt.usage, sign, largest_);
  }
}

void Budget::count(const Task& task, int sign) {
  for (Tally* tally : {&study_, &workers_[task.worker]}) {
    if (task.state == TaskState::Running && task.question == 0) tally->tasks += sign;
    if (task.ended) tally->last_end = std::max(tally->last_end.value_or(*task.ended), *task.ended);
  }
  if (task.usage != Usage{}) spend(task.worker, task.usage, sign, largest_task_);
  for (const AttemptUsage& attempt : task.earlier) {
    spend(attempt.worker, attempt.usage, sign, largest_task_);
  }
}

void Budget::spend(const std::string& worker, const Usage& usage, int sign, Amounts& largest) {
  const Amounts amounts{usage.cost_usd ? micro(*usage.cost_usd) : 0, bounded(usage.turns),
                        bounded(usage.tokens)};
  for (Tally* tally : {&study_, &workers_[worker]}) {
    tally->used.micro_usd += sign * amounts.micro_usd;
    tally->used.turns += sign * amounts.turns;
    tally->used.tokens += sign * amounts.tokens;
  }
  largest.micro_usd = std::max(largest.micro_usd, amounts.micro_usd);
  largest.turns = std::max(largest.turns, amounts.turns);
  largest.tokens = std::max(largest.tokens, amounts.tokens);
}

void Budget::start(const std::string& worker, Timestamp first_ask) {
  for (Tally* tally : {&study_, &workers_[worker]}) {
    tally->first_ask = std::min(tally->first_ask.value_or(first_ask), first_ask);
  }
}

const Budget::Tally& Budget::tally(const std::string& worker) const {
  static const Tally kNone;
  const auto found = workers_.find(worker);
  return found == workers_.end() ? kNone : found->second;
}

Budget::Amounts Budget::reserve(const StudySpec& spec) const {
  Amounts reserved = largest_;
  if (spec.experiment && spec.experiment->agent == AgentKind::Claude) {
    const ExperimentSpec& experiment = *spec.experiment;
    if (const auto cost = experiment.max_cost_usd()) reserved.micro_usd = micro(*cost);
    reserved.turns = experiment.max_turns().value_or(reserved.turns);
    reserved.tokens = experiment.max_tokens().value_or(reserved.tokens);
  }
  return reserved;
}

std::vector<Budget::Line> Budget::lines(const StudySpec& spec, const Limits& limits,
                                        const Tally& tally, Next next, Timestamp now) const {
  std::vector<Line> lines;
  if (limits.trials && next == Next::Trial) {
    lines.push_back({"trials", tally.done, tally.running, 1, *limits.trials, 1});
  }
  if (const auto failures = limits.failures ? limits.failures : limits.trials;
      failures && next == Next::Trial) {
    lines.push_back({"failures", tally.failures, 0, 0, *failures, 1});
  }
  if (limits.hours) {
    const Duration since = tally.first_ask ? now - *tally.first_ask : Duration::zero();
    lines.push_back({"hours", std::max<std::int64_t>(since.count(), 0), 0, 0,
                     seconds_to_duration(*limits.hours * 3600).count(), kMicrosecondsPerHour});
  }
  if (!limits.cost_usd && !limits.turns && !limits.tokens) return lines;
  const Amounts each = reserve(spec);
  const auto add = [&](const char* name, std::int64_t Amounts::*amount, std::int64_t bound,
                       double unit) {
    const std::int64_t of_trial = each.*amount;
    const std::int64_t of_task = largest_task_.*amount;
    lines.push_back({name, tally.used.*amount, tally.running * of_trial + tally.tasks * of_task,
                     next == Next::Trial ? of_trial : of_task, bound, unit});
  };
  if (limits.cost_usd) {
    // Not bounded as one attempt is: a larger limit is never used up.
    const double bound = std::min(*limits.cost_usd * kMicro, 9e18);
    add("cost_usd", &Amounts::micro_usd, std::llround(bound), kMicro);
  }
  if (limits.turns) add("turns", &Amounts::turns, *limits.turns, 1);
  if (limits.tokens) add("tokens", &Amounts::tokens, *limits.tokens, 1);
  return lines;
}

std::optional<AskAnswer> Budget::closed(const StudySpec& spec, const Limits& limits,
                                        const Tally& tally, const std::string& name, Next next,
                                        Timestamp now) const {
  std::optional<AskAnswer> wait;
  const bool nothing_runs = tally.running + tally.tasks == 0;
  for (const Line& line : lines(spec, limits, tally, next, now)) {
    const auto used = [&] {
      return fmt::format("{}.{}: {} of {} used", name, line.limit,
                         text(static_cast<double>(line.used) / line.unit),
                         text(static_cast<double>(line.bound) / line.unit));
    };
    if (line.used >= line.bound) return answer_of(AskStatus::Finished, used());
    if (line.used + line.running + line.next <= line.bound) continue;
    if (nothing_runs) {
      return answer_of(
          AskStatus::Finished,
          fmt::format("{}, and a {} may use {}", used(), next == Next::Trial ? "trial" : "task",
                      text(static_cast<double>(line.next) / line.unit)));
    }
    if (!wait) {
      wait = answer_of(AskStatus::Wait, used() + ", the rest is reserved by " +
                                            (tally.tasks > 0 ? "what runs" : "trials that run"));
    }
  }
  if (!wait && next == Next::Trial && limits.running && tally.running >= *limits.running) {
    wait =
        answer_of(AskStatus::Wait, fmt::format("{}.running: {} trials run", name, tally.running));
  }
  return wait;
}

std::optional<AskAnswer> Budget::closed(const StudySpec& spec, Next next, Timestamp now) const {
  return closed(spec, spec.limits, study_, "limits", next, now);
}

std::optional<AskAnswer> Budget::closed(const StudySpec& spec, const std::string& worker, Next next,
                                        Timestamp now) const {
  const auto found = spec.workers.find(worker);
  if (found == spec.workers.end()) return std::nullopt;
  return closed(spec, found->second.limits, tally(worker), "workers." + worker + ".limits", next,
                now);
}

std::optional<AskAnswer> Budget::closed_to_tasks(const StudySpec& spec, const std::string& worker,
                                                 Timestamp now) const {
  std::optional<AskAnswer> study = closed(spec, Next::Task, now);
  if (study && study->status == AskStatus::Finished) return study;
  std::optional<AskAnswer> own = closed(spec, worker, Next::Task, now);
  if (own && own->status == AskStatus::Finished) return own;
  return study ? study : own;
}

std::vector<BudgetUse> Budget::uses(const StudySpec& spec, Timestamp now) const {
  std::vector<BudgetUse> uses;
  const auto add = [&](const std::string& worker, const Limits& limits, const Tally& tally) {
    for (const Line& line : lines(spec, limits, tally, Next::Trial, now)) {
      uses.push_back({worker, line.limit, static_cast<double>(line.used) / line.unit,
                      static_cast<double>(line.running) / line.unit,
                      static_cast<double>(line.bound) / line.unit});
    }
  };
  add("", spec.limits, study_);
  for (const auto& [name, worker] : spec.workers) add(name, worker.limits, tally(name));
  return uses;
}

}  // namespace studyhall::server
