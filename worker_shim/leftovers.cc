#include "worker_shim/leftovers.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cassert>
#include <csignal>
#include <set>
#include <string>
#include <vector>

#include "core/error.h"
#include "worker_shim/files.h"
#include "worker_shim/proc_walk.h"

namespace studyhall::worker_shim {
namespace {

constexpr std::size_t kLongestEnvironment = 64'000'000;

// False also for a process that is another user's, or gone.
bool has_variable(pid_t pid, const std::string& entry) {
  try {
    const auto text =
        read_file("/proc/" + std::to_string(pid) + "/environ", kLongestEnvironment).value_or("");
    const std::string between(1, '\0');
    return (between + text + between).find(between + entry + between) != std::string::npos;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

int kill_leftovers(const std::string& run_id) {
  assert(!run_id.empty());
  const std::string entry = std::string(kRunVariable) + "=" + run_id;
  std::set<pid_t> killed;
  for (int pass = 0; pass < 100; ++pass) {  // again, for what was being forked meanwhile
    std::vector<pid_t> pids;
    for_each_process(
        [](pid_t pid, void* out) { static_cast<std::vector<pid_t>*>(out)->push_back(pid); }, &pids);
    bool found = false;
    for (const pid_t pid : pids) {
      if (pid == getpid()) continue;
      // The descriptor is taken first, so that a pid given out anew is never signalled.
      const int process = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
      if (process < 0) continue;
      if (has_variable(pid, entry) &&
          syscall(SYS_pidfd_send_signal, process, SIGKILL, nullptr, 0) == 0) {
        killed.insert(pid);
        found = true;
      }
      close(process);
    }
    if (!found) break;
    usleep(1000);
  }
  return static_cast<int>(killed.size());
}

}  // namespace studyhall::worker_shim
