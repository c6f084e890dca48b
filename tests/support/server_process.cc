#include "tests/support/server_process.h"
#include "tests/support/paths.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <utility>
#include <vector>

namespace studyhall::testing {

namespace {

// The first line that `fd` gives, or what came before its end.
std::string read_line(int fd) {
  std::string line;
  char c = 0;
  while (::read(fd, &c, 1) == 1 && c != '\n') line += c;
  return line;
}

}  // namespace

ServerProcess::ServerProcess(std::filesystem::path database, std::string program,
                             std::string setting)
    : database_(std::move(database)), program_(std::move(program)), setting_(std::move(setting)) {
  start("0");
}

ServerProcess::~ServerProcess() { kill(); }

void ServerProcess::start(const std::string& port) {
  std::array<int, 2> out{};
  if (pipe2(out.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  std::vector<std::string> args{build_path(program_), "serve",  "--json", "--db",
                                database_.string(),   "--port", port};
  std::vector<char*> argv;
  for (std::string& arg : args) argv.push_back(arg.data());
  argv.push_back(nullptr);
  std::vector<char*> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) environment.push_back(*entry);
  if (!setting_.empty()) environment.push_back(setting_.data());
  environment.push_back(nullptr);
  const int failed =
      posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  close(out[1]);
  const std::string line = failed == 0 ? read_line(out[0]) : "";
  close(out[0]);
  const auto begin = line.find("http://");
  if (begin == std::string::npos) throw std::runtime_error("the server did not start: " + line);
  url_ = line.substr(begin, line.find('"', begin) - begin);
}

void ServerProcess::kill() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void ServerProcess::start_again() { start(url_.substr(url_.rfind(':') + 1)); }

}  // namespace studyhall::testing
