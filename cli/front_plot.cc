#include "cli/front_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cli/text.h"

namespace studyhall::cli {

namespace {

std::string data_line(double x, double y) { return fmt::format("{} {}\n", x, y); }

std::string points_of(const FrontData& data, bool feasible) {
  std::string lines;
  for (const FrontPoint& point : data.points)
    if (point.feasible == feasible) lines += data_line(point.x, point.y);
  return lines;
}

// The border of what the front dominates: a corner between each two neighbours.
std::string staircase(const FrontData& data) {
  std::vector<FrontPoint> front = data.front;
  const bool rising = data.directions[0] == Direction::Minimize;
  std::stable_sort(front.begin(), front.end(), [&](const FrontPoint& a, const FrontPoint& b) {
    return rising ? a.x < b.x : a.x > b.x;
  });
  std::string lines;
  for (std::size_t i = 0; i < front.size(); ++i) {
    if (i > 0) lines += data_line(front[i].x, front[i - 1].y);
    lines += data_line(front[i].x, front[i].y);
  }
  return lines;
}

std::string front_points(const FrontData& data) {
  std::string lines;
  for (const FrontPoint& point : data.front) lines += data_line(point.x, point.y);
  return lines;
}

std::string frame(const FrontData& data) {
  const std::string caption =
      fmt::format("{}: {} of {} on the Pareto front", data.title, data.front.size(),
                  count_of(static_cast<std::int64_t>(data.points.size()), "result"));
  return frame_lines(caption) + fmt::format(
                                    "set xlabel 'value 0 ({})'\n"
                                    "set ylabel 'value 1 ({})'\n"
                                    "set offsets graph 0.03,graph 0.03,graph 0.05,graph 0.05\n",
                                    to_string(data.directions[0]), to_string(data.directions[1]));
}

}  // namespace

void add_trial(FrontData& data, const TrialView& trial) {
  if (trial.state != TrialState::Complete || trial.values.size() != 2) return;
  if (!std::isfinite(trial.values[0]) || !std::isfinite(trial.values[1])) return;
  data.points.push_back({trial.number, trial.values[0], trial.values[1], trial.feasible});
}

void add_row(FrontData& data, const BestRow& row) {
  if (row.values.size() != 2) return;
  if (!std::isfinite(row.values[0]) || !std::isfinite(row.values[1])) return;
  data.front.push_back({row.number, row.values[0], row.values[1], true});
}

std::string front_script(const FrontData& data, Picture kind) {
  std::vector<Layer> layers{
      {"$infeasible", points_of(data, false), "with points pt 6 ps 0.9 lw 1.2 lc rgb '#aaaaaa'",
       "infeasible"},
      {"$results", points_of(data, true), "with points pt 7 ps 0.9 lc rgb '#56b4e9'", "results"},
      {"$border", staircase(data), "with lines lw 1.5 lc rgb '#555555'", ""},
      {"$front", front_points(data), "with points pt 7 ps 1.2 lc rgb '#d55e00'", "Pareto front"}};
  return layered_script(terminal_line(kind) + frame(data), layers);
}

}  // namespace studyhall::cli
