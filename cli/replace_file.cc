#include "cli/replace_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "core/error.h"

namespace studyhall::cli {

ReplaceFile::ReplaceFile(std::filesystem::path file) : file_(std::move(file)) {
  std::error_code ignored;
  const auto status = std::filesystem::status(file_, ignored);
  if (!std::filesystem::exists(status) || std::filesystem::is_regular_file(status)) {
    if (std::filesystem::exists(status)) file_ = std::filesystem::canonical(file_);
    draft_ = file_;
    draft_ += fmt::format(".{}.part", getpid());
  }
  const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
  fd_ = open((draft_.empty() ? file_ : draft_).c_str(), flags, 0666);
  if (fd_ < 0) fail("open");
}

ReplaceFile::~ReplaceFile() {
  if (fd_ >= 0) close(fd_);
  if (fd_ >= 0 && !draft_.empty()) unlink(draft_.c_str());
}

std::size_t ReplaceFile::size() const {
  struct stat status {};
  return fstat(fd_, &status) == 0 ? static_cast<std::size_t>(status.st_size) : 0;
}

void ReplaceFile::write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd_, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("write");
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void ReplaceFile::commit() {
  if (!draft_.empty() && fsync(fd_) != 0) fail("write");
  if (!draft_.empty() && rename(draft_.c_str(), file_.c_str()) != 0) fail("replace");
  close(std::exchange(fd_, -1));
}

void ReplaceFile::fail(const char* verb) const {
  throw Error(ErrorCode::Unavailable,
              fmt::format("cannot {} {}: {}", verb, file_.string(), strerror(errno)));
}

}  // namespace studyhall::cli
