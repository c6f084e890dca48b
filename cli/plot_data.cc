#include "cli/plot_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "cli/text.h"
#include "core/error.h"

namespace studyhall::cli {

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr double kLogSpan = 100;

std::optional<double> number_in(const std::string& text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

double cell_number(const CsvReader& table, std::size_t column, const std::string& text) {
  if (const std::optional<double> value = number_in(text)) return *value;
  throw Error(ErrorCode::Malformed,
              fmt::format("{}, line {}: {} is \"{}\", not a number", table.name(), table.line(),
                          table.header()[column], text));
}

std::size_t required_column(const CsvReader& table, std::initializer_list<std::string> titles) {
  for (const std::string& title : titles)
    if (const auto found = table.column(title)) return *found;
  throw Error(ErrorCode::Malformed,
              fmt::format("{} has no column \"{}\"; `study export` writes such tables",
                          table.name(), *titles.begin()));
}

double finite_or_none(double value) { return std::isfinite(value) ? value : kNone; }

// "2026-03-01T12:00:00.000000Z", or with a blank and without the zone, as pandas writes it.
std::optional<Timestamp> time_in(std::string text) {
  if (text.size() > 10 && text[10] == ' ') text[10] = 'T';
  if (text.ends_with("+00:00")) text.resize(text.size() - 6);
  if (!text.empty() && !text.ends_with('Z')) text += 'Z';
  return parse_utc(text);
}

double position_of(const std::vector<std::string>& choices, const std::string& choice) {
  const auto found = std::find(choices.begin(), choices.end(), choice);
  return found == choices.end() ? kNone : static_cast<double>(found - choices.begin());
}

// The columns of a table that hold parameters, cell by cell until all rows are read.
struct ParamColumn {
  std::size_t column = 0;
  std::vector<std::string> cells;  // [trials]
};

void take_column(PlotData& data, const std::string& name, const std::vector<std::string>& cells) {
  PlotParam param{.name = name, .log = false, .whole = true, .choices = {}};
  const bool numeric = std::all_of(cells.begin(), cells.end(), [](const std::string& cell) {
    return cell.empty() || number_in(cell);
  });
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string& cell = cells[i];
    double value = kNone;
    if (!cell.empty() && numeric) {
      value = finite_or_none(*number_in(cell));
      low = std::min(low, value);
      high = std::max(high, value);
      if (value != std::floor(value)) param.whole = false;
    } else if (!cell.empty()) {
      value = position_of(param.choices, cell);
      if (std::isnan(value)) {
        value = static_cast<double>(param.choices.size());
        param.choices.push_back(cell);
      }
    }
    data.trials[i].params.push_back(value);
  }
  param.log = numeric && low > 0 && high >= kLogSpan * low;
  data.params.push_back(std::move(param));
}

}  // namespace

bool PlotTrial::is_result() const { return state == TrialState::Complete && std::isfinite(value); }

std::vector<Direction> directions_of(const Json& spec) {
  std::vector<std::string> names;
  if (spec.contains("direction")) names.push_back(spec["direction"].get<std::string>());
  if (spec.contains("directions")) names = spec["directions"].get<std::vector<std::string>>();
  std::vector<Direction> directions;
  directions.reserve(names.size());
  for (const std::string& name : names)
    directions.push_back(name == to_string(Direction::Maximize) ? Direction::Maximize
                                                                : Direction::Minimize);
  return directions;
}

PlotData plot_data(const StudyInfo& info, std::size_t objective) {
  PlotData data;
  data.title = info.name;
  data.direction = directions_of(info.spec).at(objective);
  for (const auto& [name, json] : info.spec.at("params").items()) {
    PlotParam param{.name = name,
                    .log = json.value("log", false),
                    .whole = json.value("type", "") == "int",
                    .choices = {}};
    if (json.contains("choices"))
      for (const Json& choice : json["choices"]) param.choices.push_back(format_scalar(choice));
    data.params.push_back(std::move(param));
  }
  return data;
}

void add_trial(PlotData& data, const TrialView& trial, std::size_t objective) {
  PlotTrial added{
      .number = trial.number,
      .state = trial.state,
      .value = objective < trial.values.size() ? finite_or_none(trial.values[objective]) : kNone,
      .params = {},
      .worker = trial.record.worker,
      .feasible = trial.feasible,
      .started = trial.started,
      .completed = trial.completed};
  for (const PlotParam& param : data.params) {
    double value = kNone;
    if (const auto found = trial.params.find(param.name); found != trial.params.end()) {
      if (!param.choices.empty())
        value = position_of(param.choices, format_scalar(*found));
      else if (found->is_number())
        value = found->get<double>();
    }
    added.params.push_back(value);
  }
  data.trials.push_back(std::move(added));
}

void read_table(PlotData& data, CsvReader& table, const std::vector<MetricConstraint>& constraints,
                std::size_t objective) {
  const std::size_t number = required_column(table, {"number"});
  const std::string numbered = fmt::format("values_{}", objective);
  const std::size_t value = objective == 0 ? required_column(table, {"value", numbered})
                                           : required_column(table, {numbered});
  const std::size_t state = required_column(table, {"state"});
  const std::optional<std::size_t> worker = table.column("worker");
  const std::optional<std::size_t> start = table.column("datetime_start");
  const std::optional<std::size_t> end = table.column("datetime_complete");
  std::vector<std::size_t> metrics;
  metrics.reserve(constraints.size());
  for (const MetricConstraint& constraint : constraints)
    metrics.push_back(required_column(table, {"user_attrs_" + constraint.metric}));
  std::vector<ParamColumn> params;
  for (std::size_t i = 0; i < table.header().size(); ++i)
    if (table.header()[i].starts_with("params_")) params.push_back({i, {}});

  while (const auto row = table.next()) {
    PlotTrial trial;
    trial.number = std::llround(cell_number(table, number, (*row)[number]));
    const std::string& cell = (*row)[value];
    trial.value = cell.empty() ? kNone : finite_or_none(cell_number(table, value, cell));
    trial.state = trial_state_from_string((*row)[state]).value_or(TrialState::Waiting);
    if (worker) trial.worker = (*row)[*worker];
    if (start) trial.started = time_in((*row)[*start]);
    if (end) trial.completed = time_in((*row)[*end]);
    for (std::size_t i = 0; i < constraints.size(); ++i) {
      const std::string& metric = (*row)[metrics[i]];
      if (!metric.empty() && constraints[i].violation(cell_number(table, metrics[i], metric)) > 0)
        trial.feasible = false;
    }
    for (ParamColumn& param : params) param.cells.push_back((*row)[param.column]);
    data.trials.push_back(std::move(trial));
  }
  const std::string prefix = "params_";
  for (const ParamColumn& param : params)
    take_column(data, table.header()[param.column].substr(prefix.size()), param.cells);
  std::stable_sort(data.trials.begin(), data.trials.end(),
                   [](const auto& a, const auto& b) { return a.number < b.number; });
}

}  // namespace studyhall::cli
