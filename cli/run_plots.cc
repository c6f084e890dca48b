#include "cli/run_plots.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "cli/text.h"

namespace studyhall::cli {

namespace {

struct Unit {
  const char* name;
  double seconds;
};

// The largest in which the whole is at least two.
Unit unit_of(double seconds) {
  for (const Unit unit : {Unit{"days", 86'400}, Unit{"hours", 3'600}, Unit{"minutes", 60}})
    if (seconds >= 2 * unit.seconds) return unit;
  return {"seconds", 1};
}

struct Bar {
  double start = 0;  // seconds since the first
  double end = 0;
  std::string kind;  // of trial, as the key has it
  int row = 0;
};

std::string kind_of(const PlotTrial& trial) {
  if (trial.state == TrialState::Complete && !trial.feasible) return "infeasible";
  return std::string(to_string(trial.state));
}

// Rows in which bars do not overlap, the worker's first row being `first`; how many there are.
int place(std::vector<Bar*>& bars, int first) {
  std::sort(bars.begin(), bars.end(),
            [](const Bar* a, const Bar* b) { return a->start < b->start; });
  std::vector<double> ends;
  for (Bar* bar : bars) {
    const auto free =
        std::find_if(ends.begin(), ends.end(), [&](double end) { return end <= bar->start; });
    bar->row = first + static_cast<int>(free - ends.begin());
    if (free == ends.end())
      ends.push_back(bar->end);
    else
      *free = bar->end;
  }
  return static_cast<int>(ends.size());
}

struct Timeline {
  std::vector<Bar> bars;
  std::vector<std::string> labels;  // "'W1' 0.5" of each worker
  int rows = 0;
  double length = 0;  // seconds
};

double seconds_between(Timestamp from, Timestamp to) {
  return std::chrono::duration<double>(to - from).count();
}

Timeline timeline_of(const PlotData& data, Timestamp now) {
  Timeline timeline;
  std::vector<const PlotTrial*> begun;
  for (const PlotTrial& trial : data.trials)
    if (trial.started) begun.push_back(&trial);
  Timestamp first = *begun.front()->started;
  for (const PlotTrial* trial : begun) first = std::min(first, *trial->started);
  timeline.bars.reserve(begun.size());
  std::map<std::string, std::vector<Bar*>, ByNumberedName> workers;
  for (const PlotTrial* trial : begun) {
    const double start = seconds_between(first, *trial->started);
    const double end =
        std::max(start, seconds_between(first, trial->completed.value_or(std::max(now, first))));
    timeline.bars.push_back({start, end, kind_of(*trial), 0});
    workers[trial->worker].push_back(&timeline.bars.back());
    timeline.length = std::max(timeline.length, end);
  }
  for (auto& [worker, bars] : workers) {
    const int rows = place(bars, timeline.rows);
    timeline.labels.push_back(fmt::format("{} {}", gnuplot_string(worker_label(worker)),
                                          timeline.rows + (rows - 1) / 2.0));
    timeline.rows += rows;
  }
  return timeline;
}

std::string steps_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  std::string lines = fmt::format("{} 0\n", values.front());
  for (std::size_t i = 0; i < values.size(); ++i)
    lines += fmt::format("{} {}\n", values[i],
                         static_cast<double>(i + 1) / static_cast<double>(values.size()));
  return lines;
}

}  // namespace

