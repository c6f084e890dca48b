#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <fstream>
#include <iterator>
#include <memory>

#include "cli/commands.h"
#include "cli/database_lock.h"
#include "cli/exit_code.h"
#include "cli/text.h"
#include "core/error.h"
#include "server/audit_log.h"
#include "storage/artifact_store.h"
#include "storage/sqlite_storage.h"
#include "storage/upkeep.h"

namespace studyhall::cli {

namespace {

constexpr std::chrono::milliseconds kLockPatience{30'000};

// These work on the file itself, beside a server that may run.
std::filesystem::path own_file(const Session& session, const char* command) {
  if (!session.server.empty())
    throw Error(ErrorCode::Invalid,
                fmt::format("--server: run `study {}` where the database is, with --db FILE (the "
                            "server may be running)",
                            command));
  std::filesystem::path file = session.database();
  if (!std::filesystem::is_regular_file(file))
    throw Error(ErrorCode::NotFound, fmt::format("there is no database {}", file.string()));
  return file;
}

void add_backup(CLI::App& root, Session& session) {
  CLI::App& command =
      add_command(root, session,
                  {"Database", "backup", "copy a database while it is in use, and check the copy",
                   "study backup studies-monday.db\n"
                   "study backup --db /srv/studies.db /backup/studies.db"});
  const auto copy = std::make_shared<std::string>();
  command.add_option("FILE", *copy, "the copy; must not be there yet")->required()->type_name("");
  command.callback([&session, copy] {
    session.action = [&session, copy] {
      const std::filesystem::path file = own_file(session, "backup");
      const storage::Backup done = storage::back_up(file, *copy);
      storage::ArtifactStore(storage::artifact_file(file)).back_up(storage::artifact_file(*copy));
      if (session.json)
        session.print_json({{"file", *copy},
                            {"bytes", done.bytes},
                            {"studies", done.studies},
                            {"trials", done.trials},
                            {"events", done.events}});
      else
        session.out << fmt::format("{}: {} studies, {} trials, {} events, {} bytes; checked.\n",
                                   printable(*copy), done.studies, done.trials, done.events,
                                   done.bytes);
      return kDone;
    };
  });
}

void add_check(CLI::App& root, Session& session) {
  CLI::App& command = add_command(
      root, session,
      {"Database", "check", "is the database whole?", "study check\nstudy check --db old.db"});
  command.callback([&session] {
    session.action = [&session] {
      const std::filesystem::path file = own_file(session, "check");
      std::vector<std::string> problems = storage::check_database(file);
      std::ranges::move(storage::ArtifactStore(storage::artifact_file(file)).problems(),
                        std::back_inserter(problems));
      if (session.json) {
        session.print_json({{"file", file.string()}, {"problems", problems}});
      } else if (problems.empty()) {
        session.out << fmt::format(
            "{} is whole. (`study replay STUDY` checks a study against its "
            "events.)\n",
            file.string());
      } else {
        for (const std::string& problem : problems) session.out << printable(problem) << '\n';
      }
      return problems.empty() ? kDone : kFailed;
    };
  });
}

DatabaseLock sole_use(const std::filesystem::path& file) {
  for (LockWait wait(kLockPatience);; wait.once(file)) {
    if (const auto mark = live_server(file))
      throw Error(ErrorCode::Unavailable, fmt::format("{} is served at {} on {}: end that first",
                                                      file.string(), mark->url, mark->host));
    if (auto lock = DatabaseLock::try_acquire(file)) return std::move(*lock);
  }
}

void add_migrate(CLI::App& root, Session& session) {
  CLI::App& command = add_command(
      root, session,
      {"Database", "migrate", "bring a database to this version's tables, after a backup",
       "study migrate --backup before.db\nstudy migrate --db old.db"});
  const auto copy = std::make_shared<std::string>();
  command.add_option("--backup", *copy, "copy the database there first")->type_name("FILE");
  command.callback([&session, copy] {
    session.action = [&session, copy] {
      const std::filesystem::path file = own_file(session, "migrate");
      const DatabaseLock lock = sole_use(file);
      const auto before = storage::studyhall_version(file);
      if (!copy->empty()) {
        if (!before)
          throw Error(ErrorCode::Invalid,
                      fmt::format("--backup: {} has no tables of Studyhall yet; copy it as a file",
                                  file.string()));
        storage::back_up(file, *copy);
      }
      storage::open_sqlite_storage(file);
      const auto after = storage::studyhall_version(file);
      if (session.json)
        session.print_json({{"from", before ? Json(*before) : Json()}, {"to", *after}});
      else if (before == after)
        session.out << fmt::format("{} has version {} already.\n", file.string(), *after);
      else
        session.out << fmt::format("{}: from {} to version {}.\n", file.string(),
                                   before ? fmt::format("version {}", *before) : "none", *after);
      return kDone;
    };
  });
}

struct AuditArguments {
  std::string by;
  std::string log;
  std::int64_t limit = 100;
};

std::deque<Json> last_entries(const std::filesystem::path& file, const AuditArguments& arguments) {
  std::ifstream in(file);
  if (!in)
    throw Error(ErrorCode::NotFound,
                fmt::format("there is no audit log {}: `study serve` keeps one where it asks for "
                            "tokens, or with --audit",
                            file.string()));
  std::deque<Json> entries;
  for (std::string line; std::getline(in, line);) {
    Json entry = Json::parse(line, nullptr, false);
    if (!entry.is_object()) continue;
    if (!arguments.by.empty() && entry.value("by", "") != arguments.by) continue;
    entries.push_back(std::move(entry));
    if (static_cast<std::int64_t>(entries.size()) > arguments.limit) entries.pop_front();
  }
  return entries;
}

int audit(const Session& session, const AuditArguments& arguments) {
  const std::filesystem::path file = arguments.log.empty()
                                         ? server::audit_file(own_file(session, "audit"))
                                         : std::filesystem::path(arguments.log);
  const std::deque<Json> entries = last_entries(file, arguments);
  if (session.json) {
    session.print_json({{"audit", entries}});
    return kDone;
  }
  Table table(
      {{"time"}, {"by"}, {"address"}, {"status", Align::Right}, {"request", Align::Left, true}});
  for (const Json& entry : entries) {
    const std::string by = entry.value("by", "");
    const auto time = parse_utc(entry.value("time", ""));
    table.add({time ? format_time(*time) : "?", printable(by.empty() ? "-" : by),
               printable(entry.value("address", "")), std::to_string(entry.value("status", 0)),
               printable(entry.value("method", "") + " " + entry.value("path", ""))});
  }
  if (entries.empty())
    session.out << "Nothing.\n";
  else
    session.print_table(table);
  return kDone;
}

void add_audit(CLI::App& root, Session& session) {
  CLI::App& command =
      add_command(root, session,
                  {"Server", "audit", "who had the server change what, the last ones last",
                   "study audit\nstudy audit --by w1 --limit 20\nstudy audit --log audit.jsonl"});
  const auto arguments = std::make_shared<AuditArguments>();
  command.add_option("--by", arguments->by, "only what came with this token")->type_name("NAME");
  command.add_option("--log", arguments->log, "the log (default: beside the database)")
      ->type_name("FILE");
  add_integer(command, "--limit", arguments->limit, 1, "how many (default: 100)");
  command.callback([&session, arguments] {
    session.action = [&session, arguments] { return audit(session, *arguments); };
  });
}

}  // namespace

void add_upkeep_commands(CLI::App& root, Session& session) {
  add_audit(root, session);
  add_backup(root, session);
  add_check(root, session);
  add_migrate(root, session);
}

}  // namespace studyhall::cli
