#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/text.h"
#include "core/cpu_level.h"
#include "core/error.h"
#include "server/replay.h"
#include "storage/sqlite_storage.h"

namespace studyhall::cli {

namespace {

using server::Difference;
using server::ReplayReport;

constexpr std::int64_t kEventsPerSign = 500;
constexpr std::size_t kMostShown = 20;

// The file, which exists.
std::string database_of(const Session& session) {
  if (!session.server.empty() ||
      (session.db.empty() && !session.env.variable("STUDY_SERVER").empty()))
    throw Error(ErrorCode::Unsupported,
                "replay reads the database file itself: give --db, where the server keeps it");
  const std::string file = session.database();
  if (!std::filesystem::is_regular_file(file))
    throw Error(ErrorCode::NotFound,
                fmt::format("there is no database {}: --db names another file", file));
  return file;
}

// One line on a terminal that counts up, and is gone when the report comes.
class Counter {
 public:
  explicit Counter(const Session& session) : session_(session) {}
  void show(std::int64_t done, std::int64_t of) const {
    if (!wanted() || (done % kEventsPerSign != 0 && done != of)) return;
    session_.out << fmt::format("\r{} of {} events", done, of) << std::flush;
  }
  void clear() const {
    if (wanted()) session_.out << "\r\x1b[K" << std::flush;
  }

 private:
  [[nodiscard]] bool wanted() const { return session_.env.out_is_terminal && !session_.json; }

  const Session& session_;
};

Json to_json(const Difference& difference) {
  Json json{
      {"what", difference.what}, {"replay", difference.expected}, {"written", difference.found}};
  if (difference.event > 0) json["event"] = difference.event;
  if (difference.number >= 0) json["number"] = difference.number;
  return json;
}

Json to_json(const ReplayReport& report) {
  Json differences = Json::array();
  for (const Difference& difference : report.differences)
    differences.push_back(to_json(difference));
  Json json{{"study", report.study},
            {"equal", report.equal()},
            {"events", report.events},
            {"trials", report.trials},
            {"tasks", report.tasks},
            {"suggestions",
             {{"checked", report.suggestions.checked},
              {"equal", report.suggestions.equal},
              {"elsewhere", report.suggestions.elsewhere}}},
            {"prunings", report.prunings},
            {"requests", report.requests},
            {"unseen", report.unseen},
            {"differences", std::move(differences)},
            {"difference_count", report.difference_count}};
  if (report.broken_off > 0) json["broken_off"] = report.broken_off;
  return json;
}

// Where it is: "trial 7, event 31 (params)".
std::string place_of(const Difference& difference) {
  std::string place = difference.number >= 0 ? fmt::format("trial {}", difference.number) : "";
  if (difference.event > 0)
    place += fmt::format("{}event {}", place.empty() ? "" : ", ", difference.event);
  if (place.empty()) place = "the study";
  return place + ": " + difference.what;
}

void print(const Session& session, const ReplayReport& report) {
  const server::SuggestionCount& drawn = report.suggestions;
  session.out << fmt::format("{}: {} events, {} trials, {} suggestions drawn again, {} equal\n",
                             report.study, report.events, report.trials, drawn.checked,
                             drawn.equal);
  if (report.tasks > 0) session.out << count_of(report.tasks, "task") << '\n';
  if (report.prunings > 0)
    session.out << fmt::format("{} decisions of the pruner made again\n", report.prunings);
  if (report.requests > 0)
    session.out << fmt::format("{} answers kept for request ids found\n", report.requests);
  if (drawn.elsewhere > 0)
    session.out << fmt::format(
        "{} suggestions not drawn again: another level of CPU than this one ({}), or another "
        "version of the sampler, made them\n",
        drawn.elsewhere, cpu_level());
  if (report.unseen > 0)
    session.out << fmt::format(
        "{} trials not compared: another program has written to them since\n", report.unseen);
  for (std::size_t i = 0; i < report.differences.size() && i < kMostShown; ++i) {
    const Difference& difference = report.differences[i];
    session.out << fmt::format(
        "\n{}\n  replay  {}\n  {}  {}\n",
        session.paint(printable(place_of(difference)), Colour::Red), printable(difference.expected),
        difference.event > 0 ? "event " : "stored", printable(difference.found));
  }
  if (report.difference_count > static_cast<std::int64_t>(kMostShown))
    session.out << fmt::format("\nand {} more differences\n",
                               report.difference_count - static_cast<std::int64_t>(kMostShown));
  if (report.broken_off > 0)
    session.out << fmt::format("\nNothing after event {} was replayed.\n", report.broken_off);
  session.out << (report.equal()
                      ? "Equal: the study is what its events say.\n"
                      : fmt::format("\nDifferent: {} differences.\n", report.difference_count));
}

}  // namespace

void add_replay_command(CLI::App& root, Session& session) {
  CLI::App& command =
      add_command(root, session,
                  {"Watching", "replay", "make a study again from its events, and compare",
                   "study replay heat_signature\n"
                   "study replay heat_signature --db copy.db --json"});
  const auto study = std::make_shared<std::string>();
  add_study_name(command, *study);
  command.callback([&session, study] {
    session.action = [&session, study] {
      const auto storage = storage::open_sqlite_storage(database_of(session));
      const Counter counter(session);
      const ReplayReport report = server::replay(
          *storage, *study, [&](std::int64_t done, std::int64_t of) { counter.show(done, of); });
      counter.clear();
      if (session.json)
        session.print_json(to_json(report));
      else
        print(session, report);
      return report.equal() ? kDone : kFailed;
    };
  });
}

}  // namespace studyhall::cli
