#include "cli/fleet_control.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <memory>

#include "cli/fleet_state.h"
#include "cli/tmux.h"
#include "cli/wait.h"
#include "core/error.h"

namespace studyhall::cli {

namespace {

constexpr std::chrono::milliseconds kLook{50};
constexpr std::chrono::seconds kPatience{75};  // more than a supervisor's

bool any_alive(const FleetState& state) {
  for (const FleetWorker& worker : state.workers)
    if (is_alive(worker.process)) return true;
  return false;
}

}  // namespace

std::vector<std::string> end_fleet(const std::filesystem::path& folder,
                                   const std::atomic<bool>& interrupted) {
  const auto before = read_fleet(folder);
  if (!before) return {};
  std::vector<std::string> names;
  for (const FleetWorker& worker : before->workers)
    if (is_alive(worker.process)) names.push_back(worker.name);
  const bool is_supervised = has_supervisor(folder);
  if (is_supervised) {
    ask_supervisor(folder, "stop");
  } else {
    for (const FleetWorker& worker : before->workers) {
      const worker_shim::Descriptor process = open_process(worker.process);
      if (process.is_open()) ::syscall(SYS_pidfd_send_signal, process.fd(), SIGTERM, nullptr, 0);
    }
  }
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (has_supervisor(folder) || any_alive(*before)) {
    if (std::chrono::steady_clock::now() > end || !pause_for(kLook, interrupted))
      throw Error(ErrorCode::Unavailable,
                  fmt::format("the workers in {} have not ended yet", folder.string()));
  }
  if (!is_supervised && !before->tmux.empty()) Tmux(before->tmux).end();
  return names;
}

}  // namespace studyhall::cli
