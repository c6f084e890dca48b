#include "server/trial_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include "core/error.h"
#include "core/feasible.h"
#include "core/space_edit.h"
#include "core/thinning.h"

namespace studyhall::server {

namespace {

constexpr std::size_t kMostReporting = 200;

double cost_of(const TrialRecord& record) {
  double cost = record.usage.cost_usd.value_or(0);
  for (const AttemptUsage& attempt : record.earlier) cost += attempt.usage.cost_usd.value_or(0);
  return cost;
}

Json seconds(const std::optional<Timestamp>& time) {
  if (!time) return nullptr;
  return std::round(std::chrono::duration<double, std::milli>(time->time_since_epoch()).count()) /
         1000;
}

Json finite_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

std::vector<double> quantiles_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  if (values.size() <= kMostQuantiles) return values;
  std::vector<double> quantiles(kMostQuantiles);
  for (std::size_t i = 0; i < kMostQuantiles; ++i) {
    quantiles[i] = values[i * (values.size() - 1) / (kMostQuantiles - 1)];
  }
  return quantiles;
}

}  // namespace

ColumnBuilder::ColumnBuilder(const StudyModel& study, const ColumnsRequest& request) {
  const std::int64_t points = request.points;
  if (points != 0 && (points < kFewestPoints || points > kMostPoints)) {
    throw Error(ErrorCode::Invalid, fmt::format("points: found {}, expected 0 or {} to {}", points,
                                                kFewestPoints, kMostPoints));
  }
  out_.trials = std::ssize(study.trials());
  out_.last_event = study.last_sequence();
  plain_.values.resize(study.spec().directions.size());
  for (const Parameter& parameter : study.space().params()) {
    params_.names.push_back(parameter.name);
    params_.columns.emplace_back();
  }
  for (const char* const column : {"state", "worker", "purpose", "sampler", "reason"}) {
    out_.names[column] = Json::array();
  }
  choose(study, points == 0 ? std::numeric_limits<std::int64_t>::max() : points);
}

void ColumnBuilder::choose(const StudyModel& study, std::int64_t points) {
  const TrialTable& trials = study.trials();
  std::vector<double> values(trials.size(), std::numeric_limits<double>::quiet_NaN());
  std::vector<bool> keep(trials.size(), false);
  std::vector<double> cost(trials.size());
  results_.resize(study.spec().directions.size());
  const BestSteps& best = study.best_steps();
  double spent = 0;
  for (std::size_t i = 0; i < trials.size(); ++i) {
    const Trial& trial = trials[i];
    spent += cost_of(trial.record);
    cost[i] = spent;
    if (!trial.values.empty()) values[i] = trial.values.front();
    keep[i] = best.is_step(trial.number) || trial.state == TrialState::Running;
    if (trial.state != TrialState::Complete) continue;
    for (std::size_t k = 0; k < std::min(results_.size(), trial.values.size()); ++k) {
      if (std::isfinite(trial.values[k])) results_[k].push_back(trial.values[k]);
    }
  }
  const auto keep_number = [&](std::int64_t number) {
    keep.at(static_cast<std::size_t>(number)) = true;
  };
  for (const std::int64_t number : study.standing().front()) keep_number(number);
  if (const auto& leader = study.standing().leader()) keep_number(leader->number);
  chosen_ = thin(values, keep, static_cast<std::size_t>(points));
  for (const std::size_t position : chosen_) cost_usd_.push_back(cost[position]);
}

bool ColumnBuilder::add_some(const StudyModel& study, std::int64_t count) {
  for (; count > 0 && next_ < chosen_.size(); --count, ++next_) {
    // The study may have been read anew since, with fewer trials that other programs wrote.
    if (chosen_[next_] < study.trials().size()) add(study, study.trials()[chosen_[next_]]);
  }
  if (next_ < chosen_.size()) return true;
  const std::size_t stride = reported_.size() / kMostReporting + 1;
  for (std::size_t i = 0; i < reported_.size(); ++i) {
    const Trial& trial = study.trial(reported_[i]);
    if (i % stride != 0 && trial.state != TrialState::Running) continue;
    Json steps = Json::array();
    for (const auto& [step, value] : trial.intermediate) {
      steps.push_back(Json::array({step, finite_or_null(value)}));
    }
    out_.intermediate[std::to_string(trial.number)] = std::move(steps);
  }
  return false;
}

