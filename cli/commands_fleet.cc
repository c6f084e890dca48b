#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/prctl.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/exit_code.h"
#include "cli/fleet_control.h"
#include "cli/fleet_options.h"
#include "cli/fleet_state.h"
#include "cli/fleet_supervisor.h"
#include "cli/launch.h"
#include "cli/text.h"
#include "cli/tmux.h"
#include "core/error.h"
#include "core/resource_spec.h"
#include "worker_shim/run_folder.h"
#include "worker_shim/worktree.h"

namespace studyhall::cli {

namespace {

constexpr const char* kGroup = "Fleet";

// --- launch ---

// "in 30s      role docs  processors 0-6"
std::string plan_words(const PlannedWorker& worker) {
  const std::string start =
      worker.start_s > 0 ? "in " + format_duration(seconds_to_duration(worker.start_s)) : "now";
  std::vector<std::string> rest;
  if (!worker.every.empty()) {
    rest.push_back("research every " + worker.every);
  } else if (!worker.role.empty()) {
    rest.push_back("role " + worker.role);
  }
  if (!worker.pinned.empty()) rest.push_back("processors " + cpu_list_text(worker.pinned));
  return rest.empty() ? start : fmt::format("{:<10}  {}", start, fmt::join(rest, "  "));
}

void print_plan(const Session& session, const LaunchPlan& plan, bool with_lines) {
  std::size_t width = 8;
  for (const PlannedWorker& worker : plan.workers) width = std::max(width, worker.name.size());
  for (const PlannedWorker& worker : plan.workers)
    session.out << fmt::format("  {:<{}}  {}\n", worker.name, width, plan_words(worker));
  if (!plan.cores.empty()) session.out << "Processors: " << plan.cores << ".\n";
  if (with_lines && !plan.lines.empty()) {
    session.out << "Each of them:\n";
    for (const std::string& line : plan.lines) session.out << "  " << printable(line) << "\n";
  }
  for (const auto& [role, lines] : plan.lines_of_roles) {
    if (!with_lines || lines.empty()) continue;
    session.out << fmt::format("In the role {}:\n", role);
    for (const std::string& line : lines) session.out << "  " << printable(line) << "\n";
  }
  for (const std::string& warning : plan.warnings)
    session.out << session.paint("warning: ", Colour::Yellow) << printable(warning) << "\n";
  for (const std::string& problem : plan.problems)
    session.out << session.paint("problem: ", Colour::Red) << problem << "\n";
}

int launch(const Session& session, const LaunchArguments& arguments) {
  const Connection connection = connect(session);
  const LaunchPlan plan = plan_fleet(connection, arguments);
  const std::filesystem::path folder = fleet_folder(arguments.runs, arguments.study);
  Json json = to_json(plan);
  json["folder"] = folder.string();
  if (arguments.dry_run) {
    if (session.json) {
      session.print_json(json);
    } else {
      session.out << fmt::format("Would launch {} of {} ({}):\n",
                                 count_of(static_cast<std::int64_t>(plan.workers.size()), "worker"),
                                 arguments.study, connection.place);
      print_plan(session, plan, true);
      session.out << (plan.problems.empty() ? "Nothing stands in the way.\n" : "");
    }
    return plan.problems.empty() ? kDone : kWrongUse;
  }
  start_fleet(session, connection, arguments, plan);
  if (session.json) {
    session.print_json(json);
    return kDone;
  }
  session.out << fmt::format("Launched {} of {} ({}):\n",
                             count_of(static_cast<std::int64_t>(plan.workers.size()), "worker"),
                             arguments.study, connection.place);
  print_plan(session, plan, false);
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
       "study launch heat_signature --workers 2 --roles docs=1,executor=2 --orchestrator 15m\n"
       "study launch heat_signature --workers W1,W3 --tmux --stagger 60"});
  const auto arguments = std::make_shared<LaunchArguments>();
  add_fleet_options(command, *arguments);
  command.add_option("--stagger", arguments->stagger, "seconds between two starts (default: 30)")
      ->type_name("S");
  command
      .add_option(
          "--restart-after", arguments->restart_after,
          "seconds before a worker that died is started again, doubled up to 10 minutes for "
          "each death in a row (default: 5)")
      ->type_name("S");
  command.add_flag("--tmux", arguments->tmux, "in windows of a tmux session (`study attach`)");
  command.add_flag("--dry-run", arguments->dry_run, "check everything and start nothing");
  add_runs(command, arguments->runs);
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
