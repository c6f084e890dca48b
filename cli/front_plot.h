// The results of a study of two objectives as a picture: each a point, the Pareto front on a line.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/gnuplot.h"
#include "core/study_api.h"
#include "core/study_spec.h"

namespace studyhall::cli {

struct FrontPoint {
  std::int64_t number = -1;
  double x = 0;  // first objective, finite
  double y = 0;  // second objective, finite
  bool feasible = true;
};

struct FrontData {
  std::string title;
  std::vector<Direction> directions;  // [2]
  std::vector<FrontPoint> points;     // of all complete trials
  std::vector<FrontPoint> front;      // as `best` has it
};

// Takes in a trial: nothing unless it is complete with two finite values.
void add_trial(FrontData& data, const TrialView& trial);
void add_row(FrontData& data, const BestRow& row);

// The whole gnuplot script, data included. The front is a staircase through what it dominates,
// infeasible points are hollow and grey. REQUIRES: data.points is not empty.
std::string front_script(const FrontData& data, Picture kind);

}  // namespace studyhall::cli
