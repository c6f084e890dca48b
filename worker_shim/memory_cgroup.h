// A control group (cgroup v2) for one run, by which the kernel keeps the memory of everything in it
// within a bound.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

#include "worker_shim/files.h"

namespace studyhall::worker_shim {

// The folder of this process's control group in the v2 hierarchy, from the texts of
// /proc/self/cgroup and /proc/self/mountinfo. nullopt where there is none.
std::optional<std::filesystem::path> own_cgroup(std::string_view cgroup,
                                                std::string_view mountinfo);

class MemoryCgroup {
 public:
  // A new group of at most `bytes` (swap not used), below this process's own or else beside it:
  // wherever groups may be made whose memory is bounded. Where this process is alone in a group
  // that was delegated to it, as systemd (Delegate=yes) and containers do, it moves into a group
  // "worker" below that, since the kernel bounds no group with processes beside groups. Groups that
  // dead workers left are removed. nullopt where none can be had.
  static std::optional<MemoryCgroup> make(std::uint64_t bytes);

  MemoryCgroup(MemoryCgroup&&) noexcept = default;
  MemoryCgroup& operator=(MemoryCgroup&& other) noexcept;
  // REQUIRES: what was in it has ended.
  ~MemoryCgroup();

  // A process that writes "0" to it is in the group, with all that it starts from then on.
  [[nodiscard]] int procs_fd() const { return procs_.fd(); }
  // Whether the kernel has killed the group for its memory: all of it at once.
  [[nodiscard]] bool was_killed() const;
  // Most bytes so far; 0 where the kernel (before 5.19) does not tell.
  [[nodiscard]] std::uint64_t peak() const;

 private:
  MemoryCgroup(std::filesystem::path folder, Descriptor procs)
      : folder_(std::move(folder)), procs_(std::move(procs)) {}

  std::filesystem::path folder_;
  Descriptor procs_;
};

}  // namespace studyhall::worker_shim
