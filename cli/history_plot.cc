#include "cli/history_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <map>
#include <optional>
#include <utility>

#include "cli/text.h"
#include "core/error.h"

namespace studyhall::cli {

namespace {

// Okabe and Ito, "Color Universal Design" (2008): told apart by the colour-blind too. Their black
// is the line's, their yellow is too pale for points.
constexpr std::array<const char*, 6> kWorkerColours{"#0072b2", "#e69f00", "#009e73",
                                                    "#cc79a7", "#56b4e9", "#d55e00"};
// Filled shapes, one for each round of the colours: disc, square, triangle, lozenge.
constexpr std::array<int, 4> kWorkerShapes{7, 5, 9, 13};

double cell_number(const CsvReader& table, const std::string& title, const std::string& text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end)
    throw Error(ErrorCode::Malformed, fmt::format("{}, line {}: {} is \"{}\", not a number",
                                                  table.name(), table.line(), title, text));
  return value;
}

std::size_t required_column(const CsvReader& table, std::initializer_list<std::string> titles) {
  for (const std::string& title : titles)
    if (const auto found = table.column(title)) return *found;
  throw Error(ErrorCode::Malformed,
              fmt::format("{} has no column \"{}\"; `study export` writes such tables",
                          table.name(), *titles.begin()));
}

std::string data_line(const HistoryPoint& point) {
  return fmt::format("{} {}\n", point.number, point.value);
}

std::vector<Layer> worker_layers(const HistoryData& data) {
  // As people order names with numbers in them: W2 before W10.
  const auto before = [](const std::string& a, const std::string& b) {
    return strverscmp(a.c_str(), b.c_str()) < 0;
  };
  std::map<std::string, std::string, decltype(before)> lines(before);
  for (const HistoryPoint& point : data.points)
    if (point.feasible && !point.pruned) lines[point.worker] += data_line(point);
  std::vector<Layer> layers;
  for (const auto& [worker, text] : lines) {
    const std::size_t i = layers.size();
    layers.push_back({fmt::format("$worker{}", i), text,
                      fmt::format("with points pt {} ps 1.1 lc rgb '{}'",
                                  kWorkerShapes[i / kWorkerColours.size() % kWorkerShapes.size()],
                                  kWorkerColours[i % kWorkerColours.size()]),
                      worker.empty() ? "no worker named" : worker});
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
  layer.label = "best so far";
  layer.style = "with steps lw 2 lc rgb '#555555'";
  const std::vector<BestStep> steps = best_so_far(data);
  for (const BestStep& step : steps) layer.lines += fmt::format("{} {}\n", step.number, step.value);
  const std::int64_t last = data.points.back().number;
  if (!steps.empty() && steps.back().number < last)
    layer.lines += fmt::format("{} {}\n", last, steps.back().value);
  return layer;
}

std::string caption(const HistoryData& data) {
  const std::vector<BestStep> steps = best_so_far(data);
  const std::string count = count_of(static_cast<std::int64_t>(data.points.size()), "result");
  if (steps.empty()) return fmt::format("{}: {}, none feasible", data.title, count);
  return fmt::format("{}: best {} (trial {}) of {}", data.title, format_number(steps.back().value),
                     steps.back().number, count);
}

std::string frame(const HistoryData& data) {
  const std::int64_t first = data.points.front().number;
  const std::int64_t last = data.points.back().number;
  const double margin = std::max(0.5, 0.015 * static_cast<double>(last - first));
  return fmt::format(
      "set label 1 {} at graph 0, 1 offset 0,1.3 left font ',15' textcolor rgb '#222222'\n"
      "set tmargin 3.5\n"
      "set xlabel 'trial' textcolor rgb '#444444'\n"
      "set ylabel 'value ({})' textcolor rgb '#444444'\n"
      "set border 3 lc rgb '#888888'\n"
      "set tics nomirror out scale 0.6 textcolor rgb '#444444'\n"
      "set grid xtics ytics lt 1 lw 0.6 lc rgb '#e8e8e8'\n"
      "set key outside right top vertical Left reverse samplen 1.6 spacing 1.25 textcolor rgb "
      "'#222222'\n"
      "set offsets 0,0,graph 0.05,graph 0.05\n"
      "set autoscale yfix\n"
      "set xrange [{}:{}]\n",
      gnuplot_string(caption(data)), to_string(data.direction), static_cast<double>(first) - margin,
      static_cast<double>(last) + margin);
}

}  // namespace

void add_trial(HistoryData& data, const TrialView& trial) {
  const bool pruned = trial.state == TrialState::Pruned;
  if (!pruned && trial.state != TrialState::Complete) return;
  if (trial.values.empty() || !std::isfinite(trial.values.front())) return;
  data.points.push_back({.number = trial.number,
                         .value = trial.values.front(),
                         .worker = trial.record.worker,
                         .feasible = trial.feasible,
                         .pruned = pruned});
}

void read_table(HistoryData& data, CsvReader& table,
                const std::vector<MetricConstraint>& constraints) {
  const std::size_t number = required_column(table, {"number"});
  const std::size_t value = required_column(table, {"value", "values_0"});
  const std::size_t state = required_column(table, {"state"});
  const std::optional<std::size_t> worker = table.column("worker");
  std::vector<std::size_t> metrics;
  metrics.reserve(constraints.size());
  for (const MetricConstraint& constraint : constraints)
    metrics.push_back(required_column(table, {"user_attrs_" + constraint.metric}));

  while (const auto row = table.next()) {
    const bool pruned = (*row)[state] == "PRUNED";
    if ((!pruned && (*row)[state] != "COMPLETE") || (*row)[value].empty()) continue;
    HistoryPoint point{.number = std::llround(cell_number(table, "number", (*row)[number])),
                       .value = cell_number(table, table.header()[value], (*row)[value]),
                       .worker = worker ? (*row)[*worker] : std::string(),
                       .feasible = true,
                       .pruned = pruned};
    if (!std::isfinite(point.value)) continue;
    for (std::size_t i = 0; i < constraints.size(); ++i) {
      const std::string& cell = (*row)[metrics[i]];
      if (!cell.empty() &&
          constraints[i].violation(cell_number(table, table.header()[metrics[i]], cell)) > 0)
        point.feasible = false;
    }
    data.points.push_back(std::move(point));
  }
  std::stable_sort(data.points.begin(), data.points.end(),
                   [](const auto& a, const auto& b) { return a.number < b.number; });
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
  return layered_script(terminal_line(kind) + frame(data), std::move(layers));
}

}  // namespace studyhall::cli
