#include "worker_shim/supervisor.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>

#include "worker_shim/proc_walk.h"

namespace studyhall::worker_shim {
namespace {

constexpr int kTickMs = 20;                  // how often a tree that is ending is looked at
constexpr int kFreezePasses = 20;            // for what is forked meanwhile, or slow to stop
constexpr long kUnkillableAfterMs = 10'000;  // a process in an uninterruptible wait is left behind

long now_ms() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
}

void notify(int status_fd, NoticeKind kind, int value) {
  const Notice notice{kind, value};
  while (write(status_fd, &notice, sizeof notice) < 0 && errno == EINTR) {
  }
}

// Closes every descriptor from 3 on but those in `keep`, so that no lock or pipe of the worker
// stays open here.
template <int N>
void close_all_but(int (&keep)[N]) {
  for (int i = 1; i < N; ++i) {
    for (int j = i; j > 0 && keep[j] < keep[j - 1]; --j) {
      const int other = keep[j];
      keep[j] = keep[j - 1];
      keep[j - 1] = other;
    }
  }
  unsigned first = 3;
  for (const int fd : keep) {
    const auto kept = static_cast<unsigned>(fd);
    if (kept > first) close_range(first, kept - 1, 0);
    if (kept >= first) first = kept + 1;
  }
  close_range(first, ~0U, 0);
}

void point_stdio_at_null() {
  const int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null_fd < 0) return;
  for (int fd = 0; fd < 3; ++fd) dup2(null_fd, fd);
  if (null_fd > 2) close(null_fd);
}

[[noreturn]] void become_experiment(const SupervisorSetup& setup, pid_t supervisor) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != supervisor) _exit(127);
  dup2(setup.stdin_fd, 0);
  dup2(setup.stdout_fd, 1);
  dup2(setup.stderr_fd, 2);
  for (int signal = 1; signal < NSIG; ++signal) {
    struct sigaction plain {};
    plain.sa_handler = SIG_DFL;
    sigaction(signal, &plain, nullptr);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const bool placed = setup.cgroup_fd < 0 || write(setup.cgroup_fd, "0", 1) == 1;
  if (placed && chdir(setup.directory) == 0) execve(setup.program, setup.argv, setup.environment);
  notify(setup.status_fd, NoticeKind::CannotStart, errno);
  _exit(127);
}

// Read back: a container or cgroup may grant fewer than were asked for. 0, or an errno.
int take_cpus(const cpu_set_t& wanted) {
  if (sched_setaffinity(0, sizeof wanted, &wanted) != 0) return errno;
  cpu_set_t granted;
  CPU_ZERO(&granted);
  if (sched_getaffinity(0, sizeof granted, &granted) != 0) return errno;
  return CPU_EQUAL(&wanted, &granted) ? 0 : ENODEV;
}

class Supervisor {
 public:
  Supervisor(const SupervisorSetup& setup, pid_t experiment, int signals)
      : setup_(setup), experiment_(experiment), signals_(signals) {}

  void run() {
    while (experiment_alive_ || (stopping_ && !group_is_empty())) {
      if (stopping_ && now_ms() >= deadline_) break;
      pollfd events[2] = {{setup_.control_fd, POLLIN, 0}, {signals_, POLLIN, 0}};
      poll(events, 2, stopping_ ? kTickMs : -1);
      if (events[0].revents != 0 && !read_control()) break;
      drain_signals();
      reap();
    }
    const int left = kill_tree();
    notify(setup_.status_fd, NoticeKind::Done, left);
  }

 private:
  // False: the worker is gone.
  bool read_control() {
    char command = 0;
    const ssize_t got = read(setup_.control_fd, &command, 1);
    if (got < 0) return errno == EINTR || errno == EAGAIN;
    if (got == 0) return false;
    if (command == kStopByte && !stopping_) {
      stopping_ = true;
      deadline_ = now_ms() + setup_.grace_ms;
      if (experiment_alive_) kill(-experiment_, SIGTERM);
    }
    return true;
  }

