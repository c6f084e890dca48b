#include "tests/support/processes.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <map>
#include <sstream>
#include <thread>

namespace studyhall::testing {
namespace {

struct Entry {
  char state = '?';
  pid_t parent = 0;
};

std::map<pid_t, Entry> all_processes() {
  std::map<pid_t, Entry> result;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    if (!std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; })) {
      continue;
    }
    const std::string stat = slurp(entry.path() / "stat");
    const std::size_t end = stat.rfind(')');
    if (end == std::string::npos) continue;
    Entry process;
    std::istringstream(stat.substr(end + 1)) >> process.state >> process.parent;
    result[static_cast<pid_t>(std::stol(name))] = process;
  }
  return result;
}

}  // namespace

std::vector<pid_t> processes_with(const std::string& text) {
  std::vector<pid_t> result;
  for (const auto& [pid, process] : all_processes()) {
    if (pid == getpid() || process.state == 'Z') continue;
    const std::string environment = slurp("/proc/" + std::to_string(pid) + "/environ");
    if (environment.find(text) != std::string::npos) result.push_back(pid);
  }
  return result;
}

std::vector<pid_t> descendants() {
  const auto processes = all_processes();
  std::vector<pid_t> result;
  for (const auto& [pid, process] : processes) {
    pid_t at = process.parent;
    while (at > 1 && at != getpid()) {
      const auto next = processes.find(at);
      at = next == processes.end() ? 0 : next->second.parent;
    }
    if (at == getpid()) result.push_back(pid);
  }
  return result;
}

std::string wait_for_file(const std::filesystem::path& file) {
  for (;;) {
    std::string text = slurp(file);
    if (!text.empty()) return text;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

std::string slurp(const std::filesystem::path& file) {
  // Unlike reading through iterators, this does not throw where a process in /proc has gone.
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

void spit(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

void write_script(const std::filesystem::path& file, const std::string& text) {
  spit(file, text);
  std::filesystem::permissions(file, std::filesystem::perms::owner_all);
}

}  // namespace studyhall::testing
