#include "worker_shim/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "core/error.h"
#include "worker_shim/files.h"
#include "worker_shim/leftovers.h"
#include "worker_shim/memory_cgroup.h"
#include "worker_shim/supervisor.h"
#include "worker_shim/tree_memory.h"

namespace studyhall::worker_shim {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int kTickMs = 50;
constexpr std::chrono::milliseconds kLookAtMemory{500};
constexpr std::size_t kReadSize = 65536;

Descriptor checked(int fd, std::string_view what) {
  if (fd < 0) {
    throw Error(ErrorCode::Unavailable, fmt::format("{}: {}", what, system_words(errno)));
  }
  return Descriptor(fd);
}

// Moves a descriptor out of 0 to 2, where it lands in a worker started with those closed.
Descriptor above_stdio(Descriptor descriptor) {
  if (descriptor.fd() > 2) return descriptor;
  return checked(fcntl(descriptor.fd(), F_DUPFD_CLOEXEC, 3), "cannot make a pipe");
}

struct Pipe {
  Descriptor read_end;
  Descriptor write_end;
};

Pipe make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) checked(-1, "cannot make a pipe");
  Pipe pipe{Descriptor(ends[0]), Descriptor(ends[1])};
  pipe.read_end = above_stdio(std::move(pipe.read_end));
  pipe.write_end = above_stdio(std::move(pipe.write_end));
  return pipe;
}

// A socket, since writing to it can be kept from raising SIGPIPE.
Pipe make_control() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    checked(-1, "cannot make a socket pair");
  }
  Pipe pair{Descriptor(ends[0]), Descriptor(ends[1])};
  pair.read_end = above_stdio(std::move(pair.read_end));
  pair.write_end = above_stdio(std::move(pair.write_end));
  return pair;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (std::string& text : strings) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

// Waits for the supervisor, which ends by itself once its control pipe is closed.
class SupervisorHandle {
 public:
  SupervisorHandle(pid_t pid, Descriptor control) : pid_(pid), control_(std::move(control)) {}
  SupervisorHandle(const SupervisorHandle&) = delete;
  SupervisorHandle& operator=(const SupervisorHandle&) = delete;
  ~SupervisorHandle() { wait(); }
  // For its end, which it comes to by itself. The processor time of its whole tree, in seconds.
  double wait() {
    if (waited_) return 0;
    waited_ = true;
    control_.reset();
    rusage used{};
    while (wait4(pid_, nullptr, 0, &used) < 0 && errno == EINTR) {
    }
    const auto seconds = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
  }
  [[nodiscard]] pid_t pid() const { return pid_; }
  // The whole tree, at once.
  void kill() { control_.reset(); }
  void stop() const {
    while (send(control_.fd(), &kStopByte, 1, MSG_NOSIGNAL) < 0 && errno == EINTR) {
    }
  }

 private:
  pid_t pid_;
  Descriptor control_;
  bool waited_ = false;
};

// Reads what is there. False at the stream's end.
bool pass_on(int fd, Stream stream, const ProcessHooks& hooks) {
  static thread_local std::array<char, kReadSize> buffer;
  const ssize_t got = read(fd, buffer.data(), buffer.size());
  if (got < 0) return errno == EINTR || errno == EAGAIN;
  if (got > 0 && hooks.output) {
    hooks.output(stream, std::string_view(buffer.data(), static_cast<std::size_t>(got)));
  }
  return got > 0;
}

class Run {
 public:
  Run(const ProcessSpec& spec, const ProcessHooks& hooks)
      : spec_(spec), hooks_(hooks), started_(SteadyClock::now()) {}

  ProcessEnd run() {
    SupervisorHandle supervisor = start();
    while (!done_) {
      std::array<pollfd, 3> events{
          {{out_.fd(), POLLIN, 0}, {err_.fd(), POLLIN, 0}, {status_.fd(), POLLIN, 0}}};
      poll(events.data(), events.size(), kTickMs);
      if (events[0].revents != 0 && !pass_on(out_.fd(), Stream::Out, hooks_)) out_.reset();
      if (events[1].revents != 0 && !pass_on(err_.fd(), Stream::Err, hooks_)) err_.reset();
      if (events[2].revents != 0) read_notice();
      decide(supervisor);
    }
    if (end_.kind == EndKind::Lost) kill_marked();
    drain(out_, Stream::Out);
    drain(err_, Stream::Err);
    end_.cpu_seconds = supervisor.wait();
    if (cgroup_) {
      end_.out_of_memory = cgroup_->was_killed();
      end_.memory_peak = cgroup_->peak();
    }
    end_.seconds = std::chrono::duration<double>(SteadyClock::now() - started_).count();
    return end_;
  }

