// The history of a study as a picture: each result in the colour of its worker, the best so far,
// and the leader.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/gnuplot.h"
#include "cli/plot_data.h"

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
  // Number and value of the trial that leads the leaderboard of `study best`.
  std::optional<std::pair<std::int64_t, double>> leader;
};

// The complete and pruned trials that have a value.
HistoryData history_of(const PlotData& plot);

// A step of the best so far: from trial `number` on it is `value`.
struct BestStep {
  std::int64_t number = -1;
  double value = 0;
  bool operator==(const BestStep&) const = default;
};
// Over the feasible, complete points.
std::vector<BestStep> best_so_far(const HistoryData& data);

// The whole gnuplot script, data included. The line of the best so far believes each single result;
// where the leader is another trial, it has a ring and the key says so. Infeasible points are
// hollow and grey, pruned ones small crosses. REQUIRES: data.points is not empty.
std::string history_script(const HistoryData& data, Picture kind);

}  // namespace studyhall::cli
