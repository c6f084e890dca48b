#include "worker_shim/output_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "core/error.h"
#include "worker_shim/text.h"

namespace studyhall::worker_shim {
namespace {

constexpr std::size_t kRecent = 8192;

// Keeps the last `size` bytes; returns how many went. Trimming only at twice the size makes the
// cost per byte constant.
std::size_t trim(std::string& text, std::size_t size) {
  if (text.size() <= 2 * size) return 0;
  const std::size_t gone = text.size() - size;
  text.erase(0, gone);
  return gone;
}

}  // namespace

OutputLog::OutputLog(const std::filesystem::path& file, LogLimits limits)
    : limits_(limits), out_(open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) {
  if (!out_.is_open()) {
    throw Error(ErrorCode::Unavailable,
                fmt::format("{}: cannot open: {}", file.string(), system_words(errno)));
  }
}

void OutputLog::write(std::string_view bytes) {
  recent_.append(bytes.substr(bytes.size() - std::min(bytes.size(), kRecent)));
  trim(recent_, kRecent);
  const std::size_t room = limits_.head - static_cast<std::size_t>(head_written_);
  const std::string_view head = bytes.substr(0, room);
  if (!head.empty()) write_to_file(head);
  head_written_ += head.size();
  tail_.append(bytes.substr(head.size()));
  dropped_ += trim(tail_, limits_.tail);
}

void OutputLog::close() {
  if (!out_.is_open()) return;
  if (tail_.size() > limits_.tail) {
    dropped_ += tail_.size() - limits_.tail;
    tail_.erase(0, tail_.size() - limits_.tail);
  }
  if (dropped_ > 0) {
    write_to_file(fmt::format("\n[study: {} bytes of output are left out here]\n", dropped_));
  }
  write_to_file(tail_);
  tail_.clear();
  out_.reset();
}

void OutputLog::write_to_file(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(out_.fd(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      if (write_error_ == 0) write_error_ = errno;
      return;
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string OutputLog::last_lines(std::size_t lines, std::size_t bytes) const {
  std::string text = recent_.substr(recent_.size() - std::min(recent_.size(), bytes));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  std::size_t from = text.size();
  for (std::size_t found = 0; from > 0; --from) {
    if (text[from - 1] == '\n' && ++found == lines) break;
  }
  text.erase(0, from);
  return printable(text, bytes);
}

}  // namespace studyhall::worker_shim
