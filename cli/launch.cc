#include "cli/launch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "cli/arguments.h"
#include "cli/fleet_state.h"
#include "cli/spawn.h"
#include "core/error.h"
#include "core/hash.h"
#include "worker_shim/files.h"

namespace studyhall::cli {

namespace {

std::filesystem::path absolute(const std::string& path) {
  return std::filesystem::absolute(path).lexically_normal();
}

LaunchRequest request_of(const LaunchArguments& arguments, const Connection& connection) {
  LaunchRequest request;
  request.workers = arguments.workers;
  request.roles = arguments.roles;
  request.orchestrator = arguments.orchestrator;
  request.stagger_s = parse_number(arguments.stagger, "--stagger");
  if (request.stagger_s < 0)
    throw Error(ErrorCode::Invalid, "--stagger: expected seconds, 0 or more");
  request.cores = arguments.cores;
  if (arguments.reserve >= 0) request.reserve = arguments.reserve;
  request.work.study = arguments.study;
  request.work.runs = arguments.runs;
  request.work.experiment_dir = arguments.dir;
  request.work.server_url = connection.server_url;
  return request;
}

// What `study work` is called with; the token goes by the environment.
std::vector<std::string> work_command(const Session& session, const LaunchArguments& arguments,
                                      const Connection& connection) {
  std::vector<std::string> words{"work", arguments.study, "--runs", absolute(arguments.runs)};
  const auto add = [&](const char* option, const std::string& value) {
    if (!value.empty()) words.insert(words.end(), {option, value});
  };
  if (connection.file.empty())
    add("--server", connection.server_url);
  else
    add("--db", absolute(connection.file));
  if (!arguments.dir.empty()) add("--dir", absolute(arguments.dir));
  if (!session.token_file.empty()) add("--token-file", absolute(session.token_file));
  if (!session.tls_ca.empty()) add("--tls-ca", absolute(session.tls_ca));
  return words;
}

FleetState state_of(const Session& session, const LaunchArguments& arguments,
                    const LaunchPlan& plan, const Connection& connection,
                    const std::filesystem::path& folder) {
  FleetState state;
  state.study = arguments.study;
  state.command = work_command(session, arguments, connection);
  state.directory = std::filesystem::current_path();
  if (arguments.tmux)
    state.tmux = fmt::format("study-{}", sha256_hex(folder.string()).substr(0, 10));
  state.restart_after_s = parse_number(arguments.restart_after, "--restart-after");
  if (state.restart_after_s <= 0)
    throw Error(ErrorCode::Invalid, "--restart-after: expected seconds, more than 0");
  state.started = session.clock.now();
  for (const PlannedWorker& planned : plan.workers) {
    FleetWorker worker;
    worker.name = planned.name;
    worker.cpus = planned.cpus;
    if (!planned.role.empty()) worker.options = {"--role", planned.role};
    if (!planned.every.empty())
      worker.options.insert(worker.options.end(), {"--every", planned.every});
    worker.since = state.started;
    worker.next_start = state.started + seconds_to_duration(planned.start_s);
    state.workers.push_back(std::move(worker));
  }
  // What a supervisor that was killed left running goes on.
  const auto before = read_fleet(folder);
  if (!before) return state;
  for (const FleetWorker& old : before->workers) {
    if (!is_alive(old.process)) continue;
    const auto same = std::ranges::find(state.workers, old.name, &FleetWorker::name);
    if (same == state.workers.end())
      state.workers.push_back(old);
    else
      *same = old;
  }
  return state;
}

// Starts a supervisor for fleet.json in `folder` and waits until it is at it.
void start_supervisor(const std::filesystem::path& folder) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    throw Error(ErrorCode::Unavailable, "cannot make a pipe");
  const worker_shim::Descriptor mine(ends[0]);
  const std::filesystem::path log = folder / "supervisor.log";
  std::error_code ignored;
  std::filesystem::remove(log, ignored);
  {
    const worker_shim::Descriptor its(ends[1]);
    start_detached("/proc/self/exe", {"study", "supervise", folder.string()}, "/", log, its.fd());
  }
  char byte = 0;
  ssize_t n = 0;
  while ((n = ::read(mine.fd(), &byte, 1)) < 0 && errno == EINTR) {
  }
  if (n == 1) return;
  const auto words = worker_shim::read_file(log, 10'000);
  throw Error(ErrorCode::Unavailable,
              fmt::format("the supervisor did not start: {}", words.value_or("")));
}

}  // namespace

LaunchPlan plan_fleet(const Connection& connection, const LaunchArguments& arguments) {
  const LaunchRequest request = request_of(arguments, connection);
  const std::filesystem::path folder = fleet_folder(arguments.runs, arguments.study);
  LaunchPlan plan = plan_launch(*connection.api, request, worker_shim::machine_cores());
  if (arguments.tmux && !program_on_path("tmux"))
    plan.problems.emplace_back("--tmux: there is no tmux on PATH");
  if (has_supervisor(folder))
    plan.problems.push_back(
        fmt::format("workers of {} were launched already; `study status {}` "
                    "shows them, `study stop {} --now` ends them",
                    arguments.study, arguments.study, arguments.study));
  if (std::filesystem::exists(folder.parent_path() / "STOP"))
    plan.problems.push_back(
        fmt::format("{} is still there from before: workers would not start; "
                    "remove it",
                    (folder.parent_path() / "STOP").string()));
  return plan;
}

void start_fleet(const Session& session, const Connection& connection,
                 const LaunchArguments& arguments, const LaunchPlan& plan) {
  if (!plan.problems.empty()) {
    std::vector<Problem> problems;
    for (const std::string& problem : plan.problems) problems.push_back({"", problem});
    throw Error::from_problems(ErrorCode::Invalid,
                               fmt::format("the workers of {} cannot be launched", arguments.study),
                               problems);
  }
  const std::filesystem::path folder = fleet_folder(arguments.runs, arguments.study);
  std::filesystem::create_directories(folder);
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
  write_fleet(folder, state_of(session, arguments, plan, connection, folder));
  const std::string token = client_options(session).token;
  if (!token.empty() && session.token_file.empty()) ::setenv("STUDY_TOKEN", token.c_str(), 1);
  start_supervisor(folder);
}

}  // namespace studyhall::cli
