// A SQLite file system that behaves as a disk does when the power fails, fills up or breaks.
//
// What was written and not synced is in the process's memory alone, where its own reads find it:
// a SIGKILL then loses it, as a power failure would. Of every such write some sectors reach the
// file at once, in no order, so that what is left after the kill is torn.
//
// The faults of a server are switched from another process through a file that both map.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>

namespace studyhall::testing {

// All zero: no write fails.
struct FaultSwitches {
  std::atomic<std::int32_t> full{0};         // every write that would make a file longer fails
  std::atomic<std::int32_t> fail_writes{0};  // so many of the next writes fail
  std::atomic<std::int32_t> fail_syncs{
      0};  // so many of the next syncs fail: what they had stays unsynced
  std::atomic<std::int64_t> refused{0};   // writes and syncs that failed, counted
  std::atomic<std::int64_t> unsynced{0};  // bytes that the process holds now
};

// The switches that live in `file`, made where it does not exist.
FaultSwitches& map_switches(const std::filesystem::path& file);

inline constexpr const char* kFaultVfs = "faults";

// Registers this file system under that name, once in a process, as the default one if asked.
void install_fault_vfs(FaultSwitches& switches, bool as_default);

}  // namespace studyhall::testing
