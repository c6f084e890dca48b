// Which processors each worker of a machine gets for its runs.
#pragma once

#include <filesystem>
#include <vector>

namespace studyhall::worker_shim {

// A physical core: its processors that this process may use, ascending.
using Core = std::vector<int>;

// The cores of this machine that this process may use, package by package, ascending. `sysfs` holds
// cpuN/topology; a processor that it says nothing of counts as a core of its own.
std::vector<Core> machine_cores(const std::filesystem::path& sysfs = "/sys/devices/system/cpu");

struct CoreLayout {
  std::vector<std::vector<int>> workers;  // processors of each, ascending
  std::vector<int> reserved;              // left to the system: nobody's run is pinned there
  bool siblings = false;  // some run shares a physical core with itself: there were too few
};

// `per_worker` processors for each of `workers`, `reserve` kept back. One processor of each
// physical core where there are cores enough for all of that (then no two runs share a core, and
// the siblings idle); else both of a core go to one worker before the next core is begun. Throws
// Error(Invalid) with the count that would fit if the machine has too few processors.
CoreLayout lay_out(const std::vector<Core>& cores, int workers, int per_worker, int reserve);

// The most processors that each of `workers` could have besides `reserve`: of whole physical cores
// where each gets at least one; 0: too few.
int most_per_worker(const std::vector<Core>& cores, int workers, int reserve);

}  // namespace studyhall::worker_shim
