#include "worker_shim/tree_memory.h"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

#include "worker_shim/proc_walk.h"

namespace studyhall::worker_shim {
namespace {

struct Tree {
  pid_t root = 0;
  std::vector<pid_t> members{};
};

void visit(pid_t pid, void* context) {
  auto& tree = *static_cast<Tree*>(context);
  if (is_descendant(pid, tree.root)) tree.members.push_back(pid);
}

std::uint64_t resident_bytes(pid_t pid) {
  std::ifstream in(fmt::format("/proc/{}/statm", pid));
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  in >> size >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

// The resident size where the kernel does not tell (the process is gone, or not ours).
std::uint64_t proportional_bytes(pid_t pid) {
  std::ifstream in(fmt::format("/proc/{}/smaps_rollup", pid));
  std::string word;
  std::uint64_t kilobytes = 0;
  while (in >> word) {
    if (word == "Pss:" && in >> kilobytes) return kilobytes * 1024;
  }
  return resident_bytes(pid);
}

}  // namespace

std::uint64_t tree_memory(pid_t root, std::uint64_t bound) {
  Tree tree{root};
  for_each_process(&visit, &tree);
  std::uint64_t bytes = 0;
  for (const pid_t pid : tree.members) bytes += resident_bytes(pid);
  if (bytes <= bound) return bytes;
  bytes = 0;
  for (const pid_t pid : tree.members) bytes += proportional_bytes(pid);
  return bytes;
}

}  // namespace studyhall::worker_shim
