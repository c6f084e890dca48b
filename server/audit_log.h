// Who did what: a line of JSON for each write that the server was asked for.
#pragma once

#include <atomic>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/clock.h"

namespace studyhall::server {

struct AuditEntry {
  Timestamp time;
  std::string_view by;       // name of the token; empty: none
  std::string_view address;  // of the client
  std::string_view method;
  std::string_view path;
  int status = 0;
  std::string_view request_id;
};

// The log beside `database` where no other is named: FILE.audit.jsonl.
std::filesystem::path audit_file(const std::filesystem::path& database);

// Thread safety: write() may be called from any thread; a line is written whole, in one call.
class AuditLog {
 public:
  // Appends to `file`, which only its owner may read when it is made here. Throws
  // Error(Unavailable) naming it where it cannot be opened.
  explicit AuditLog(const std::filesystem::path& file);
  ~AuditLog();
  AuditLog(const AuditLog&) = delete;
  AuditLog& operator=(const AuditLog&) = delete;

  // Handed to the operating system when it returns, not forced to disk. What cannot be written is
  // said in the server's log: the verb has been done.
  void write(const AuditEntry& entry);
  // Opens the file by its name again, after it was moved away. Throws as the constructor.
  void reopen();

 private:
  const std::filesystem::path file_;
  int fd_ = -1;
};

}  // namespace studyhall::server
