// A server program that a test or a benchmark may kill and start again on the same port and
// database.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

namespace studyhall::testing {

class ServerProcess {
 public:
  // Starts `program`, below the build folder, as `PROGRAM serve` on a free port; returns once it
  // serves. `setting` ("NAME=value") goes into its environment.
  explicit ServerProcess(std::filesystem::path database, std::string program = "bin/study",
                         std::string setting = "");
  // Kills it.
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] int port() const { return std::stoi(url_.substr(url_.rfind(':') + 1)); }
  [[nodiscard]] pid_t pid() const { return pid_; }

  // SIGKILL: nothing is flushed, nothing is said.
  void kill();
  // On the port that it had.
  void start_again();

 private:
  void start(const std::string& port);

  std::filesystem::path database_;
  std::string program_;
  std::string setting_;
  std::string url_;
  pid_t pid_ = -1;
};

}  // namespace studyhall::testing
