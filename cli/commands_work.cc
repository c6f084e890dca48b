#include <fmt/format.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>

#include "cli/arguments.h"
#include "cli/artifact_connection.h"
#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/exit_code.h"
#include "cli/fleet_state.h"
#include "cli/text.h"
#include "cli/work_arguments.h"
#include "core/error.h"
#include "core/resource_spec.h"
#include "core/study_api_json.h"
#include "core/study_spec.h"
#include "worker_shim/preview.h"
#include "worker_shim/worker.h"

namespace studyhall::cli {

namespace {

constexpr const char* kGroup = "Workers";

std::vector<int> parse_cpus(const std::string& text) {
  const auto cpus = parse_cpu_list(text);
  if (!cpus || cpus->empty())
    throw Error(ErrorCode::Invalid, fmt::format("--cpus: found \"{}\", expected processors as in "
                                                "0-6,8",
                                                printable(text)));
  return *cpus;
}

// --- work ---

struct WorkArguments {
  std::string study;
  std::string worker;
  bool once = false;
  std::int64_t max_trials = 0;
  std::string runs = "runs";
  std::string dir;
  bool dry_run = false;
  std::string role;
  std::string every;
  std::int64_t stale = 20;
  std::int64_t quota = 4;
  std::string want;
  std::string cpus;
  // Of a worker that `study launch` runs.
  std::string fleet;
  bool fleet_log = false;
};

std::string end_words(const worker_shim::WorkSummary& summary) {
  switch (summary.end) {
    case worker_shim::WorkEnd::Done:
      return "as many trials and tasks as it was to run";
    case worker_shim::WorkEnd::Finished:
      return summary.reason.empty() ? "nothing more to hand out" : summary.reason;
    case worker_shim::WorkEnd::Stopped:
      return summary.reason.empty() ? "stopped" : summary.reason;
  }
  return "";
}

const char* end_name(worker_shim::WorkEnd end) {
  return end == worker_shim::WorkEnd::Done       ? "done"
         : end == worker_shim::WorkEnd::Finished ? "finished"
                                                 : "stopped";
}

Json summary_json(const worker_shim::WorkSummary& summary) {
  return {{"end", end_name(summary.end)},     {"reason", summary.reason},
          {"completed", summary.completed},   {"failed", summary.failed},
          {"tasks_done", summary.tasks_done}, {"tasks_failed", summary.tasks_failed}};
}

// Experiments run as this user: without this they could read the token of the server from this
// process's environment (/proc/PID/environ). Their own environment does not have it.
void hide_token(const Session& session) {
  if (!client_options(session).token.empty()) ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

std::optional<Want> parse_want(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto want = want_from_string(text);
  if (!want) {
    throw Error(
        ErrorCode::Invalid,
        fmt::format("--want: found \"{}\", expected trials, tasks or any", printable(text)));
  }
  return want;
}

std::string counts_of(const worker_shim::WorkSummary& summary) {
  std::string words = fmt::format("{} complete, {} failed.", summary.completed, summary.failed);
  if (summary.tasks_done + summary.tasks_failed > 0) {
    words += fmt::format(" Tasks: {} done, {} failed.", summary.tasks_done, summary.tasks_failed);
  }
  return words;
}

// How an agent's CLI starts the tools of the study.
Json tools_server(const Session& session, const Connection& connection) {
  Json server{{"command", std::filesystem::read_symlink("/proc/self/exe").string()},
              {"args", {"mcp"}}};
  if (!connection.server_url.empty()) {
    server["args"].push_back("--server");
    server["args"].push_back(connection.server_url);
  } else {
    server["args"].push_back("--db");
    server["args"].push_back(std::filesystem::absolute(connection.file).string());
  }
  const client::ClientOptions options = client_options(session);
  if (!options.token.empty()) server["env"]["STUDY_TOKEN"] = options.token;
  return server;
}

worker_shim::WorkOptions work_options(const Session& session, const WorkArguments& arguments,
                                      const Connection& connection) {
  worker_shim::WorkOptions options;
  options.study = arguments.study;
  options.worker = arguments.worker;
  options.role = arguments.role;
  options.want = parse_want(arguments.want);
  options.runs = arguments.runs;
  options.experiment_dir = arguments.dir;
  options.server_url = connection.server_url;
  if (!arguments.cpus.empty()) options.cpus = parse_cpus(arguments.cpus);
  if (!arguments.every.empty()) {
    options.research = worker_shim::ResearchOptions{
        .every = parse_span(arguments.every, "--every"),
        .stale = static_cast<int>(std::min<std::int64_t>(arguments.stale, 1'000'000)),
        .quota = static_cast<int>(std::min<std::int64_t>(arguments.quota, 1000)),
        .tools_server = tools_server(session, connection)};
  }
  options.once = arguments.once;
  options.max_trials = static_cast<int>(
      std::min<std::int64_t>(arguments.max_trials, std::numeric_limits<int>::max()));
  return options;
}

int dry_run(const Session& session, const WorkArguments& arguments) {
  const Connection connection = connect(session);
  const auto lines =
      worker_shim::dry_run(*connection.api, work_options(session, arguments, connection));
  if (session.json) {
    session.print_json({{"worker", arguments.worker}, {"would", lines}});
    return kDone;
  }
  session.out << fmt::format("{} would work on {} ({}):\n", arguments.worker, arguments.study,
                             connection.place);
  for (const std::string& line : lines) session.out << "  " << printable(line) << "\n";
  return kDone;
}

// Both a stream and what is printed there.
class Progress {
 public:
  Progress(std::ostream& shown, const WorkArguments& arguments) : shown_(shown) {
    if (!arguments.fleet_log) return;
    kept_.open(worker_log(arguments.fleet, arguments.worker), std::ios::app);
  }
  void say(const std::string& line) {
    shown_ << line << std::endl;
    if (kept_.is_open()) kept_ << line << std::endl;
  }

 private:
  std::ostream& shown_;
  std::ofstream kept_;
};

// For the supervisor: how this process ends.
void report_end(const WorkArguments& arguments, int status, const std::string& end,
                const std::string& words) {
  if (arguments.fleet.empty()) return;
  worker_shim::write_file(
      worker_end(arguments.fleet, arguments.worker),
      dump_json({{"pid", ::getpid()}, {"status", status}, {"end", end}, {"words", words}}) + "\n",
      0600);
}

int work_on(const Session& session, const WorkArguments& arguments) {
  const std::atomic<bool>& interrupted = session.env.interrupted();
  hide_token(session);
  const Connection connection = connect(session, &interrupted);
  Progress progress(session.json ? session.err : session.out, arguments);
  const std::filesystem::path folder =
      std::filesystem::absolute(std::filesystem::path(arguments.runs) / arguments.study)
          .lexically_normal();
  progress.say(fmt::format(
      "{} works on {}{} ({}).\nRuns are kept in {}\nTo end after the current run: touch {}",
      arguments.worker, arguments.study,
      arguments.role.empty() ? "" : fmt::format(" as {}", printable(arguments.role)),
      connection.place, folder.string(), (folder / "STOP").string()));

  ArtifactConnection artifacts(session, connection);
  worker_shim::WorkOptions options = work_options(session, arguments, connection);
  options.artifacts = &*artifacts;
  options.say = [&progress](const std::string& line) { progress.say(printable(line)); };
  const worker_shim::WorkSummary summary =
      worker_shim::work(*connection.api, session.clock, options, interrupted);

  progress.say(fmt::format("{} ended: {}. {}", arguments.worker, printable(end_words(summary)),
                           counts_of(summary)));
  if (session.json) session.print_json(summary_json(summary));
  const bool idle =
      summary.completed + summary.failed + summary.tasks_done + summary.tasks_failed == 0;
  const int status =
      summary.end == worker_shim::WorkEnd::Finished && idle ? kNothingToHandOut : kDone;
  report_end(arguments, status, end_name(summary.end), end_words(summary));
  return status;
}

int work(const Session& session, WorkArguments arguments) {
  if (!arguments.every.empty() && arguments.role.empty()) {
    throw Error(ErrorCode::Invalid, "work: --every needs --role, the name to propose in");
  }
  if (!arguments.every.empty()) static_cast<void>(parse_span(arguments.every, "--every"));
  if (arguments.worker.empty()) arguments.worker = arguments.role;
  if (arguments.worker.empty()) throw Error(ErrorCode::Invalid, "work: give --worker or --role");
  check_worker_name(arguments.worker);
  if (arguments.dry_run) return dry_run(session, arguments);
  try {
    return work_on(session, arguments);
  } catch (const Error& error) {
    report_end(arguments, exit_code(error.code()), "", error.what());
    if (arguments.fleet_log)
      std::ofstream(worker_log(arguments.fleet, arguments.worker), std::ios::app)
          << "study: " << printable(error.what()) << "\n";
    throw;
  }
}

void add_work(CLI::App& root, Session& session) {
  CLI::App& command =
      add_command(root, session,
                  {kGroup, "work", "run trials and tasks of a study, one after the other",
                   "study work heat_signature --worker W1\n"
                   "study work heat_signature --worker W4 --role docs\n"
                   "study work heat_signature --role orchestrator --every 15m\n"
                   "study work heat_signature --worker W2 --once\n"
                   "study work heat_signature --worker W3 --server http://head:8642"});
  const auto arguments = std::make_shared<WorkArguments>();
  add_study_name(command, arguments->study);
  command.add_option("--worker", arguments->worker, "name of this worker (default: the role's)")
      ->type_name("W");
  command
      .add_option(
          "--every", arguments->every,
          "with --role: rounds of research so often (15m, 2h): an agent looks at the results "
          "and proposes trials in the role's name")
      ->type_name("TIME");
  add_integer(command, "--stale", arguments->stale, 0,
              "with --every: a round earlier once so many trials brought no new leader (default: "
              "20; 0: never)");
  add_integer(command, "--quota", arguments->quota, 1,
              "with --every: proposals of a round (default: 4), adapted to how good they prove");
  command
      .add_option("--want", arguments->want,
                  "what it takes: trials, tasks or any (default: the role's, else any of a study "
                  "of agents and trials of one of commands)")
      ->type_name("WHAT");
  command
      .add_option("--role", arguments->role,
                  "a role of the study file, whose prompt, tags and model it has")
      ->type_name("ROLE");
  command.add_flag("--once", arguments->once, "one trial or task");
  add_integer(command, "--max-trials", arguments->max_trials, 1,
              "at most so many trials and tasks");
  add_run_folders(command, arguments->runs, arguments->dir);
  command.add_flag("--dry-run", arguments->dry_run,
                   "say what would be run, with which login and limits, and run nothing");
  command
      .add_option("--cpus", arguments->cpus,
                  "processors that runs are pinned to, as in 0-6 (default: the study file's)")
      ->type_name("LIST");
  command.add_option("--fleet", arguments->fleet)->group("");
  command.add_flag("--fleet-log", arguments->fleet_log)->group("");
  command.callback([&session, arguments] {
    session.action = [&session, arguments] { return work(session, *arguments); };
  });
}

// --- prompt ---

struct PromptArguments {
  WorkArguments work;
  std::string lease_s;
};

int prompt(const Session& session, const PromptArguments& arguments) {
  const WorkArguments& work = arguments.work;
  check_worker_name(work.worker);
  const Connection connection = connect(session);
  AskRequest request;
  request.worker = work.worker;
  if (!arguments.lease_s.empty()) request.lease_s = parse_number(arguments.lease_s, "--lease-s");
  const AskAnswer answer = connection.api->ask(work.study, request);
  if (answer.trials.empty()) {
    const bool is_wait = answer.status == AskStatus::Wait;
    const std::string reason = !answer.reason.empty() ? answer.reason
                               : is_wait
                                   ? fmt::format("ask again in {:.0f} s", answer.retry_after_s)
                                   : "the study is finished";
    if (session.json) session.print_json(error_json(is_wait ? "wait" : "finished", reason));
    session.err << fmt::format("study: nothing to hand out: {}\n", printable(reason));
    return kNothingToHandOut;
  }
  const AskedTrial& trial = answer.trials.front();
  worker_shim::HandPrompt made;
  try {
    made = worker_shim::prompt_by_hand(*connection.api, work_options(session, work, connection),
                                       trial);
  } catch (...) {
    connection.api->release(work.study, trial.number, trial.lease.token);
    throw;
  }
  if (session.json) {
    session.print_json({{"number", trial.number},
                        {"params", trial.params},
                        {"lease", trial.lease.token},
                        {"workspace", made.workspace.string()},
                        {"prompt", made.text}});
    return kDone;
  }
  session.out << made.text << (made.text.ends_with('\n') ? "" : "\n");
  session.err << fmt::format(
      "\nTrial {} of {}, in {}. When it is done: study tell {} {} SCORE --lease {}\n", trial.number,
      work.study, made.workspace.string(), work.study, trial.number, trial.lease.token);
  return kDone;
}

void add_prompt(CLI::App& root, Session& session) {
  CLI::App& command = add_command(
      root, session,
      {kGroup, "prompt", "take a trial and print its prompt, for an interactive session",
       "study prompt heat_signature --worker W1\n"
       "study prompt heat_signature --worker W1 | claude"});
  const auto arguments = std::make_shared<PromptArguments>();
  add_study_name(command, arguments->work.study);
  command.add_option("--worker", arguments->work.worker, "who will run it")
      ->required()
      ->type_name("W");
  command.add_option("--lease-s", arguments->lease_s, "length of the lease in seconds")
      ->type_name("S");
  add_run_folders(command, arguments->work.runs, arguments->work.dir);
  command.callback([&session, arguments] {
    session.action = [&session, arguments] { return prompt(session, *arguments); };
  });
}

}  // namespace

void add_work_commands(CLI::App& root, Session& session) {
  add_work(root, session);
  add_prompt(root, session);
}

}  // namespace studyhall::cli
