// The workers that `study launch` runs in the background on this machine: what their supervisor
// writes down, and how to reach it.
//
// RUNS/STUDY/.fleet holds fleet.json (replaced as a whole at each change), lock (an flock is held
// while a supervisor lives), control (a FIFO for requests), WORKER.log (what a worker says) and
// WORKER.end (how its last process ended).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/json.h"
#include "worker_shim/files.h"

namespace studyhall::cli {

// A process, told from a later one with the same pid by when it started (clock ticks since boot).
struct ProcessId {
  pid_t pid = 0;
  std::uint64_t started = 0;
  bool operator==(const ProcessId&) const = default;
};
// nullopt if there is none of that pid, or it is a zombie.
std::optional<ProcessId> process_id(pid_t pid);
bool is_alive(const ProcessId& process);
// A pidfd of that very process; not open if it is gone.
worker_shim::Descriptor open_process(const ProcessId& process);

enum class WorkerState {
  Waiting,  // its start is staggered
  Running,
  BackingOff,  // its process died: started again at `next_start`
  Pausing,     // ends after its trial
  Paused,
  Stopping,  // was sent SIGTERM
  Ended,     // the study hands out no more, or its work is done
  Failed,    // cannot work as things are: `why`
};
// "waiting", "running", "backing off", "pausing", "paused", "stopping", "ended", "failed".
std::string_view to_string(WorkerState state);

struct FleetWorker {
  std::string name;
  std::vector<int> cpus;               // that launch gave it; empty: the study file's, or none
  std::vector<std::string> options{};  // of its command alone: "--role", "docs"
  WorkerState state = WorkerState::Waiting;
  ProcessId process{};     // while it has one
  Timestamp since{};       // of the state
  Timestamp next_start{};  // of Waiting and BackingOff
  int starts = 0;
  int crashes = 0;  // in a row
  std::string why;  // how its last process ended
};

struct FleetState {
  std::string study;
  std::vector<std::string> command;  // of each worker, without its name and processors
  std::string directory;             // where it runs
  std::string tmux;                  // name of the tmux server and session; empty: none
  double restart_after_s = 5;        // a worker that died; doubled for each death in a row
  ProcessId supervisor{};
  Timestamp started{};
  std::optional<Timestamp> ended{};
  bool stopping = false;
  std::vector<FleetWorker> workers{};
  // The latest requests, {"id", "answer", "ok"}.
  Json answers = Json::array();

  [[nodiscard]] const FleetWorker* find(const std::string& worker) const;
};

Json to_json(const FleetState& state);

std::filesystem::path fleet_folder(const std::filesystem::path& runs, const std::string& study);
std::filesystem::path worker_log(const std::filesystem::path& folder, const std::string& worker);
std::filesystem::path worker_end(const std::filesystem::path& folder, const std::string& worker);

// nullopt if there is none. Throws Error(Corrupt) naming the file if it cannot be read.
std::optional<FleetState> read_fleet(const std::filesystem::path& folder);
// Throws Error(Unavailable).
void write_fleet(const std::filesystem::path& folder, const FleetState& state);

// The lock of a supervisor; not open if another holds it.
worker_shim::Descriptor lock_fleet(const std::filesystem::path& folder);
bool has_supervisor(const std::filesystem::path& folder);

// Has the supervisor carry out "VERB" or "VERB WORKER" and returns its answer: "pause W", "resume
// W", "restart W", "stop". Throws Error(NotFound) if there is no supervisor, Error(Conflict) with
// the words of one that refuses, Error(Unavailable) if it does not answer within ten seconds.
std::string ask_supervisor(const std::filesystem::path& folder, const std::string& request);

}  // namespace studyhall::cli
