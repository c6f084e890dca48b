#include "cli/fleet_state.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <sstream>
#include <thread>

#include "core/error.h"
#include "core/hash.h"
#include "core/resource_spec.h"

namespace studyhall::cli {

namespace {

using worker_shim::Descriptor;

constexpr std::size_t kLongestState = 4'000'000;
constexpr std::chrono::milliseconds kAnswerPatience{10'000};
constexpr std::chrono::milliseconds kLook{20};
constexpr std::array<std::string_view, 8> kStates{"waiting", "running",  "backing off", "pausing",
                                                  "paused",  "stopping", "ended",       "failed"};

Json to_json(const ProcessId& process) {
  return {{"pid", process.pid}, {"started", process.started}};
}

ProcessId process_from(const Json& json) {
  return {json.at("pid").get<pid_t>(), json.at("started").get<std::uint64_t>()};
}

Timestamp time_from(const Json& json) {
  return parse_utc(json.get<std::string>()).value_or(Timestamp());
}

Json to_json(const FleetWorker& worker) {
  return {{"name", worker.name},
          {"cpus", cpu_list_text(worker.cpus)},
          {"options", worker.options},
          {"state", to_string(worker.state)},
          {"process", worker.process.pid == 0 ? Json() : to_json(worker.process)},
          {"since", format_utc(worker.since)},
          {"next_start", format_utc(worker.next_start)},
          {"starts", worker.starts},
          {"crashes", worker.crashes},
          {"why", worker.why}};
}

FleetWorker worker_from(const Json& json) {
  FleetWorker worker;
  worker.name = json.at("name").get<std::string>();
  worker.cpus = parse_cpu_list(json.at("cpus").get<std::string>()).value_or(std::vector<int>());
  worker.options = json.value("options", worker.options);
  const auto state = std::ranges::find(kStates, json.at("state").get<std::string>());
  worker.state = static_cast<WorkerState>(
      std::min<std::ptrdiff_t>(state - kStates.begin(), kStates.size() - 1));
  if (!json.at("process").is_null()) worker.process = process_from(json.at("process"));
  worker.since = time_from(json.at("since"));
  worker.next_start = time_from(json.at("next_start"));
  worker.starts = json.at("starts").get<int>();
  worker.crashes = json.at("crashes").get<int>();
  worker.why = json.at("why").get<std::string>();
  return worker;
}

FleetState state_from(const Json& json) {
  FleetState state;
  state.study = json.at("study").get<std::string>();
  state.command = json.at("command").get<std::vector<std::string>>();
  state.directory = json.at("directory").get<std::string>();
  state.tmux = json.at("tmux").get<std::string>();
  state.restart_after_s = json.at("restart_after_s").get<double>();
  state.supervisor = process_from(json.at("supervisor"));
  state.started = time_from(json.at("started"));
  if (!json.at("ended").is_null()) state.ended = time_from(json.at("ended"));
  state.stopping = json.at("stopping").get<bool>();
  for (const Json& worker : json.at("workers")) state.workers.push_back(worker_from(worker));
  state.answers = json.at("answers");
  return state;
}

// Of a request with this id, once it is there.
std::optional<Json> answer_to(const std::filesystem::path& folder, const std::string& id) {
  const auto state = read_fleet(folder);
  if (!state) return std::nullopt;
  for (const Json& answer : state->answers)
    if (answer.value("id", "") == id) return answer;
  return std::nullopt;
}

Error no_supervisor(const std::filesystem::path& folder) {
  return Error(ErrorCode::NotFound,
               fmt::format("no workers that `study launch` started run in {} now; --runs names the "
                           "folder that it was given",
                           folder.parent_path().string()));
}

}  // namespace

std::optional<ProcessId> process_id(pid_t pid) {
  std::ostringstream path;
  path << "/proc/" << pid << "/stat";
  std::optional<std::string> text;
  try {
    text = worker_shim::read_file(path.str(), 100'000);
  } catch (const Error&) {
    return std::nullopt;
  }
  if (!text) return std::nullopt;
  // The name, in parentheses, may hold anything; state is the first field after it, the start time
  // the twentieth.
  const std::size_t name_end = text->rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text->substr(name_end + 1));
  std::string field;
  fields >> field;
  if (field == "Z" || field == "X") return std::nullopt;
  for (int i = 0; i < 18; ++i) fields >> field;
  ProcessId process{pid, 0};
  if (!(fields >> process.started)) return std::nullopt;
  return process;
}

bool is_alive(const ProcessId& process) {
  return process.pid > 0 && process_id(process.pid) == process;
}

Descriptor open_process(const ProcessId& process) {
  if (process.pid <= 0) return {};
  Descriptor descriptor(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)));
  // Only now is it certain that the pid is not another's by then.
  if (!is_alive(process)) return {};
  return descriptor;
}

