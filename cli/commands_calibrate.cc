#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/exit_code.h"
#include "cli/text.h"
#include "cli/work_arguments.h"
#include "core/study_spec.h"
#include "worker_shim/calibration.h"

namespace studyhall::cli {

namespace {

struct Arguments {
  std::string study;
  std::string worker;
  std::int64_t times = 1;
  bool reference = false;
  std::string runs = "runs";
  std::string dir;
};

// What `minutes` on this worker's machine say: the worker's ratio or, of the first calibration of a
// study and with --reference, what others are measured by; their ratios change with it.
Json patch_for(const StudySpec& study, const Arguments& arguments, double minutes) {
  const std::optional<double> reference = study.experiment->reference_min;
  if (reference && !arguments.reference) {
    return {{"workers", {{arguments.worker, {{"time_ratio", minutes / *reference}}}}}};
  }
  Json workers = {{arguments.worker, {{"time_ratio", 1}}}};
  for (const auto& [name, worker] : study.workers) {
    if (name == arguments.worker || !worker.time_ratio || !reference) continue;
    workers[name]["time_ratio"] = *worker.time_ratio * *reference / minutes;
  }
  return {{"experiment", {{"reference_min", minutes}}}, {"workers", std::move(workers)}};
}

int calibrate(const Session& session, const Arguments& arguments) {
  check_worker_name(arguments.worker);
  const std::atomic<bool>& interrupted = session.env.interrupted();
  const Connection connection = connect(session, &interrupted);
  std::ostream& progress = session.json ? session.err : session.out;
  worker_shim::WorkOptions options;
  options.study = arguments.study;
  options.worker = arguments.worker;
  options.runs = arguments.runs;
  options.experiment_dir = arguments.dir;
  options.server_url = connection.server_url;
  options.say = [&progress](const std::string& line) { progress << printable(line) << std::endl; };
  const worker_shim::Calibration calibration = worker_shim::calibrate(
      *connection.api, options, static_cast<int>(arguments.times), interrupted);

  const double minutes = calibration.median();
  const auto study = parse_study_spec(connection.api->study(arguments.study).spec);
  EditRequest request;
  request.patch = patch_for(*study, arguments, minutes);
  request.author = "calibrate";
  request.reason = fmt::format("calibration of {}: {:.3g} min ({:.3g})", arguments.worker, minutes,
                               fmt::join(calibration.minutes, ", "));
  const auto edited = parse_study_spec(connection.api->edit_study(arguments.study, request).spec);
  const double ratio = edited->workers.at(arguments.worker).time_ratio.value_or(1);
  if (session.json) {
    session.print_json({{"worker", arguments.worker},
                        {"minutes", calibration.minutes},
                        {"median_min", minutes},
                        {"reference_min", *edited->experiment->reference_min},
                        {"time_ratio", ratio},
                        {"workspace", calibration.workspace.string()}});
    return kDone;
  }
  session.out << fmt::format(
      "{}: the default configuration takes {:.3g} min, {:.3g} times the study's reference of "
      "{:.3g} "
      "min.\n",
      arguments.worker, minutes, ratio, *edited->experiment->reference_min);
  if (request.patch.contains("experiment"))
    session.out << "This machine is the reference that others are measured by.\n";
  session.out << "Workers that run now take it up when they start again.\n";
  return kDone;
}

}  // namespace

void add_calibrate_command(CLI::App& root, Session& session) {
  CLI::App& command =
      add_command(root, session,
                  {"Workers", "calibrate", "time the default configuration on this machine",
                   "study calibrate heat_signature --worker W1\n"
                   "study calibrate heat_signature --worker W2 --times 3\n"
                   "study calibrate heat_signature --worker W1 --reference"});
  const auto arguments = std::make_shared<Arguments>();
  add_study_name(command, arguments->study);
  command.add_option("--worker", arguments->worker, "the worker of this machine")
      ->required()
      ->type_name("W");
  add_integer(command, "--times", arguments->times, 1,
              "run it so often; the median counts (default: 1)");
  command.add_flag("--reference", arguments->reference,
                   "make this machine the one that others are measured by");
  add_run_folders(command, arguments->runs, arguments->dir);
  command.callback([&session, arguments] {
    session.action = [&session, arguments] { return calibrate(session, *arguments); };
  });
}

}  // namespace studyhall::cli
