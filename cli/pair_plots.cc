#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "cli/param_plots.h"
#include "cli/plot_axes.h"
#include "cli/text.h"

namespace studyhall::cli {

namespace {

constexpr int kCells = 120;  // of the coloured ground, along each axis
constexpr std::size_t kCharacters = 84;
constexpr PictureSize kSize{.width = 860, .height = 640};

struct Point {
  double x = 0;
  double y = 0;
  double value = 0;
};

std::vector<Point> points_of(const PlotData& data, std::size_t a, std::size_t b, bool feasible) {
  std::vector<Point> points;
  for (const PlotTrial& trial : data.trials) {
    const Point point{coordinate(data.params[a], trial.params[a]),
                      coordinate(data.params[b], trial.params[b]), trial.value};
    if (trial.is_result() && trial.feasible == feasible && std::isfinite(point.x) &&
        std::isfinite(point.y))
      points.push_back(point);
  }
  return points;
}

std::string lines_of(const std::vector<Point>& points) {
  std::string lines;
  for (const Point& point : points)
    lines += fmt::format("{} {} {}\n", point.x, point.y, point.value);
  return lines;
}

double along(AxisRange range, double share) { return range.low + share * (range.high - range.low); }

// Nadaraya and Watson's estimate with a Gaussian kernel; exponents are taken from the nearest
// point, so that one far from all has its value.
double local_mean(const std::vector<Point>& points, double x, double y, AxisRange xs,
                  AxisRange ys) {
  std::vector<double> exponents;
  exponents.reserve(points.size());
  for (const Point& point : points) {
    const double dx = (point.x - x) / (xs.high - xs.low) / kContourWidth;
    const double dy = (point.y - y) / (ys.high - ys.low) / kContourWidth;
    exponents.push_back(-0.5 * (dx * dx + dy * dy));
  }
  const double nearest = *std::max_element(exponents.begin(), exponents.end());
  double weights = 0;
  double sum = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double weight = std::exp(exponents[i] - nearest);
    weights += weight;
    sum += weight * points[i].value;
  }
  return sum / weights;
}

std::string ground(const std::vector<Point>& points, AxisRange xs, AxisRange ys) {
  std::string lines;
  for (int row = 0; row < kCells; ++row) {
    const double y = along(ys, (row + 0.5) / kCells);
    for (int column = 0; column < kCells; ++column) {
      const double x = along(xs, (column + 0.5) / kCells);
      lines += fmt::format("{} {} {}\n", x, y, local_mean(points, x, y, xs, ys));
    }
    lines += "\n";
  }
  return lines;
}

std::string head(const PlotData& data, std::size_t a, std::size_t b, Picture kind,
                 const std::string& words) {
  return terminal_line(kind, kSize) + frame_lines(fmt::format("{}: {}", data.title, words)) +
         axis_lines("x", data.params[a], axis_range(data, a), kCharacters) +
         axis_lines("y", data.params[b], axis_range(data, b), kCharacters) +
         "set border 15\nunset key\n";
}

Layer infeasible_layer(const PlotData& data, std::size_t a, std::size_t b) {
  return {"$infeasible", lines_of(points_of(data, a, b, false)),
          "with points pt 6 ps 0.8 lw 1.2 lc rgb '#888888'", "", "1:2"};
}

}  // namespace

std::string contour_script(const PlotData& data, std::size_t a, std::size_t b, Picture kind) {
  const std::vector<Point> points = points_of(data, a, b, true);
  const AxisRange colours = colour_range(data);
  const std::vector<Layer> layers{
      {"$ground", ground(points, axis_range(data, a), axis_range(data, b)), "with image", "",
       "1:2:3"},
      infeasible_layer(data, a, b),
      {"$border", lines_of(points), "with points pt 7 ps 0.75 lc rgb '#ffffff'", "", "1:2"},
      {"$results", lines_of(points), "with points pt 7 ps 0.5 lc rgb '#222222'", "", "1:2"}};
  return layered_script(
      head(data, a, b, kind, "local mean of the value over two parameters") +
          palette_lines(data.direction == Direction::Minimize) +
          fmt::format("set palette maxcolors 12\nset cbrange [{}:{}]\nset cblabel 'value ({})'\n"
                      "unset grid\n",
                      colours.low, colours.high, to_string(data.direction)),
      layers);
}

std::string rank_script(const PlotData& data, std::size_t a, std::size_t b, Picture kind) {
  std::vector<Point> points = points_of(data, a, b, true);
  std::stable_sort(points.begin(), points.end(), [&](const Point& p, const Point& q) {
    return data.direction == Direction::Minimize ? p.value < q.value : p.value > q.value;
  });
  for (std::size_t i = 0; i < points.size(); ++i) points[i].value = static_cast<double>(i + 1);
  std::reverse(points.begin(), points.end());
  const std::vector<Layer> layers{
      infeasible_layer(data, a, b),
      {"$results", lines_of(points), "with points pt 7 ps 1.2 lc palette", "", "1:2:3"}};
  return layered_script(head(data, a, b, kind, "rank of each result, the best has 1") +
                            palette_lines(true) +
                            fmt::format("set cbrange [1:{}]\nset cblabel 'rank'\n",
                                        std::max<std::size_t>(2, points.size())),
                        layers);
}

}  // namespace studyhall::cli
