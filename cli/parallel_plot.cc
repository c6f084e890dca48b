#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "cli/param_plots.h"
#include "cli/plot_axes.h"
#include "cli/text.h"

namespace studyhall::cli {

namespace {

constexpr std::size_t kMostLabels = 8;
constexpr std::size_t kLongestLabel = 12;

// An upright axis: `place` of a trial on it from 0 to 1, NaN where it has none.
struct Upright {
  std::string name;
  std::vector<double> places;  // [trials]
  std::vector<std::pair<std::string, double>> labels;
};

Upright of_numbers(const std::string& name, const std::vector<double>& at, bool log) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const double x : at) {
    if (!std::isfinite(x)) continue;
    low = std::min(low, x);
    high = std::max(high, x);
  }
  const auto label = [log](double x) { return fmt::format("{:.3g}", log ? std::pow(10, x) : x); };
  Upright axis{.name = name, .places = {}, .labels = {}};
  axis.places.reserve(at.size());
  for (const double x : at)
    axis.places.push_back(high > low ? (x - low) / (high - low) : x - low + 0.5);
  if (high > low)
    axis.labels = {{label(low), 0}, {label(high), 1}};
  else if (high == low)
    axis.labels = {{label(low), 0.5}};
  return axis;
}

Upright of_choices(const PlotParam& param, const std::vector<double>& at) {
  const double last = std::max(1.0, static_cast<double>(param.choices.size()) - 1);
  Upright axis{.name = param.name, .places = {}, .labels = {}};
  axis.places.reserve(at.size());
  for (const double x : at) axis.places.push_back(x / last);
  if (param.choices.size() <= kMostLabels)
    for (std::size_t i = 0; i < param.choices.size(); ++i)
      axis.labels.emplace_back(ellipsize(param.choices[i], kLongestLabel),
                               static_cast<double>(i) / last);
  return axis;
}

// Feasible results, the best last.
std::vector<const PlotTrial*> worst_first(const PlotData& data) {
  std::vector<const PlotTrial*> trials;
  for (const PlotTrial& trial : data.trials)
    if (trial.is_result() && trial.feasible) trials.push_back(&trial);
  std::stable_sort(trials.begin(), trials.end(), [&](const PlotTrial* a, const PlotTrial* b) {
    return data.direction == Direction::Minimize ? a->value > b->value : a->value < b->value;
  });
  return trials;
}

std::vector<Upright> uprights(const PlotData& data, const std::vector<const PlotTrial*>& trials,
                              std::span<const std::size_t> params) {
  std::vector<double> at;
  at.reserve(trials.size());
  for (const PlotTrial* trial : trials) at.push_back(trial->value);
  std::vector<Upright> axes{of_numbers("value", at, false)};
  for (const std::size_t p : params) {
    const PlotParam& param = data.params[p];
    at.clear();
    for (const PlotTrial* trial : trials) at.push_back(coordinate(param, trial->params[p]));
    axes.push_back(param.choices.empty() ? of_numbers(param.name, at, param.log)
                                         : of_choices(param, at));
  }
  return axes;
}

std::string axis_marks(const std::vector<Upright>& axes) {
  std::string lines;
  int label = 2;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    lines += fmt::format(
        "set arrow from first {0},0 to first {0},1 nohead front lw 1.4 lc rgb '#444444'\n"
        "set label {1} {2} at first {0},0 center offset 0,-2.6 textcolor rgb '#222222'\n",
        i, label++, gnuplot_string(ellipsize(axes[i].name, 22)));
    for (const auto& [text, at] : axes[i].labels)
      lines += fmt::format(
          "set label {} {} at first {},{} left offset 0.4,{} front font ',10' textcolor rgb "
          "'#000000'\n",
          label++, gnuplot_string(text), i, at,
          at == 0   ? -0.8
          : at == 1 ? 0.8
                    : 0);
  }
  return lines;
}

}  // namespace

std::string parallel_script(const PlotData& data, std::span<const std::size_t> params,
                            Picture kind) {
  const std::vector<const PlotTrial*> trials = worst_first(data);
  const std::vector<Upright> axes = uprights(data, trials, params);
  Layer layer{"$lines", "", "with lines lw 1.1 lc palette", "", "1:2:3"};
  for (std::size_t t = 0; t < trials.size(); ++t) {
    for (std::size_t i = 0; i < axes.size(); ++i) {
      const double at = axes[i].places[t];
      layer.lines += std::isfinite(at) ? fmt::format("{} {} {}\n", i, at, trials[t]->value) : "\n";
    }
    layer.lines += "\n";
  }
  const AxisRange colours = colour_range(data);
  const int width = std::max(1000, 110 * static_cast<int>(axes.size()));
  const std::string caption =
      fmt::format("{}: {}, better ones darker", data.title,
                  count_of(static_cast<std::int64_t>(trials.size()), "feasible result"));
  return layered_script(
      terminal_line(kind, {.width = width, .height = 560}) + frame_lines(caption) +
          palette_lines(data.direction == Direction::Minimize) +
          fmt::format("set cbrange [{}:{}]\nset cblabel 'value ({})'\n"
                      "set xrange [-0.4:{}]\nset yrange [-0.02:1.02]\n"
                      "unset border\nunset xtics\nunset ytics\nunset grid\n"
                      "set bmargin 4.5\nset tmargin 5\nset label 1 offset 0,2.6\n",
                      colours.low, colours.high, to_string(data.direction),
                      static_cast<double>(axes.size()) - 0.4) +
          axis_marks(axes),
      {layer});
}

}  // namespace studyhall::cli