 private:
  SupervisorHandle start() {
    Pipe out = make_pipe();
    Pipe err = make_pipe();
    Pipe status = make_pipe();
    Pipe control = make_control();
    const std::string input = spec_.stdin_file.empty() ? "/dev/null" : spec_.stdin_file.string();
    const Descriptor in = above_stdio(checked(open(input.c_str(), O_RDONLY | O_CLOEXEC), input));

    std::vector<std::string> arguments = spec_.argv;
    std::vector<std::string> variables;
    for (const auto& [name, value] : spec_.environment) variables.push_back(name + "=" + value);
    const std::vector<char*> argv = pointers(arguments);
    const std::vector<char*> environment = pointers(variables);
    if (spec_.memory_bytes > 0) cgroup_ = MemoryCgroup::make(spec_.memory_bytes);
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    for (const int cpu : spec_.cpus) CPU_SET(cpu, &cpus);
    const SupervisorSetup setup{.program = spec_.program.c_str(),
                                .argv = argv.data(),
                                .environment = environment.data(),
                                .directory = spec_.directory.c_str(),
                                .stdin_fd = in.fd(),
                                .stdout_fd = out.write_end.fd(),
                                .stderr_fd = err.write_end.fd(),
                                .held_fds = {out.read_end.fd(), err.read_end.fd()},
                                .control_fd = control.read_end.fd(),
                                .status_fd = status.write_end.fd(),
                                .cgroup_fd = cgroup_ ? cgroup_->procs_fd() : -1,
                                .grace_ms = static_cast<int>(spec_.grace.count()),
                                .nice = spec_.nice,
                                .cpus = spec_.cpus.empty() ? nullptr : &cpus};
    const pid_t pid = fork();
    if (pid == 0) supervise(setup);
    if (pid < 0) checked(-1, "cannot start a process");
    out_ = std::move(out.read_end);
    err_ = std::move(err.read_end);
    status_ = std::move(status.read_end);
    fcntl(out_.fd(), F_SETFL, O_NONBLOCK);
    fcntl(err_.fd(), F_SETFL, O_NONBLOCK);
    return {pid, std::move(control.write_end)};
  }

  void read_notice() {
    Notice notice;
    const ssize_t got = read(status_.fd(), &notice, sizeof notice);
    if (got < 0 && errno == EINTR) return;
    if (got != static_cast<ssize_t>(sizeof notice)) {
      end_.kind = EndKind::Lost;
      done_ = true;
      return;
    }
    switch (notice.kind) {
      case NoticeKind::CannotStart:
        end_.kind = EndKind::CannotStart;
        end_.code = notice.value;
        break;
      case NoticeKind::Exited:
      case NoticeKind::Signalled:
        if (end_.kind == EndKind::CannotStart) break;
        end_.kind = notice.kind == NoticeKind::Exited ? EndKind::Exited : EndKind::Signalled;
        end_.code = notice.value;
        break;
      case NoticeKind::Done:
        end_.left_over = notice.value;
        done_ = true;
        break;
    }
    ended_ = true;
  }

  void decide(SupervisorHandle& supervisor) {
    if (ended_ || end_.out_of_memory) return;
    if (holds_too_much(supervisor.pid())) {
      end_.out_of_memory = true;
      supervisor.kill();
      return;
    }
    if (end_.stopped || end_.timed_out) return;
    if (hooks_.stop && hooks_.stop()) {
      end_.stopped = true;
    } else if (spec_.limit.count() > 0 && SteadyClock::now() - started_ >= spec_.limit) {
      end_.timed_out = true;
    } else {
      return;
    }
    supervisor.stop();
  }

  [[nodiscard]] bool holds_too_much(pid_t supervisor) {
    if (spec_.memory_bytes == 0 || cgroup_ || SteadyClock::now() < next_look_) return false;
    next_look_ = SteadyClock::now() + kLookAtMemory;
    const std::uint64_t bytes = tree_memory(supervisor, spec_.memory_bytes);
    end_.memory_peak = std::max(end_.memory_peak, bytes);
    return bytes > spec_.memory_bytes;
  }

  void kill_marked() const {
    const auto mark = spec_.environment.find(kRunVariable);
    if (mark != spec_.environment.end() && !mark->second.empty()) kill_leftovers(mark->second);
  }

  void drain(Descriptor& stream, Stream which) {
    pollfd event{stream.fd(), POLLIN, 0};
    while (stream.is_open() && poll(&event, 1, 0) > 0) {
      if (!pass_on(stream.fd(), which, hooks_)) stream.reset();
    }
  }

  const ProcessSpec& spec_;
  const ProcessHooks& hooks_;
  const SteadyClock::time_point started_;
  SteadyClock::time_point next_look_{};
  Descriptor out_;
  Descriptor err_;
  Descriptor status_;
  std::optional<MemoryCgroup> cgroup_;
  ProcessEnd end_;
  bool ended_ = false;  // its first process
  bool done_ = false;   // all of them
};

bool is_executable(const std::filesystem::path& file) {
  struct stat about {};
  return stat(file.c_str(), &about) == 0 && S_ISREG(about.st_mode) &&
         access(file.c_str(), X_OK) == 0;
}

}  // namespace

std::string describe(const ProcessEnd& end) {
  switch (end.kind) {
    case EndKind::Exited:
      return fmt::format("exit code {}", end.code);
    case EndKind::Signalled:
      return fmt::format("killed by signal {} ({})", end.code, strsignal(end.code));
    case EndKind::CannotStart:
      return fmt::format("cannot start: {}", system_words(end.code));
    case EndKind::Lost:
      break;
  }
  return "lost: its supervisor was killed";
}

ProcessEnd run_process(const ProcessSpec& spec, const ProcessHooks& hooks) {
  return Run(spec, hooks).run();
}

std::optional<std::filesystem::path> find_program(const std::string& name,
                                                  const std::string& search_path,
                                                  const std::filesystem::path& directory) {
  if (name.empty()) return std::nullopt;
  if (name.find('/') != std::string::npos) {
    const std::filesystem::path file = directory / name;
    return is_executable(file) ? std::optional(file.lexically_normal()) : std::nullopt;
  }
  for (std::size_t at = 0; at <= search_path.size();) {
    const std::size_t colon = std::min(search_path.find(':', at), search_path.size());
    const std::string folder = search_path.substr(at, colon - at);
    at = colon + 1;
    // An empty or relative entry would mean the workspace, whatever lies there.
    if (folder.empty() || folder.front() != '/') continue;
    const std::filesystem::path file = std::filesystem::path(folder) / name;
    if (is_executable(file)) return file;
  }
  return std::nullopt;
}

}  // namespace studyhall::worker_shim
