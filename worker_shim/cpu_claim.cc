#include "worker_shim/cpu_claim.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "core/error.h"
#include "core/hash.h"
#include "core/json.h"
#include "core/resource_spec.h"

namespace studyhall::worker_shim {
namespace {

constexpr std::size_t kLongestClaim = 1'000'000;

Descriptor open_locked(const std::filesystem::path& file, int operation) {
  Descriptor descriptor(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  int result = -1;
  while (descriptor.is_open() && (result = flock(descriptor.fd(), operation)) < 0 &&
         errno == EINTR) {
  }
  if (result == 0) return descriptor;
  throw Error(ErrorCode::Unavailable,
              fmt::format("cannot lock {}: {}", file.string(), system_words(errno)));
}

void check_allowed(const std::string& who, const std::vector<int>& cpus) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  std::vector<int> missing;
  std::copy_if(cpus.begin(), cpus.end(), std::back_inserter(missing),
               [&](int cpu) { return !CPU_ISSET(cpu, &allowed); });
  if (missing.empty()) return;
  std::vector<int> ours;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &allowed)) ours.push_back(cpu);
  }
  throw Error(ErrorCode::Invalid,
              fmt::format("{} is to run on processors {}, but this process may only use {} of "
                          "this machine",
                          who, cpu_list_text(cpus), cpu_list_text(ours)));
}

// The claim in `file` while its holder lives; an abandoned one is removed. REQUIRES: the folder is
// locked.
Json living_claim(const std::filesystem::path& file) {
  const Descriptor lock(open(file.c_str(), O_RDWR | O_CLOEXEC));
  if (!lock.is_open()) return nullptr;
  if (flock(lock.fd(), LOCK_EX | LOCK_NB) == 0) {
    std::filesystem::remove(file);
    return nullptr;
  }
  const Json claim = Json::parse(read_file(file, kLongestClaim).value_or(""), nullptr, false);
  return claim.is_object() ? claim : Json(nullptr);
}

}  // namespace

std::filesystem::path machine_folder() {
  return std::filesystem::temp_directory_path() / fmt::format("studyhall-{}", getuid());
}

CpuClaim::CpuClaim(const std::filesystem::path& folder, const std::string& who,
                   const std::vector<int>& cpus) {
  if (cpus.empty()) return;
  check_allowed(who, cpus);
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const Descriptor all = open_locked(folder / "cpus.lock", LOCK_EX);
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".cpus") continue;
    const Json claim = living_claim(entry.path());
    if (claim.is_null()) continue;
    const auto taken = parse_cpu_list(claim.value("cpus", "")).value_or(std::vector<int>());
    std::vector<int> both;
    std::set_intersection(cpus.begin(), cpus.end(), taken.begin(), taken.end(),
                          std::back_inserter(both));
    if (both.empty()) continue;
    throw Error(ErrorCode::Conflict,
                fmt::format("{} (processors {}) and {} (processors {}) would share {} on this "
                            "machine; give them lists that do not overlap",
                            who, cpu_list_text(cpus), claim.value("who", "another worker"),
                            claim.value("cpus", ""), cpu_list_text(both)));
  }
  file_ = folder / (random_token() + ".cpus");
  lock_ = open_locked(file_, LOCK_EX);
  const std::string text = dump_json({{"who", who}, {"cpus", cpu_list_text(cpus)}});
  if (::write(lock_.fd(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    throw Error(ErrorCode::Unavailable, fmt::format("cannot write {}", file_.string()));
  }
}

CpuClaim::~CpuClaim() { release(); }

CpuClaim& CpuClaim::operator=(CpuClaim&& other) noexcept {
  if (this == &other) return *this;
  release();
  file_ = std::move(other.file_);
  lock_ = std::move(other.lock_);
  return *this;
}

void CpuClaim::release() {
  if (!lock_.is_open()) return;
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
  lock_.reset();
}

}  // namespace studyhall::worker_shim
