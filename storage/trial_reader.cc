#include "storage/trial_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <unordered_map>

#include "core/json.h"
#include "core/space_edit.h"
#include "storage/group_check.h"
#include "storage/optuna_distribution.h"
#include "storage/optuna_values.h"
#include "storage/trial_rows.h"

namespace studyhall::storage {
namespace {

// Selects the columns {} of the trials that a filter lets through, in number order. Within a study
// the order of ids is that of numbers, so that a worker's trials are found in order by the index
// on its attribute.
constexpr std::string_view kAnyWorker =
    "SELECT {} FROM trials t WHERE t.study_id = ?1{} ORDER BY t.number LIMIT ?3";
constexpr std::string_view kOneWorker =
    "SELECT {} FROM trial_user_attributes w CROSS JOIN trials t ON t.trial_id = w.trial_id "
    "WHERE w.\"key\" = 'worker' AND w.value_json = ?6 AND w.trial_id > coalesce("
    "(SELECT trial_id FROM trials WHERE study_id = ?1 AND number = ?2), 0) "
    "AND t.study_id = ?1{} ORDER BY w.trial_id LIMIT ?3";
constexpr std::string_view kNumbersAbove = " AND t.number > ?2";
constexpr std::string_view kOneNumber = " AND t.number = ?4 AND ?4 > ?2";

class TrialLoad {
 public:
  TrialLoad(Connection& connection, StudyId study, const StoredSpec& spec,
            const TrialFilter& filter, NaiveTime zone)
      : connection_(connection), study_(study), spec_(spec), filter_(filter), times_(zone) {}

  std::vector<Trial> run() {
    load_rows();
    if (!trials_.empty()) {
      load_params();
      load_values();
      load_intermediate();
      load_user_attributes();
      load_system_attributes();
    }
    return std::move(trials_);
  }

 private:
  [[nodiscard]] std::string selection(std::string_view columns) const {
    const std::string extra = std::string(filter_.number ? kOneNumber : kNumbersAbove) +
                              (filter_.state ? " AND t.state = ?5" : "");
    return fmt::format(fmt::runtime(filter_.worker.empty() ? kAnyWorker : kOneWorker), columns,
                       extra);
  }

  // `sql` is a selection() or holds one.
  Query select(const std::string& sql) {
    // SQLite has a parameter for every number up to the highest in the text.
    const std::int64_t limit = filter_.limit > 0 ? filter_.limit : -1;
    if (!filter_.worker.empty()) {
      return connection_.query(sql, study_, filter_.after, limit, number(), state(),
                               dump_json(Json(filter_.worker)));
    }
    if (filter_.state) {
      return connection_.query(sql, study_, filter_.after, limit, number(), state());
    }
    if (filter_.number) {
      return connection_.query(sql, study_, filter_.after, limit, number());
    }
    return connection_.query(sql, study_, filter_.after, limit);
  }

  [[nodiscard]] std::int64_t number() const { return filter_.number.value_or(-1); }
  [[nodiscard]] std::string_view state() const {
    return filter_.state ? state_column(*filter_.state) : "";
  }

  // The rows of `table` that belong to the selected trials.
  Query select_from(std::string_view table, std::string_view columns) {
    return select(fmt::format("SELECT trial_id, {} FROM {} WHERE trial_id IN ({})", columns, table,
                              selection("t.trial_id")));
  }

  // The position of the trial with that id; rows come in runs of one trial.
  std::size_t position(std::int64_t trial_id) {
    if (trial_id != last_id_) {
      last_position_ = positions_.at(trial_id);
      last_id_ = trial_id;
    }
    return last_position_;
  }

  [[nodiscard]] std::optional<Timestamp> column_time(Query& row, int column) {
    return row.is_null(column) ? std::nullopt : times_.parse(row.text(column));
  }

  void load_rows() {
    Query row =
        select(selection("t.trial_id, t.number, t.state, t.datetime_start, t.datetime_complete"));
    while (row.next()) {
      positions_.emplace(row.integer(0), trials_.size());
      Trial& trial = trials_.emplace_back();
      trial.number = row.integer(1);
      trial.state = state_from_column(row.text(2));
      trial.started = column_time(row, 3);
      trial.completed = column_time(row, 4);
      trial.config.assign(spec_.distributions.size(), kInactive);
    }
  }

