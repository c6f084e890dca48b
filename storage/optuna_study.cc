#include "storage/optuna_study.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <string_view>
#include <unordered_map>

#include "core/error.h"
#include "storage/connection.h"
#include "storage/optuna_distribution.h"
#include "storage/optuna_time.h"
#include "storage/optuna_values.h"
#include "storage/trial_rows.h"

namespace studyhall::storage {
namespace {

constexpr std::string_view kMagic{"SQLite format 3\0", 16};
constexpr std::chrono::seconds kBusyTimeout{10};
// Optuna 3.0 and 3.1, and 3.2 to 5: the tables differ by an index.
constexpr std::array<std::string_view, 2> kReadable{"v3.0.0.d", "v3.2.0.a"};

std::string selected_text(Connection& connection, std::string_view sql) {
  Query query = connection.query(sql);
  return query.next() ? std::string(query.text(0)) : std::string();
}

void check_schema(Connection& connection, const std::filesystem::path& file) {
  constexpr std::string_view kBoth =
      "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND "
      "name IN ('alembic_version', 'version_info')";
  if (selected_text(connection, kBoth) != "2") {
    throw Error(ErrorCode::Corrupt,
                fmt::format("{} is a SQLite database of another program: expected one of Optuna's, "
                            "which has a table alembic_version",
                            file.string()));
  }
  const std::string version = selected_text(connection, "SELECT version_num FROM alembic_version");
  if (std::ranges::find(kReadable, version) == kReadable.end()) {
    throw Error(ErrorCode::Unsupported,
                fmt::format("{} has schema version {}, expected one of {}; `optuna storage upgrade "
                            "--storage sqlite:///{}` brings a file of an older Optuna up to it",
                            file.string(), version.empty() ? "none" : version,
                            fmt::join(kReadable, ", "), file.string()));
  }
}

// Calls `work` with a connection that reads `file` as of one moment.
template <class Work>
auto reading(const std::filesystem::path& file, const Work& work) {
  try {
    Connection connection(file, SQLite::OPEN_READONLY, kBusyTimeout);
    const Transaction snapshot(connection, Transaction::Kind::Reading);
    check_schema(connection, file);
    return work(connection);
  } catch (const SQLite::Exception& fault) {
    throw storage_error(file, fault);
  }
}

// Python writes NaN and Infinity, which JSON does not have.
Json attribute_value(std::string_view text) {
  Json json = Json::parse(text, nullptr, false);
  if (!json.is_discarded()) return json;
  if (const auto number = number_from_json(text)) return Json(fmt::format("{}", *number));
  return Json(std::string(text));
}

class StudyLoad {
 public:
  StudyLoad(Connection& connection, std::int64_t study)
      : connection_(connection),
        study_(study),
        times_(
            naive_time_of(selected_text(connection, "SELECT library_version FROM version_info"))) {}

  std::vector<OptunaTrial> run() {
    load_rows();
    load_params();
    load_values();
    load_intermediate();
    load_attributes();
    return std::move(trials_);
  }

 private:
  // `columns` of `table`, after the trial's id.
  Query rows_of(std::string_view table, std::string_view columns) {
    return connection_.query(fmt::format("SELECT x.trial_id, {} FROM {} x JOIN trials t ON "
                                         "t.trial_id = x.trial_id WHERE t.study_id = ?1",
                                         columns, table),
                             study_);
  }
  OptunaTrial& of(Query& row) { return trials_[positions_.at(row.integer(0))]; }

  std::optional<Timestamp> time(Query& row, int column) {
    return row.is_null(column) ? std::nullopt : times_.parse(row.text(column));
  }

  void load_rows() {
    Query row = connection_.query(
        "SELECT trial_id, number, state, datetime_start, datetime_complete FROM trials "
        "WHERE study_id = ?1 ORDER BY number",
        study_);
    while (row.next()) {
      positions_.emplace(row.integer(0), trials_.size());
      trials_.push_back({.number = row.integer(1),
                         .state = state_from_column(row.text(2)),
                         .started = time(row, 3),
                         .completed = time(row, 4)});
    }
  }

