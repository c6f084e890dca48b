#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "cli/run_plots.h"
#include "core/slice.h"
#include "core/space.h"
#include "sampler/importance.h"

namespace studyhall::cli {

namespace {

Parameter hull_of(const PlotData& data, std::size_t p) {
  const PlotParam& shown = data.params[p];
  Parameter parameter;
  parameter.name = shown.name;
  parameter.log = shown.log;
  if (!shown.choices.empty()) {
    parameter.kind = ParamKind::Categorical;
    for (const std::string& choice : shown.choices) parameter.choices.emplace_back(choice);
    parameter.high = static_cast<double>(shown.choices.size() - 1);
    return parameter;
  }
  parameter.low = std::numeric_limits<double>::infinity();
  parameter.high = -parameter.low;
  for (const PlotTrial& trial : data.trials) {
    if (!std::isfinite(trial.params[p])) continue;
    parameter.low = std::min(parameter.low, trial.params[p]);
    parameter.high = std::max(parameter.high, trial.params[p]);
  }
  if (parameter.low > parameter.high) parameter.low = parameter.high = 0;
  return parameter;
}

}  // namespace

std::vector<ImportanceRow> importance_of(const PlotData& data) {
  std::vector<Parameter> hulls;
  hulls.reserve(data.params.size());
  for (std::size_t p = 0; p < data.params.size(); ++p) hulls.push_back(hull_of(data, p));
  const SearchSpace space(std::move(hulls), {});
  sampler::ImportanceTrials trials(space.size());
  const double sign = data.direction == Direction::Minimize ? 1 : -1;
  for (const PlotTrial& trial : data.trials)
    if (trial.is_result()) trials.add(trial.params, sign * trial.value, trial.feasible ? 0.0 : 1.0);
  std::vector<std::size_t> all(space.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  const sampler::Importance importance =
      sampler::parameter_importance(space, whole_space(space), all, trials);
  std::vector<ImportanceRow> rows;
  rows.reserve(importance.parameters.size());
  for (const sampler::ParameterImportance& row : importance.parameters)
    rows.push_back({.name = data.params[row.parameter].name,
                    .importance = row.importance,
                    .variance = row.variance,
                    .trials = static_cast<std::int64_t>(row.active)});
  return rows;
}

}  // namespace studyhall::cli
