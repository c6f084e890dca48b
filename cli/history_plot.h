// The history of a study as a picture: each result in the colour of its worker, and the best so
// far.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/csv_file.h"
#include "cli/gnuplot.h"
#include "core/study_api.h"
#include "core/study_spec.h"

namespace studyhall::cli {

struct HistoryPoint {
  std::int64_t number = -1;
  double value = 0;  // finite
  std::string worker;
  bool feasible = true;
  bool pruned = false;
};

struct HistoryData {
  std::string title;
  Direction direction = Direction::Minimize;
  std::vector<HistoryPoint> points;  // ascending by number
};

// Takes in a trial: nothing unless it is complete or pruned with a finite value.
void add_trial(HistoryData& data, const TrialView& trial);

// Reads the rows of an exported table: number, value (or values_0), state, worker where there is
// one, user_attrs_METRIC for each constraint. Throws Error(Malformed) naming the column that is
// missing, or line and cell.
void read_table(HistoryData& data, CsvReader& table,
                const std::vector<MetricConstraint>& constraints);

// A step of the best so far: from trial `number` on it is `value`.
struct BestStep {
  std::int64_t number = -1;
  double value = 0;
  bool operator==(const BestStep&) const = default;
};
// Over the feasible, complete points.
std::vector<BestStep> best_so_far(const HistoryData& data);

// The whole gnuplot script, data included. Infeasible points are hollow and grey, pruned ones small
// crosses. REQUIRES: data.points is not empty.
std::string history_script(const HistoryData& data, Picture kind);

}  // namespace studyhall::cli