std::string timeline_script(const PlotData& data, Timestamp now, Picture kind) {
  const Timeline timeline = timeline_of(data, now);
  const Unit unit = unit_of(timeline.length);
  std::vector<Layer> layers;
  for (const auto& [name, colour] :
       {std::pair{"complete", "#0072b2"}, std::pair{"infeasible", "#b8b8b8"},
        std::pair{"pruned", "#e69f00"}, std::pair{"failed", "#d55e00"},
        std::pair{"running", "#009e73"}, std::pair{"waiting", "#f0e0a0"}}) {
    Layer layer{
        fmt::format("${}", name), "",
        fmt::format("with boxxyerror fs solid 1 border rgb '#ffffff' lw 0.6 lc rgb '{}'", colour),
        name, "1:2:3:4:5:6"};
    for (const Bar& bar : timeline.bars)
      if (bar.kind == name)
        layer.lines += fmt::format("{} {} {} {} {} {}\n", bar.start / unit.seconds, bar.row,
                                   bar.start / unit.seconds, bar.end / unit.seconds, bar.row - 0.38,
                                   bar.row + 0.38);
    layers.push_back(std::move(layer));
  }
  const int height = std::clamp(140 + 34 * timeline.rows, 280, 1600);
  const std::string caption =
      fmt::format("{}: {} by worker", data.title,
                  count_of(static_cast<std::int64_t>(timeline.bars.size()), "trial"));
  return layered_script(
      terminal_line(kind, {.width = 1000, .height = height}) + frame_lines(caption) +
          fmt::format("set xlabel '{} since the first trial began'\nset xrange [0:{}]\n"
                      "set yrange [{}:-0.7]\nset ytics ({})\nset grid noytics\n",
                      unit.name, std::max(1e-3, timeline.length / unit.seconds * 1.01),
                      timeline.rows - 0.3, fmt::join(timeline.labels, ", ")),
      layers);
}

std::string edf_script(const PlotData& data, Picture kind) {
  std::vector<double> all;
  std::map<std::string, std::vector<double>, ByNumberedName> workers;
  for (const PlotTrial& trial : data.trials) {
    if (!trial.is_result() || !trial.feasible) continue;
    all.push_back(trial.value);
    workers[trial.worker].push_back(trial.value);
  }
  std::vector<Layer> layers;
  if (workers.size() > 1)
    for (const auto& [worker, values] : workers) {
      const std::size_t i = layers.size();
      layers.push_back({fmt::format("$worker{}", i), steps_of(values),
                        fmt::format("with steps lw 1.3 lc rgb '{}'", series_colour(i)),
                        worker_label(worker), "1:2"});
    }
  layers.push_back({"$all", steps_of(all), "with steps lw 2.2 lc rgb '#222222'",
                    fmt::format("all {}", all.size()), "1:2"});
  return layered_script(
      terminal_line(kind) +
          frame_lines(data.title + ": share of the feasible results at or below a value") +
          fmt::format("set xlabel 'value ({})'\nset ylabel 'share of the results'\n"
                      "set yrange [0:1.02]\nset offsets graph 0.02,graph 0.02,0,0\n",
                      to_string(data.direction)),
      layers);
}

std::string importance_script(const std::string& title, std::span<const ImportanceRow> rows,
                              Picture kind) {
  Layer bars{"$bars", "", "with boxxyerror fs solid 1 noborder lc rgb '#0072b2'", "",
             "1:2:3:4:5:6"};
  std::string labels;
  std::vector<std::string> names;
  double widest = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double share = rows[i].importance;
    bars.lines += fmt::format("{} {} 0 {} {} {}\n", share, i, share, static_cast<double>(i) - 0.36,
                              static_cast<double>(i) + 0.36);
    labels += fmt::format(
        "set label {} '{:.3f}' at first {},{} left offset 0.6,0 textcolor rgb '#444444'\n", i + 2,
        share, share, i);
    names.push_back(fmt::format("{} {}", gnuplot_string(ellipsize(rows[i].name, 32)), i));
    widest = std::max(widest, share);
  }
  const int height = std::clamp(130 + 36 * static_cast<int>(rows.size()), 240, 2400);
  return layered_script(
      terminal_line(kind, {.width = 1000, .height = height}) +
          frame_lines(title + ": what the best results depend on (PED-ANOVA)") + labels +
          fmt::format("unset key\nset xlabel 'share'\nset xrange [0:{}]\nset yrange [{}:-0.6]\n"
                      "set ytics ({})\nset grid noytics\n",
                      widest > 0 ? 1.1 * widest : 1, static_cast<double>(rows.size()) - 0.4,
                      fmt::join(names, ", ")),
      {bars});
}

}  // namespace studyhall::cli
