// Trials as rows of Optuna's tables: how one is written.
//
// A trial is a row of trials with its parameters in trial_params, its values in trial_values, its
// intermediate values in trial_intermediate_values, its metrics and its worker as user attributes,
// and three system attributes: "studyhall" (TrialRecord and exact times), "constraints" (a list, as
// Optuna reads it) and, for a waiting trial, "fixed_params" (what it must get when it is asked).
// The values of a failed trial (a voided one has them) stand in its record: Optuna holds a failed
// trial with values for invalid, and would refuse to copy the study. trial_heartbeats stays empty:
// Optuna fails trials whose beats it finds late.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/trial.h"
#include "storage/connection.h"
#include "storage/optuna_time.h"
#include "storage/storage.h"
#include "storage/stored_spec.h"

namespace studyhall::storage {

inline constexpr std::string_view kRecordAttribute = "studyhall";
inline constexpr std::string_view kConstraintsAttribute = "constraints";
inline constexpr std::string_view kFixedParamsAttribute = "fixed_params";

// The times of a trial to the microsecond in UTC, kept in the "studyhall" attribute. They hold for
// as long as the row has the state with which they were written: another program that changes the
// state sets Optuna's columns instead.
struct RowTimes {
  TrialState state = TrialState::Waiting;
  std::optional<Timestamp> started;
  std::optional<Timestamp> completed;
};
// The text of the "studyhall" attribute, and back.
std::string record_text(const Trial& trial);
struct StoredRecord {
  TrialRecord record;
  RowTimes times;
  std::vector<double> values;  // of a failed trial
};
// Throws Error(Corrupt) for a text that record_text() did not write.
StoredRecord parse_record(std::string_view text);

class TrialRows {
 public:
  TrialRows(Connection& connection, NaiveTime zone) : connection_(connection), zone_(zone) {}

  struct Found {
    std::int64_t trial_id = 0;
    TrialState state = TrialState::Waiting;
  };
  std::optional<Found> find(StudyId study, std::int64_t number);

  // How many trials `study` has.
  std::int64_t count(StudyId study);
  // The id that a further trial, of any study, gets.
  std::int64_t next_trial_id();
  void insert(StudyId study, std::int64_t trial_id, const Trial& trial, const StoredSpec& spec);
  // Makes the rows of `trial_id` those of `trial`, writing only what differs.
  void update(std::int64_t trial_id, const Trial& trial, const StoredSpec& spec);
  // The same where the rows are known to be those of `before`, a running trial, under `spec`.
  void update(std::int64_t trial_id, const Trial& before, const Trial& trial,
              const StoredSpec& spec);
  void put_intermediate(std::int64_t trial_id, std::int64_t step, double value);

 private:
  struct Columns {
    std::optional<std::string> start;
    std::optional<std::string> complete;
  };
  [[nodiscard]] Columns columns(const Trial& trial) const;
  void update_row(std::int64_t trial_id, const Trial& trial);
  void replace_params(std::int64_t trial_id, const Trial& trial, const StoredSpec& spec);
  void delete_user_attribute(std::int64_t trial_id, std::string_view key);
  void delete_constraints(std::int64_t trial_id);
  [[nodiscard]] bool has_params(std::int64_t trial_id, const Trial& trial, const StoredSpec& spec);
  void insert_params(std::int64_t trial_id, const Trial& trial, const StoredSpec& spec);
  void insert_values(std::int64_t trial_id, const Trial& trial);
  void update_intermediate(std::int64_t trial_id, const Trial& trial);
  void update_user_attributes(std::int64_t trial_id, const Trial& trial);
  void put_user_attribute(std::int64_t trial_id, std::string_view key, std::string_view json);
  void put_system_attribute(std::int64_t trial_id, std::string_view key, std::string_view json);
  void put_system_attributes(std::int64_t trial_id, const Trial& trial, const StoredSpec& spec);

  Connection& connection_;
  NaiveTime zone_;
};

}  // namespace studyhall::storage
