// Reading /proc without allocating: usable after fork in a process that had threads.
#pragma once

#include <sys/types.h>

namespace studyhall::worker_shim {

// Calls `visit(pid, context)` for every process that /proc shows. False if /proc cannot be read.
bool for_each_process(void (*visit)(pid_t pid, void* context), void* context) noexcept;

struct ProcessStat {
  char state = '?';  // 'Z': a zombie
  pid_t parent = 0;
  pid_t group = 0;
};
// False if there is no such process (any more).
bool read_process_stat(pid_t pid, ProcessStat& stat) noexcept;

// Whether `root` is an ancestor of `pid`.
bool is_descendant(pid_t pid, pid_t root) noexcept;

}  // namespace studyhall::worker_shim
