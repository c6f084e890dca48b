#include "storage/trial_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <utility>
#include <vector>

#include "core/json.h"
#include "core/space_edit.h"
#include "storage/common_record.h"
#include "storage/group_check.h"
#include "storage/optuna_distribution.h"
#include "storage/optuna_values.h"

namespace studyhall::storage {
namespace {

// As members of the record's own object; trial_record_from_json() passes over them.
constexpr const char* kRowState = "row_state";
constexpr const char* kVoidedValues = "voided_values";
constexpr const char* kStartedUs = "started_us";
constexpr const char* kCompletedUs = "completed_us";

std::optional<Timestamp> time_member(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) {
    return std::nullopt;
  }
  return Timestamp(Duration(found->get<std::int64_t>()));
}

// The user attributes that a trial has from us: name -> JSON.
std::map<std::string, std::string> user_attributes(const Trial& trial) {
  std::map<std::string, std::string> attributes;
  for (const auto& [name, value] : trial.metrics) {
    attributes.emplace(name, number_json(value));
  }
  if (!trial.record.worker.empty()) {
    attributes.emplace(kWorkerAttribute, dump_json(Json(trial.record.worker)));
  }
  return attributes;
}

bool same_number(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

}  // namespace

std::string record_text(const Trial& trial) {
  Json json = to_json(trial.record);
  json[kRowState] = to_string(trial.state);
  if (trial.state == TrialState::Fail && !trial.values.empty()) {
    json[kVoidedValues] = number_list_json(trial.values);
  }
  if (trial.started) {
    json[kStartedUs] = trial.started->time_since_epoch().count();
  }
  if (trial.completed) {
    json[kCompletedUs] = trial.completed->time_since_epoch().count();
  }
  return dump_json(json);
}

StoredRecord parse_record(std::string_view text) {
  if (std::optional<StoredRecord> common = read_common_record(text)) return std::move(*common);
  try {
    const Json json = parse_json(text, "the trial's record");
    StoredRecord stored;
    stored.record = trial_record_from_json(json);
    stored.times = {.state = trial_state_from_string(json.at(kRowState).get<std::string>()).value(),
                    .started = time_member(json, kStartedUs),
                    .completed = time_member(json, kCompletedUs)};
    if (const auto values = json.find(kVoidedValues); values != json.end()) {
      stored.values = number_list_from_json(values->get<std::string>()).value();
    }
    return stored;
  } catch (const std::exception& fault) {
    throw Error(ErrorCode::Corrupt,
                fmt::format("the system attribute \"studyhall\" of a trial is not one that was "
                            "written there: {}",
                            fault.what()));
  }
}

std::optional<TrialRows::Found> TrialRows::find(StudyId study, std::int64_t number) {
  // Left to itself SQLite takes the index on the state, which has all columns, and searches it.
  Query row = connection_.query(
      "SELECT trial_id, state FROM trials INDEXED BY studyhall_trials_number "
      "WHERE study_id = ?1 AND number = ?2",
      study, number);
  if (!row.next()) {
    return std::nullopt;
  }
  return Found{.trial_id = row.integer(0), .state = state_from_column(row.text(1))};
}

std::int64_t TrialRows::count(StudyId study) {
  Query last = connection_.query("SELECT max(number) FROM trials WHERE study_id = ?1", study);
  return last.next() && !last.is_null(0) ? last.integer(0) + 1 : 0;
}

std::int64_t TrialRows::next_trial_id() {
  Query id = connection_.query(
      "SELECT max(high_water, coalesce((SELECT max(trial_id) FROM trials), 0)) + 1 "
      "FROM studyhall_ids WHERE name = 'trials'");
  id.next();
  return id.integer(0);
}

TrialRows::Columns TrialRows::columns(const Trial& trial) const {
  // Optuna expects a start of every trial that does not wait, and an end of finished ones only.
  Columns columns;
  if (trial.state == TrialState::Waiting) {
    return columns;
  }
  if (const auto& start = trial.started ? trial.started : trial.completed) {
    columns.start = naive_text(*start, zone_);
  }
  if (is_finished(trial.state)) {
    if (const auto& end = trial.completed ? trial.completed : trial.started) {
      columns.complete = naive_text(*end, zone_);
    }
  }
  return columns;
}

void TrialRows::insert(StudyId study, std::int64_t id, const Trial& trial, const StoredSpec& spec) {
  const Columns times = columns(trial);
  connection_
      .query(
          "INSERT INTO trials (trial_id, number, study_id, state, datetime_start, "
          "datetime_complete) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
          id, trial.number, study, state_column(trial.state), times.start, times.complete)
      .run();
  if (trial.state != TrialState::Waiting) {
    insert_params(id, trial, spec);
  }
  insert_values(id, trial);
  for (const auto& [step, value] : trial.intermediate) {
    put_intermediate(id, step, value);
  }
  for (const auto& [key, json] : user_attributes(trial)) {
    put_user_attribute(id, key, json);
  }
  put_system_attributes(id, trial, spec);
}

void TrialRows::update(std::int64_t trial_id, const Trial& trial, const StoredSpec& spec) {
  update_row(trial_id, trial);
  if (!has_params(trial_id, trial, spec)) replace_params(trial_id, trial, spec);
  connection_.query("DELETE FROM trial_values WHERE trial_id = ?1", trial_id).run();
  insert_values(trial_id, trial);
  update_intermediate(trial_id, trial);
  update_user_attributes(trial_id, trial);
  if (trial.constraints.empty()) delete_constraints(trial_id);
  put_system_attributes(trial_id, trial, spec);
}

void TrialRows::update(std::int64_t trial_id, const Trial& before, const Trial& trial,
                       const StoredSpec& spec) {
  update_row(trial_id, trial);
  const bool same_params = trial.state != TrialState::Waiting && trial.ran == before.ran &&
                           std::ranges::equal(trial.config, before.config, same_number);
  if (!same_params) replace_params(trial_id, trial, spec);
  insert_values(trial_id, trial);
  if (trial.intermediate != before.intermediate) update_intermediate(trial_id, trial);
  const std::map<std::string, std::string> had = user_attributes(before);
  const std::map<std::string, std::string> wanted = user_attributes(trial);
  for (const auto& [key, json] : had) {
    if (!wanted.contains(key)) delete_user_attribute(trial_id, key);
  }
  for (const auto& [key, json] : wanted) {
    const auto found = had.find(key);
    if (found == had.end() || found->second != json) put_user_attribute(trial_id, key, json);
  }
  if (trial.constraints.empty() && !before.constraints.empty()) delete_constraints(trial_id);
  put_system_attributes(trial_id, trial, spec);
}

void TrialRows::update_row(std::int64_t trial_id, const Trial& trial) {
  const Columns times = columns(trial);
  connection_
      .query(
          "UPDATE trials SET state = ?2, datetime_start = ?3, datetime_complete = ?4 "
          "WHERE trial_id = ?1",
          trial_id, state_column(trial.state), times.start, times.complete)
      .run();
}

void TrialRows::replace_params(std::int64_t trial_id, const Trial& trial, const StoredSpec& spec) {
  connection_.query("DELETE FROM trial_params WHERE trial_id = ?1", trial_id).run();
  if (trial.state != TrialState::Waiting) insert_params(trial_id, trial, spec);
}

void TrialRows::delete_constraints(std::int64_t trial_id) {
  connection_
      .query("DELETE FROM trial_system_attributes WHERE trial_id = ?1 AND \"key\" = ?2", trial_id,
             kConstraintsAttribute)
      .run();
}

void TrialRows::delete_user_attribute(std::int64_t trial_id, std::string_view key) {
  connection_
      .query("DELETE FROM trial_user_attributes WHERE trial_id = ?1 AND \"key\" = ?2", trial_id,
             key)
      .run();
}

bool TrialRows::has_params(std::int64_t trial_id, const Trial& trial, const StoredSpec& spec) {
  Json missing = Json::object();
  if (trial.state != TrialState::Waiting) {
    missing = params_of(spec.spec->space, trial);
  }
  Query row = connection_.query(
      "SELECT param_name, param_value, distribution_json FROM trial_params WHERE trial_id = ?1",
      trial_id);
  while (row.next()) {
    const std::string name(row.text(0));
    const auto wanted = missing.find(name);
    if (wanted == missing.end()) {
      return false;
    }
    const auto position = spec.positions.find(name);
    const bool as_now = trial.ran.is_null() &&
                        spec.distributions[position->second] == row.text(2) &&
                        trial.config[position->second] == row.real(1);
    if (!as_now && external_value(row.real(1), row.text(2)) != *wanted) {
      return false;
    }
    missing.erase(wanted);
  }
  return missing.empty();
}

void TrialRows::insert_params(std::int64_t trial_id, const Trial& trial, const StoredSpec& spec) {
  const auto insert = [&](const std::string& name, double value, std::string_view distribution) {
    connection_
        .query(
            "INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) "
            "VALUES (?1, ?2, ?3, ?4)",
            trial_id, name, value, distribution)
        .run();
  };
  const std::span<const Parameter> params = spec.spec->space.params();
  if (trial.ran.is_null()) {
    for (std::size_t p = 0; p < params.size(); ++p) {
      if (!std::isnan(trial.config[p])) {
        insert(params[p].name, trial.config[p], spec.distributions[p]);
      }
    }
    return;
  }
  for (const auto& [name, external] : trial.ran.items()) {
    const auto position = spec.positions.find(name);
    const auto is_it = [&name = name](const Parameter& parameter) {
      return parameter.name == name;
    };
    const Parameter& parameter = position != spec.positions.end()
                                     ? params[position->second]
                                     : *std::ranges::find_if(spec.spec->retired, is_it);
    const StoredValue stored = widened(parameter, external);
    insert(name, stored.value, stored.distribution);
  }
}

void TrialRows::insert_values(std::int64_t trial_id, const Trial& trial) {
  if (trial.state == TrialState::Fail) return;
  for (std::size_t objective = 0; objective < trial.values.size(); ++objective) {
    const ValueColumns stored = value_columns(trial.values[objective]);
    connection_
        .query(
            "INSERT INTO trial_values (trial_id, objective, value, value_type) "
            "VALUES (?1, ?2, ?3, ?4)",
            trial_id, static_cast<std::int64_t>(objective), stored.value, stored.type)
        .run();
  }
}

void TrialRows::put_intermediate(std::int64_t trial_id, std::int64_t step, double value) {
  const ValueColumns stored = value_columns(value);
  connection_
      .query(
          "INSERT INTO trial_intermediate_values "
          "(trial_id, step, intermediate_value, intermediate_value_type) VALUES (?1, ?2, ?3, ?4) "
          "ON CONFLICT (trial_id, step) DO UPDATE SET "
          "intermediate_value = excluded.intermediate_value, "
          "intermediate_value_type = excluded.intermediate_value_type",
          trial_id, step, stored.value, stored.type)
      .run();
}

void TrialRows::update_intermediate(std::int64_t trial_id, const Trial& trial) {
  std::map<std::int64_t, double> missing = trial.intermediate;
  std::vector<std::int64_t> surplus;
  {
    Query row = connection_.query(
        "SELECT step, intermediate_value, intermediate_value_type FROM trial_intermediate_values "
        "WHERE trial_id = ?1",
        trial_id);
    while (row.next()) {
      const std::int64_t step = row.integer(0);
      const auto wanted = missing.find(step);
      if (wanted == missing.end()) {
        surplus.push_back(step);
        continue;
      }
      const auto number = row.is_null(1) ? std::nullopt : std::optional(row.real(1));
      if (same_number(wanted->second, value_from_columns({number, row.text(2)}))) {
        missing.erase(wanted);
      }
    }
  }
  for (const std::int64_t step : surplus) {
    connection_
        .query("DELETE FROM trial_intermediate_values WHERE trial_id = ?1 AND step = ?2", trial_id,
               step)
        .run();
  }
  for (const auto& [step, value] : missing) {
    put_intermediate(trial_id, step, value);
  }
}

void TrialRows::update_user_attributes(std::int64_t trial_id, const Trial& trial) {
  std::map<std::string, std::string> missing = user_attributes(trial);
  std::vector<std::string> surplus;
  {
    Query row = connection_.query(
        "SELECT \"key\", value_json FROM trial_user_attributes WHERE trial_id = ?1", trial_id);
    while (row.next()) {
      const std::string key(row.text(0));
      const auto wanted = missing.find(key);
      if (wanted == missing.end()) {
        // Attributes that are neither metrics nor the worker belong to other programs.
        if (key == kWorkerAttribute || number_from_json(row.text(1))) {
          surplus.push_back(key);
        }
      } else if (wanted->second == row.text(1)) {
        missing.erase(wanted);
      }
    }
  }
  for (const std::string& key : surplus) {
    delete_user_attribute(trial_id, key);
  }
  for (const auto& [key, json] : missing) {
    put_user_attribute(trial_id, key, json);
  }
}

void TrialRows::put_user_attribute(std::int64_t trial_id, std::string_view key,
                                   std::string_view json) {
  connection_
      .query(
          "INSERT INTO trial_user_attributes (trial_id, \"key\", value_json) VALUES (?1, ?2, ?3) "
          "ON CONFLICT (trial_id, \"key\") DO UPDATE SET value_json = excluded.value_json",
          trial_id, key, json)
      .run();
}

void TrialRows::put_system_attribute(std::int64_t trial_id, std::string_view key,
                                     std::string_view json) {
  connection_
      .query(
          "INSERT INTO trial_system_attributes (trial_id, \"key\", value_json) VALUES (?1, ?2, ?3) "
          "ON CONFLICT (trial_id, \"key\") DO UPDATE SET value_json = excluded.value_json",
          trial_id, key, json)
      .run();
}

void TrialRows::put_system_attributes(std::int64_t trial_id, const Trial& trial,
                                      const StoredSpec& spec) {
  put_system_attribute(trial_id, kRecordAttribute, record_text(trial));
  if (!trial.constraints.empty()) {
    put_system_attribute(trial_id, kConstraintsAttribute, number_list_json(trial.constraints));
  }
  if (trial.state == TrialState::Waiting) {
    put_system_attribute(trial_id, kFixedParamsAttribute,
                         fixed_params_json(params_of(spec.spec->space, trial)));
  }
}

}  // namespace studyhall::storage
