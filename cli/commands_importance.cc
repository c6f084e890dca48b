#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <string>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/exit_code.h"
#include "cli/text.h"
#include "core/study_api_json.h"

namespace studyhall::cli {

namespace {

constexpr std::size_t kWidestBar = 40;
constexpr std::size_t kNarrowestBar = 5;
// Below this many best results the authors of PED-ANOVA call its numbers unstable.
constexpr std::int64_t kSteadyTarget = 5;

struct ImportanceArguments {
  std::string study;
  std::string worker;
  std::int64_t objective = 0;
  std::string target_quantile;
  std::string region_quantile;
};

ImportanceRequest request_of(const ImportanceArguments& arguments) {
  ImportanceRequest request;
  request.worker = arguments.worker;
  request.objective = static_cast<int>(std::min<std::int64_t>(arguments.objective, 1'000'000));
  if (!arguments.target_quantile.empty())
    request.target_quantile = parse_number(arguments.target_quantile, "--target-quantile");
  if (!arguments.region_quantile.empty())
    request.region_quantile = parse_number(arguments.region_quantile, "--region-quantile");
  return request;
}

// `share` of `width` columns, to an eighth of a column.
std::string bar(double share, std::size_t width) {
  static constexpr std::array<const char*, 8> kEighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const auto eighths =
      static_cast<std::size_t>(std::lround(share * static_cast<double>(width) * 8));
  std::string text;
  for (std::size_t i = 0; i < eighths / 8; ++i) text += "█";
  return text + kEighths[eighths % 8];
}

Table importance_table(const ImportanceAnswer& answer, std::size_t width) {
  const bool conditional =
      std::any_of(answer.parameters.begin(), answer.parameters.end(),
                  [&](const ImportanceRow& row) { return row.trials != answer.trials; });
  std::vector<Column> columns{{"parameter", Align::Left, true}, {"importance", Align::Right}};
  if (conditional) columns.push_back({"results", Align::Right});
  Table figures(columns);
  for (const ImportanceRow& row : answer.parameters) {
    std::vector<Cell> cells{row.name, fmt::format("{:.1f} %", 100 * row.importance)};
    if (conditional) cells.emplace_back(std::to_string(row.trials));
    figures.add(std::move(cells));
  }
  const std::size_t taken = figures.natural_width() + 2;
  if (taken + kNarrowestBar > width) return figures;

  const std::size_t room = std::min(width - taken, kWidestBar);
  columns.push_back({""});
  Table table(columns);
  const double longest = answer.parameters.empty() ? 0 : answer.parameters.front().importance;
  for (const ImportanceRow& row : answer.parameters) {
    std::vector<Cell> cells{row.name, fmt::format("{:.1f} %", 100 * row.importance)};
    if (conditional) cells.emplace_back(std::to_string(row.trials));
    cells.push_back({bar(longest > 0 ? row.importance / longest : 0, room), Colour::Green});
    table.add(std::move(cells));
  }
  return table;
}

void show(const Session& session, const ImportanceAnswer& answer, const std::string& worker) {
  const std::string place = worker.empty() ? "" : " in the ranges of " + worker;
  if (answer.trials == 0) {
    session.out << fmt::format("No results{} yet.\n", place);
    return;
  }
  const std::string results = count_of(answer.trials, "result") + place;
  if (!answer.informative) {
    session.out << fmt::format("{}: too few, or too alike, to tell the parameters apart.\n",
                               results);
    return;
  }
  session.print_table(importance_table(answer, static_cast<std::size_t>(session.env.columns())));
  session.out << fmt::format("\nHow the best {} of {} differ from all of them.\n",
                             answer.target_trials, results);
  if (answer.target_trials < kSteadyTarget)
    session.out << fmt::format("With fewer than {} among the best, take the shares as a hint.\n",
                               kSteadyTarget);
}

int importance(const Session& session, const ImportanceArguments& arguments) {
  const ImportanceRequest request = request_of(arguments);
  const Connection connection = connect(session);
  const ImportanceAnswer answer = connection.api->importance(arguments.study, request);
  if (session.json)
    session.print_json(to_json(answer));
  else
    show(session, answer, arguments.worker);
  return kDone;
}

}  // namespace

void add_importance_command(CLI::App& root, Session& session) {
  CLI::App& command = add_command(
      root, session,
      {"Results", "importance", "which parameters the best results depend on (PED-ANOVA)",
       "study importance heat_signature\n"
       "study importance heat_signature --worker W1\n"
       "study importance heat_signature --target-quantile 0.2 --json"});
  const auto arguments = std::make_shared<ImportanceArguments>();
  add_study_name(command, arguments->study);
  command
      .add_option("--worker", arguments->worker,
                  "only the parameters that W moves, and the results within its ranges")
      ->type_name("W");
  add_integer(command, "--objective", arguments->objective, 0,
              "of several objectives, which one, from 0 (default: 0)");
  command
      .add_option("--target-quantile", arguments->target_quantile,
                  "share of the results that counts as the best (default: 0.1)")
      ->type_name("Q");
  command
      .add_option("--region-quantile", arguments->region_quantile,
                  "compare with the results in this best share, not with all (default: 1)")
      ->type_name("Q");
  command.callback([&session, arguments] {
    session.action = [&session, arguments] { return importance(session, *arguments); };
  });
}

}  // namespace studyhall::cli
