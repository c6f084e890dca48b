#include "server/audit_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/error.h"
#include "core/json.h"

namespace studyhall::server {
namespace {

int open_for_appending(const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    throw Error(ErrorCode::Unavailable, fmt::format("cannot open the audit log {}: {}",
                                                    file.string(), std::strerror(errno)));
  }
  return fd;
}

}  // namespace

std::filesystem::path audit_file(const std::filesystem::path& database) {
  std::filesystem::path file = database;
  file += ".audit.jsonl";
  return file;
}

AuditLog::AuditLog(const std::filesystem::path& file)
    : file_(std::filesystem::absolute(file)), fd_(open_for_appending(file_)) {}

AuditLog::~AuditLog() { ::close(fd_); }

// The descriptor keeps its number, so that a write under way goes to one file or the other.
void AuditLog::reopen() {
  const int fd = open_for_appending(file_);
  ::dup3(fd, fd_, O_CLOEXEC);
  ::close(fd);
}

void AuditLog::write(const AuditEntry& entry) {
  const std::string line = dump_json({{"time", format_utc(entry.time)},
                                      {"by", entry.by},
                                      {"address", entry.address},
                                      {"method", entry.method},
                                      {"path", entry.path},
                                      {"status", entry.status},
                                      {"request_id", entry.request_id}}) +
                           "\n";
  const ssize_t written = ::write(fd_, line.data(), line.size());
  if (written != static_cast<ssize_t>(line.size())) {
    spdlog::error("the audit log {} cannot be written: {}", file_.string(),
                  written < 0 ? std::strerror(errno) : "disk full");
  }
}

}  // namespace studyhall::server
