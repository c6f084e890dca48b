#include "storage/upkeep.h"

#include <SQLiteCpp/Backup.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/error.h"
#include "storage/connection.h"

namespace studyhall::storage {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kBusyTimeout{5};
constexpr std::size_t kMaxProblems = 100;

struct Rule {
  const char* sql;      // selects a line for each breach: two values
  const char* message;  // takes them
};

// Each row of a rule is a breach of it.
constexpr Rule kRules[] = {
    {"SELECT s.study_name, count(*) || ' trials, last number ' || max(t.number) FROM trials t"
     " JOIN studies s USING (study_id) JOIN studyhall_studies USING (study_id)"
     " GROUP BY study_id HAVING count(*) <> max(t.number) + 1",
     "study {}: trial numbers have gaps ({})"},
    {"SELECT study_id, count(*) || ' events, from ' || min(sequence) || ' to ' || max(sequence)"
     " FROM studyhall_events GROUP BY study_id"
     " HAVING count(*) <> max(sequence) OR min(sequence) <> 1",
     "study with id {}: its events have gaps ({})"},
    {"SELECT s.study_name, t.number FROM trials t JOIN studies s USING (study_id)"
     " WHERE t.state = 'COMPLETE' AND (SELECT count(*) FROM trial_values v"
     "  WHERE v.trial_id = t.trial_id) <> (SELECT count(*) FROM study_directions d"
     "  WHERE d.study_id = t.study_id)",
     "study {}: trial {} is complete, but does not have a value for each objective"},
    {"SELECT study_id, 'studyhall_studies' FROM studyhall_studies"
     " WHERE study_id NOT IN (SELECT study_id FROM studies)",
     "a study with id {} is in {}, but is none any more"},
    {"SELECT DISTINCT study_id, 'studyhall_events' FROM studyhall_events"
     " WHERE study_id NOT IN (SELECT study_id FROM studies)",
     "a study with id {} has rows in {}, but is none any more"},
    {"SELECT l.study_id, l.number FROM studyhall_leases l LEFT JOIN trials t"
     " ON t.study_id = l.study_id AND t.number = l.number WHERE t.trial_id IS NULL",
     "study with id {}: there is a lease of trial {}, which there is not"},
};

std::unique_ptr<Connection> open(const fs::path& file) {
  if (!fs::is_regular_file(file)) {
    throw Error(ErrorCode::NotFound, fmt::format("there is no database {}", file.string()));
  }
  return std::make_unique<Connection>(file, SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX,
                                      kBusyTimeout);
}

template <class Work>
auto guarded(const fs::path& file, const Work& work) {
  try {
    return work();
  } catch (const SQLite::Exception& fault) {
    throw storage_error(file, fault);
  }
}

std::optional<std::int64_t> own_version(Connection& connection) {
  const bool exists =
      connection
          .query("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'studyhall_schema'")
          .next();
  if (!exists) return std::nullopt;
  Query version = connection.query("SELECT version FROM studyhall_schema");
  return version.next() ? std::optional(version.integer(0)) : std::nullopt;
}

void check_rules(Connection& connection, std::vector<std::string>& problems) {
  for (const Rule& rule : kRules) {
    Query row = connection.query(rule.sql);
    while (row.next() && problems.size() < kMaxProblems) {
      problems.push_back(fmt::format(fmt::runtime(rule.message), row.text(0), row.text(1)));
    }
  }
}

std::vector<std::string> problems_of(Connection& connection, const fs::path& file) {
  const Transaction moment(connection, Transaction::Kind::Reading);
  std::vector<std::string> problems;
  Query integrity = connection.query("PRAGMA integrity_check(100)");
  while (integrity.next()) {
    if (integrity.text(0) != "ok") problems.emplace_back(integrity.text(0));
  }
  if (!problems.empty()) return problems;
  if (!own_version(connection)) {
    throw Error(ErrorCode::Corrupt, fmt::format("{}: has no tables of Studyhall", file.string()));
  }
  Query keys = connection.query("PRAGMA foreign_key_check");
  while (keys.next() && problems.size() < kMaxProblems) {
    problems.push_back(fmt::format("table {}, row {}: names a row of {} that there is not",
                                   keys.text(0), keys.integer(1), keys.text(2)));
  }
  check_rules(connection, problems);
  return problems;
}

std::int64_t count(Connection& connection, std::string_view sql) {
  Query query = connection.query(sql);
  query.next();
  return query.integer(0);
}

// The copy and its folder are on disk before the copy has its name.
void force_to_disk(const fs::path& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
  const bool done = fd >= 0 && ::fsync(fd) == 0;
  const int cause = errno;
  if (fd >= 0) ::close(fd);
  if (!done) {
    throw Error(ErrorCode::Unavailable,
                fmt::format("cannot write {}: {}", path.string(), std::strerror(cause)));
  }
}

void copy_pages(const fs::path& file, const fs::path& draft) {
  SQLite::Database from(file.string(), SQLite::OPEN_READWRITE,
                        static_cast<int>(std::chrono::milliseconds(kBusyTimeout).count()));
  SQLite::Database to(draft.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  SQLite::Backup backup(to, from);
  while (backup.executeStep(-1) != SQLITE_DONE) {
  }
}

Backup checked_copy(const fs::path& draft, const fs::path& copy) {
  Backup result;
  {
    const auto connection = open(draft);
    connection->query("PRAGMA journal_mode = DELETE").run();
    const std::vector<std::string> problems = problems_of(*connection, draft);
    if (!problems.empty()) {
      throw Error(ErrorCode::Corrupt,
                  fmt::format("{}: the copy, and so the database, is damaged: {}", copy.string(),
                              problems.front()));
    }
    result.studies = count(*connection, "SELECT count(*) FROM studies");
    result.trials = count(*connection, "SELECT count(*) FROM trials");
    result.events = count(*connection, "SELECT count(*) FROM studyhall_events");
  }
  result.bytes = static_cast<std::int64_t>(fs::file_size(draft));
  return result;
}

}  // namespace

std::vector<std::string> check_database(const fs::path& file) {
  return guarded(file, [&] { return problems_of(*open(file), file); });
}

Backup back_up(const fs::path& file, const fs::path& copy) {
  if (fs::exists(copy)) {
    throw Error(ErrorCode::Conflict,
                fmt::format("{} exists: a backup replaces nothing", copy.string()));
  }
  if (!fs::is_regular_file(file)) {
    throw Error(ErrorCode::NotFound, fmt::format("there is no database {}", file.string()));
  }
  fs::path draft = copy;
  draft += fmt::format(".draft.{}", ::getpid());
  // A copy has what the database has, hashes of tokens included: it is its owner's alone.
  const int fd = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) {
    throw Error(ErrorCode::Unavailable,
                fmt::format("cannot write {}: {}", draft.string(), std::strerror(errno)));
  }
  ::close(fd);
  try {
    Backup result = guarded(file, [&] {
      copy_pages(file, draft);
      return checked_copy(draft, copy);
    });
    force_to_disk(draft, O_RDONLY);
    // A link, unlike a renaming, does not replace what has come there meanwhile.
    fs::create_hard_link(draft, copy);
    fs::remove(draft);
    force_to_disk(fs::absolute(copy).parent_path(), O_RDONLY | O_DIRECTORY);
    return result;
  } catch (const fs::filesystem_error& error) {
    fs::remove(draft);
    throw Error(ErrorCode::Unavailable,
                fmt::format("cannot write {}: {}", copy.string(), error.code().message()));
  } catch (...) {
    fs::remove(draft);
    throw;
  }
}

std::optional<std::int64_t> studyhall_version(const fs::path& file) {
  return guarded(file, [&] { return own_version(*open(file)); });
}

}  // namespace studyhall::storage
