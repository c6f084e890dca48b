// The process that stands between a worker and one experiment, so that nothing outlives the run.
//
// It is forked for each run and never replaces its image. It is a child subreaper: whatever the
// experiment starts (setsid, nohup, double fork) is reparented to it and found by walking /proc. It
// ends the whole tree when the worker asks, when the experiment itself ends, and when the worker
// dies in any way, SIGKILL included, which it sees as the end of its control pipe. Should the
// supervisor itself be killed, the experiment's first process dies with it (PR_SET_PDEATHSIG) and
// kill_leftovers (worker_shim/leftovers.h) finds the rest.
#pragma once

#include <sched.h>

#include <type_traits>

namespace studyhall::worker_shim {

enum class NoticeKind : int {
  CannotStart,  // value: errno of chdir or execve, or of setting the processors
  Exited,       // value: exit code of the experiment's first process
  Signalled,    // value: signal that ended it
  Done,         // value: processes that could not be killed; nothing follows
};

// What the supervisor writes to its status pipe, in this form.
struct Notice {
  NoticeKind kind = NoticeKind::Done;
  int value = 0;
};
static_assert(std::is_trivially_copyable_v<Notice>);

// On the control pipe: SIGTERM to the experiment's process group, SIGKILL to the whole tree after
// the grace. The pipe's end means SIGKILL at once.
inline constexpr char kStopByte = 'T';

struct SupervisorSetup {
  const char* program = nullptr;  // absolute path
  char* const* argv = nullptr;
  char* const* environment = nullptr;
  const char* directory = nullptr;
  int stdin_fd = -1;  // all descriptors at least 3
  int stdout_fd = -1;
  int stderr_fd = -1;
  // Read ends of the output pipes, held so that a worker's death does not break them: the
  // experiment must not go on to its next step because its output is closed.
  int held_fds[2] = {-1, -1};
  int control_fd = -1;  // read end
  int status_fd = -1;   // write end
  int cgroup_fd = -1;   // cgroup.procs of the group for the experiment; -1: stays in ours
  int grace_ms = 5000;
  int nice = 0;                     // added
  const cpu_set_t* cpus = nullptr;  // for itself and the whole tree; null: as it is
};

// The life of the supervisor. REQUIRES: called in a freshly forked child; async-signal-safe, since
// the parent may have had threads that held locks.
[[noreturn]] void supervise(const SupervisorSetup& setup) noexcept;

}  // namespace studyhall::worker_shim
