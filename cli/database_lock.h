// FILE.lock beside a database: who may write it.
//
// Whoever holds an flock on the file may write the database: a verb for as long as it takes, a
// server for life. A server also writes its mark (URL and host) into the file, and then places a
// record lock on its first byte; that lock can be asked about without taking anything, and both
// vanish with the server however it ends. So what a killed server left in the file never counts,
// not even while a verb holds the flock.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

namespace studyhall::cli {

// Where a server can be reached, and from where.
struct ServerMark {
  std::string url;
  std::string host;     // for people
  std::string host_id;  // equal exactly where the URL's loopback address means the same machine
};

// The name of this host; its identity is boot id, PID namespace and network namespace, which tell
// containers on one machine apart.
std::string this_host();
std::string this_host_id();

// The lock file of `database`, symbolic links resolved.
std::filesystem::path lock_path(const std::filesystem::path& database);

// The server that holds the lock of `database` now, wherever it runs; nullopt for none. Takes no
// lock and makes no file.
std::optional<ServerMark> live_server(const std::filesystem::path& database);

class DatabaseLock {
 public:
  // nullopt while somebody else holds it, in this process or another. Throws Error(Unavailable)
  // when the lock file cannot be made.
  static std::optional<DatabaseLock> try_acquire(const std::filesystem::path& database);

  DatabaseLock(DatabaseLock&& other) noexcept;
  DatabaseLock& operator=(DatabaseLock&& other) noexcept;
  DatabaseLock(const DatabaseLock&) = delete;
  DatabaseLock& operator=(const DatabaseLock&) = delete;
  ~DatabaseLock();

  // From here on live_server() answers `mark`. Throws Error(Unavailable) when it cannot be written.
  void publish(const ServerMark& mark);

 private:
  explicit DatabaseLock(int fd) : fd_(fd) {}

  int fd_ = -1;
};

// How long a verb waits for others, and how often it looks.
class LockWait {
 public:
  explicit LockWait(std::chrono::milliseconds patience);
  // Sleeps a little, longer each time up to 10 ms. Throws Error(Unavailable), naming `database`,
  // when patience is at its end.
  void once(const std::filesystem::path& database);

 private:
  std::chrono::milliseconds patience_;
  std::chrono::steady_clock::time_point deadline_;
  std::chrono::microseconds pause_{500};
};

}  // namespace studyhall::cli
