// Studies in a file that Optuna made (or that is ours, which has the same tables), read without the
// study file that says what their parameters are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/json.h"
#include "core/trial.h"

namespace studyhall::storage {

struct OptunaTrial {
  std::int64_t number = -1;
  TrialState state = TrialState::Waiting;
  Json params = Json::object();      // what each value stands for; a waiting one: what it must get
  Json attributes = Json::object();  // user attributes
  Json constraints{};                // a list, > 0 violated; null: none
  std::vector<double> values{};
  std::map<std::int64_t, double> intermediate{};
  std::optional<Timestamp> started{};
  std::optional<Timestamp> completed{};
  std::string title{};  // these two of a trial of ours
  std::string note{};
  std::vector<std::string> problems{};  // what of it cannot be read
};

struct OptunaStudySummary {
  std::string name;
  std::size_t trials = 0;
};

// A SQLite file of Optuna 3.0 or later. Reads alone; a program may write to it meanwhile.
//
// Functions throw Error(Unavailable) for a file that cannot be read, Error(Corrupt) for a database
// that is not Optuna's, Error(Unsupported) for one of an older Optuna.
bool is_sqlite_file(const std::filesystem::path& file);  // false for what cannot be read
// By id.
std::vector<OptunaStudySummary> optuna_studies(const std::filesystem::path& file);
// By number, as of one moment. Throws Error(NotFound), naming those there are.
std::vector<OptunaTrial> optuna_trials(const std::filesystem::path& file, const std::string& study);

}  // namespace studyhall::storage
