// What the pictures of a study are drawn from: its trials as numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/csv_file.h"
#include "core/study_api.h"
#include "core/study_spec.h"

namespace studyhall::cli {

struct PlotParam {
  std::string name;
  bool log = false;
  bool whole = false;                // all values are whole numbers
  std::vector<std::string> choices;  // of a categorical one, by position; empty: a number
};

struct PlotTrial {
  std::int64_t number = -1;
  TrialState state = TrialState::Complete;
  double value = 0;            // NaN: none, or none that is finite
  std::vector<double> params;  // as PlotData.params; positions of choices; NaN: not active
  std::string worker;
  bool feasible = true;
  std::optional<Timestamp> started;
  std::optional<Timestamp> completed;

  // Complete, with a value.
  [[nodiscard]] bool is_result() const;
};

struct PlotData {
  std::string title;
  Direction direction = Direction::Minimize;
  std::vector<PlotParam> params;
  std::vector<PlotTrial> trials;  // ascending by number
};

// Directions of a resolved study file, one for each objective.
std::vector<Direction> directions_of(const Json& spec);

// Title, direction of `objective` and parameters of a study. REQUIRES: it has that objective.
PlotData plot_data(const StudyInfo& info, std::size_t objective);
void add_trial(PlotData& data, const TrialView& trial, std::size_t objective);

// Reads the rows of an exported table: number, value (or values_OBJECTIVE), state; where there are
// such, params_NAME, worker, datetime_start and datetime_complete; user_attrs_METRIC for each
// constraint. A parameter is a number where all its cells are, and then drawn in the logarithm
// where they are positive and span a factor of 100. Throws Error(Malformed) naming the column that
// is missing, or line and cell.
void read_table(PlotData& data, CsvReader& table, const std::vector<MetricConstraint>& constraints,
                std::size_t objective);

}  // namespace studyhall::cli
