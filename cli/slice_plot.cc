#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "cli/param_plots.h"
#include "cli/plot_axes.h"
#include "cli/text.h"

namespace studyhall::cli {

namespace {

constexpr int kPanelHeight = 290;
constexpr int kCaptionHeight = 60;
constexpr std::size_t kPanelCharacters = 32;

std::string panel_points(const PlotData& data, std::size_t p, bool feasible) {
  std::string lines;
  for (const PlotTrial& trial : data.trials) {
    const double at = coordinate(data.params[p], trial.params[p]);
    if (trial.is_result() && trial.feasible == feasible && std::isfinite(at))
      lines += fmt::format("{} {} {}\n", at, trial.value, trial.number);
  }
  return lines;
}

std::vector<Layer> panel_layers(const PlotData& data, std::size_t p) {
  return {{fmt::format("$infeasible{}", p), panel_points(data, p, false),
           "with points pt 6 ps 0.7 lw 1.2 lc rgb '#aaaaaa'", "", "1:2"},
          {fmt::format("$results{}", p), panel_points(data, p, true),
           "with points pt 7 ps 0.7 lc palette", "", "1:2:3"}};
}

}  // namespace

std::string slice_script(const PlotData& data, std::span<const std::size_t> params, Picture kind) {
  const auto count = static_cast<int>(params.size());
  const int columns = count == 4 ? 2 : std::min(count, 3);
  const int rows = (count + columns - 1) / columns;
  const int height = rows * kPanelHeight + kCaptionHeight;
  const double top = 1 - static_cast<double>(kCaptionHeight) / height;
  const std::string caption =
      data.title + ": values over each parameter; darker points are later trials";
  std::string script = terminal_line(kind, {.width = 1000, .height = height}) + frame_lines("");
  script += fmt::format(
      "unset label 1\nunset key\nset tmargin 1\n"
      "set palette defined (0 '#c6dbef', 1 '#4292c6', 2 '#08306b')\n"
      "unset colorbox\nset cbrange [{}:{}]\nset offsets 0,0,graph 0.05,graph 0.05\n",
      data.trials.front().number, data.trials.back().number + 1);
  for (const std::size_t p : params) script += data_blocks(panel_layers(data, p));
  script += fmt::format(
      "set multiplot layout {},{} margins screen 0.09,0.98,{},{} spacing screen 0.08,{}\n"
      "set label 1 {} at screen 0.02, screen {} left font ',15' textcolor rgb '#222222'\n",
      rows, columns, 62.0 / height, top, 75.0 / height, gnuplot_string(caption), 1 - 28.0 / height);
  for (std::size_t i = 0; i < params.size(); ++i) {
    script +=
        axis_lines("x", data.params[params[i]], axis_range(data, params[i]), kPanelCharacters);
    script += static_cast<int>(i) % columns == 0
                  ? fmt::format("set ylabel 'value ({})'\n", to_string(data.direction))
                  : "set ylabel ''\n";
    script += plot_line(panel_layers(data, params[i])) + "unset label 1\n";
  }
  return script + "unset multiplot\n";
}

}  // namespace studyhall::cli
