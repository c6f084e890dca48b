// What the processors of a run did while it ran: whether others took them from it.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string_view>

namespace studyhall::worker_shim {

// Since the machine's start, summed over some processors, in seconds.
struct ProcessorTimes {
  double busy = 0;    // of all programs
  double idle = 0;    // waiting for disks included
  double stolen = 0;  // by other virtual machines
};

// From the text of /proc/stat (proc(5)); `ticks` of its unit make a second. nullopt if one of
// `cpus` is not in it.
std::optional<ProcessorTimes> parse_processor_times(std::string_view stat,
                                                    std::span<const int> cpus, double ticks);
// Of these processors, or where there are none, of those that this process may run on. nullopt
// where the system does not tell.
std::optional<ProcessorTimes> processor_times(std::span<const int> cpus);
using ReadProcessors = std::function<std::optional<ProcessorTimes>(std::span<const int> cpus)>;

// Shares of the processors' time.
struct MachineLoad {
  double others = 0;
  double idle = 0;
};

// `own` seconds of the time between were the run's.
MachineLoad load_between(const ProcessorTimes& before, const ProcessorTimes& after, double own);

// Others took a fifth of the processors or more, and hardly any time was left idle: the run could
// have used it.
bool is_contended(const MachineLoad& load);

}  // namespace studyhall::worker_shim
