#include "cli/show.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "cli/lines.h"
#include "cli/text.h"

namespace studyhall::cli {

namespace {

std::int64_t count_in(const StudyInfo& info, const char* state) {
  const auto found = info.counts.find(state);
  return found == info.counts.end() ? 0 : found->second;
}

// "12 / 45": complete and pruned ones of those the study may have.
std::string progress_words(const StudyInfo& info) {
  const std::int64_t done = count_in(info, "complete") + count_in(info, "pruned");
  const Json::json_pointer limit("/limits/trials");
  return info.spec.contains(limit) ? fmt::format("{}/{}", done, dump_json(info.spec[limit]))
                                   : fmt::format("{}", done);
}

std::string state_words(const StudyInfo& info) {
  std::string text(to_string(info.state));
  if (!info.finished_because.empty()) text += ": " + info.finished_because;
  return text;
}

std::string or_dash(const std::optional<double>& value) {
  return value ? format_number(*value) : "-";
}

std::vector<std::string> param_names(const Json& spec) {
  std::vector<std::string> names;
  const auto params = spec.find("params");
  if (params == spec.end()) return names;
  for (const auto& [name, param] : params->items()) names.push_back(name);
  return names;
}

std::string param_cell(const Json& params, const std::string& name) {
  const auto found = params.find(name);
  return found == params.end() ? "" : format_scalar(*found);
}

// Rows whose first cells are given; parameters follow in columns of their own or, where that is too
// wide, in one that can be shortened.
struct RowWithParams {
  std::vector<Cell> cells;
  const Json& params;
};

Table with_params(const std::vector<Column>& columns, const std::vector<RowWithParams>& rows,
                  const Json& spec, std::size_t width) {
  std::vector<Column> wide = columns;
  const std::vector<std::string> names = param_names(spec);
  for (const std::string& name : names) wide.push_back({name, Align::Right});
  Table table(wide);
  for (const RowWithParams& row : rows) {
    std::vector<Cell> cells = row.cells;
    for (const std::string& name : names) cells.emplace_back(param_cell(row.params, name));
    table.add(std::move(cells));
  }
  if (table.natural_width() <= width) return table;

  std::vector<Column> narrow = columns;
  narrow.push_back({"parameters", Align::Left, true});
  Table compact(narrow);
  for (const RowWithParams& row : rows) {
    std::vector<Cell> cells = row.cells;
    cells.emplace_back(format_params(row.params));
    compact.add(std::move(cells));
  }
  return compact;
}

std::string took(const TrialView& trial) {
  if (!trial.started || !trial.completed) return "";
  return format_duration(*trial.completed - *trial.started);
}

// "trials 12 of 200, cost_usd 30.5 of 300, W1 trials 3 of 10".
std::string used_words(const StudyInfo& info) {
  std::string text;
  for (const BudgetUse& use : info.budget)
    text += fmt::format("{}{}{} {} of {}", text.empty() ? "" : ", ",
                        use.worker.empty() ? "" : use.worker + " ", use.limit,
                        format_number(use.used), format_number(use.bound));
  return text;
}

// "3 waiting, 1 running".
std::string count_words(const std::map<std::string, std::int64_t>& counts) {
  std::string words;
  for (const auto& [state, count] : counts)
    words += fmt::format("{}{} {}", words.empty() ? "" : ", ", count, state);
  return words;
}

std::string range_words(const Json& param) {
  if (param.contains("choices")) {
    std::string text;
    for (const Json& choice : param["choices"])
      text += (text.empty() ? "" : " | ") + format_scalar(choice);
    return text;
  }
  return fmt::format("{} .. {}", param.contains("low") ? format_scalar(param["low"]) : "",
                     param.contains("high") ? format_scalar(param["high"]) : "");
}

std::string remarks(const Json& param) {
  std::string text;
  const auto add = [&](const std::string& words) { text += (text.empty() ? "" : ", ") + words; };
  if (param.value("retired", false)) add("retired at " + format_scalar(param["absent"]));
  if (param.value("log", false)) add("log");
  if (param.contains("step")) add("step " + format_scalar(param["step"]));
  if (param.value("ordered", false)) add("ordered");
  if (param.contains("when")) add("when " + format_params(param["when"]));
  return text;
}

Table param_table(const Json& params) {
  Table table({{"parameter", Align::Left, true},
               {"type"},
               {"range", Align::Left, true},
               {"default", Align::Left, true},
               {"remarks", Align::Left, true}});
  for (const auto& [name, param] : params.items())
    table.add({name, format_scalar(param.value("type", Json(""))), range_words(param),
               param.contains("default") ? format_scalar(param["default"]) : "", remarks(param)});
  return table;
}

// The front of several objectives: a column for each, and for the means where runs were repeated.
Table front_table(const std::vector<BestRow>& rows, const Json& spec, std::size_t width) {
  const auto any = [&](auto has) { return std::any_of(rows.begin(), rows.end(), has); };
  const bool replicated = any([](const BestRow& row) { return !row.means.empty(); });
  const bool measured = any([](const BestRow& row) { return !row.metrics.empty(); });
  const std::size_t objectives = rows.front().values.size();
  std::vector<Column> columns{{"trial", Align::Right}};
  for (std::size_t k = 0; k < objectives; ++k) {
    columns.push_back({fmt::format("value {}", k), Align::Right});
    if (replicated) columns.push_back({fmt::format("mean {}", k), Align::Right});
  }
  columns.push_back({"n", Align::Right});
  columns.push_back({"worker", Align::Left, true});
  if (measured) columns.push_back({"metrics", Align::Left, true});
  std::vector<RowWithParams> lines;
  for (const BestRow& row : rows) {
    std::vector<Cell> cells{{std::to_string(row.number), Colour::Green}};
    for (std::size_t k = 0; k < objectives; ++k) {
      cells.emplace_back(k < row.values.size() ? format_number(row.values[k]) : "-");
      if (replicated) cells.emplace_back(k < row.means.size() ? format_number(row.means[k]) : "-");
    }
    cells.emplace_back(std::to_string(row.n));
    cells.emplace_back(row.worker);
    if (measured) cells.emplace_back(format_metrics(row.metrics));
    lines.push_back({std::move(cells), row.params});
  }
  return with_params(columns, lines, spec, width);
}

// `value` with the decimals that two digits of its standard error have.
std::string to_digits_of(const std::optional<double>& error, const std::optional<double>& value) {
  if (!value || !error || !(*error > 0)) return or_dash(value);
  const double decimals = std::max(0.0, 1 - std::floor(std::log10(*error)));
  if (decimals > 9 || std::abs(*value) >= 1e9) return or_dash(value);
  return fmt::format("{:.{}f}", *value, static_cast<int>(decimals));
}

// Narrower terminals have no room for metrics beside what ranks the rows.
constexpr std::size_t kWide = 100;

}  // namespace

Colour state_colour(TrialState state) {
  switch (state) {
    case TrialState::Complete:
      return Colour::Green;
    case TrialState::Fail:
      return Colour::Red;
    case TrialState::Running:
      return Colour::Yellow;
    case TrialState::Waiting:
    case TrialState::Pruned:
      return Colour::Grey;
  }
  return Colour::None;
}

std::string sampler_words(const Json& spec) {
  const Json::json_pointer name("/sampler/name");
  return spec.contains(name) ? "sampler " + format_scalar(spec[name]) : "no sampler";
}

std::string example_worker(const Json& spec) {
  const auto workers = spec.find("workers");
  const bool named = workers != spec.end() && workers->is_object() && !workers->empty();
  return named ? workers->begin().key() : "W1";
}

std::string direction_words(const Json& spec) {
  if (spec.contains("direction")) return format_scalar(spec["direction"]);
  std::string text;
  if (spec.contains("directions"))
    for (const Json& direction : spec["directions"])
      text += (text.empty() ? "" : ", ") + format_scalar(direction);
  return text;
}

Table study_table(const std::vector<StudyInfo>& studies) {
  Table table({{"study", Align::Left, true},
               {"state"},
               {"done", Align::Right},
               {"running", Align::Right},
               {"failed", Align::Right},
               {"best", Align::Right},
               {"trial", Align::Right},
               {"created", Align::Left, true}});
  for (const StudyInfo& info : studies)
    table.add(
        {info.name,
         {std::string(to_string(info.state)),
          info.state == StudyState::Running ? Colour::Green : Colour::Grey},
         progress_words(info),
         std::to_string(count_in(info, "running")),
         std::to_string(count_in(info, "failed")),
         info.front_size ? fmt::format("front {}", *info.front_size) : or_dash(info.best_value),
         info.best_number ? std::to_string(*info.best_number) : "-",
         format_time(info.created)});
  return table;
}

Table trial_table(const std::vector<TrialView>& trials, const Json& spec, std::size_t width) {
  const std::vector<Column> columns{{"trial", Align::Right}, {"state"},
                                    {"value", Align::Right}, {"worker", Align::Left, true},
                                    {"took", Align::Right},  {"metrics", Align::Left, true}};
  std::vector<RowWithParams> rows;
  for (const TrialView& trial : trials) {
    std::string state(to_string(trial.state));
    if (trial.record.parked_until) state += " (parked)";
    if (trial.record.reason) state += fmt::format(" ({})", to_string(*trial.record.reason));
    if (!trial.feasible) state += " (infeasible)";
    rows.push_back({{std::to_string(trial.number),
                     {state, trial.feasible ? state_colour(trial.state) : Colour::Grey},
                     format_values(trial.values),
                     trial.record.worker,
                     took(trial),
                     format_metrics(trial.metrics)},
                    trial.params});
  }
  return with_params(columns, rows, spec, width);
}

Table best_table(const std::vector<BestRow>& rows, const Json& spec, std::size_t width) {
  const bool replicated = std::any_of(rows.begin(), rows.end(),
                                      [](const BestRow& row) { return row.mean.has_value(); });
  const bool infeasible =
      std::any_of(rows.begin(), rows.end(), [](const BestRow& row) { return !row.feasible; });
  const bool several =
      std::any_of(rows.begin(), rows.end(), [](const BestRow& row) { return !row.values.empty(); });
  if (several) return front_table(rows, spec, width);
  std::vector<Column> columns{
      {"rank", Align::Right}, {"trial", Align::Right}, {"value", Align::Right}};
  if (replicated) {
    columns.push_back({"mean", Align::Right});
    columns.push_back({"stderr", Align::Right});
    columns.push_back({"p(best)", Align::Right});
  }
  columns.push_back({"n", Align::Right});
  const bool unconfirmed =
      std::any_of(rows.begin(), rows.end(), [](const BestRow& row) { return !row.confirmed; });
  if (unconfirmed) columns.push_back({"confirmed"});
  if (infeasible) columns.push_back({"feasible"});
  columns.push_back({"worker", Align::Left, true});
  const bool measured =
      width >= kWide && std::any_of(rows.begin(), rows.end(),
                                    [](const BestRow& row) { return !row.metrics.empty(); });
  if (measured) columns.push_back({"metrics", Align::Left, true});

  std::vector<RowWithParams> lines;
  for (const BestRow& row : rows) {
    const bool leads = row.rank == 1 && row.confirmed;
    const bool aside = !row.feasible || row.older || row.outside;
    const Colour colour = aside ? Colour::Grey : leads ? Colour::Green : Colour::None;
    std::vector<Cell> cells{{row.outside ? "outside" : std::to_string(row.rank), colour},
                            {std::to_string(row.number), colour},
                            {format_number(row.value), colour}};
    if (replicated) {
      cells.emplace_back(to_digits_of(row.stderr_, row.mean));
      cells.emplace_back(to_digits_of(row.stderr_, row.stderr_));
      cells.emplace_back(row.p_best ? fmt::format("{:.2f}", *row.p_best) : "-");
    }
    cells.emplace_back(std::to_string(row.n));
    if (unconfirmed) cells.push_back({row.older ? "older" : row.confirmed ? "yes" : "no", colour});
    if (infeasible) {
      const std::string p =
          row.p_feasible ? fmt::format(" ({:.2f})", *row.p_feasible) : std::string();
      cells.push_back({(row.feasible ? "yes" : "no") + p, colour});
    }
    cells.emplace_back(row.worker);
    if (measured) cells.emplace_back(format_metrics(row.metrics));
    lines.push_back({std::move(cells), row.params});
  }
  return with_params(columns, lines, spec, width);
}

void show_study(const Session& session, const StudyInfo& info) {
  const Lines lines(session);
  lines.add("study", info.name);
  lines.add("state", state_words(info));
  lines.add(info.front_size ? "directions" : "direction", direction_words(info.spec));
  lines.add("sampler", info.spec.contains("sampler") ? dump_json(info.spec["sampler"]) : "");
  lines.add("trials", count_words(info.counts));
  lines.add("tasks", count_words(info.tasks));
  if (info.front_size) lines.add("front", count_of(*info.front_size, "configuration"));
  if (info.best_number && info.best_value)
    lines.add("best",
              fmt::format("{} (trial {})", format_number(*info.best_value), *info.best_number));
  lines.add("used", used_words(info));
  for (const char* member : {"limits", "target", "require", "constraints", "workers"})
    if (info.spec.contains(member)) lines.add(member, dump_json(info.spec[member]));
  lines.add("created", format_time(info.created) + " UTC");
  if (info.spec.contains("params")) {
    session.out << '\n';
    session.print_table(param_table(info.spec["params"]));
  }
}

void show_trial(const Session& session, const std::string& study, const TrialView& trial) {
  const Lines lines(session);
  const TrialRecord& record = trial.record;
  lines.add("trial", fmt::format("{} of {}", trial.number, study));
  std::string state(to_string(trial.state));
  if (record.reason) state += fmt::format(" ({})", to_string(*record.reason));
  if (!trial.feasible) state += ", infeasible";
  if (trial.outside) state += ", outside the space as it is now";
  lines.add("state", state);
  lines.add("title", record.title);
  lines.add("description", record.description);
  if (record.parked_until) lines.add("parked until", format_time(*record.parked_until) + " UTC");
  lines.add("tags", words_of(record.tags));
  lines.add("after", words_of(record.after));
  lines.add("after tasks", words_of(record.after_tasks));
  lines.add(trial.values.size() > 1 ? "values" : "value", format_values(trial.values));
  lines.add("metrics", format_metrics(trial.metrics));
  lines.add("worker", record.worker);
  lines.add("purpose", fmt::format("{}, attempt {}", to_string(record.purpose), record.attempt));
  lines.add("sampler", record.sampler);
  if (record.pin >= 0)
    lines.add("pin", fmt::format("trial {} (version {})", record.pin, record.pin_version));
  if (trial.started) lines.add("started", format_time(*trial.started) + " UTC");
  if (trial.completed) lines.add("completed", format_time(*trial.completed) + " UTC");
  lines.add("took", took(trial));
  if (trial.lease_expires) lines.add("lease until", format_time(*trial.lease_expires) + " UTC");
  if (!(record.usage == Usage{})) lines.add("usage", dump_json(to_json(record.usage)));
  if (!record.evidence.is_null()) lines.add("evidence", dump_json(record.evidence));
  lines.add("note", record.note);
  session.out << '\n';
  Table params({{"parameter", Align::Left, true}, {"value", Align::Left, true}});
  for (const auto& [name, value] : trial.params.items()) params.add({name, format_scalar(value)});
  session.print_table(params);
  if (trial.intermediate.empty()) return;
  session.out << '\n';
  Table steps({{"step", Align::Right}, {"value", Align::Right}});
  for (const auto& [step, value] : trial.intermediate)
    steps.add({std::to_string(step), format_number(value)});
  session.print_table(steps);
}

}  // namespace studyhall::cli
