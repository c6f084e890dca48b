#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/costs.h"
#include "cli/exit_code.h"
#include "cli/text.h"
#include "core/study_api_json.h"

namespace studyhall::cli {

namespace {

constexpr double kWarnFrom = 0.8;

std::string usd(double value) { return fmt::format("{:.2f}", value); }

std::string duration(double seconds) {
  return seconds > 0 ? format_duration(seconds_to_duration(seconds)) : "";
}

// "1234", "12k", "1.2M", "34M".
std::string compact(std::int64_t count) {
  const auto of = static_cast<double>(count);
  if (count < 10'000) return std::to_string(count);
  if (count < 1'000'000) return fmt::format("{:.0f}k", of / 1e3);
  return fmt::format("{:.{}f}M", of / 1e6, count < 10'000'000 ? 1 : 0);
}

// At most 80 columns with a name of eight letters and a day of stalls.
void print_workers(const Session& session, const Costs& costs) {
  Table table({{"worker", Align::Left, true},
               {"USD", Align::Right},
               {"turns", Align::Right},
               {"tokens", Align::Right},
               {"done", Align::Right},
               {"failed", Align::Right},
               {"back", Align::Right},
               {"per h", Align::Right},
               {"stalled", Align::Right},
               {"limited", Align::Right}});
  for (const auto& [name, worker] : costs.workers) {
    const auto rate = worker.trials_an_hour();
    const auto failures = worker.failure_rate();
    table.add(
        {name.empty() ? "(no name)" : printable(name), usd(worker.used.cost_usd),
         std::to_string(worker.used.turns), compact(worker.used.tokens),
         std::to_string(worker.done),
         fmt::format(
             "{}{}", worker.failed,
             failures && worker.failed > 0 ? fmt::format(" ({:.0f} %)", *failures * 100) : ""),
         std::to_string(worker.sent_back), rate ? fmt::format("{:.2f}", *rate) : "",
         duration(worker.stalled_s), duration(worker.limited_s)});
  }
  session.print_table(table);
}

void print_sums(const Session& session, const char* title,
                const std::map<std::string, CostSum>& sums, const char* nameless) {
  Table table({{title},
               {"USD", Align::Right},
               {"turns", Align::Right},
               {"tokens", Align::Right},
               {"runs", Align::Right}});
  for (const auto& [name, sum] : sums)
    table.add({name.empty() ? nameless : printable(name), usd(sum.cost_usd),
               std::to_string(sum.turns), std::to_string(sum.tokens), std::to_string(sum.runs)});
  session.out << '\n';
  session.print_table(table);
}

void print_budgets(const Session& session, const StudyInfo& info) {
  for (const BudgetUse& use : info.budget) {
    const double share = use.bound > 0 ? use.used / use.bound : 0;
    const std::string line =
        fmt::format("{}{}: {:.6g} of {:.6g} ({:.0f} %)", use.worker.empty() ? "" : use.worker + " ",
                    use.limit, use.used, use.bound, share * 100);
    session.out << (share >= kWarnFrom ? session.paint("warning: " + line, Colour::Yellow)
                                       : "budget: " + line)
                << '\n';
  }
}

int costs(const Session& session, const std::string& study) {
  const Connection connection = connect(session);
  const StudyInfo info = connection.api->study(study);
  const Costs costs = read_costs(*connection.api, info);
  if (session.json) {
    Json json = to_json(costs);
    json["budget"] = to_json(info)["budget"];
    session.print_json(json);
    return kDone;
  }
  session.out << fmt::format(
      "{}: {} USD, {} turns, {} tokens in {}; the lead changed {} times{}\n", study,
      usd(costs.total.cost_usd), costs.total.turns, costs.total.tokens,
      count_of(costs.total.runs, "run"), costs.improvements,
      costs.per_improvement_usd ? fmt::format(", {} USD each", usd(*costs.per_improvement_usd))
                                : "");
  print_budgets(session, info);
  if (costs.workers.empty()) return kDone;
  session.out << '\n';
  print_workers(session, costs);
  print_sums(session, "day (UTC)", costs.days, "");
  print_sums(session, "model", costs.models, "(no agent)");
  return kDone;
}

}  // namespace

void add_costs_command(CLI::App& root, Session& session) {
  CLI::App& command =
      add_command(root, session,
                  {"Watching", "costs", "what a study has cost, and how its workers do",
                   "study costs heat_signature\n"
                   "study costs heat_signature --json"});
  const auto study = std::make_shared<std::string>();
  add_study_name(command, *study);
  command.callback(
      [&session, study] { session.action = [&session, study] { return costs(session, *study); }; });
}

}  // namespace studyhall::cli
