#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/commands_plot.h"
#include "cli/connect.h"
#include "cli/exit_code.h"
#include "cli/mlflow_export.h"
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

void print_proposals(const Session& session, const std::vector<Proposals>& proposals) {
  if (!proposals.empty()) session.out << "\n";
  for (const Proposals& of_one : proposals) {
    session.out << fmt::format("Proposals of {}: {}", printable(of_one.author), of_one.trials);
    if (of_one.best_value) {
      session.out << fmt::format(", the best {} (trial {})", format_number(*of_one.best_value),
                                 *of_one.best_number);
    }
    if (of_one.beats_sampler) {
      session.out << fmt::format("; better than the sampler's with probability {:.2f}",
                                 *of_one.beats_sampler);
    }
    session.out << ".\n";
  }
}

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
  print_proposals(session, info.proposals);
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
                fmt::format("--format: \"{}\" is not one of csv, jsonl, mlflow", arguments.format));
  return *format;
}

int export_to_mlflow(const Session& session, const ExportArguments& arguments) {
  if (arguments.file.empty() || arguments.file == "-")
    throw Error(ErrorCode::Invalid, "--format mlflow writes a folder: give --out DIR");
  const Connection connection = connect(session);
  MlflowExport exporter(arguments.file, connection.api->study(arguments.study));
  std::int64_t runs = 0;
  std::int64_t after = -1;
  while (true) {
    const std::vector<TrialView> page = connection.api->trials(
        arguments.study, {.after = after, .limit = kPage, .state = {}, .worker = {}});
    if (page.empty()) break;
    for (const TrialView& trial : page) runs += exporter.add(trial) ? 1 : 0;
    after = page.back().number;
  }
  session.err << fmt::format(
      "Wrote {} of experiment {} ({}); `mlflow ui --backend-store-uri {}` "
      "shows them.\n",
      count_of(runs, "run"), exporter.experiment_id(), arguments.study, arguments.file);
  return kDone;
}

int export_trials(const Session& session, const ExportArguments& arguments) {
  if (arguments.format == "mlflow") return export_to_mlflow(session, arguments);
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
                   "study export heat_signature --format jsonl -o trials.jsonl\n"
                   "study export heat_signature --format mlflow --out mlruns"});
  const auto arguments = std::make_shared<ExportArguments>();
  add_study_name(command, arguments->study);
  command.add_option("--format", arguments->format, "csv (default), jsonl, or mlflow, a folder")
      ->type_name("F");
  command
      .add_option("-o,--output,--out", arguments->file,
                  "file (default: standard output), or folder")
      ->type_name("FILE");
  command.callback([&session, arguments] {
    session.action = [&session, arguments] { return export_trials(session, *arguments); };
  });
}

}  // namespace

void add_result_commands(CLI::App& root, Session& session) {
  add_best(root, session);
  add_importance_command(root, session);
  add_explain_command(root, session);
  add_export(root, session);
  add_plot_command(root, session);
}

}  // namespace studyhall::cli
