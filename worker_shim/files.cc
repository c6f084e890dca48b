#include "worker_shim/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "core/error.h"

namespace studyhall::worker_shim {
namespace {

[[noreturn]] void fail(const std::filesystem::path& file, std::string_view verb, int error) {
  throw Error(ErrorCode::Unavailable,
              fmt::format("{}: cannot {}: {}", file.string(), verb, system_words(error)));
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = other.release();
  }
  return *this;
}

int Descriptor::release() { return std::exchange(fd_, -1); }

void Descriptor::reset() {
  if (fd_ >= 0) close(release());
}

void write_file(const std::filesystem::path& file, std::string_view bytes, mode_t mode,
                Durable durable) {
  std::filesystem::path fresh = file;
  fresh += ".new";
  // A leftover of a crash may have other permissions, which open would keep.
  unlink(fresh.c_str());
  const Descriptor out(open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!out.is_open()) fail(fresh, "create", errno);
  if (!write_all(out.fd(), bytes) || (durable == Durable::Yes && fsync(out.fd()) != 0)) {
    const int error = errno;
    unlink(fresh.c_str());
    fail(file, "write", error);
  }
  if (std::rename(fresh.c_str(), file.c_str()) != 0) fail(file, "write", errno);
  if (durable == Durable::No) return;
  const Descriptor folder(open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.is_open()) fsync(folder.fd());
}

std::optional<std::string> read_file(const std::filesystem::path& file, std::size_t longest) {
  // Without O_NONBLOCK a named pipe in the file's place would hang the worker.
  const Descriptor in(open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!in.is_open() && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
  struct stat about {};
  if (!in.is_open() || fstat(in.fd(), &about) != 0) fail(file, "read", errno);
  if (!S_ISREG(about.st_mode)) {
    throw Error(ErrorCode::Unavailable, file.string() + ": is not a regular file");
  }
  std::string text;
  char buffer[65536];
  for (;;) {
    const ssize_t got = read(in.fd(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(file, "read", errno);
    if (got == 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
    if (text.size() > longest) {
      throw Error(ErrorCode::Unavailable,
                  fmt::format("{}: is longer than {} bytes", file.string(), longest));
    }
  }
}

std::string system_words(int error) { return std::generic_category().message(error); }

}  // namespace studyhall::worker_shim
