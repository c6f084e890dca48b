#include "cli/database_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <fstream>
#include <thread>
#include <utility>

#include "core/error.h"
#include "core/json.h"

namespace studyhall::cli {

namespace {

constexpr std::chrono::microseconds kLongestPause{10'000};
constexpr std::size_t kLongestMark = 4096;

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int fd() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

struct flock first_byte() {
  struct flock range {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  range.l_start = 0;
  range.l_len = 1;
  return range;
}

std::string first_line(const char* file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

std::string link_target(const char* link) {
  std::array<char, 256> buffer{};
  const ssize_t size = readlink(link, buffer.data(), buffer.size());
  return size > 0 ? std::string(buffer.data(), static_cast<std::size_t>(size)) : std::string();
}

std::string read_mark(int fd) {
  std::string text(kLongestMark, '\0');
  const ssize_t size = pread(fd, text.data(), text.size(), 0);
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return text;
}

std::string member(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

std::string this_host() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  gethostname(name.data(), name.size() - 1);
  return name.data();
}

std::string this_host_id() {
  std::string machine = first_line("/proc/sys/kernel/random/boot_id");
  if (machine.empty()) machine = first_line("/etc/machine-id");
  return machine + "/" + link_target("/proc/self/ns/pid") + "/" + link_target("/proc/self/ns/net");
}

std::filesystem::path lock_path(const std::filesystem::path& database) {
  std::filesystem::path file = std::filesystem::weakly_canonical(database);
  file += ".lock";
  return file;
}

std::optional<ServerMark> live_server(const std::filesystem::path& database) {
  const File file(open(lock_path(database).c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd() < 0) return std::nullopt;
  struct flock range = first_byte();
  if (fcntl(file.fd(), F_OFD_GETLK, &range) != 0 || range.l_type == F_UNLCK) return std::nullopt;
  const Json mark = parse_json(read_mark(file.fd()), lock_path(database).string());
  if (!mark.is_object()) return std::nullopt;
  return ServerMark{member(mark, "url"), member(mark, "host"), member(mark, "host_id")};
}

std::optional<DatabaseLock> DatabaseLock::try_acquire(const std::filesystem::path& database) {
  const std::filesystem::path path = lock_path(database);
  File file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (file.fd() < 0)
    throw Error(ErrorCode::Unavailable,
                fmt::format("cannot open the lock file {}: {}", path.string(), strerror(errno)));
  if (flock(file.fd(), LOCK_EX | LOCK_NB) == 0) return DatabaseLock(file.release());
  if (errno != EWOULDBLOCK && errno != EINTR)
    throw Error(ErrorCode::Unavailable,
                fmt::format("cannot lock {}: {}", path.string(), strerror(errno)));
  return std::nullopt;
}

DatabaseLock::DatabaseLock(DatabaseLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

DatabaseLock& DatabaseLock::operator=(DatabaseLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

DatabaseLock::~DatabaseLock() {
  if (fd_ >= 0) close(fd_);
}

void DatabaseLock::publish(const ServerMark& mark) {
  const std::string text =
      dump_json({{"url", mark.url}, {"host", mark.host}, {"host_id", mark.host_id}}) + "\n";
  struct flock range = first_byte();
  if (ftruncate(fd_, 0) != 0 ||
      pwrite(fd_, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()) ||
      fcntl(fd_, F_OFD_SETLK, &range) != 0)
    throw Error(ErrorCode::Unavailable,
                fmt::format("cannot write the lock file: {}", strerror(errno)));
}

LockWait::LockWait(std::chrono::milliseconds patience)
    : patience_(patience), deadline_(std::chrono::steady_clock::now() + patience) {}

void LockWait::once(const std::filesystem::path& database) {
  if (std::chrono::steady_clock::now() >= deadline_)
    throw Error(ErrorCode::Unavailable,
                fmt::format("{} is in use: another study program has held {} for more than {:g} s",
                            database.string(), lock_path(database).string(),
                            std::chrono::duration<double>(patience_).count()));
  std::this_thread::sleep_for(pause_);
  pause_ = std::min(pause_ * 2, kLongestPause);
}

}  // namespace studyhall::cli
