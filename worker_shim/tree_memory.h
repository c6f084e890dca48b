// How much memory a process and all that it started hold.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace studyhall::worker_shim {

// Bytes of all descendants of `root` (itself not counted). Pages that several of them share count
// once (proportional set size) where the plain sum is above `bound`, which is cheaper to tell.
std::uint64_t tree_memory(pid_t root, std::uint64_t bound);

}  // namespace studyhall::worker_shim
