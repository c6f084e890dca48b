#include "worker_shim/memory_cgroup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <sstream>
#include <string>
#include <utility>

namespace studyhall::worker_shim {
namespace {

constexpr std::string_view kPrefix = "studyhall-";
constexpr std::size_t kLongestFile = 1'000'000;

std::string text_of(const std::filesystem::path& file) {
  std::string text;
  const Descriptor descriptor(open(file.c_str(), O_RDONLY | O_CLOEXEC));
  char buffer[4096];
  for (ssize_t got = 0;
       text.size() < kLongestFile && (got = read(descriptor.fd(), buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(got));
  }
  return text;
}

bool write_text(const std::filesystem::path& file, std::string_view text) {
  const Descriptor descriptor(open(file.c_str(), O_WRONLY | O_CLOEXEC));
  return write(descriptor.fd(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

bool has_word(const std::filesystem::path& file, std::string_view word) {
  std::istringstream words(text_of(file));
  for (std::string one; words >> one;) {
    if (one == word) return true;
  }
  return false;
}

// The number after `key` in a file of "key number" lines.
std::uint64_t number_of(const std::filesystem::path& file, std::string_view key) {
  std::istringstream lines(text_of(file));
  std::string name;
  for (std::uint64_t number = 0; lines >> name >> number;) {
    if (name == key) return number;
  }
  return 0;
}

bool bounds_children(const std::filesystem::path& group) {
  return has_word(group / "cgroup.subtree_control", "memory") && access(group.c_str(), W_OK) == 0;
}

bool is_alone(const std::filesystem::path& group) {
  return text_of(group / "cgroup.procs") == fmt::format("{}\n", getpid());
}

// Gives `own`, the group of this process, groups below it that are bounded.
bool open_up(const std::filesystem::path& own) {
  if (!has_word(own / "cgroup.controllers", "memory")) return false;
  const std::filesystem::path control = own / "cgroup.subtree_control";
  if (write_text(control, "+memory")) return true;
  if (errno != EBUSY || !is_alone(own)) return false;
  const std::filesystem::path worker = own / "worker";
  if (mkdir(worker.c_str(), 0755) != 0 && errno != EEXIST) return false;
  if (!write_text(worker / "cgroup.procs", "0")) return false;
  if (write_text(control, "+memory")) return true;
  write_text(own / "cgroup.procs", "0");
  rmdir(worker.c_str());
  return false;
}

// Where groups can be made; empty: nowhere.
std::filesystem::path find_parent() {
  const auto own = own_cgroup(text_of("/proc/self/cgroup"), text_of("/proc/self/mountinfo"));
  if (!own) return {};
  if (bounds_children(*own) || open_up(*own)) return *own;
  const std::filesystem::path parent = own->parent_path();
  return bounds_children(parent) ? parent : std::filesystem::path();
}

void remove_leftovers(const std::filesystem::path& parent) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(parent, error)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kPrefix)) continue;
    pid_t owner = 0;
    std::from_chars(name.data() + kPrefix.size(), name.data() + name.size(), owner);
    if (owner > 0 && kill(owner, 0) != 0 && errno == ESRCH) rmdir(entry.path().c_str());
  }
}

}  // namespace

std::optional<std::filesystem::path> own_cgroup(std::string_view cgroup,
                                                std::string_view mountinfo) {
  std::string path;
  std::istringstream groups{std::string(cgroup)};
  for (std::string line; std::getline(groups, line);) {
    if (line.starts_with("0::/")) path = line.substr(4);
  }
  std::istringstream mounts{std::string(mountinfo)};
  for (std::string line; std::getline(mounts, line);) {
    const std::size_t kind = line.find(" - cgroup2 ");
    if (kind == std::string::npos) continue;
    std::istringstream fields(line);
    std::string id, parent, device, root, point;
    fields >> id >> parent >> device >> root >> point;
    if (root == "/") return (std::filesystem::path(point) / path).lexically_normal();
  }
  return std::nullopt;
}

std::optional<MemoryCgroup> MemoryCgroup::make(std::uint64_t bytes) {
  // Once, as finding it may move this process.
  static const std::filesystem::path parent = find_parent();
  static std::atomic<int> made = 0;
  if (parent.empty()) return std::nullopt;
  remove_leftovers(parent);
  const std::filesystem::path folder = parent / fmt::format("{}{}-{}", kPrefix, getpid(), ++made);
  if (mkdir(folder.c_str(), 0755) != 0) return std::nullopt;
  Descriptor procs(open((folder / "cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
  const bool bounded = write_text(folder / "memory.max", fmt::format("{}", bytes)) &&
                       write_text(folder / "memory.oom.group", "1");
  write_text(folder / "memory.swap.max", "0");  // absent without swap accounting
  if (!bounded || !procs.is_open()) {
    rmdir(folder.c_str());
    return std::nullopt;
  }
  return MemoryCgroup(folder, std::move(procs));
}

MemoryCgroup& MemoryCgroup::operator=(MemoryCgroup&& other) noexcept {
  std::swap(folder_, other.folder_);
  std::swap(procs_, other.procs_);
  return *this;
}

MemoryCgroup::~MemoryCgroup() {
  if (procs_.is_open()) rmdir(folder_.c_str());
}

bool MemoryCgroup::was_killed() const {
  return number_of(folder_ / "memory.events", "oom_kill") > 0;
}

std::uint64_t MemoryCgroup::peak() const {
  std::uint64_t bytes = 0;
  std::istringstream(text_of(folder_ / "memory.peak")) >> bytes;
  return bytes;
}

}  // namespace studyhall::worker_shim
