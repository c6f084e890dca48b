#include "cli/history_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <utility>

#include "cli/text.h"

namespace studyhall::cli {

namespace {

// Filled shapes, one for each round of the colours: disc, square, triangle, lozenge.
constexpr std::array<int, 4> kWorkerShapes{7, 5, 9, 13};

std::string data_line(const HistoryPoint& point) {
  return fmt::format("{} {}\n", point.number, point.value);
}

std::vector<Layer> worker_layers(const HistoryData& data) {
  std::map<std::string, std::string, ByNumberedName> lines;
  for (const HistoryPoint& point : data.points)
    if (point.feasible && !point.pruned) lines[point.worker] += data_line(point);
  std::vector<Layer> layers;
  for (const auto& [worker, text] : lines) {
    const std::size_t i = layers.size();
    layers.push_back({fmt::format("$worker{}", i), text,
                      fmt::format("with points pt {} ps 1.1 lc rgb '{}'",
                                  kWorkerShapes[i / kSeriesColours.size() % kWorkerShapes.size()],
                                  series_colour(i)),
                      worker_label(worker)});
  }
  return layers;
}

Layer special_layer(const HistoryData& data, bool pruned) {
  Layer layer;
  for (const HistoryPoint& point : data.points)
    if (point.pruned == pruned && (pruned || !point.feasible)) layer.lines += data_line(point);
  layer.name = pruned ? "$pruned" : "$infeasible";
  layer.label = pruned ? "pruned" : "infeasible";
  layer.style = pruned ? "with points pt 2 ps 0.6 lw 1.2 lc rgb '#999999'"
                       : "with points pt 6 ps 1.1 lw 1.4 lc rgb '#aaaaaa'";
  return layer;
}

Layer best_layer(const HistoryData& data) {
  Layer layer;
  layer.name = "$best";
  layer.label = "best single result so far";
  layer.style = "with steps lw 2 lc rgb '#555555'";
  const std::vector<BestStep> steps = best_so_far(data);
  for (const BestStep& step : steps) layer.lines += fmt::format("{} {}\n", step.number, step.value);
  const std::int64_t last = data.points.back().number;
  if (!steps.empty() && steps.back().number < last)
    layer.lines += fmt::format("{} {}\n", last, steps.back().value);
  return layer;
}

// A ring around the leader; nothing where the line ends at it.
Layer leader_layer(const HistoryData& data) {
  Layer layer;
  const std::vector<BestStep> steps = best_so_far(data);
  if (!data.leader || (!steps.empty() && steps.back().number == data.leader->first)) return layer;
  layer.name = "$leader";
  double value = data.leader->second;  // of the best of its runs; the ring is around the first
  for (const HistoryPoint& point : data.points)
    if (point.number == data.leader->first) value = point.value;
  layer.lines = fmt::format("{} {}\n", data.leader->first, value);
  layer.style = "with points pt 6 ps 2.4 lw 2 lc rgb '#222222'";
  layer.label = fmt::format("leader of study best: trial {}", data.leader->first);
  return layer;
}

std::string caption(const HistoryData& data) {
  const std::vector<BestStep> steps = best_so_far(data);
  const std::string count = count_of(static_cast<std::int64_t>(data.points.size()), "result");
  if (steps.empty()) return fmt::format("{}: {}, none feasible", data.title, count);
  return fmt::format("{}: best single result {} (trial {}) of {}", data.title,
                     format_number(steps.back().value), steps.back().number, count);
}

std::string axes(const HistoryData& data) {
  const std::int64_t first = data.points.front().number;
  const std::int64_t last = data.points.back().number;
  const double margin = std::max(0.5, 0.015 * static_cast<double>(last - first));
  return fmt::format(
      "set xlabel 'trial'\n"
      "set ylabel 'value ({})'\n"
      "set offsets 0,0,graph 0.05,graph 0.05\n"
      "set autoscale yfix\n"
      "set xrange [{}:{}]\n",
      to_string(data.direction), static_cast<double>(first) - margin,
      static_cast<double>(last) + margin);
}

}  // namespace

HistoryData history_of(const PlotData& plot) {
  HistoryData data{.title = plot.title, .direction = plot.direction, .points = {}, .leader = {}};
  for (const PlotTrial& trial : plot.trials) {
    const bool pruned = trial.state == TrialState::Pruned;
    if ((!pruned && trial.state != TrialState::Complete) || !std::isfinite(trial.value)) continue;
    data.points.push_back({.number = trial.number,
                           .value = trial.value,
                           .worker = trial.worker,
                           .feasible = trial.feasible,
                           .pruned = pruned});
  }
  return data;
}

std::vector<BestStep> best_so_far(const HistoryData& data) {
  std::vector<BestStep> steps;
  for (const HistoryPoint& point : data.points) {
    if (!point.feasible || point.pruned) continue;
    const bool better =
        steps.empty() || (data.direction == Direction::Maximize ? point.value > steps.back().value
                                                                : point.value < steps.back().value);
    if (better) steps.push_back({point.number, point.value});
  }
  return steps;
}

std::string history_script(const HistoryData& data, Picture kind) {
  std::vector<Layer> layers{best_layer(data)};
  for (Layer& layer : worker_layers(data)) layers.push_back(std::move(layer));
  layers.push_back(special_layer(data, false));
  layers.push_back(special_layer(data, true));
  layers.push_back(leader_layer(data));
  return layered_script(terminal_line(kind) + frame_lines(caption(data)) + axes(data), layers);
}

}  // namespace studyhall::cli
