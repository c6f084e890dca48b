#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <sstream>

#include "cli/arguments.h"
#include "cli/commands_variants.h"
#include "cli/connect.h"
#include "cli/exit_code.h"
#include "cli/experiment_files.h"
#include "cli/fleet_state.h"
#include "cli/launch.h"
#include "cli/spawn.h"
#include "cli/text.h"
#include "cli/variants.h"
#include "cli/variants_report.h"
#include "cli/wait.h"
#include "core/error.h"
#include "worker_shim/files.h"

namespace studyhall::cli {

namespace {

constexpr std::chrono::milliseconds kLookEvery{500};
constexpr std::int64_t kMaxParallel = 3;
constexpr std::size_t kLongestFile = 10'000'000;

struct Arguments {
  VariantsRequest request;
  std::vector<std::string> words;
  std::string list;
  std::string generate;
  std::string repo = ".";
  std::string folder;
  std::string max_cost_usd;
  std::string time_limit_min;
  std::string stagger = "0";
  std::string runs = "runs";
  std::int64_t max_parallel = kMaxParallel;
  bool dry_run = false;
};

std::filesystem::path absolute(const std::filesystem::path& path) {
  return std::filesystem::absolute(path).lexically_normal();
}

// TEXT, or what is in the file of @FILE.
std::string text_of(const std::string& word, const char* what) {
  if (!word.starts_with('@')) return word;
  const auto text = worker_shim::read_file(word.substr(1), kLongestFile);
  if (!text)
    throw Error(ErrorCode::NotFound, fmt::format("{}: there is no file {}", what, word.substr(1)));
  return *text;
}

std::vector<Variant> listed(const std::string& list) {
  const bool is_json = list.starts_with('{') || list.starts_with('[');
  const std::string text = is_json ? list : text_of("@" + list, "--variants");
  return variants_from_json(parse_json(text, "--variants", Comments::Allow), "--variants");
}

std::vector<Variant> generated(const std::string& command, const std::string& task) {
  const ProgramAnswer answer = run_shell(command, task);
  if (answer.status != 0)
    throw Error(ErrorCode::Unavailable, fmt::format("--generate: {} ended with {}: {}", command,
                                                    answer.status, answer.err));
  return variants_from_json(parse_json(answer.out, "--generate", Comments::Allow), "--generate");
}

std::vector<Variant> variants_of(const Arguments& arguments, const std::string& task) {
  std::vector<Variant> variants;
  for (const std::string& word : arguments.words) variants.push_back(variant_from_word(word));
  const auto add = [&variants](std::vector<Variant> more) {
    variants.insert(variants.end(), std::make_move_iterator(more.begin()),
                    std::make_move_iterator(more.end()));
  };
  if (!arguments.list.empty()) add(listed(arguments.list));
  if (!arguments.generate.empty()) add(generated(arguments.generate, task));
  return variants;
}

VariantsRequest request_of(const Arguments& arguments) {
  VariantsRequest request = arguments.request;
  request.task = text_of(request.task, "--task");
  request.variants = variants_of(arguments, request.task);
  check_variants(request.variants);
  request.repo = absolute(arguments.repo);
  if (!request.prompt.empty()) request.prompt = absolute(request.prompt).string();
  if (!request.command.empty() && !request.prompt.empty())
    throw Error(ErrorCode::Invalid, "--command and --prompt: give one of them");
  if (request.score.empty() && (!request.metrics.empty() || !request.pattern.empty()))
    throw Error(ErrorCode::Invalid, "--metric and --pattern are of what --score finds");
  if (!arguments.max_cost_usd.empty())
    request.max_cost_usd = parse_number(arguments.max_cost_usd, "--max-cost-usd");
  if (!arguments.time_limit_min.empty())
    request.time_limit_min = parse_number(arguments.time_limit_min, "--time-limit-min");
  return request;
}

bool has_new(const Arguments& arguments) {
  return !arguments.words.empty() || !arguments.list.empty() || !arguments.generate.empty();
}

bool is_there(StudyApi& api, const std::string& study) {
  try {
    static_cast<void>(api.study(study));
    return true;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::NotFound) throw;
    return false;
  }
}

// Makes the study and its folder.
void make_study(const Session& session, StudyApi& api, const Arguments& arguments,
                const std::filesystem::path& folder) {
  const VariantsRequest request = request_of(arguments);
  Json file = variants_study_file(request, folder);
  resolve_experiment_files(file["experiment"]);
  if (arguments.dry_run) {
    session.out << file.dump(2) << "\n";
    return;
  }
  write_variants_folder(request, folder);
  static_cast<void>(api.create_study(file));
}

// The folder of a study that is there.
std::filesystem::path folder_of(const StudyInfo& info) {
  const Json experiment = info.spec.value("experiment", Json::object());
  const Json params = info.spec.value("params", Json::object());
  if (params.size() != 1 || !params.contains(kVariantParam) || !experiment.contains("dir"))
    throw Error(ErrorCode::Conflict,
                fmt::format("{} is a study that `study variants` did not make", info.name));
  return experiment["dir"].get<std::string>();
}

void start_workers(const Session& session, const Connection& connection, const Arguments& arguments,
                   std::size_t variants) {
  LaunchArguments launch;
  launch.study = arguments.request.study;
  launch.workers = std::to_string(std::min(
      arguments.max_parallel,
      static_cast<std::int64_t>(variants) * std::max<std::int64_t>(1, arguments.request.repeat)));
  launch.stagger = arguments.stagger;
  launch.runs = arguments.runs;
  if (has_supervisor(fleet_folder(launch.runs, launch.study))) return;
  start_fleet(session, connection, launch, plan_fleet(connection, launch));
}

// Why the launched workers do no more.
std::string worker_words(const Arguments& arguments) {
  const auto fleet = read_fleet(fleet_folder(arguments.runs, arguments.request.study));
  std::string words;
  if (!fleet) return words;
  for (const FleetWorker& worker : fleet->workers)
    if (!worker.why.empty()) words += fmt::format("\n{}: {}", worker.name, printable(worker.why));
  return words;
}

int follow(const Session& session, const Connection& connection, const Arguments& arguments,
           const std::vector<Variant>& variants, const std::filesystem::path& folder) {
  const std::atomic<bool>& interrupted = session.env.interrupted();
  std::ostream& say = session.json ? session.err : session.out;
  const std::filesystem::path fleet = fleet_folder(arguments.runs, arguments.request.study);
  VariantsReport report(*connection.api, arguments.request.study, variants, folder, arguments.runs);
  while (true) {
    const bool working = has_supervisor(fleet);
    for (const std::string& line : report.update(session.clock.now())) say << line << std::endl;
    if (report.is_done()) break;
    if (!working)
      throw Error(ErrorCode::Unavailable,
                  fmt::format("the workers ended before all variants had; `study variants {}` goes "
                              "on{}",
                              arguments.request.study, worker_words(arguments)));
    if (!pause_for(kLookEvery, interrupted)) {
      say << fmt::format(
          "The workers go on. `study variants {0}` follows them again, `study stop "
          "{0} --now` ends them.\n",
          arguments.request.study);
      return kFailed;
    }
  }
  if (session.json)
    session.print_json(report.progress());
  else
    session.out << fmt::format(
        "{} of {} complete. Wrote {}; `study compare {} -o FILE.html` makes "
        "a page of it.\n",
        report.complete(), count_of(std::ssize(variants), "variant"),
        (folder / "summary.md").string(), arguments.request.study);
  return report.complete() > 0 ? kDone : kFailed;
}

int run_variants(const Session& session, Arguments arguments) {
  const Connection connection = connect(session);
  const std::string& study = arguments.request.study;
  const bool exists = is_there(*connection.api, study);
  if (exists && has_new(arguments))
    throw Error(ErrorCode::Conflict,
                fmt::format("there is a study {0} already; `study variants {0}` alone goes on with "
                            "it",
                            study));
  std::filesystem::path folder =
      absolute(arguments.folder.empty() ? "variants/" + study : arguments.folder);
  if (exists)
    folder = folder_of(connection.api->study(study));
  else
    make_study(session, *connection.api, arguments, folder);
  if (arguments.dry_run) return kDone;
  const auto [variants, repeat] = read_variants_folder(folder);
  arguments.request.repeat = repeat;
  enqueue_variants(*connection.api, study, variants, repeat);
  const StudyInfo info = connection.api->study(study);
  if (info.state == StudyState::Running)
    start_workers(session, connection, arguments, variants.size());
  return follow(session, connection, arguments, variants, folder);
}

void add_what(CLI::App& command, Arguments& arguments) {
  command
      .add_option("--variant", arguments.words,
                  "a way to do it, in words or in a file (NAME=@FILE); may be repeated")
      ->type_name("NAME=TEXT")
      ->allow_extra_args(false);
  command
      .add_option("--variants", arguments.list,
                  "file with {\"NAME\": \"TEXT\", ...}, or that JSON itself")
      ->type_name("FILE");
  command
      .add_option("--generate", arguments.generate,
                  "command line that reads the task and prints such JSON")
      ->type_name("CMD");
  command.add_option("--task", arguments.request.task, "what is to be done, for all (or @FILE)")
      ->type_name("TEXT");
  command
      .add_option("--prompt", arguments.request.prompt,
                  "prompt template to use; {{title}} and {{description}} are the variant's")
      ->type_name("FILE");
  command
      .add_option("--command", arguments.request.command,
                  "command line to run in place of an agent; it has $STUDY_TITLE, the name, and "
                  "$STUDY_DESCRIPTION, the text")
      ->type_name("CMD");
}

void add_how(CLI::App& command, Arguments& arguments) {
  VariantsRequest& request = arguments.request;
  command.add_option("--repo", arguments.repo, "git repository that each begins from (default: .)")
      ->type_name("DIR");
  command.add_option("--base", request.base, "revision (default: HEAD)")->type_name("REV");
  command
      .add_option("--score", request.score,
                  "command line run in the worktree afterwards; writes result.json with the score "
                  "(default: none, 1 for what ends well)")
      ->type_name("CMD");
  command.add_option("--value", request.value, "where the score is in result.json (/score)")
      ->type_name("/PATH");
  command.add_option("--metric", request.metrics, "a further figure in it; may be repeated")
      ->type_name("NAME[=/PATH]")
      ->allow_extra_args(false);
  command
      .add_option("--pattern", request.pattern,
                  "the score is in what --score prints: a regular expression with a group")
      ->type_name("REGEX");
  command.add_option("--direction", request.direction, "maximize (default) or minimize")
      ->type_name("D");
  command
      .add_option("--protect", request.protect, "files that must not be changed; may be repeated")
      ->type_name("GLOB")
      ->allow_extra_args(false);
  add_integer(command, "--repeat", request.repeat, 1, "runs of each variant (default: 1)");
  add_integer(command, "--max-parallel", arguments.max_parallel, 1,
              fmt::format("at most so many at once (default: {})", kMaxParallel));
  command.add_option("--model", request.model, "of the agents")->type_name("M");
  add_integer(command, "--max-turns", request.max_turns, 1, "of each agent");
  command.add_option("--max-cost-usd", arguments.max_cost_usd, "of each agent")->type_name("USD");
  command.add_option("--time-limit-min", arguments.time_limit_min, "of each run")->type_name("MIN");
  command.add_option("--stagger", arguments.stagger, "seconds between two starts (default: 0)")
      ->type_name("S");
  command
      .add_option("--out", arguments.folder,
                  "folder of progress.json, summary.md and variants/ (default: variants/NAME)")
      ->type_name("DIR");
  command.add_option("--runs", arguments.runs, "folder of the runs (default: runs)")
      ->type_name("DIR");
  command.add_flag("--dry-run", arguments.dry_run, "print the study file and do nothing");
}

}  // namespace

void add_variants_command(CLI::App& root, Session& session) {
  CLI::App& command = add_command(
      root, session,
      {"Fleet", "variants", "try several ways of doing one thing, each in a worktree of its own",
       "study variants limiter --task 'Write a rate limiter' --variant functional='pure functions' "
       "--variant oop='classes'\n"
       "study variants limiter --task @task.md --variants variants.json --score 'python3 score.py' "
       "--max-parallel 2\n"
       "study variants limiter"});
  const auto arguments = std::make_shared<Arguments>();
  command.add_option("NAME", arguments->request.study, "name of the study")
      ->required()
      ->type_name("");
  add_what(command, *arguments);
  add_how(command, *arguments);
  command.callback([&session, arguments] {
    session.action = [&session, arguments] { return run_variants(session, *arguments); };
  });
}

}  // namespace studyhall::cli
