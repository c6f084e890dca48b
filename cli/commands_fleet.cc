#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/exit_code.h"
#include "cli/fleet_control.h"
#include "cli/fleet_state.h"
#include "cli/fleet_supervisor.h"
#include "cli/launch_plan.h"
#include "cli/spawn.h"
#include "cli/text.h"
#include "cli/tmux.h"
#include "core/error.h"
#include "core/hash.h"
#include "core/resource_spec.h"
#include "worker_shim/run_folder.h"
#include "worker_shim/worktree.h"

namespace studyhall::cli {

namespace {

constexpr const char* kGroup = "Fleet";

std::filesystem::path absolute(const std::string& path) {
  return std::filesystem::absolute(path).lexically_normal();
}

// --- launch ---

struct LaunchArguments {
  std::string study;
  std::string workers;
  std::string stagger = "30";
  std::string restart_after = "5";
  std::string runs = "runs";
  std::string dir;
  std::int64_t cores = 0;
  std::int64_t reserve = -1;
  bool tmux = false;
  bool dry_run = false;
};

LaunchRequest request_of(const LaunchArguments& arguments, const Connection& connection) {
  LaunchRequest request;
  request.workers = arguments.workers;
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

void print_plan(const Session& session, const LaunchPlan& plan) {
  for (const PlannedWorker& worker : plan.workers)
    session.out << fmt::format(
        "  {:<8} {:<12} {}\n", worker.name,
        worker.start_s > 0 ? "in " + format_duration(seconds_to_duration(worker.start_s)) : "now",
        worker.pinned.empty() ? "" : "processors " + cpu_list_text(worker.pinned));
  if (!plan.cores.empty()) session.out << "Processors: " << plan.cores << ".\n";
  if (!plan.lines.empty()) session.out << "Each of them:\n";
  for (const std::string& line : plan.lines) session.out << "  " << printable(line) << "\n";
  for (const std::string& warning : plan.warnings)
    session.out << session.paint("warning: ", Colour::Yellow) << printable(warning) << "\n";
  for (const std::string& problem : plan.problems)
    session.out << session.paint("problem: ", Colour::Red) << problem << "\n";
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

int launch(const Session& session, const LaunchArguments& arguments) {
  const Connection connection = connect(session);
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
  if (arguments.dry_run) {
    Json json = to_json(plan);
    json["folder"] = folder.string();
    if (session.json) {
      session.print_json(json);
    } else {
      session.out << fmt::format("Would launch {} of {} ({}):\n",
                                 count_of(static_cast<std::int64_t>(plan.workers.size()), "worker"),
                                 arguments.study, connection.place);
      print_plan(session, plan);
      session.out << (plan.problems.empty() ? "Nothing stands in the way.\n" : "");
    }
    return plan.problems.empty() ? kDone : kWrongUse;
  }
  if (!plan.problems.empty()) {
    std::vector<Problem> problems;
    for (const std::string& problem : plan.problems) problems.push_back({"", problem});
    throw Error::from_problems(ErrorCode::Invalid,
                               fmt::format("the workers of {} cannot be launched", arguments.study),
                               problems);
  }
  std::filesystem::create_directories(folder);
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
  write_fleet(folder, state_of(session, arguments, plan, connection, folder));
  const std::string token = client_options(session).token;
  if (!token.empty() && session.token_file.empty()) ::setenv("STUDY_TOKEN", token.c_str(), 1);
  start_supervisor(folder);

  if (session.json) {
    Json json = to_json(plan);
    json["folder"] = folder.string();
    session.print_json(json);
    return kDone;
  }
  session.out << fmt::format("Launched {} of {} ({}):\n",
                             count_of(static_cast<std::int64_t>(plan.workers.size()), "worker"),
                             arguments.study, connection.place);
  plan.lines.clear();
  print_plan(session, plan);
  session.out << fmt::format(
      "What they say is kept in {}.\n`study status {}` shows them, `study logs {} {} -f` follows "
      "one{}; `study stop {}` ends them after their trials.\n",
      folder.string(), arguments.study, arguments.study, plan.workers.front().name,
      arguments.tmux ? fmt::format(", `study attach {} {}` is its window", arguments.study,
                                   plan.workers.front().name)
                     : "",
      arguments.study);
  return kDone;
}

void add_runs(CLI::App& command, std::string& runs) {
  command.add_option("--runs", runs, "folder of the runs (default: runs)")->type_name("DIR");
}

void add_launch(CLI::App& root, Session& session) {
  CLI::App& command = add_command(
      root, session,
      {kGroup, "launch", "start workers of a study in the background, and keep them running",
       "study launch heat_signature --workers 3 --dry-run\n"
       "study launch heat_signature --workers 3 --cores 7 --reserve 4\n"
       "study launch heat_signature --workers W1,W3 --tmux --stagger 60"});
  const auto arguments = std::make_shared<LaunchArguments>();
  add_study_name(command, arguments->study);
  command
      .add_option("--workers", arguments->workers,
                  "how many, or their names (default: those of the study file)")
      ->type_name("N|W,W");
  command.add_option("--stagger", arguments->stagger, "seconds between two starts (default: 30)")
      ->type_name("S");
  command
      .add_option(
          "--restart-after", arguments->restart_after,
          "seconds before a worker that died is started again, doubled up to 10 minutes for "
          "each death in a row (default: 5)")
      ->type_name("S");
  add_integer(command, "--cores", arguments->cores, 1,
              "processors that each worker's runs are pinned to (default: the study file's)");
  add_integer(command, "--reserve", arguments->reserve, 0,
              "processors left to the system with --cores (default: one in eight)");
  command.add_flag("--tmux", arguments->tmux, "in windows of a tmux session (`study attach`)");
  command.add_flag("--dry-run", arguments->dry_run, "check everything and start nothing");
  add_runs(command, arguments->runs);
  command
      .add_option("--dir", arguments->dir,
                  "folder of the experiment's files (default: the study file's)")
      ->type_name("DIR");
  command.callback([&session, arguments] {
    session.action = [&session, arguments] { return launch(session, *arguments); };
  });
}

// --- supervise: what `launch` starts ---

void add_supervise(CLI::App& root, Session& session) {
  CLI::App& command = *root.add_subcommand("supervise")->group("");
  const auto folder = std::make_shared<std::string>();
  command.add_option("FOLDER", *folder)->required();
  command.callback([&session, folder] {
    session.action = [&session, folder] {
      // Experiments run as this user: they shall not read its environment.
      ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
      constexpr int kReady = 3;
      supervise_fleet(*folder, session.env.interrupted(), kReady);
      return kDone;
    };
  });
}

// --- restart, pause, attach ---

struct WorkerArguments {
  std::string study;
  std::string worker;
  std::string runs = "runs";
};

int request(const Session& session, const WorkerArguments& arguments, const char* verb) {
  const std::string answer = ask_supervisor(fleet_folder(arguments.runs, arguments.study),
                                            fmt::format("{} {}", verb, arguments.worker));
  if (session.json)
    session.print_json({{"worker", arguments.worker}, {"answer", answer}});
  else
    session.out << answer << ".\n";
  return kDone;
}

int attach(const WorkerArguments& arguments) {
  const std::filesystem::path folder = fleet_folder(arguments.runs, arguments.study);
  const auto state = read_fleet(folder);
  if (!state || !has_supervisor(folder))
    throw Error(ErrorCode::NotFound,
                fmt::format("no workers that `study launch` started run in {} now",
                            folder.parent_path().string()));
  if (state->find(arguments.worker) == nullptr)
    throw Error(ErrorCode::NotFound,
                fmt::format("no worker {} was launched here", printable(arguments.worker)));
  if (state->tmux.empty())
    throw Error(ErrorCode::Invalid,
                fmt::format("{} has no terminal: it was launched without --tmux; `study logs {} {} "
                            "-f` follows it",
                            arguments.worker, arguments.study, arguments.worker));
  Tmux(state->tmux).attach(arguments.worker);
}

template <typename Act>
void add_worker_command(CLI::App& root, Session& session, const CommandText& text, const Act& act) {
  CLI::App& command = add_command(root, session, text);
  const auto arguments = std::make_shared<WorkerArguments>();
  add_study_name(command, arguments->study);
  command.add_option("WORKER", arguments->worker, "name of the worker")->required()->type_name("");
  add_runs(command, arguments->runs);
  command.callback([&session, arguments, act] {
    session.action = [arguments, act] { return act(*arguments); };
  });
}

// --- cleanup ---

struct CleanupArguments {
  std::string study;
  std::string runs = "runs";
  bool keep_worktrees = false;
};

// Those of ended runs whose changes a branch holds; the branches stay.
std::vector<std::string> remove_worktrees(const Session& session,
                                          const std::filesystem::path& study_folder) {
  std::vector<std::string> removed;
  for (const worker_shim::WorkspaceInfo& run : worker_shim::list_workspaces(study_folder)) {
    for (const worker_shim::Worktree& tree : worker_shim::load_worktrees(run.dir)) {
      if (!std::filesystem::exists(tree.folder)) continue;
      if (run.running || worker_shim::has_uncommitted(tree, run.worker)) {
        session.err << fmt::format(
            "kept: {}: {}\n", tree.folder.string(),
            run.running ? "its run is under way" : "it has changes that no branch holds");
        continue;
      }
      worker_shim::remove_worktree(tree, run.worker);
      removed.push_back(tree.folder.string());
    }
  }
  return removed;
}

int cleanup(const Session& session, const CleanupArguments& arguments) {
  const std::filesystem::path folder = fleet_folder(arguments.runs, arguments.study);
  const std::filesystem::path study_folder = folder.parent_path();
  if (!std::filesystem::is_directory(study_folder))
    throw Error(
        ErrorCode::NotFound,
        fmt::format("there is no {}: --runs names the folder of the runs", study_folder.string()));
  const std::vector<std::string> ended = end_fleet(folder, session.env.interrupted());
  const std::vector<std::string> removed = arguments.keep_worktrees
                                               ? std::vector<std::string>()
                                               : remove_worktrees(session, study_folder);
  std::filesystem::remove_all(folder);
  if (session.json) {
    session.print_json({{"ended", ended}, {"removed", removed}});
    return kDone;
  }
  session.out << fmt::format("{} ended, {} removed; branches and records of runs stay.\n",
                             count_of(static_cast<std::int64_t>(ended.size()), "worker"),
                             count_of(static_cast<std::int64_t>(removed.size()), "worktree"));
  return kDone;
}

void add_cleanup(CLI::App& root, Session& session) {
  CLI::App& command = add_command(
      root, session,
      {kGroup, "cleanup", "end the workers that launch started, and remove their git worktrees",
       "study cleanup heat_signature\n"
       "study cleanup heat_signature --keep-worktrees"});
  const auto arguments = std::make_shared<CleanupArguments>();
  add_study_name(command, arguments->study);
  command.add_flag("--keep-worktrees", arguments->keep_worktrees,
                   "leave them for a look; branches stay in any case");
  add_runs(command, arguments->runs);
  command.callback([&session, arguments] {
    session.action = [&session, arguments] { return cleanup(session, *arguments); };
  });
}

}  // namespace

void add_fleet_commands(CLI::App& root, Session& session) {
  add_launch(root, session);
  add_supervise(root, session);
  add_worker_command(root, session,
                     {kGroup, "restart",
                      "end a launched worker and start it again; its trial is "
                      "given back",
                      "study restart heat_signature W1"},
                     [&session](const WorkerArguments& arguments) {
                       return request(session, arguments, "restart");
                     });
  add_worker_command(root, session,
                     {kGroup, "pause",
                      "let a launched worker take no trial after this one; "
                      "`study resume STUDY W` ends it",
                      "study pause heat_signature W1"},
                     [&session](const WorkerArguments& arguments) {
                       return request(session, arguments, "pause");
                     });
  add_worker_command(root, session,
                     {kGroup, "attach", "show the tmux window of a launched worker",
                      "study attach heat_signature W1"},
                     [](const WorkerArguments& arguments) { return attach(arguments); });
  add_cleanup(root, session);
}

}  // namespace studyhall::cli