void ColumnBuilder::add(const StudyModel& study, const Trial& trial) {
  const TrialRecord& record = trial.record;
  plain_.number.emplace_back(trial.number);
  plain_.state.emplace_back(index_of("state", std::string(to_string(trial.state))));
  plain_.worker.emplace_back(index_of("worker", record.worker));
  plain_.purpose.emplace_back(index_of("purpose", std::string(to_string(record.purpose))));
  plain_.sampler.emplace_back(index_of("sampler", record.sampler));
  plain_.reason.emplace_back(
      index_of("reason", record.reason ? std::string(to_string(*record.reason)) : ""));
  plain_.attempt.emplace_back(record.attempt);
  plain_.feasible.emplace_back(is_feasible(trial.constraints) ? 1 : 0);
  plain_.outside.emplace_back(is_outside(study.space(), trial) ? 1 : 0);
  plain_.started.push_back(seconds(trial.started));
  plain_.completed.push_back(seconds(trial.completed));
  plain_.cost_usd.emplace_back(cost_usd_[next_]);
  for (std::size_t k = 0; k < plain_.values.size(); ++k) {
    plain_.values[k].push_back(k < trial.values.size() ? finite_or_null(trial.values[k])
                                                       : Json(nullptr));
  }
  add_params(study, trial);
  for (const auto& [name, value] : trial.metrics) metrics_.put(name, rows_, finite_or_null(value));
  ++rows_;
  if (!trial.intermediate.empty()) reported_.push_back(trial.number);
}

// As params_of() has them, whose names are mostly those of the space.
void ColumnBuilder::add_params(const StudyModel& study, const Trial& trial) {
  if (!trial.ran.is_null()) {
    for (const auto& [name, value] : trial.ran.items()) params_.put(name, rows_, value);
    return;
  }
  const std::span<const Parameter> params = study.space().params();
  for (std::size_t p = 0; p < params.size(); ++p) {
    if (std::isnan(trial.config[p])) continue;
    Json value = params[p].to_external(trial.config[p]);
    // An edit may have come between two stretches.
    const bool same = p < params_.names.size() && params_.names[p] == params[p].name;
    if (same) {
      params_.put(p, rows_, std::move(value));
    } else {
      params_.put(params[p].name, rows_, std::move(value));
    }
  }
}

void ColumnBuilder::Table::put(std::size_t column, std::int64_t row, Json value) {
  columns[column].resize(static_cast<std::size_t>(row));
  columns[column].push_back(std::move(value));
}

void ColumnBuilder::Table::put(const std::string& name, std::int64_t row, Json value) {
  const auto found = std::find(names.begin(), names.end(), name);
  const auto column = static_cast<std::size_t>(found - names.begin());
  if (found == names.end()) {
    names.push_back(name);
    columns.emplace_back();
  }
  put(column, row, std::move(value));
}

Json ColumnBuilder::Table::take(std::int64_t rows) {
  Json table = Json::object();
  for (std::size_t i = 0; i < names.size(); ++i) {
    columns[i].resize(static_cast<std::size_t>(rows));
    table[names[i]] = std::move(columns[i]);
  }
  return table;
}

std::int64_t ColumnBuilder::index_of(const std::string& column, const std::string& name) {
  if (name.empty()) return -1;
  std::map<std::string, std::int64_t>& known = indices_[column];
  const auto [found, added] = known.emplace(name, std::ssize(known));
  if (added) out_.names[column].push_back(name);
  return found->second;
}

TrialColumns ColumnBuilder::finish() {
  for (std::vector<double>& of_one : results_) {
    out_.quantiles.push_back(quantiles_of(std::move(of_one)));
  }
  Json& columns = out_.columns;
  columns["number"] = std::move(plain_.number);
  columns["state"] = std::move(plain_.state);
  columns["worker"] = std::move(plain_.worker);
  columns["purpose"] = std::move(plain_.purpose);
  columns["sampler"] = std::move(plain_.sampler);
  columns["reason"] = std::move(plain_.reason);
  columns["attempt"] = std::move(plain_.attempt);
  columns["feasible"] = std::move(plain_.feasible);
  columns["outside"] = std::move(plain_.outside);
  columns["started"] = std::move(plain_.started);
  columns["completed"] = std::move(plain_.completed);
  columns["cost_usd"] = std::move(plain_.cost_usd);
  columns["values"] = Json::array();
  for (Json::array_t& of_one : plain_.values) columns["values"].push_back(std::move(of_one));
  columns["params"] = params_.take(rows_);
  columns["metrics"] = metrics_.take(rows_);
  return std::move(out_);
}

}  // namespace studyhall::server