  void load_params() {
    Query row = rows_of("trial_params", "param_name, param_value, distribution_json");
    while (row.next()) {
      OptunaTrial& trial = of(row);
      const std::string name(row.text(1));
      const auto value = row.is_null(2) ? std::nullopt : external_value(row.real(2), row.text(3));
      if (value) {
        trial.params[name] = *value;
      } else {
        trial.problems.push_back(fmt::format("its parameter {} is {} under the distribution {}",
                                             name, row.is_null(2) ? "NULL" : row.text(2),
                                             row.text(3)));
      }
    }
  }

  static double number(Query& row, int value, int type) {
    const auto stored = row.is_null(value) ? std::nullopt : std::optional(row.real(value));
    return value_from_columns({stored, row.text(type)});
  }

  std::int64_t objectives_of_study() {
    Query row =
        connection_.query("SELECT count(*) FROM study_directions WHERE study_id = ?1", study_);
    row.next();
    return row.integer(0);
  }

  void load_values() {
    const std::int64_t objectives = objectives_of_study();
    Query row = rows_of("trial_values", "objective, value, value_type");
    while (row.next()) {
      const std::int64_t objective = row.integer(1);
      if (objective < 0 || objective >= objectives) {
        of(row).problems.push_back(fmt::format("it has a value of objective {}, expected 0 to {}",
                                               objective, objectives - 1));
        continue;
      }
      std::vector<double>& values = of(row).values;
      const auto at = static_cast<std::size_t>(objective);
      values.resize(std::max(values.size(), at + 1), std::nan(""));
      values[at] = number(row, 2, 3);
    }
  }

  void load_intermediate() {
    Query row =
        rows_of("trial_intermediate_values", "step, intermediate_value, intermediate_value_type");
    while (row.next()) of(row).intermediate[row.integer(1)] = number(row, 2, 3);
  }

  void load_attributes() {
    Query user = rows_of("trial_user_attributes", "\"key\", value_json");
    while (user.next())
      of(user).attributes[std::string(user.text(1))] = attribute_value(user.text(2));
    Query system = rows_of("trial_system_attributes", "\"key\", value_json");
    while (system.next()) {
      OptunaTrial& trial = of(system);
      Json json = attribute_value(system.text(2));
      if (system.text(1) == kRecordAttribute) {
        TrialRecord record = parse_record(system.text(2)).record;
        trial.title = std::move(record.title);
        trial.note = std::move(record.note);
        continue;
      }
      if (system.text(1) == kConstraintsAttribute) {
        trial.constraints = std::move(json);
        continue;
      }
      const bool is_wanted = system.text(1) == kFixedParamsAttribute && json.is_object() &&
                             trial.state == TrialState::Waiting;
      if (is_wanted) trial.params.update(json);
    }
  }

  Connection& connection_;
  std::int64_t study_;
  NaiveReader times_;
  std::vector<OptunaTrial> trials_;
  std::unordered_map<std::int64_t, std::size_t> positions_;  // by id
};

}  // namespace

bool is_sqlite_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::array<char, kMagic.size()> head{};
  in.read(head.data(), head.size());
  return in && std::string_view(head.data(), head.size()) == kMagic;
}

std::vector<OptunaStudySummary> optuna_studies(const std::filesystem::path& file) {
  return reading(file, [](Connection& connection) {
    std::vector<OptunaStudySummary> studies;
    Query row = connection.query(
        "SELECT s.study_name, (SELECT count(*) FROM trials t WHERE t.study_id = s.study_id) "
        "FROM studies s ORDER BY s.study_id");
    while (row.next()) {
      studies.push_back({std::string(row.text(0)), static_cast<std::size_t>(row.integer(1))});
    }
    return studies;
  });
}

std::vector<OptunaTrial> optuna_trials(const std::filesystem::path& file,
                                       const std::string& study) {
  return reading(file, [&](Connection& connection) {
    std::vector<std::string> names;
    std::optional<std::int64_t> id;
    {
      Query row = connection.query("SELECT study_name, study_id FROM studies ORDER BY study_id");
      while (row.next()) {
        names.emplace_back(row.text(0));
        if (names.back() == study) id = row.integer(1);
      }
    }
    if (!id) {
      throw Error(ErrorCode::NotFound,
                  fmt::format("{} has no study \"{}\"; it has: {}", file.string(), study,
                              names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))));
    }
    return StudyLoad(connection, *id).run();
  });
}

}  // namespace studyhall::storage
