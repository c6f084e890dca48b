#include "worker_shim/core_layout.h"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <utility>

#include "core/error.h"
#include "core/resource_spec.h"

namespace studyhall::worker_shim {
namespace {

std::string first_word(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string word;
  in >> word;
  return word;
}

int number_in(const std::filesystem::path& file) {
  std::ifstream in(file);
  int number = 0;
  in >> number;
  return number;
}

int processors_of(const std::vector<Core>& cores) {
  std::size_t count = 0;
  for (const Core& core : cores) count += core.size();
  return static_cast<int>(count);
}

}  // namespace

std::vector<Core> machine_cores(const std::filesystem::path& sysfs) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return {};
  std::map<std::pair<int, int>, Core> by_place;  // package, first processor of the core
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    const std::filesystem::path topology = sysfs / fmt::format("cpu{}", cpu) / "topology";
    const auto siblings = parse_cpu_list(first_word(topology / "thread_siblings_list"));
    const int first = siblings && !siblings->empty() ? siblings->front() : cpu;
    by_place[{number_in(topology / "physical_package_id"), first}].push_back(cpu);
  }
  std::vector<Core> cores;
  cores.reserve(by_place.size());
  for (auto& [place, core] : by_place) cores.push_back(std::move(core));
  return cores;
}

CoreLayout lay_out(const std::vector<Core>& cores, int workers, int per_worker, int reserve) {
  const int needed = workers * per_worker + reserve;
  if (workers < 1 || per_worker < 1 || needed > processors_of(cores)) {
    throw Error(ErrorCode::Invalid,
                fmt::format("{} workers with {} processors each and {} for the system need {}, and "
                            "this process may use {}: at most {} for each worker",
                            workers, per_worker, reserve, needed, processors_of(cores),
                            most_per_worker(cores, workers, reserve)));
  }
  CoreLayout layout;
  layout.siblings = needed > static_cast<int>(cores.size());
  std::vector<int> order;
  for (const Core& core : cores) {
    const auto end = layout.siblings ? core.end() : core.begin() + 1;
    std::copy(core.begin(), end, std::back_inserter(order));
  }
  auto next = order.begin();
  for (int worker = 0; worker < workers; ++worker) {
    layout.workers.emplace_back(next, next + per_worker);
    std::ranges::sort(layout.workers.back());
    next += per_worker;
  }
  layout.reserved.assign(order.end() - reserve, order.end());
  std::ranges::sort(layout.reserved);
  return layout;
}

int most_per_worker(const std::vector<Core>& cores, int workers, int reserve) {
  const int physical = (static_cast<int>(cores.size()) - reserve) / std::max(workers, 1);
  if (physical >= 1) return physical;
  return std::max(0, (processors_of(cores) - reserve) / std::max(workers, 1));
}

}  // namespace studyhall::worker_shim