std::string_view to_string(WorkerState state) { return kStates[static_cast<std::size_t>(state)]; }

const FleetWorker* FleetState::find(const std::string& worker) const {
  const auto found = std::ranges::find(workers, worker, &FleetWorker::name);
  return found == workers.end() ? nullptr : &*found;
}

Json to_json(const FleetState& state) {
  Json workers = Json::array();
  for (const FleetWorker& worker : state.workers) workers.push_back(to_json(worker));
  return {{"study", state.study},
          {"command", state.command},
          {"directory", state.directory},
          {"tmux", state.tmux},
          {"restart_after_s", state.restart_after_s},
          {"supervisor", to_json(state.supervisor)},
          {"started", format_utc(state.started)},
          {"ended", state.ended ? Json(format_utc(*state.ended)) : Json()},
          {"stopping", state.stopping},
          {"workers", std::move(workers)},
          {"answers", state.answers}};
}

std::filesystem::path fleet_folder(const std::filesystem::path& runs, const std::string& study) {
  return std::filesystem::absolute(runs / study / ".fleet").lexically_normal();
}

std::filesystem::path worker_log(const std::filesystem::path& folder, const std::string& worker) {
  return folder / (worker + ".log");
}

std::filesystem::path worker_end(const std::filesystem::path& folder, const std::string& worker) {
  return folder / (worker + ".end");
}

std::optional<FleetState> read_fleet(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "fleet.json";
  try {
    const auto text = worker_shim::read_file(file, kLongestState);
    if (!text) return std::nullopt;
    return state_from(parse_json(*text, file.string()));
  } catch (const Json::exception& error) {
    throw Error(ErrorCode::Corrupt,
                fmt::format("{}: not what a supervisor wrote: {}", file.string(), error.what()));
  }
}

void write_fleet(const std::filesystem::path& folder, const FleetState& state) {
  worker_shim::write_file(folder / "fleet.json", dump_json(to_json(state)) + "\n", 0600);
}

Descriptor lock_fleet(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "lock";
  Descriptor lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.is_open())
    throw Error(ErrorCode::Unavailable,
                fmt::format("{}: {}", file.string(), worker_shim::system_words(errno)));
  if (::flock(lock.fd(), LOCK_EX | LOCK_NB) != 0) return {};
  return lock;
}

bool has_supervisor(const std::filesystem::path& folder) {
  Descriptor lock(::open((folder / "lock").c_str(), O_RDWR | O_CLOEXEC));
  return lock.is_open() && ::flock(lock.fd(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

std::string ask_supervisor(const std::filesystem::path& folder, const std::string& request) {
  if (!has_supervisor(folder)) throw no_supervisor(folder);
  const std::string id = random_token();
  {
    const Descriptor control(
        ::open((folder / "control").c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
    const std::string line = id + " " + request + "\n";
    if (!control.is_open() ||
        ::write(control.fd(), line.data(), line.size()) != static_cast<ssize_t>(line.size()))
      throw no_supervisor(folder);
  }
  const auto end = std::chrono::steady_clock::now() + kAnswerPatience;
  while (std::chrono::steady_clock::now() < end) {
    if (const auto answer = answer_to(folder, id)) {
      if (!answer->value("ok", false))
        throw Error(ErrorCode::Conflict, answer->value("answer", ""));
      return answer->value("answer", "");
    }
    if (!has_supervisor(folder)) break;
    std::this_thread::sleep_for(kLook);
  }
  if (!has_supervisor(folder)) throw no_supervisor(folder);
  throw Error(ErrorCode::Unavailable,
              fmt::format("the supervisor in {} does not answer", folder.string()));
}

}  // namespace studyhall::cli
