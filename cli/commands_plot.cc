#include "cli/commands_plot.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
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
#include "cli/param_plots.h"
#include "cli/run_plots.h"
#include "cli/text.h"
#include "core/error.h"

namespace studyhall::cli {

namespace {

constexpr int kPage = 1000;
constexpr std::size_t kMostPanels = 12;
constexpr std::array<const char*, 9> kKinds{"history",  "importance", "slice", "contour", "rank",
                                            "parallel", "timeline",   "edf",   "pareto"};

struct PlotArguments {
  std::string source;
  std::string kind = "history";
  std::string file;
  std::string direction;
  std::vector<std::string> max;
  std::vector<std::string> min;
  std::vector<std::string> params;
  std::int64_t objective = 0;
  bool open = false;
};

// A picture before it is drawn.
struct Figure {
  std::string script;
  std::size_t points = 0;
};

bool is_table(const std::string& source) { return source.ends_with(".csv"); }

void check_plot(const PlotArguments& arguments, bool objective_given) {
  const std::string& kind = arguments.kind;
  if (std::find(kKinds.begin(), kKinds.end(), kind) == kKinds.end())
    throw Error(ErrorCode::Unsupported, fmt::format("--kind: this build draws {}, not \"{}\"",
                                                    fmt::join(kKinds, ", "), kind));
  if (kind == "pareto" && is_table(arguments.source))
    throw Error(ErrorCode::Unsupported, "--kind pareto draws a study, not a table");
  const bool takes_params =
      kind == "slice" || kind == "contour" || kind == "rank" || kind == "parallel";
  if (!arguments.params.empty() && !takes_params)
    throw Error(ErrorCode::Invalid, "--param goes with --kind slice, contour, rank and parallel");
  if (objective_given && kind == "pareto")
    throw Error(ErrorCode::Invalid, "--objective does not go with --kind pareto");
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

std::vector<MetricConstraint> constraints_of(const PlotArguments& arguments) {
  std::vector<MetricConstraint> constraints;
  for (const std::string& text : arguments.max) {
    const auto [metric, bound] = split_assignment(text, "--max");
    constraints.push_back({.metric = metric, .max = parse_number(bound, "--max"), .min = {}});
  }
  for (const std::string& text : arguments.min) {
    const auto [metric, bound] = split_assignment(text, "--min");
    constraints.push_back({.metric = metric, .max = {}, .min = parse_number(bound, "--min")});
  }
  return constraints;
}

PlotData data_of_table(const Session& session, const PlotArguments& arguments) {
  std::ifstream in(arguments.source, std::ios::binary);
  if (!in || std::filesystem::is_directory(arguments.source))
    throw Error(ErrorCode::NotFound, fmt::format("there is no file {}", arguments.source));
  PlotData data;
  data.title = std::filesystem::path(arguments.source).stem().string();
  if (!arguments.direction.empty())
    data.direction = parse_direction(arguments.direction);
  else if (arguments.kind != "timeline")
    session.err << "The table does not say in which direction values are better: drawn for "
                   "minimize (--direction maximize for the other).\n";
  CsvReader table(in, arguments.source);
  read_table(data, table, constraints_of(arguments), static_cast<std::size_t>(arguments.objective));
  return data;
}

template <typename Take>
void each_trial(StudyApi& api, const std::string& name, const Take& take) {
  TrialQuery query{.limit = kPage, .state = {}, .worker = {}};
  while (true) {
    const std::vector<TrialView> page = api.trials(name, query);
    for (const TrialView& trial : page) take(trial);
    if (static_cast<int>(page.size()) < kPage) return;
    query.after = page.back().number;
  }
}

// What one picture is made of: a study behind its connection, or a table.
struct Source {
  std::optional<Connection> connection;
  std::optional<StudyInfo> info;
  PlotData data;
};

Source read_source(const Session& session, const PlotArguments& arguments, bool objective_given) {
  Source source;
  if (is_table(arguments.source)) {
    source.data = data_of_table(session, arguments);
    return source;
  }
  source.connection = connect(session);
  source.info = source.connection->api->study(arguments.source);
  const auto objectives = static_cast<std::int64_t>(directions_of(source.info->spec).size());
  if (arguments.objective >= objectives)
    throw Error(ErrorCode::Invalid,
                fmt::format("--objective: {} has {}, counted from 0", arguments.source,
                            count_of(objectives, "objective")));
  if (objectives > 1 && !objective_given && arguments.kind != "timeline")
    throw Error(ErrorCode::Unsupported,
                fmt::format("--kind {} draws one objective, and {} has {}: choose with --objective "
                            "N, from 0{}",
                            arguments.kind, arguments.source, objectives,
                            objectives == 2 ? ", or use --kind pareto" : ""));
  const auto objective = static_cast<std::size_t>(arguments.objective);
  source.data = plot_data(*source.info, objective);
  each_trial(*source.connection->api, arguments.source,
             [&](const TrialView& trial) { add_trial(source.data, trial, objective); });
  return source;
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
  each_trial(*connection.api, name, [&](const TrialView& trial) { add_trial(data, trial); });
  for (const BestRow& row : connection.api->best(name, 0)) add_row(data, row);
  return data;
}

std::vector<ImportanceRow> importance_rows(const Source& source, const PlotArguments& arguments) {
  if (!source.info) return importance_of(source.data);
  ImportanceRequest request;
  request.objective = static_cast<int>(arguments.objective);
  return source.connection->api->importance(source.info->name, request).parameters;
}

std::size_t position_of(const PlotData& data, const std::string& name) {
  for (std::size_t p = 0; p < data.params.size(); ++p)
    if (data.params[p].name == name) return p;
  throw Error(ErrorCode::NotFound, fmt::format("--param: there is no parameter {}", name));
}

// Those of --param, else all (`most` of them, the most important ones), in that order.
std::vector<std::size_t> chosen_params(const Source& source, const PlotArguments& arguments,
                                       std::size_t most) {
  std::vector<std::size_t> chosen;
  chosen.reserve(arguments.params.size());
  for (const std::string& name : arguments.params) chosen.push_back(position_of(source.data, name));
  if (!chosen.empty()) return chosen;
  for (const ImportanceRow& row : importance_rows(source, arguments)) {
    if (chosen.size() == most) break;
    for (std::size_t p = 0; p < source.data.params.size(); ++p)
      if (source.data.params[p].name == row.name) chosen.push_back(p);
  }
  if (chosen.empty())
    throw Error(ErrorCode::NotFound, fmt::format("{} has no parameters to draw", arguments.source));
  return chosen;
}

std::size_t results_in(const PlotData& data, bool feasible_only) {
  return static_cast<std::size_t>(
      std::count_if(data.trials.begin(), data.trials.end(), [&](const PlotTrial& trial) {
        return trial.is_result() && (trial.feasible || !feasible_only);
      }));
}

void require_points(std::size_t points, const PlotArguments& arguments) {
  if (points == 0)
    throw Error(ErrorCode::NotFound,
                fmt::format("{} has no results to draw yet", arguments.source));
}

Figure history_figure(const Source& source, const PlotArguments& arguments, Picture picture) {
  HistoryData data = history_of(source.data);
  require_points(data.points.size(), arguments);
  if (source.info && source.info->best_number && source.info->best_value)
    data.leader = {*source.info->best_number, *source.info->best_value};
  return {history_script(data, picture), data.points.size()};
}

Figure timeline_figure(const Session& session, const Source& source, const PlotArguments& arguments,
                       Picture picture) {
  std::optional<Timestamp> last;
  std::size_t begun = 0;
  for (const PlotTrial& trial : source.data.trials) {
    if (!trial.started) continue;
    ++begun;
    last = std::max(last.value_or(*trial.started), trial.completed.value_or(*trial.started));
  }
  if (!last)
    throw Error(ErrorCode::NotFound,
                fmt::format("{} has no trial with a time at which it began", arguments.source));
  const Timestamp now = source.info ? std::max(*last, session.clock.now()) : *last;
  return {timeline_script(source.data, now, picture), begun};
}

Figure pair_figure(const Source& source, const PlotArguments& arguments, Picture picture) {
  const std::vector<std::size_t> pair = chosen_params(source, arguments, 2);
  if (pair.size() != 2 || pair[0] == pair[1])
    throw Error(ErrorCode::Invalid, fmt::format("--kind {} draws two parameters, found {}",
                                                arguments.kind, pair.size()));
  const bool contour = arguments.kind == "contour";
  const auto both = static_cast<std::size_t>(std::count_if(
      source.data.trials.begin(), source.data.trials.end(), [&](const PlotTrial& trial) {
        return trial.is_result() && trial.feasible && std::isfinite(trial.params[pair[0]]) &&
               std::isfinite(trial.params[pair[1]]);
      }));
  require_points(both, arguments);
  return {contour ? contour_script(source.data, pair[0], pair[1], picture)
                  : rank_script(source.data, pair[0], pair[1], picture),
          both};
}

Figure figure_of(const Session& session, const PlotArguments& arguments, bool objective_given,
                 Picture picture) {
  const std::string& kind = arguments.kind;
  if (kind == "pareto") {
    const FrontData data = front_of_study(session, arguments.source);
    require_points(data.points.size(), arguments);
    return {front_script(data, picture), data.points.size()};
  }
  const Source source = read_source(session, arguments, objective_given);
  if (kind == "history") return history_figure(source, arguments, picture);
  if (kind == "timeline") return timeline_figure(session, source, arguments, picture);
  const std::size_t points = results_in(source.data, kind != "slice" && kind != "importance");
  require_points(points, arguments);
  if (kind == "slice")
    return {slice_script(source.data, chosen_params(source, arguments, kMostPanels), picture),
            points};
  if (kind == "parallel")
    return {parallel_script(source.data, chosen_params(source, arguments, kMostPanels), picture),
            points};
  if (kind == "edf") return {edf_script(source.data, picture), points};
  if (kind != "importance") return pair_figure(source, arguments, picture);
  const std::vector<ImportanceRow> rows = importance_rows(source, arguments);
  if (rows.empty())
    throw Error(ErrorCode::NotFound, fmt::format("{} has no parameters to draw", arguments.source));
  return {importance_script(source.data.title, rows, picture), points};
}

// Has the desktop show `file`, without waiting for it.
void show_picture(const std::string& file, const std::string& search_path) {
  const std::optional<std::filesystem::path> program = find_program("xdg-open", search_path);
  if (!program)
    throw Error(ErrorCode::Unavailable,
                fmt::format("{} is drawn; --open shows it through xdg-open, which is not in PATH "
                            "(Debian, Ubuntu: apt install xdg-utils)",
                            file));
  std::string name = program->string();
  std::string picture = std::filesystem::absolute(file).string();
  std::array<char*, 3> argv{name.data(), picture.data(), nullptr};
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    posix_spawn_file_actions_addopen(&files, stream, "/dev/null", O_RDWR, 0);
  pid_t pid = 0;
  const int failure = posix_spawn(&pid, name.c_str(), &files, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  int status = 0;
  if (failure == 0) waitpid(pid, &status, 0);
  if (failure != 0 || status != 0)
    throw Error(ErrorCode::Unavailable, fmt::format("{} could not show {}", name, file));
}

int plot(const Session& session, const PlotArguments& arguments, bool objective_given) {
  check_plot(arguments, objective_given);
  const std::string file = arguments.file.empty() ? arguments.kind + ".svg" : arguments.file;
  const Picture picture = picture_kind(file);
  const Figure figure = figure_of(session, arguments, objective_given, picture);
  draw(figure.script, file, session.env.variable("PATH"));
  if (session.json)
    session.print_json({{"file", std::filesystem::absolute(file).string()},
                        {"kind", arguments.kind},
                        {"points", figure.points}});
  else
    session.out << fmt::format("Drew {} into {}.\n",
                               count_of(static_cast<std::int64_t>(figure.points),
                                        arguments.kind == "timeline" ? "trial" : "result"),
                               file);
  if (arguments.open) show_picture(file, session.env.variable("PATH"));
  return kDone;
}

void add_options(CLI::App& command, PlotArguments& arguments) {
  command
      .add_option("--kind", arguments.kind,
                  "history (default): values and the best so far; importance; slice: values over "
                  "each parameter; contour and rank: over two; parallel: coordinates; timeline: "
                  "what ran when; edf: distribution of the values; pareto: two objectives")
      ->type_name("K");
  command.add_option("-o,--output", arguments.file, "picture, .svg or .png (default: KIND.svg)")
      ->type_name("FILE");
  command
      .add_option("--param", arguments.params,
                  "parameter to draw, may be repeated (default: the most important ones)")
      ->type_name("NAME")
      ->allow_extra_args(false);
  command.add_flag("--open", arguments.open, "show the picture (through xdg-open)");
  command
      .add_option("--direction", arguments.direction, "of a table: minimize (default) or maximize")
      ->type_name("D");
  command
      .add_option("--max", arguments.max,
                  "of a table: results with a metric above this are infeasible; may be repeated")
      ->type_name("METRIC=X")
      ->allow_extra_args(false);
  command
      .add_option("--min", arguments.min,
                  "of a table: results with a metric below this are infeasible; may be repeated")
      ->type_name("METRIC=X")
      ->allow_extra_args(false);
}

}  // namespace

void add_plot_command(CLI::App& root, Session& session) {
  CLI::App& command = add_command(
      root, session,
      {"Results", "plot", "draw a study, or a table that export wrote, through gnuplot",
       "study plot heat_signature -o history.svg\n"
       "study plot heat_signature --kind slice -o slice.png --open\n"
       "study plot heat_signature --kind contour --param threshold_1src --param threshold_2src\n"
       "study plot pump_design --kind pareto -o front.svg\n"
       "study plot trials.csv --direction maximize --max runtime_min=60 -o history.svg"});
  const auto arguments = std::make_shared<PlotArguments>();
  command.add_option("STUDY", arguments->source, "name of the study, or FILE.csv")
      ->required()
      ->type_name("");
  add_options(command, *arguments);
  CLI::Option* objective = add_integer(command, "--objective", arguments->objective, 0,
                                       "of several objectives, the one to draw, from 0");
  command.callback([&session, arguments, objective] {
    const bool given = objective->count() > 0;
    session.action = [&session, arguments, given] { return plot(session, *arguments, given); };
  });
}

}  // namespace studyhall::cli
