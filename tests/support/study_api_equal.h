// Whether two requests or answers are the same, field by field.
#pragma once

#include <tuple>

#include "core/study_api.h"

namespace studyhall {

inline bool operator==(const BudgetUse& a, const BudgetUse& b) {
  return std::tie(a.worker, a.limit, a.used, a.reserved, a.bound) ==
         std::tie(b.worker, b.limit, b.used, b.reserved, b.bound);
}

inline bool operator==(const StudyInfo& a, const StudyInfo& b) {
  return std::tie(a.name, a.state, a.finished_because, a.spec, a.counts, a.best_number,
                  a.best_value, a.front_size, a.created, a.last_event, a.budget, a.tasks,
                  a.running_workers, a.sparkline) ==
         std::tie(b.name, b.state, b.finished_because, b.spec, b.counts, b.best_number,
                  b.best_value, b.front_size, b.created, b.last_event, b.budget, b.tasks,
                  b.running_workers, b.sparkline);
}

inline bool operator==(const AskRequest& a, const AskRequest& b) {
  return std::tie(a.worker, a.count, a.lease_s, a.request_id, a.accepts, a.wait_s, a.want) ==
         std::tie(b.worker, b.count, b.lease_s, b.request_id, b.accepts, b.wait_s, b.want);
}

inline bool operator==(const Insight& a, const Insight& b) {
  return std::tie(a.id, a.text, a.author, a.trial, a.created, a.retired) ==
         std::tie(b.id, b.text, b.author, b.trial, b.created, b.retired);
}

inline bool operator==(const AskedTrial& a, const AskedTrial& b) {
  return std::tie(a.number, a.params, a.lease.token, a.lease.expires_at, a.attempt, a.purpose,
                  a.sampler, a.pin, a.pin_version, a.seed, a.title, a.description, a.insights) ==
         std::tie(b.number, b.params, b.lease.token, b.lease.expires_at, b.attempt, b.purpose,
                  b.sampler, b.pin, b.pin_version, b.seed, b.title, b.description, b.insights);
}

inline bool operator==(const ParkRequest& a, const ParkRequest& b) {
  return std::tie(a.lease, a.until, a.for_s, a.reason) ==
         std::tie(b.lease, b.until, b.for_s, b.reason);
}

inline bool operator==(const PersonalRequest& a, const PersonalRequest& b) {
  return std::tie(a.reason, a.author) == std::tie(b.reason, b.author);
}

inline bool operator==(const InsightRequest& a, const InsightRequest& b) {
  return std::tie(a.text, a.author, a.trial) == std::tie(b.text, b.author, b.trial);
}

inline bool operator==(const EditRequest& a, const EditRequest& b) {
  return std::tie(a.patch, a.author, a.reason) == std::tie(b.patch, b.author, b.reason);
}

inline bool operator==(const WorkerInfo& a, const WorkerInfo& b) {
  return std::tie(a.name, a.first_ask, a.running, a.done, a.failures, a.quarantined_until,
                  a.tasks) ==
         std::tie(b.name, b.first_ask, b.running, b.done, b.failures, b.quarantined_until, b.tasks);
}

inline bool operator==(const AskedTask& a, const AskedTask& b) {
  return std::tie(a.number, a.title, a.description, a.priority, a.tags, a.after, a.lease.token,
                  a.lease.expires_at, a.attempt, a.insights) ==
         std::tie(b.number, b.title, b.description, b.priority, b.tags, b.after, b.lease.token,
                  b.lease.expires_at, b.attempt, b.insights);
}

inline bool operator==(const AskAnswer& a, const AskAnswer& b) {
  return std::tie(a.status, a.trials, a.retry_after_s, a.reason, a.tasks) ==
         std::tie(b.status, b.trials, b.retry_after_s, b.reason, b.tasks);
}

inline bool operator==(const TaskRequest& a, const TaskRequest& b) {
  return std::tie(a.title, a.description, a.priority, a.tags, a.after, a.after_trials, a.retries,
                  a.author, a.request_id) == std::tie(b.title, b.description, b.priority, b.tags,
                                                      b.after, b.after_trials, b.retries, b.author,
                                                      b.request_id);
}

inline bool operator==(const TaskTell& a, const TaskTell& b) {
  return std::tie(a.state, a.reason, a.cause, a.result, a.evidence, a.note, a.usage, a.lease,
                  a.request_id) == std::tie(b.state, b.reason, b.cause, b.result, b.evidence,
                                            b.note, b.usage, b.lease, b.request_id);
}

inline bool operator==(const TaskTellAnswer& a, const TaskTellAnswer& b) {
  return std::tie(a.number, a.state, a.already, a.requeued) ==
         std::tie(b.number, b.state, b.already, b.requeued);
}

inline bool operator==(const TaskQuery& a, const TaskQuery& b) {
  return std::tie(a.after, a.limit, a.state, a.worker) ==
         std::tie(b.after, b.limit, b.state, b.worker);
}

inline bool operator==(const TaskView& a, const TaskView& b) {
  return std::tie(a.task, a.lease_expires) == std::tie(b.task, b.lease_expires);
}

inline bool operator==(const TellRequest& a, const TellRequest& b) {
  return std::tie(a.state, a.values, a.reason, a.metrics, a.usage, a.evidence, a.note, a.lease,
                  a.request_id, a.cause) == std::tie(b.state, b.values, b.reason, b.metrics,
                                                     b.usage, b.evidence, b.note, b.lease,
                                                     b.request_id, b.cause);
}

inline bool operator==(const TellAnswer& a, const TellAnswer& b) {
  return std::tie(a.number, a.state, a.already, a.new_best, a.requeued) ==
         std::tie(b.number, b.state, b.already, b.new_best, b.requeued);
}

inline bool operator==(const ReportRequest& a, const ReportRequest& b) {
  return std::tie(a.step, a.value, a.lease) == std::tie(b.step, b.value, b.lease);
}

inline bool operator==(const BeatAnswer& a, const BeatAnswer& b) {
  return std::tie(a.prune, a.stop, a.expires_at) == std::tie(b.prune, b.stop, b.expires_at);
}

inline bool operator==(const EnqueueRequest& a, const EnqueueRequest& b) {
  return std::tie(a.params, a.priority, a.count, a.request_id, a.tags, a.after, a.title,
                  a.description, a.after_tasks) == std::tie(b.params, b.priority, b.count,
                                                            b.request_id, b.tags, b.after, b.title,
                                                            b.description, b.after_tasks);
}

inline bool operator==(const EnqueueAnswer& a, const EnqueueAnswer& b) {
  return std::tie(a.numbers, a.already) == std::tie(b.numbers, b.already);
}

inline bool operator==(const TrialQuery& a, const TrialQuery& b) {
  return std::tie(a.after, a.limit, a.state, a.worker) ==
         std::tie(b.after, b.limit, b.state, b.worker);
}

inline bool operator==(const TrialView& a, const TrialView& b) {
  return std::tie(a.number, a.state, a.params, a.values, a.feasible, a.metrics, a.intermediate,
                  a.started, a.completed, a.record, a.lease_expires, a.outside) ==
         std::tie(b.number, b.state, b.params, b.values, b.feasible, b.metrics, b.intermediate,
                  b.started, b.completed, b.record, b.lease_expires, b.outside);
}

inline bool operator==(const BestRow& a, const BestRow& b) {
  return std::tie(a.rank, a.number, a.params, a.worker, a.value, a.metrics, a.mean, a.stderr_, a.n,
                  a.interval, a.p_best, a.confirmed, a.feasible, a.p_feasible, a.raw_best,
                  a.version, a.older, a.values, a.means, a.outside) ==
         std::tie(b.rank, b.number, b.params, b.worker, b.value, b.metrics, b.mean, b.stderr_, b.n,
                  b.interval, b.p_best, b.confirmed, b.feasible, b.p_feasible, b.raw_best,
                  b.version, b.older, b.values, b.means, b.outside);
}

inline bool operator==(const ColumnsRequest& a, const ColumnsRequest& b) {
  return a.points == b.points;
}

inline bool operator==(const TrialColumns& a, const TrialColumns& b) {
  return std::tie(a.trials, a.last_event, a.names, a.columns, a.intermediate, a.quantiles) ==
         std::tie(b.trials, b.last_event, b.names, b.columns, b.intermediate, b.quantiles);
}

inline bool operator==(const ImportanceRequest& a, const ImportanceRequest& b) {
  return std::tie(a.worker, a.objective, a.target_quantile, a.region_quantile) ==
         std::tie(b.worker, b.objective, b.target_quantile, b.region_quantile);
}

inline bool operator==(const ImportanceRow& a, const ImportanceRow& b) {
  return std::tie(a.name, a.importance, a.variance, a.trials) ==
         std::tie(b.name, b.importance, b.variance, b.trials);
}

inline bool operator==(const ImportanceAnswer& a, const ImportanceAnswer& b) {
  return std::tie(a.trials, a.target_trials, a.informative, a.parameters) ==
         std::tie(b.trials, b.target_trials, b.informative, b.parameters);
}

inline bool operator==(const ExplainedValue& a, const ExplainedValue& b) {
  return std::tie(a.name, a.value, a.source) == std::tie(b.name, b.value, b.source);
}

inline bool operator==(const Explanation& a, const Explanation& b) {
  return std::tie(a.number, a.worker, a.purpose, a.attempt, a.of, a.about, a.sampler,
                  a.sampler_version, a.as_of, a.results, a.running, a.pin, a.pin_version, a.values,
                  a.why, a.terms,
                  a.doubt) == std::tie(b.number, b.worker, b.purpose, b.attempt, b.of, b.about,
                                       b.sampler, b.sampler_version, b.as_of, b.results, b.running,
                                       b.pin, b.pin_version, b.values, b.why, b.terms, b.doubt);
}

inline bool operator==(const Event& a, const Event& b) {
  return std::tie(a.sequence, a.time, a.author, a.kind, a.body) ==
         std::tie(b.sequence, b.time, b.author, b.kind, b.body);
}

}  // namespace studyhall
