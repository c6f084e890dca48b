#include "cli/plot_axes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "cli/gnuplot.h"
#include "cli/text.h"

namespace studyhall::cli {

namespace {

constexpr double kMargin = 0.05;
constexpr double kMostDecades = 6;
constexpr std::size_t kLongestChoice = 14;
constexpr std::size_t kShortestChoice = 4;
constexpr std::size_t kTicCharacters = 7;  // that a number takes, the gap included

std::string tic(const std::string& label, double at) {
  return fmt::format("{} {}", gnuplot_string(label), at);
}

std::vector<std::string> log_tics(AxisRange range) {
  std::vector<std::string> tics;
  const double decades = range.high - range.low;
  const auto step = std::max(1, static_cast<int>(std::ceil(decades / kMostDecades)));
  const bool within = decades < 2;
  for (auto at = static_cast<int>(std::floor(range.low)); at <= range.high; at += step) {
    for (const double multiple : {1.0, 2.0, 5.0}) {
      const double place = at + std::log10(multiple);
      if ((multiple == 1.0 || within) && place >= range.low && place <= range.high)
        tics.push_back(tic(format_number(std::pow(10, at) * multiple), place));
    }
  }
  return tics;
}

// At most `most` multiples of 1, 2 or 5 times a power of ten; at least 1 apart where only whole
// numbers have a place.
std::vector<std::string> plain_tics(AxisRange range, std::size_t most, bool whole) {
  const double least =
      (range.high - range.low) / static_cast<double>(std::max<std::size_t>(2, most));
  const double power = std::pow(10, std::floor(std::log10(least)));
  double step = 10 * power;
  for (const double multiple : {5.0, 2.0, 1.0})
    if (multiple * power >= least) step = multiple * power;
  if (whole) step = std::max(1.0, step);
  std::vector<std::string> tics;
  const double first = std::ceil(range.low / step);
  const auto count = static_cast<int>(std::floor(range.high / step) - first) + 1;
  for (int i = 0; i < count; ++i) {
    const double at = (first + i) * step + 0.0;  // 0, not -0
    tics.push_back(tic(format_number(at), at));
  }
  return tics;
}

}  // namespace

double coordinate(const PlotParam& param, double value) {
  if (!param.log) return value;
  return value > 0 ? std::log10(value) : std::numeric_limits<double>::quiet_NaN();
}

AxisRange axis_range(const PlotData& data, std::size_t p) {
  const PlotParam& param = data.params[p];
  if (!param.choices.empty()) return {-0.5, static_cast<double>(param.choices.size()) - 0.5};
  AxisRange range{std::numeric_limits<double>::infinity(),
                  -std::numeric_limits<double>::infinity()};
  for (const PlotTrial& trial : data.trials) {
    const double at = coordinate(param, trial.params[p]);
    if (!std::isfinite(at)) continue;
    range = {std::min(range.low, at), std::max(range.high, at)};
  }
  if (range.low > range.high) return {0, 1};
  const double margin = range.low == range.high ? 0.5 : kMargin * (range.high - range.low);
  return {range.low - margin, range.high + margin};
}

std::string axis_lines(const std::string& axis, const PlotParam& param, AxisRange range,
                       std::size_t characters) {
  const std::string lines = fmt::format("set {0}label {1}\nset {0}range [{2}:{3}]\n", axis,
                                        gnuplot_string(param.name), range.low, range.high);
  std::vector<std::string> tics;
  if (!param.choices.empty()) {
    const std::size_t room = std::max(kShortestChoice, characters / param.choices.size());
    for (std::size_t i = 0; i < param.choices.size(); ++i)
      tics.push_back(
          tic(ellipsize(param.choices[i], std::min(kLongestChoice, room)), static_cast<double>(i)));
  } else {
    tics =
        param.log ? log_tics(range) : plain_tics(range, characters / kTicCharacters, param.whole);
  }
  return lines + fmt::format("set {}tics ({})\n", axis, fmt::join(tics, ", "));
}

AxisRange colour_range(const PlotData& data) {
  std::vector<double> values;
  for (const PlotTrial& trial : data.trials)
    if (trial.is_result() && trial.feasible) values.push_back(trial.value);
  if (values.empty()) return {0, 1};
  std::sort(values.begin(), values.end());
  const AxisRange range{quantile(values, 0.05), quantile(values, 0.95)};
  return range.low < range.high ? range : AxisRange{range.low - 0.5, range.low + 0.5};
}

double quantile(std::span<const double> sorted, double share) {
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  const double part = at - static_cast<double>(below);
  return sorted[below] * (1 - part) + sorted[above] * part;
}

}  // namespace studyhall::cli
