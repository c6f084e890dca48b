// One connection to a SQLite file, with its statements kept prepared.
//
// Thread safety: one thread at a time.
// Errors: SQLite::Exception; storage_error() turns it into an Error at the folder's edge.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/error.h"

namespace studyhall::storage {

// A text to be bound as bytes.
struct Blob {
  std::string_view bytes;
};

// One execution of a statement. A statement has one Query at a time; its rows are valid until the
// next call of next().
class Query {
 public:
  explicit Query(SQLite::Statement& statement) : statement_(statement) {}
  ~Query() { statement_.tryReset(); }
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  // Steps to the next row; false after the last one.
  bool next() { return statement_.executeStep(); }
  void run() {
    while (next()) {
    }
  }

  [[nodiscard]] std::int64_t integer(int column) { return statement_.getColumn(column).getInt64(); }
  [[nodiscard]] double real(int column) { return statement_.getColumn(column).getDouble(); }
  [[nodiscard]] bool is_null(int column) { return statement_.getColumn(column).isNull(); }
  // Empty for NULL.
  [[nodiscard]] std::string_view text(int column);
  // Empty for NULL.
  [[nodiscard]] std::string_view bytes(int column);

 private:
  SQLite::Statement& statement_;
};

class Connection {
 public:
  // Opens `file`, creating it where `flags` (SQLite::OPEN_...) say so.
  Connection(const std::filesystem::path& file, int flags, std::chrono::milliseconds busy_timeout);

  // Runs statements that have no parameters and whose rows do not matter.
  void exec(const std::string& sql) { database_.exec(sql); }

  // `sql` with its parameters ?1, ?2, ... bound in order, ready to be stepped.
  template <class... Values>
  Query query(std::string_view sql, const Values&... values) {
    SQLite::Statement& prepared = statement(sql);
    int position = 0;
    (bind(prepared, ++position, values), ...);
    return Query(prepared);
  }

  // How many rows the last INSERT, UPDATE or DELETE changed.
  [[nodiscard]] int changes() { return database_.getChanges(); }

  // Changes whenever another connection, of this process or another, has changed the file.
  [[nodiscard]] std::int64_t data_version();

 private:
  struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  SQLite::Statement& statement(std::string_view sql);
  static void bind(SQLite::Statement& statement, int position, std::int64_t value);
  static void bind(SQLite::Statement& statement, int position, int value);
  static void bind(SQLite::Statement& statement, int position, double value);
  static void bind(SQLite::Statement& statement, int position, std::string_view value);
  static void bind(SQLite::Statement& statement, int position, const std::string& value);
  static void bind(SQLite::Statement& statement, int position, const Blob& value);
  template <class Value>
  static void bind(SQLite::Statement& statement, int position, const std::optional<Value>& value) {
    if (value) {
      bind(statement, position, *value);
    } else {
      statement.bind(position);
    }
  }

  SQLite::Database database_;
  std::unordered_map<std::string, std::unique_ptr<SQLite::Statement>, TextHash, std::equal_to<>>
      statements_;
};

// Begun by its constructor; rolled back by its destructor unless committed.
class Transaction {
 public:
  enum class Kind { Reading, Writing };
  Transaction(Connection& connection, Kind kind);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Connection& connection_;
  bool open_ = true;
};

// What `fault` means for a user of `file`: Unavailable (busy, full, unreadable, unwritable),
// Corrupt (not a database, damaged) or Internal.
Error storage_error(const std::filesystem::path& file, const SQLite::Exception& fault);

}  // namespace studyhall::storage
