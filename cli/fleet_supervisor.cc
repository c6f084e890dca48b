#include "cli/fleet_supervisor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <memory>
#include <set>
#include <thread>

#include "cli/exit_code.h"
#include "cli/spawn.h"
#include "cli/tmux.h"
#include "core/error.h"
#include "core/resource_spec.h"
#include "worker_shim/worker.h"

namespace studyhall::cli {

namespace {

using worker_shim::Descriptor;

constexpr std::chrono::milliseconds kLongestSleep{1'000};
constexpr std::chrono::milliseconds kLockPatience{1'000};
constexpr std::size_t kAnswersKept = 16;
constexpr std::size_t kLongestEnd = 100'000;

// What WORKER.end says.
struct WorkerEnd {
  int status = 0;
  std::string end;  // "done", "finished", "stopped"; empty: an error
  std::string words;
};

void signal_process(int descriptor, int number) {
  ::syscall(SYS_pidfd_send_signal, descriptor, number, nullptr, 0);
}

class Supervisor {
 public:
  Supervisor(std::filesystem::path folder, const std::atomic<bool>& interrupted,
             const SupervisorTimes& times)
      : folder_(std::move(folder)), interrupted_(interrupted), times_(times) {
    const auto end = std::chrono::steady_clock::now() + kLockPatience;
    do {
      lock_ = lock_fleet(folder_);
      if (!lock_.is_open()) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    } while (!lock_.is_open() && std::chrono::steady_clock::now() < end);
    if (!lock_.is_open())
      throw Error(ErrorCode::Conflict,
                  fmt::format("another supervisor is at work in {}", folder_.string()));
    auto state = read_fleet(folder_);
    if (!state)
      throw Error(ErrorCode::NotFound, fmt::format("there is no fleet in {}", folder_.string()));
    state_ = std::move(*state);
    open_control();
    if (!state_.tmux.empty()) tmux_ = std::make_unique<Tmux>(state_.tmux);
  }

  void run(int ready) {
    state_.supervisor = process_id(::getpid()).value_or(ProcessId{});
    state_.ended.reset();
    state_.stopping = false;
    for (FleetWorker& worker : state_.workers) take_on(worker);
    save();
    if (ready >= 0) {
      static_cast<void>(::write(ready, "+", 1));
      ::close(ready);
    }
    while (!is_over()) {
      sleep();
      if (interrupted_ && !state_.stopping) stop();
      take_requests();
      for (FleetWorker& worker : state_.workers) look_after(worker);
      if (changed_) save();
    }
    if (tmux_) tmux_->end();
    state_.ended = clock_.now();
    save();
  }

 private:
  // --- State ---

  void set(FleetWorker& worker, WorkerState state) {
    worker.state = state;
    worker.since = clock_.now();
    changed_ = true;
  }

  void save() {
    try {
      write_fleet(folder_, state_);
      changed_ = false;
    } catch (const Error&) {
      // A full disk must not end the workers; the next round tries again.
    }
  }

  [[nodiscard]] bool is_over() const {
    return std::ranges::all_of(state_.workers, [&](const FleetWorker& worker) {
      return worker.process.pid == 0 && (state_.stopping || worker.state == WorkerState::Ended ||
                                         worker.state == WorkerState::Failed);
    });
  }

  [[nodiscard]] std::filesystem::path pause_file(const FleetWorker& worker) const {
    return worker_shim::stop_file_of(folder_.parent_path(), worker.name);
  }

  // --- Workers ---

  // One that a supervisor before this left running is ours now.
  void take_on(FleetWorker& worker) {
    Descriptor process = open_process(worker.process);
    if (process.is_open()) {
      processes_[worker.name] = std::move(process);
      if (worker.state == WorkerState::Stopping) set(worker, WorkerState::Running);
      return;
    }
    worker.process = {};
    std::error_code ignored;
    std::filesystem::remove(pause_file(worker), ignored);
    set(worker, WorkerState::Waiting);
  }

  void start(FleetWorker& worker) {
    std::error_code ignored;
    std::filesystem::remove(worker_end(folder_, worker.name), ignored);
    std::vector<std::string> argv{"study"};
    argv.insert(argv.end(), state_.command.begin(), state_.command.end());
    argv.insert(argv.end(), {"--worker", worker.name, "--fleet", folder_.string()});
    argv.insert(argv.end(), worker.options.begin(), worker.options.end());
    if (!worker.cpus.empty()) argv.insert(argv.end(), {"--cpus", cpu_list_text(worker.cpus)});
    pid_t pid = 0;
    try {
      if (tmux_) {
        argv.front() = own_program().string();
        argv.emplace_back("--fleet-log");
        pid = tmux_->run(worker.name, argv, state_.directory);
      } else {
        pid = start_detached("/proc/self/exe", argv, state_.directory,
                             worker_log(folder_, worker.name));
      }
    } catch (const Error& error) {
      died(worker, error.what());
      return;
    }
    ++worker.starts;
    worker.process = process_id(pid).value_or(ProcessId{pid, 0});
    // A child cannot be another process before it is waited for.
    processes_[worker.name] = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    set(worker, WorkerState::Running);
  }

  void look_after(FleetWorker& worker) {
    if (worker.process.pid != 0) {
      if (!has_ended(worker)) {
        if (worker.state == WorkerState::Stopping && clock_.now() - worker.since > times_.patience)
          signal_process(processes_[worker.name].fd(), SIGKILL);
        return;
      }
      ended(worker);
    }
    const bool waits =
        worker.state == WorkerState::Waiting || worker.state == WorkerState::BackingOff;
    if (waits && !state_.stopping && clock_.now() >= worker.next_start) start(worker);
  }

  [[nodiscard]] bool has_ended(const FleetWorker& worker) {
    pollfd look{processes_[worker.name].fd(), POLLIN, 0};
    if (look.fd >= 0) return ::poll(&look, 1, 0) > 0;
    return !is_alive(worker.process);
  }

  void ended(FleetWorker& worker) {
    int status = 0;
    const bool is_child = ::waitpid(worker.process.pid, &status, WNOHANG) > 0;
    const pid_t pid = worker.process.pid;
    worker.process = {};
    processes_.erase(worker.name);
    const std::optional<WorkerEnd> end = end_of(worker, pid);
    std::string words = end ? end->words : "its process was killed";
    if (!end && is_child && WIFSIGNALED(status))
      words = fmt::format("its process was killed by signal {}", WTERMSIG(status));
    else if (!end && is_child && WEXITSTATUS(status) != 0)
      words = fmt::format("its process ended with status {}, see {}", WEXITSTATUS(status),
                          worker_log(folder_, worker.name).string());
    worker.why = words;
    const WorkerState before = worker.state;
    const bool goes_on = !state_.stopping;
    if (restart_.erase(worker.name) > 0) {
      worker.crashes = 0;
      worker.next_start = clock_.now();
      set(worker, state_.stopping ? WorkerState::Ended : WorkerState::Waiting);
    } else if (goes_on && before == WorkerState::Pausing) {
      set(worker, end && end->end == "finished" ? WorkerState::Ended : WorkerState::Paused);
    } else if (goes_on && (!end || end->end.empty())) {
      if (end && end->status == kWrongUse)
        set(worker, WorkerState::Failed);
      else
        died(worker, words);
    } else if (goes_on && end->words == "interrupted") {
      died(worker, words);
    } else if (goes_on && end->words == pause_file(worker).string()) {
      // It was resumed just then.
      worker.next_start = clock_.now();
      set(worker, WorkerState::Waiting);
    } else {
      set(worker, WorkerState::Ended);
    }
  }

  void died(FleetWorker& worker, const std::string& words) {
    if (clock_.now() - worker.since > times_.well_after) worker.crashes = 0;
    Duration pause = seconds_to_duration(state_.restart_after_s);
    for (int i = 0; i < worker.crashes && pause < times_.longest_pause; ++i) pause *= 2;
    ++worker.crashes;
    worker.why = words;
    worker.next_start = clock_.now() + std::min<Duration>(pause, times_.longest_pause);
    set(worker, WorkerState::BackingOff);
  }

  // nullopt: it had no time to say.
  [[nodiscard]] std::optional<WorkerEnd> end_of(const FleetWorker& worker, pid_t pid) const {
    try {
      const auto text = worker_shim::read_file(worker_end(folder_, worker.name), kLongestEnd);
      if (!text) return std::nullopt;
      const Json json = parse_json(*text, "end");
      if (json.value("pid", 0) != pid) return std::nullopt;
      return WorkerEnd{json.value("status", 0), json.value("end", ""), json.value("words", "")};
    } catch (const std::exception&) {
      return std::nullopt;
    }
  }

  // --- Requests ---

  void open_control() {
    const std::filesystem::path fifo = folder_ / "control";
    if (::mkfifo(fifo.c_str(), 0600) != 0 && errno != EEXIST)
      throw Error(ErrorCode::Unavailable,
                  fmt::format("{}: {}", fifo.string(), worker_shim::system_words(errno)));
    // With a writing end of our own it never comes to its end.
    control_ = Descriptor(::open(fifo.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
    if (!control_.is_open())
      throw Error(ErrorCode::Unavailable,
                  fmt::format("{}: {}", fifo.string(), worker_shim::system_words(errno)));
  }

  void take_requests() {
    std::array<char, 4096> buffer{};
    for (ssize_t n = 0; (n = ::read(control_.fd(), buffer.data(), buffer.size())) > 0;)
      heard_.append(buffer.data(), static_cast<std::size_t>(n));
    for (std::size_t end = 0; (end = heard_.find('\n')) != std::string::npos;) {
      const std::string line = heard_.substr(0, end);
      heard_.erase(0, end + 1);
      const std::size_t blank = line.find(' ');
      if (blank != std::string::npos) answer(line.substr(0, blank), line.substr(blank + 1));
    }
  }

  void answer(const std::string& id, const std::string& request) {
    Json answer = {{"id", id}, {"ok", true}};
    try {
      answer["answer"] = carry_out(request);
    } catch (const Error& error) {
      answer["ok"] = false;
      answer["answer"] = error.what();
    }
    state_.answers.push_back(std::move(answer));
    while (state_.answers.size() > kAnswersKept) state_.answers.erase(state_.answers.begin());
    changed_ = true;
  }

  std::string carry_out(const std::string& request) {
    const std::size_t blank = request.find(' ');
    const std::string verb = request.substr(0, blank);
    if (verb == "stop") {
      stop();
      return "the workers are told to end";
    }
    const std::string name = blank == std::string::npos ? "" : request.substr(blank + 1);
    const auto worker = std::ranges::find(state_.workers, name, &FleetWorker::name);
    if (worker == state_.workers.end())
      throw Error(ErrorCode::NotFound, fmt::format("no worker {} was launched here", name));
    if (state_.stopping) throw Error(ErrorCode::Conflict, "the workers are being stopped");
    if (verb == "pause") return pause(*worker);
    if (verb == "resume") return resume(*worker);
    if (verb == "restart") return restart(*worker);
    throw Error(ErrorCode::Unsupported, fmt::format("no request \"{}\"", verb));
  }

  std::string pause(FleetWorker& worker) {
    if (worker.state == WorkerState::Paused || worker.state == WorkerState::Pausing)
      return fmt::format("{} is {} already", worker.name, to_string(worker.state));
    if (worker.process.pid == 0) {
      set(worker, WorkerState::Paused);
      return fmt::format("{} is paused", worker.name);
    }
    worker_shim::write_file(pause_file(worker), "paused by the user\n");
    set(worker, WorkerState::Pausing);
    return fmt::format("{} takes no other trial after this one", worker.name);
  }

  std::string resume(FleetWorker& worker) {
    std::error_code ignored;
    std::filesystem::remove(pause_file(worker), ignored);
    if (worker.process.pid != 0) {
      if (worker.state == WorkerState::Pausing) set(worker, WorkerState::Running);
      return fmt::format("{} goes on", worker.name);
    }
    worker.crashes = 0;
    worker.next_start = clock_.now();
    set(worker, WorkerState::Waiting);
    return fmt::format("{} is started again", worker.name);
  }

  std::string restart(FleetWorker& worker) {
    if (worker.process.pid == 0) return resume(worker);
    std::error_code ignored;
    std::filesystem::remove(pause_file(worker), ignored);
    restart_.insert(worker.name);
    signal_process(processes_[worker.name].fd(), SIGTERM);
    set(worker, WorkerState::Stopping);
    return fmt::format("{} is ended and started again; its trial goes back to the queue",
                       worker.name);
  }

  void stop() {
    state_.stopping = true;
    changed_ = true;
    for (FleetWorker& worker : state_.workers) {
      restart_.erase(worker.name);
      std::error_code ignored;
      std::filesystem::remove(pause_file(worker), ignored);
      if (worker.process.pid == 0) {
        set(worker, WorkerState::Ended);
        continue;
      }
      signal_process(processes_[worker.name].fd(), SIGTERM);
      set(worker, WorkerState::Stopping);
    }
  }

  // Until something happens, or might be due.
  void sleep() {
    std::vector<pollfd> waits{{control_.fd(), POLLIN, 0}};
    auto left = kLongestSleep;
    const Timestamp now = clock_.now();
    for (const FleetWorker& worker : state_.workers) {
      if (worker.process.pid != 0) {
        if (const int fd = processes_[worker.name].fd(); fd >= 0) waits.push_back({fd, POLLIN, 0});
      } else if (worker.state == WorkerState::Waiting || worker.state == WorkerState::BackingOff) {
        left = std::min(
            left, std::chrono::duration_cast<std::chrono::milliseconds>(worker.next_start - now) +
                      std::chrono::milliseconds(1));
      }
    }
    ::poll(waits.data(), waits.size(), static_cast<int>(std::max<std::int64_t>(0, left.count())));
  }

  std::filesystem::path folder_;
  const std::atomic<bool>& interrupted_;
  SupervisorTimes times_;
  SystemClock clock_;
  Descriptor lock_;
  Descriptor control_;
  std::unique_ptr<Tmux> tmux_;
  FleetState state_;
  std::map<std::string, Descriptor> processes_;  // pidfds, by worker
  std::set<std::string> restart_;                // to be started again once they have ended
  std::string heard_;
  bool changed_ = false;
};

}  // namespace

void supervise_fleet(const std::filesystem::path& folder, const std::atomic<bool>& interrupted,
                     int ready, const SupervisorTimes& times) {
  Supervisor(folder, interrupted, times).run(ready);
}

}  // namespace studyhall::cli