  void drain_signals() const {
    signalfd_siginfo info{};
    while (read(signals_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    }
  }

  // False once there is no child left, and hence no descendant.
  bool reap() {
    for (;;) {
      int status = 0;
      const pid_t pid = waitpid(-1, &status, WNOHANG | __WALL);
      if (pid == 0) return true;
      if (pid < 0 && errno == EINTR) continue;
      if (pid < 0) return false;
      if (pid != experiment_ || !experiment_alive_) continue;
      experiment_alive_ = false;
      if (WIFSIGNALED(status)) {
        notify(setup_.status_fd, NoticeKind::Signalled, WTERMSIG(status));
      } else {
        notify(setup_.status_fd, NoticeKind::Exited, WEXITSTATUS(status));
      }
    }
  }

  struct Walk {
    pid_t root;
    pid_t group = 0;      // 0: any
    int signal = 0;       // 0: only count
    bool frozen = false;  // also those that SIGSTOP has reached
    int found = 0;
  };

  static void visit(pid_t pid, void* context) {
    auto& walk = *static_cast<Walk*>(context);
    ProcessStat stat;
    if (!read_process_stat(pid, stat) || stat.state == 'Z') return;
    if (!walk.frozen && stat.state == 'T') return;
    if (walk.group != 0 && stat.group != walk.group) return;
    if (!is_descendant(pid, walk.root)) return;
    ++walk.found;
    if (walk.signal != 0) kill(pid, walk.signal);
  }

  [[nodiscard]] bool group_is_empty() const {
    Walk walk{.root = getpid(), .group = experiment_, .frozen = true};
    return for_each_process(&visit, &walk) && walk.found == 0;
  }

  // So that no process, as its children are killed one by one, goes on to what it does after them.
  static void freeze_tree() {
    Walk walk{.root = getpid(), .signal = SIGSTOP};
    for (int pass = 0; pass < kFreezePasses; ++pass) {
      walk.found = 0;
      if (!for_each_process(&visit, &walk) || walk.found == 0) return;
      poll(nullptr, 0, 1);
    }
  }

  // Returns how many are left.
  int kill_tree() {
    const long give_up = now_ms() + kUnkillableAfterMs;
    Walk walk{.root = getpid(), .signal = SIGKILL, .frozen = true};
    if (reap()) freeze_tree();
    while (reap()) {
      walk.found = 0;
      if (!for_each_process(&visit, &walk) && experiment_alive_) kill(-experiment_, SIGKILL);
      if (now_ms() >= give_up) return walk.found;
      pollfd event{signals_, POLLIN, 0};
      poll(&event, 1, kTickMs);
      drain_signals();
    }
    return 0;
  }

  const SupervisorSetup& setup_;
  const pid_t experiment_;
  const int signals_;
  bool experiment_alive_ = true;
  bool stopping_ = false;
  long deadline_ = 0;
};

}  // namespace

void supervise(const SupervisorSetup& setup) noexcept {
  setsid();
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, nullptr);
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  prctl(PR_SET_NAME, "study-run");
  point_stdio_at_null();
  int keep[] = {setup.stdin_fd,    setup.stdout_fd,
                setup.stderr_fd,   setup.held_fds[0],
                setup.held_fds[1], setup.control_fd,
                setup.status_fd,   setup.cgroup_fd < 0 ? setup.status_fd : setup.cgroup_fd};
  close_all_but(keep);

  const int refused = setup.cpus == nullptr ? 0 : take_cpus(*setup.cpus);
  if (refused != 0) {
    notify(setup.status_fd, NoticeKind::CannotStart, refused);
    notify(setup.status_fd, NoticeKind::Done, 0);
    _exit(0);
  }
  if (setup.nice != 0) setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + setup.nice);

  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  const int signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
  const pid_t supervisor = getpid();
  const pid_t experiment = fork();
  if (experiment == 0) become_experiment(setup, supervisor);
  if (experiment < 0) {
    notify(setup.status_fd, NoticeKind::CannotStart, errno);
    notify(setup.status_fd, NoticeKind::Done, 0);
    _exit(0);
  }
  setpgid(experiment, experiment);  // also here, so that an early stop finds the group
  close(setup.stdin_fd);
  close(setup.stdout_fd);
  if (setup.stderr_fd != setup.stdout_fd) close(setup.stderr_fd);
  Supervisor(setup, experiment, signals).run();
  _exit(0);
}

}  // namespace studyhall::worker_shim
