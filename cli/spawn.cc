#include "cli/spawn.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string_view>

#include "core/error.h"
#include "worker_shim/files.h"
#include "worker_shim/process.h"

namespace studyhall::cli {

namespace {

using worker_shim::Descriptor;

class FileActions {
 public:
  FileActions() { posix_spawn_file_actions_init(&actions_); }
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  result.reserve(words.size() + 1);
  for (std::string& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

Error cannot_start(const std::filesystem::path& program, int failure) {
  return Error(ErrorCode::Unavailable, fmt::format("cannot start {}: {}", program.string(),
                                                   worker_shim::system_words(failure)));
}

// Leaves the file at its beginning.
void write_all(const std::filesystem::path& program, int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw cannot_start(program, errno);
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  lseek(fd, 0, SEEK_SET);
}

std::string content_of(int fd) {
  lseek(fd, 0, SEEK_SET);
  std::string text;
  std::array<char, 4096> buffer{};
  for (ssize_t n = 0; (n = read(fd, buffer.data(), buffer.size())) > 0;)
    text.append(buffer.data(), static_cast<std::size_t>(n));
  return text;
}

}  // namespace

pid_t start_detached(const std::filesystem::path& program, std::vector<std::string> argv,
                     const std::filesystem::path& directory, const std::filesystem::path& log,
                     int ready) {
  FileActions files;
  posix_spawn_file_actions_addopen(files.get(), STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(files.get(), STDOUT_FILENO, log.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(files.get(), STDOUT_FILENO, STDERR_FILENO);
  int first_closed = 3;
  if (ready >= 0) {
    posix_spawn_file_actions_adddup2(files.get(), ready, 3);
    first_closed = 4;
  }
  posix_spawn_file_actions_addclosefrom_np(files.get(), first_closed);
  posix_spawn_file_actions_addchdir_np(files.get(), directory.c_str());
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  pid_t pid = -1;
  const int failure =
      posix_spawn(&pid, program.c_str(), files.get(), &attributes, pointers(argv).data(), environ);
  posix_spawnattr_destroy(&attributes);
  if (failure != 0) throw cannot_start(program, failure);
  return pid;
}

ProgramAnswer run_to_end(const std::filesystem::path& program, std::vector<std::string> argv,
                         const std::string& input, const std::filesystem::path& directory) {
  const Descriptor in(memfd_create("in", MFD_CLOEXEC));
  const Descriptor out(memfd_create("out", MFD_CLOEXEC));
  const Descriptor err(memfd_create("err", MFD_CLOEXEC));
  if (!in.is_open() || !out.is_open() || !err.is_open()) throw cannot_start(program, errno);
  write_all(program, in.fd(), input);
  FileActions files;
  posix_spawn_file_actions_adddup2(files.get(), in.fd(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(files.get(), out.fd(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(files.get(), err.fd(), STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(files.get(), 3);
  if (!directory.empty()) posix_spawn_file_actions_addchdir_np(files.get(), directory.c_str());
  pid_t pid = -1;
  const int failure =
      posix_spawn(&pid, program.c_str(), files.get(), nullptr, pointers(argv).data(), environ);
  if (failure != 0) throw cannot_start(program, failure);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), content_of(out.fd()),
          content_of(err.fd())};
}

ProgramAnswer run_shell(const std::string& command, const std::string& input,
                        const std::filesystem::path& directory) {
  return run_to_end("/bin/sh", {"sh", "-c", command}, input, directory);
}

std::filesystem::path own_program() { return std::filesystem::read_symlink("/proc/self/exe"); }

std::optional<std::filesystem::path> program_on_path(const std::string& name) {
  const char* path = std::getenv("PATH");
  return worker_shim::find_program(name, path == nullptr ? "/usr/bin:/bin" : path, "/");
}

}  // namespace studyhall::cli
