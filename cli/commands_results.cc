#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/exit_code.h"
#include "cli/front_plot.h"
#include "cli/history_plot.h"
#include "cli/replace_file.h"
#include "cli/show.h"
#include "cli/text.h"
#include "core/error.h"
#include "core/export.h"
#include "core/study_api_json.h"

namespace studyhall::cli {

namespace {

constexpr const char* kGroup = "Results";
constexpr int kPage = 1000;

// --- best ---

constexpr std::int64_t kBestRows = 10;

// With several objectives all rows of the front are shown unless `top` says how many.
int best(const Session& session, const std::string& name, std::optional<std::int64_t> top) {
  const Connection connection = connect(session);
  const StudyInfo info = connection.api->study(name);
  const std::int64_t wanted = top.value_or(info.front_size ? 0 : kBestRows);
  const std::vector<BestRow> rows =
      connection.api->best(name, static_cast<int>(std::min<std::int64_t>(wanted, 1'000'000'000)));
  if (session.json) {
    Json array = Json::array();
    for (const BestRow& row : rows) array.push_back(to_json(row));
    session.print_json({{"best", array}});
    return kDone;
  }
  if (rows.empty()) {
    session.out << (info.front_size ? "No feasible results yet.\n" : "No results yet.\n");
    return kDone;
  }
  if (info.front_size)
    session.out << fmt::format("Pareto front: {} ({}).\n\n",
                               count_of(*info.front_size, "configuration"),
                               direction_words(info.spec));
  session.print_table(best_table(rows, info.spec, static_cast<std::size_t>(session.env.columns())));
  const auto raw =
      std::find_if(rows.begin(), rows.end(), [](const BestRow& row) { return row.raw_best; });
  if (raw != rows.end() && raw->mean) {
    session.out << fmt::format(
        "\nThe best single result of a feasible configuration, {}, was a run of trial {}'s; "
        "without "
        "luck it is {}.\n",
        format_number(raw->value), raw->number, format_number(*raw->mean));
  }
  if (std::none_of(rows.begin(), rows.end(), [](const BestRow& row) { return row.mean; }))
    session.out << "\nNothing was run twice, so the share of luck is unknown.\n";
  return kDone;
}

void add_best(CLI::App& root, Session& session) {
  CLI::App& command =
      add_command(root, session,
                  {kGroup, "best", "the leaderboard of a study, or its Pareto front",
                   "study best heat_signature\n"
                   "study best heat_signature --top 0 --json"});
  const auto name = std::make_shared<std::string>();
  const auto top = std::make_shared<std::int64_t>(kBestRows);
  add_study_name(command, *name);
  CLI::Option* given =
      add_integer(command, "--top", *top, 0,
                  "how many configurations (default: 10, or the whole front; 0: all)");
  command.callback([&session, name, top, given] {
    const std::optional<std::int64_t> wanted =
        given->count() > 0 ? std::optional(*top) : std::nullopt;
    session.action = [&session, name, wanted] { return best(session, *name, wanted); };
  });
}

// --- export ---

struct ExportArguments {
  std::string study;
  std::string format;
  std::string file;
};

ExportFormat export_format(const Session& session, const ExportArguments& arguments) {
  if (arguments.format.empty()) return session.json ? ExportFormat::Jsonl : ExportFormat::Csv;
  const std::optional<ExportFormat> format = export_format_from_string(arguments.format);
  if (!format)
    throw Error(ErrorCode::Invalid,
                fmt::format("--format: \"{}\" is not one of csv, jsonl", arguments.format));
  return *format;
}

int export_trials(const Session& session, const ExportArguments& arguments) {
  const ExportFormat format = export_format(session, arguments);
  const Connection connection = connect(session);
  TrialExporter exporter(
      format, connection.api->study(arguments.study).spec, [&](std::int64_t after) {
        return connection.api->trials(arguments.study,
                                      {.after = after, .limit = kPage, .state = {}, .worker = {}});
      });
  if (arguments.file.empty() || arguments.file == "-") {
    for (std::optional<std::string> text; session.out && (text = exporter.next());)
      session.out << *text;
    return kDone;
  }
  ReplaceFile file(arguments.file);
  while (const std::optional<std::string> text = exporter.next()) file.write(*text);
  file.commit();
  session.err << fmt::format("Wrote {}.\n", arguments.file);
  return kDone;
}

void add_export(CLI::App& root, Session& session) {
  CLI::App& command =
      add_command(root, session,
                  {kGroup, "export", "all trials as a table, in the columns of Optuna's dataframe",
                   "study export heat_signature > trials.csv\n"
                   "study export heat_signature --format jsonl -o trials.jsonl"});
  const auto arguments = std::make_shared<ExportArguments>();
  add_study_name(command, arguments->study);
  command.add_option("--format", arguments->format, "csv (default) or jsonl")->type_name("F");
  command.add_option("-o,--output", arguments->file, "file (default: standard output)")
      ->type_name("FILE");
  command.callback([&session, arguments] {
    session.action = [&session, arguments] { return export_trials(session, *arguments); };
  });
}

// --- plot ---

struct PlotArguments {
  std::string source;
  std::string kind = "history";
  std::string file;
  std::string direction;
  std::vector<std::string> max;
  std::vector<std::string> min;
};

bool is_table(const std::string& source) { return source.ends_with(".csv"); }

void check_plot(const PlotArguments& arguments) {
  if (arguments.kind != "history" && arguments.kind != "pareto")
    throw Error(
        ErrorCode::Unsupported,
        fmt::format("--kind: this build draws history and pareto, not \"{}\"", arguments.kind));
  if (arguments.kind == "pareto" && is_table(arguments.source))
    throw Error(ErrorCode::Unsupported, "--kind pareto draws a study, not a table");
  const bool described =
      !arguments.direction.empty() || !arguments.max.empty() || !arguments.min.empty();
  if (described && !is_table(arguments.source))
    throw Error(ErrorCode::Invalid,
                "--direction, --max and --min describe a .csv file; a study knows its own");
}

Direction parse_direction(const std::string& text) {
  for (const Direction direction : {Direction::Minimize, Direction::Maximize})
    if (text == to_string(direction)) return direction;
  throw Error(ErrorCode::Invalid,
              fmt::format("--direction: \"{}\" is not one of minimize, maximize", text));
}

HistoryData history_of_table(const Session& session, const PlotArguments& arguments) {
  std::ifstream in(arguments.source, std::ios::binary);
  if (!in || std::filesystem::is_directory(arguments.source))
    throw Error(ErrorCode::NotFound, fmt::format("there is no file {}", arguments.source));
  HistoryData data;
  data.title = std::filesystem::path(arguments.source).stem().string();
  if (!arguments.direction.empty())
    data.direction = parse_direction(arguments.direction);
  else
    session.err << "The table does not say in which direction values are better: drawn for "
                   "minimize (--direction maximize for the other).\n";
  std::vector<MetricConstraint> constraints;
  for (const std::string& text : arguments.max) {
    const auto [metric, bound] = split_assignment(text, "--max");
    constraints.push_back({.metric = metric, .max = parse_number(bound, "--max"), .min = {}});
  }
  for (const std::string& text : arguments.min) {
    const auto [metric, bound] = split_assignment(text, "--min");
    constraints.push_back({.metric = metric, .max = {}, .min = parse_number(bound, "--min")});
  }
  CsvReader table(in, arguments.source);
  read_table(data, table, constraints);
  return data;
}

std::vector<Direction> directions_of(const Json& spec) {
  std::vector<Direction> directions;
  if (spec.contains("direction"))
    directions.push_back(parse_direction(spec["direction"].get<std::string>()));
  else if (spec.contains("directions"))
    for (const Json& name : spec["directions"])
      directions.push_back(parse_direction(name.get<std::string>()));
  return directions;
}

template <typename Data>
void add_trials(StudyApi& api, const std::string& name, Data& data) {
  TrialQuery query{.limit = kPage, .state = {}, .worker = {}};
  while (true) {
    const std::vector<TrialView> page = api.trials(name, query);
    for (const TrialView& trial : page) add_trial(data, trial);
    if (static_cast<int>(page.size()) < kPage) return;
    query.after = page.back().number;
  }
}

HistoryData history_of_study(const Session& session, const std::string& name) {
  const Connection connection = connect(session);
  const StudyInfo info = connection.api->study(name);
  const std::vector<Direction> directions = directions_of(info.spec);
  if (directions.size() > 1)
    throw Error(ErrorCode::Unsupported,
                fmt::format("--kind history draws the best value so far, and {} has {} objectives, "
                            "none of which is best alone; {}",
                            name, directions.size(),
                            directions.size() == 2 ? "use --kind pareto" : "use study best"));
  HistoryData data;
  data.title = info.name;
  if (!directions.empty()) data.direction = directions.front();
  add_trials(*connection.api, name, data);
  return data;
}

FrontData front_of_study(const Session& session, const std::string& name) {
  const Connection connection = connect(session);
  const StudyInfo info = connection.api->study(name);
  FrontData data;
  data.title = info.name;
  data.directions = directions_of(info.spec);
  if (data.directions.size() != 2)
    throw Error(ErrorCode::Unsupported,
                fmt::format("--kind pareto draws two objectives, and {} has {}", name,
                            data.directions.size()));
  add_trials(*connection.api, name, data);
  for (const BestRow& row : connection.api->best(name, 0)) add_row(data, row);
  return data;
}

int plot(const Session& session, const PlotArguments& arguments) {
  check_plot(arguments);
  const std::string file = arguments.file.empty() ? arguments.kind + ".svg" : arguments.file;
  const Picture picture = picture_kind(file);
  const auto checked = [&](const auto& data) {
    if (data.points.empty())
      throw Error(ErrorCode::NotFound,
                  fmt::format("{} has no results to draw yet", arguments.source));
    return data.points.size();
  };
  std::string script;
  std::size_t points = 0;
  if (arguments.kind == "pareto") {
    const FrontData data = front_of_study(session, arguments.source);
    points = checked(data);
    script = front_script(data, picture);
  } else {
    const HistoryData data = is_table(arguments.source)
                                 ? history_of_table(session, arguments)
                                 : history_of_study(session, arguments.source);
    points = checked(data);
    script = history_script(data, picture);
  }
  draw(script, file, session.env.variable("PATH"));
  if (session.json)
    session.print_json({{"file", std::filesystem::absolute(file).string()},
                        {"kind", arguments.kind},
                        {"points", points}});
  else
    session.out << fmt::format("Drew {} into {}.\n",
                               count_of(static_cast<std::int64_t>(points), "result"), file);
  return kDone;
}

void add_plot(CLI::App& root, Session& session) {
  CLI::App& command = add_command(
      root, session,
      {kGroup, "plot", "draw a study, or a table that export wrote, through gnuplot",
       "study plot heat_signature -o history.svg\n"
       "study plot heat_signature -o history.png\n"
       "study plot pump_design --kind pareto -o front.svg\n"
       "study plot trials.csv --direction maximize --max runtime_min=60 -o history.svg"});
  const auto arguments = std::make_shared<PlotArguments>();
  command.add_option("STUDY", arguments->source, "name of the study, or FILE.csv")
      ->required()
      ->type_name("");
  command
      .add_option("--kind", arguments->kind,
                  "history: values and the best so far (default); pareto: two objectives")
      ->type_name("K");
  command.add_option("-o,--output", arguments->file, "picture, .svg or .png (default: KIND.svg)")
      ->type_name("FILE");
  command
      .add_option("--direction", arguments->direction, "of a table: minimize (default) or maximize")
      ->type_name("D");
  command
      .add_option("--max", arguments->max,
                  "of a table: results with a metric above this are infeasible; may be repeated")
      ->type_name("METRIC=X")
      ->allow_extra_args(false);
  command
      .add_option("--min", arguments->min,
                  "of a table: results with a metric below this are infeasible; may be repeated")
      ->type_name("METRIC=X")
      ->allow_extra_args(false);
  command.callback([&session, arguments] {
    session.action = [&session, arguments] { return plot(session, *arguments); };
  });
}

}  // namespace

void add_result_commands(CLI::App& root, Session& session) {
  add_best(root, session);
  add_importance_command(root, session);
  add_explain_command(root, session);
  add_export(root, session);
  add_plot(root, session);
}

}  // namespace studyhall::cli
