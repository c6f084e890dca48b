// Running one program to its end, with everything it starts.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace studyhall::worker_shim {

using Environment = std::map<std::string, std::string>;

struct ProcessSpec {
  std::filesystem::path program;  // absolute
  std::vector<std::string> argv;  // [0] included; reaches the program verbatim, no shell
  Environment environment;        // all of it; kRunVariable (worker_shim/leftovers.h) marks the run
  std::filesystem::path directory;
  std::filesystem::path stdin_file;       // empty: /dev/null
  std::chrono::milliseconds limit{0};     // 0: none
  std::chrono::milliseconds grace{5000};  // between SIGTERM and SIGKILL
  std::vector<int> cpus{};                // processors of the whole tree; empty: those we have
  int nice = 0;                           // added to ours
  std::uint64_t memory_bytes = 0;         // of the whole tree; 0: no limit
};

enum class Stream { Out, Err };

struct ProcessHooks {
  // Bytes as they come; what it does not keep is gone. May be empty.
  std::function<void(Stream stream, std::string_view bytes)> output;
  // Asked about 20 times a second; true ends the run. May be empty.
  std::function<bool()> stop;
};

enum class EndKind {
  Exited,
  Signalled,
  CannotStart,  // or the processors asked for are not to be had
  Lost,         // its supervisor was killed; so was the program
};

struct ProcessEnd {
  EndKind kind = EndKind::Lost;
  int code = 0;                // exit code, signal, or errno
  bool timed_out = false;      // ended by us at the limit
  bool stopped = false;        // ended by us because hooks.stop said so
  bool out_of_memory = false;  // killed: the tree held more than memory_bytes
  int left_over = 0;           // processes that even SIGKILL did not end (stuck in the kernel)
  double seconds = 0;
  double cpu_seconds = 0;         // processor time of the whole tree
  std::uint64_t memory_peak = 0;  // most bytes seen; 0 without a limit
};
// "exit code 3", "killed by signal 9 (Killed)", "cannot start: Permission denied".
std::string describe(const ProcessEnd& end);

// Runs the program to its end. When this returns, or throws because a hook did, no process that
// descends from it is left (but `left_over`); should this process die instead, the same holds
// shortly afterwards. Stop order: SIGTERM to the process group, `grace`, SIGKILL to all; a tree
// that holds too much memory is killed at once, by the kernel where it can (worker_shim/
// memory_cgroup.h), else by us: proportional set size, looked at twice a second.
//
// Thread safety: may be called from several threads at once.
// Throws Error(Unavailable) if stdin_file cannot be opened or the system is out of processes or
// descriptors.
ProcessEnd run_process(const ProcessSpec& spec, const ProcessHooks& hooks);

// The file that starting `name` runs: a name without a slash is looked for along `search_path`
// ("a:b:c"), one with a slash is relative to `directory`. nullopt if none can be executed.
std::optional<std::filesystem::path> find_program(const std::string& name,
                                                  const std::string& search_path,
                                                  const std::filesystem::path& directory);

}  // namespace studyhall::worker_shim
