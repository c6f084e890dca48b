#include "worker_shim/proc_walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace studyhall::worker_shim {
namespace {

constexpr int kLongestChain = 4096;  // ancestors looked at; a longer chain is a /proc gone wrong

pid_t parse_pid(const char* text) {
  pid_t pid = 0;
  for (const char* c = text; *c != '\0'; ++c) {
    if (*c < '0' || *c > '9') return 0;
    pid = pid * 10 + (*c - '0');
  }
  return pid;
}

// "/proc/PID/stat", ended by NUL.
void write_stat_path(pid_t pid, char* out) {
  constexpr std::string_view kBefore = "/proc/";
  constexpr std::string_view kAfter = "/stat";
  char digits[16];
  int n = 0;
  do {
    digits[n++] = static_cast<char>('0' + pid % 10);
    pid /= 10;
  } while (pid > 0);
  out = std::copy(kBefore.begin(), kBefore.end(), out);
  while (n > 0) *out++ = digits[--n];
  out = std::copy(kAfter.begin(), kAfter.end(), out);
  *out = '\0';
}

}  // namespace

bool for_each_process(void (*visit)(pid_t pid, void* context), void* context) noexcept {
  const int dir = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dir < 0) return false;
  alignas(dirent64) char buffer[16384];
  for (;;) {
    const long got = syscall(SYS_getdents64, dir, buffer, sizeof buffer);
    if (got <= 0) {
      close(dir);
      return got == 0;
    }
    for (long at = 0; at < got;) {
      const auto* entry = reinterpret_cast<const dirent64*>(buffer + at);
      at += entry->d_reclen;
      if (const pid_t pid = parse_pid(entry->d_name); pid > 0) visit(pid, context);
    }
  }
}

bool read_process_stat(pid_t pid, ProcessStat& stat) noexcept {
  char path[40];
  write_stat_path(pid, path);
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  char text[512];
  const ssize_t got = read(fd, text, sizeof text - 1);
  close(fd);
  if (got <= 0) return false;
  text[got] = '\0';
  const char* after_name = std::strrchr(text, ')');  // the name may hold parentheses itself
  if (after_name == nullptr || after_name[1] != ' ') return false;
  stat.state = after_name[2];
  char* next = nullptr;
  stat.parent = static_cast<pid_t>(std::strtol(after_name + 3, &next, 10));
  stat.group = static_cast<pid_t>(std::strtol(next, nullptr, 10));
  return true;
}

bool is_descendant(pid_t pid, pid_t root) noexcept {
  ProcessStat stat;
  for (int depth = 0; depth < kLongestChain; ++depth) {
    if (!read_process_stat(pid, stat)) return false;
    if (stat.parent == root) return true;
    if (stat.parent <= 1) return false;
    pid = stat.parent;
  }
  return false;
}

}  // namespace studyhall::worker_shim
