// The built program, run as processes of their own.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/paths.h"

namespace studyhall::cli {

// One `study` process, its standard output (and errors) read through a pipe. Killed and waited for
// at the latest when the object goes.
class StudyProcess {
 public:
  // `variables` are "NAME=value", besides PATH; `folder` is where it runs.
  StudyProcess(std::vector<std::string> args, const std::filesystem::path& folder,
               std::vector<std::string> variables = {}) {
    std::array<int, 2> pipe_ends{};
    if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe");
    out_ = pipe_ends[0];
    args.insert(args.begin(), build_path("bin/study"));
    variables.emplace_back("PATH=/usr/bin:/bin");
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addchdir_np(&files, folder.c_str());
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, pipe_ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, pipe_ends[1], STDERR_FILENO);
    const int failure = posix_spawn(&pid_, args.front().c_str(), &files, nullptr,
                                    pointers(args).data(), pointers(variables).data());
    posix_spawn_file_actions_destroy(&files);
    close(pipe_ends[1]);
    if (failure != 0) throw std::runtime_error("cannot run " + args.front());
  }
  ~StudyProcess() {
    if (!status_) kill(pid_, SIGKILL);
    wait();
    close(out_);
  }
  StudyProcess(const StudyProcess&) = delete;
  StudyProcess& operator=(const StudyProcess&) = delete;

  void signal(int number) const { kill(pid_, number); }

  // Output up to and with the first `text`; all of it if that never comes.
  std::string read_until(const std::string& text) {
    std::array<char, 4096> buffer{};
    while (seen_.find(text) == std::string::npos) {
      const ssize_t n = read(out_, buffer.data(), buffer.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) break;
      seen_.append(buffer.data(), static_cast<std::size_t>(n));
    }
    const std::size_t found = seen_.find(text);
    const std::size_t end = found == std::string::npos ? seen_.size() : found + text.size();
    return seen_.substr(0, end);
  }
  // All output, once it has ended.
  std::string read_all() {
    std::array<char, 4096> buffer{};
    for (ssize_t n = 0; (n = read(out_, buffer.data(), buffer.size())) != 0;)
      if (n > 0) seen_.append(buffer.data(), static_cast<std::size_t>(n));
    return seen_;
  }
  // The exit status; 128 + the signal that killed it.
  int wait() {
    if (!status_) {
      int status = 0;
      while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
      }
      status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    return *status_;
  }

 private:
  static std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> result;
    for (std::string& word : words) result.push_back(word.data());
    result.push_back(nullptr);
    return result;
  }

  pid_t pid_ = 0;
  int out_ = -1;
  std::string seen_;
  std::optional<int> status_;
};

// A server on a free port, its URL known.
class ServerProcess {
 public:
  ServerProcess(const std::filesystem::path& database, const std::filesystem::path& folder,
                const std::vector<std::string>& more = {})
      : process_(words(database, more), folder) {
    const std::string text = process_.read_until("Ctrl-C");
    const std::size_t begin = std::min(text.find("http://"), text.find("https://"));
    if (begin == std::string::npos) throw std::runtime_error("no server: " + text);
    url_ = text.substr(begin, text.find('\n', begin) - begin);
  }
  [[nodiscard]] const std::string& url() const { return url_; }
  StudyProcess& process() { return process_; }

 private:
  static std::vector<std::string> words(const std::filesystem::path& database,
                                        const std::vector<std::string>& more) {
    std::vector<std::string> all{"serve", "--db", database.string(), "--port", "0"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  StudyProcess process_;
  std::string url_;
};

}  // namespace studyhall::cli
