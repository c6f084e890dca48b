// A second program at the same file: SQL run past the storage that a test has open.
#pragma once

#include <sqlite3.h>

#include <filesystem>
#include <stdexcept>
#include <string>

namespace studyhall::storage {

class RawDatabase {
 public:
  explicit RawDatabase(const std::filesystem::path& file) {
    if (sqlite3_open(file.c_str(), &database_) != SQLITE_OK) {
      throw std::runtime_error("cannot open " + file.string());
    }
    sqlite3_busy_timeout(database_, 5000);
  }
  ~RawDatabase() { sqlite3_close(database_); }
  RawDatabase(const RawDatabase&) = delete;
  RawDatabase& operator=(const RawDatabase&) = delete;

  // Runs the statements of `sql`; the first column of the last row, empty for none.
  std::string run(const std::string& sql) {
    std::string last;
    char* message = nullptr;
    const auto keep = [](void* kept, int, char** values, char**) {
      *static_cast<std::string*>(kept) = values[0] != nullptr ? values[0] : "";
      return 0;
    };
    if (sqlite3_exec(database_, sql.c_str(), keep, &last, &message) != SQLITE_OK) {
      const std::string text = message != nullptr ? message : "?";
      sqlite3_free(message);
      throw std::runtime_error(sql + ": " + text);
    }
    return last;
  }

 private:
  sqlite3* database_ = nullptr;
};

}  // namespace studyhall::storage