  void load_params() {
    std::string name;
    Query row = select_from("trial_params", "param_name, param_value, distribution_json");
    while (row.next()) {
      name = row.text(1);
      if (row.is_null(2)) {
        continue;
      }
      const auto found = spec_.positions.find(name);
      const double stored = row.real(2);
      const std::string_view distribution = row.text(3);
      const std::size_t trial = position(row.integer(0));
      if (found != spec_.positions.end()) {
        const std::size_t p = found->second;
        double& value = trials_[trial].config[p];
        value = distribution == spec_.distributions[p]
                    ? stored
                    : internal_value(spec_.spec->space.params()[p], stored, distribution);
        if (!std::isnan(value)) {
          continue;
        }
      }
      if (const std::optional<Json> external = external_value(stored, distribution)) {
        misfits_[trial][name] = *external;
      }
    }
    fit_to_space();
  }

  // Trials of before an edit of the space have values that are none of it, or lack some.
  void fit_to_space() {
    const SearchSpace& space = spec_.spec->space;
    for (std::size_t i = 0; i < trials_.size(); ++i) {
      Trial& trial = trials_[i];
      const auto misfit = misfits_.find(i);
      const bool disagrees = std::ranges::any_of(spec_.edited, [&](std::size_t p) {
        return std::isnan(trial.config[p]) == space.is_active(p, trial.config);
      });
      if (trial.state == TrialState::Waiting || (misfit == misfits_.end() && !disagrees)) {
        continue;
      }
      Json params = space.to_json(trial.config);
      if (misfit != misfits_.end()) {
        params.update(misfit->second);
      }
      fit_trial(*spec_.spec, params, trial);
    }
  }

  static double number_of(Query& row, int value, int type) {
    const auto number = row.is_null(value) ? std::nullopt : std::optional(row.real(value));
    return value_from_columns({number, row.text(type)});
  }

  void load_values() {
    Query row = select_from("trial_values", "objective, value, value_type");
    while (row.next()) {
      std::vector<double>& values = trials_[position(row.integer(0))].values;
      const std::int64_t objective = row.integer(1);
      if (objective < 0 || objective >= std::ssize(spec_.spec->directions)) {
        continue;
      }
      const auto at = static_cast<std::size_t>(objective);
      values.resize(std::max(values.size(), at + 1), kInactive);
      values[at] = number_of(row, 2, 3);
    }
  }

  void load_intermediate() {
    Query row = select_from("trial_intermediate_values",
                            "step, intermediate_value, intermediate_value_type");
    while (row.next()) {
      trials_[position(row.integer(0))].intermediate.insert_or_assign(row.integer(1),
                                                                      number_of(row, 2, 3));
    }
  }

  void load_user_attributes() {
    Query row = select_from("trial_user_attributes", "\"key\", value_json");
    while (row.next()) {
      Trial& trial = trials_[position(row.integer(0))];
      const std::string_view key = row.text(1);
      const std::string_view json = row.text(2);
      if (const std::optional<double> number = number_from_json(json)) {
        trial.metrics.emplace(key, *number);
      } else if (key == kWorkerAttribute) {
        const Json worker = Json::parse(json, nullptr, false);
        trial.record.worker = worker.is_string() ? worker.get<std::string>() : std::string();
      }
    }
  }

  void load_system_attributes() {
    Query row = select_from("trial_system_attributes", "\"key\", value_json");
    while (row.next()) {
      Trial& trial = trials_[position(row.integer(0))];
      const std::string_view key = row.text(1);
      if (key == kRecordAttribute) {
        StoredRecord stored = parse_record(row.text(2));
        trial.record = std::move(stored.record);
        if (trial.state == TrialState::Fail && !stored.values.empty()) {
          trial.values = std::move(stored.values);
        }
        if (stored.times.state == trial.state) {
          trial.started = stored.times.started;
          trial.completed = stored.times.completed;
        }
      } else if (key == kConstraintsAttribute) {
        trial.constraints = number_list_from_json(row.text(2)).value_or(std::vector<double>());
      } else if (key == kFixedParamsAttribute && trial.state == TrialState::Waiting) {
        const Json params = Json::parse(row.text(2), nullptr, false);
        fit_trial(*spec_.spec, params.is_object() ? params : Json::object(), trial);
      }
    }
  }

  Connection& connection_;
  StudyId study_;
  const StoredSpec& spec_;
  const TrialFilter& filter_;
  NaiveReader times_;
  std::vector<Trial> trials_;
  std::unordered_map<std::int64_t, std::size_t> positions_;
  std::unordered_map<std::size_t, Json> misfits_;  // by position: external values by name
  std::int64_t last_id_ = -1;
  std::size_t last_position_ = 0;
};

}  // namespace

std::vector<Trial> read_trials(Connection& connection, StudyId study, const StoredSpec& spec,
                               const TrialFilter& filter, NaiveTime zone) {
  return TrialLoad(connection, study, spec, filter, zone).run();
}

}  // namespace studyhall::storage
