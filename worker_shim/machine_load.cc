#include "worker_shim/machine_load.h"

#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <string>
#include <vector>

#include "worker_shim/files.h"

namespace studyhall::worker_shim {
namespace {

constexpr double kMuchTaken = 0.2;
constexpr double kLittleIdle = 0.1;
constexpr std::size_t kLongestStat = 1'000'000;

std::vector<int> own_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> cpus;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  }
  return cpus;
}

}  // namespace

std::optional<ProcessorTimes> parse_processor_times(std::string_view stat,
                                                    std::span<const int> cpus, double ticks) {
  ProcessorTimes sum;
  std::size_t found = 0;
  std::istringstream lines{std::string(stat)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string name;
    fields >> name;
    const bool is_ours = std::any_of(cpus.begin(), cpus.end(),
                                     [&](int cpu) { return name == fmt::format("cpu{}", cpu); });
    if (!is_ours) continue;
    // Guests' time is in user and nice already.
    enum { User, Nice, System, Idle, IoWait, Irq, SoftIrq, Steal, Fields };
    std::array<double, Fields> times{};
    for (double& time : times) fields >> time;
    sum.busy += times[User] + times[Nice] + times[System] + times[Irq] + times[SoftIrq];
    sum.idle += times[Idle] + times[IoWait];
    sum.stolen += times[Steal];
    ++found;
  }
  if (found == 0 || found != cpus.size()) return std::nullopt;
  sum.busy /= ticks;
  sum.idle /= ticks;
  sum.stolen /= ticks;
  return sum;
}

std::optional<ProcessorTimes> processor_times(std::span<const int> cpus) {
  const auto stat = read_file("/proc/stat", kLongestStat);
  if (!stat) return std::nullopt;
  const std::vector<int> own = cpus.empty() ? own_cpus() : std::vector<int>();
  return parse_processor_times(*stat, cpus.empty() ? std::span<const int>(own) : cpus,
                               static_cast<double>(sysconf(_SC_CLK_TCK)));
}

MachineLoad load_between(const ProcessorTimes& before, const ProcessorTimes& after, double own) {
  const double idle = after.idle - before.idle;
  const double taken = after.busy - before.busy + after.stolen - before.stolen;
  const double all = idle + taken;
  if (all <= 0) return {0, 1};
  return {std::max(0.0, taken - own) / all, idle / all};
}

bool is_contended(const MachineLoad& load) {
  return load.others >= kMuchTaken && load.idle <= kLittleIdle;
}

}  // namespace studyhall::worker_shim
