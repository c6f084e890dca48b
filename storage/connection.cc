#include "storage/connection.h"

#include <fmt/format.h>
#include <sqlite3.h>

namespace studyhall::storage {

std::string_view Query::text(int column) {
  const SQLite::Column value = statement_.getColumn(column);
  const char* begin = value.getText("");
  return {begin, static_cast<std::size_t>(value.getBytes())};
}

std::string_view Query::bytes(int column) {
  const SQLite::Column value = statement_.getColumn(column);
  const auto* begin = static_cast<const char*>(value.getBlob());
  return {begin, static_cast<std::size_t>(value.getBytes())};
}

Connection::Connection(const std::filesystem::path& file, int flags,
                       std::chrono::milliseconds busy_timeout)
    : database_(std::filesystem::absolute(file).string(), flags,
                static_cast<int>(busy_timeout.count())) {}

std::int64_t Connection::data_version() {
  Query version = query("PRAGMA data_version");
  version.next();
  return version.integer(0);
}

SQLite::Statement& Connection::statement(std::string_view sql) {
  auto found = statements_.find(sql);
  if (found == statements_.end()) {
    std::string text(sql);
    auto prepared = std::make_unique<SQLite::Statement>(database_, text);
    found = statements_.emplace(std::move(text), std::move(prepared)).first;
  }
  return *found->second;
}

void Connection::bind(SQLite::Statement& statement, int position, std::int64_t value) {
  statement.bind(position, value);
}

void Connection::bind(SQLite::Statement& statement, int position, int value) {
  statement.bind(position, value);
}

void Connection::bind(SQLite::Statement& statement, int position, double value) {
  statement.bind(position, value);
}

void Connection::bind(SQLite::Statement& statement, int position, std::string_view value) {
  statement.bind(position, std::string(value));
}

void Connection::bind(SQLite::Statement& statement, int position, const std::string& value) {
  statement.bind(position, value);
}

void Connection::bind(SQLite::Statement& statement, int position, const Blob& value) {
  statement.bind(position, value.bytes.data(), static_cast<int>(value.bytes.size()));
}

Transaction::Transaction(Connection& connection, Kind kind) : connection_(connection) {
  connection_.query(kind == Kind::Writing ? "BEGIN IMMEDIATE" : "BEGIN").run();
}

Transaction::~Transaction() {
  if (!open_) {
    return;
  }
  try {
    connection_.query("ROLLBACK").run();
  } catch (const SQLite::Exception&) {
    // After some faults (disk full) SQLite has already rolled back; there is nothing left to undo.
  }
}

void Transaction::commit() {
  connection_.query("COMMIT").run();
  open_ = false;
}

Error storage_error(const std::filesystem::path& file, const SQLite::Exception& fault) {
  const auto error = [&](ErrorCode code, std::string_view meaning) {
    return Error(code, fmt::format("{}: {} (SQLite: {})", file.string(), meaning, fault.what()));
  };
  switch (fault.getErrorCode() & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return error(ErrorCode::Unavailable,
                   "the database is busy: another program is writing to it");
    case SQLITE_FULL:
      return error(ErrorCode::Unavailable, "the disk is full");
    case SQLITE_IOERR:
      return error(ErrorCode::Unavailable, "reading or writing the file failed");
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return error(ErrorCode::Unavailable, "the file or its folder may not be written to");
    case SQLITE_CANTOPEN:
      return error(ErrorCode::Unavailable, "the file cannot be opened or created");
    case SQLITE_NOTADB:
      return error(ErrorCode::Corrupt, "the file is not a SQLite database");
    case SQLITE_CORRUPT:
      return error(ErrorCode::Corrupt, "the database is damaged");
    default:
      return error(ErrorCode::Internal, "an unexpected database error");
  }
}

}  // namespace studyhall::storage
