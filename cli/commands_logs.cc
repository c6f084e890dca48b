#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <sstream>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/fleet_state.h"
#include "cli/run_logs.h"
#include "cli/text.h"
#include "cli/wait.h"
#include "cli/work_arguments.h"
#include "core/error.h"
#include "core/study_spec.h"

namespace studyhall::cli {

namespace {

constexpr const char* kGroup = "Workers";
constexpr std::chrono::milliseconds kLogEvery{250};

struct LogsArguments {
  std::string study;
  std::string worker;
  bool follow = false;
  std::int64_t lines = 20;
  std::string runs = "runs";
  bool worker_log = false;
};

Error no_log(const LogsArguments& arguments) {
  return Error(ErrorCode::NotFound,
               fmt::format("there is no run of {} in {}; --runs DIR names the folder that `study "
                           "work` was given",
                           arguments.worker,
                           (std::filesystem::path(arguments.runs) / arguments.study).string()));
}

// The newest run's, or the worker's own: that of `study launch`.
std::optional<RunLog> log_of(const LogsArguments& arguments) {
  if (!arguments.worker_log) return newest_log(arguments.runs, arguments.study, arguments.worker);
  const std::filesystem::path file =
      worker_log(fleet_folder(arguments.runs, arguments.study), arguments.worker);
  std::error_code none;
  if (!std::filesystem::exists(file, none)) return std::nullopt;
  return RunLog{.number = -1, .file = file, .written = {}};
}

std::string heading(const RunLog& log) {
  if (log.number < 0) return "the worker";
  return fmt::format("{} {}", log.is_task ? "task" : "trial", log.number);
}

// A log may hold anything; on a terminal it must not steer it.
void print_log(const Session& session, const std::string& text) {
  if (!session.env.out_is_terminal) {
    session.out << text;
    return;
  }
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    session.out << printable(rest.substr(0, end));
    if (end < rest.size()) session.out << '\n';
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

Json log_json(const LogsArguments& arguments, const RunLog& log) {
  Json lines = Json::array();
  std::istringstream text(read_tail(log.file, arguments.lines).text);
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return {{"study", arguments.study},
          {"worker", arguments.worker},
          {log.is_task ? "task" : "trial", log.number < 0 ? Json() : Json(log.number)},
          {"file", std::filesystem::absolute(log.file).string()},
          {"lines", std::move(lines)}};
}

int follow_log(const Session& session, const LogsArguments& arguments, RunLog log) {
  const std::atomic<bool>& interrupted = session.env.interrupted();
  LogTail seen = read_tail(log.file, arguments.lines);
  print_log(session, seen.text);
  session.out.flush();
  while (session.out && pause_for(kLogEvery, interrupted)) {
    seen = read_from(log.file, seen.end);
    print_log(session, seen.text);
    const auto newest = log_of(arguments);
    if (newest && newest->file != log.file) {
      log = *newest;
      session.out << fmt::format("--- {} ---\n", heading(log));
      seen = {};
    }
    session.out.flush();
  }
  return kDone;
}

int logs(const Session& session, const LogsArguments& arguments) {
  check_worker_name(arguments.worker);
  if (!is_valid_name(arguments.study))
    throw Error(ErrorCode::Invalid,
                fmt::format("\"{}\" cannot name a study", printable(arguments.study)));
  const auto log = log_of(arguments);
  if (!log) throw no_log(arguments);
  if (session.json) {
    session.print_json(log_json(arguments, *log));
    return kDone;
  }
  session.err << fmt::format("--- {}: {} ---\n", heading(*log), log->file.string());
  if (arguments.follow) return follow_log(session, arguments, *log);
  print_log(session, read_tail(log->file, arguments.lines).text);
  return kDone;
}

}  // namespace

void add_logs_command(CLI::App& root, Session& session) {
  CLI::App& command = add_command(root, session,
                                  {kGroup, "logs", "the log of a worker's newest run",
                                   "study logs heat_signature W1\n"
                                   "study logs heat_signature W1 -f --lines 100\n"
                                   "study logs heat_signature W1 --of-worker"});
  const auto arguments = std::make_shared<LogsArguments>();
  add_study_name(command, arguments->study);
  command.add_option("WORKER", arguments->worker, "name of the worker")->required()->type_name("");
  command.add_flag("-f,--follow", arguments->follow,
                   "go on with what is written, and with the next run; Ctrl-C ends it");
  add_integer(command, "--lines", arguments->lines, 0, "how many lines (default: 20; 0: all)");
  command.add_flag("--of-worker", arguments->worker_log,
                   "what the worker itself says, as `study launch` keeps it");
  command.add_option("--runs", arguments->runs, "folder of the runs (default: runs)")
      ->type_name("DIR");
  command.callback([&session, arguments] {
    session.action = [&session, arguments] { return logs(session, *arguments); };
  });
}

}  // namespace studyhall::cli
