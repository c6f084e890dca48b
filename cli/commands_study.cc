#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/exit_code.h"
#include "cli/experiment_files.h"
#include "cli/fleet_control.h"
#include "cli/fleet_state.h"
#include "cli/lines.h"
#include "cli/show.h"
#include "cli/show_commits.h"
#include "cli/text.h"
#include "core/error.h"
#include "core/study_api_json.h"
#include "core/study_spec.h"

namespace studyhall::cli {

namespace {

constexpr const char* kGroup = "Studies";

std::string read_all(std::istream& in, const std::string& what) {
  std::ostringstream text;
  text << in.rdbuf();
  if (in.bad() || text.bad())
    throw Error(ErrorCode::Unavailable, fmt::format("cannot read {}", what));
  return text.str();
}

std::string read_file(const std::string& file) {
  if (std::filesystem::is_directory(file))
    throw Error(ErrorCode::NotFound, fmt::format("{} is a folder, not a study file", file));
  std::ifstream in(file, std::ios::binary);
  if (!in) throw Error(ErrorCode::NotFound, fmt::format("there is no study file {}", file));
  return read_all(in, file);
}

// Makes experiment.dir absolute: the study file's own folder where it is absent, and what a
// relative one is relative to.
void resolve_experiment_dir(Json& file, const std::filesystem::path& folder) {
  if (!file.is_object()) return;
  const auto experiment = file.find("experiment");
  if (experiment == file.end() || !experiment->is_object()) return;
  const auto dir = experiment->find("dir");
  if (dir == experiment->end()) {
    (*experiment)["dir"] = folder.string();
  } else if (dir->is_string() && std::filesystem::path(dir->get<std::string>()).is_relative()) {
    *dir = (folder / dir->get<std::string>()).lexically_normal().string();
  }
}

int create(const Session& session, const std::string& path) {
  const bool from_input = path == "-";
  const std::string text = from_input ? read_all(session.in, "standard input") : read_file(path);
  Json file = parse_json(text, from_input ? "standard input" : path, Comments::Allow);
  resolve_experiment_dir(
      file, from_input ? std::filesystem::current_path()
                       : std::filesystem::absolute(path).lexically_normal().parent_path());

  if (file.is_object() && file.contains("experiment")) resolve_experiment_files(file["experiment"]);

  const Connection connection = connect(session);
  const StudyInfo info = connection.api->create_study(file);
  if (session.json) {
    session.print_json(to_json(info));
    return kDone;
  }
  const std::size_t params = info.spec.contains("params") ? info.spec["params"].size() : 0;
  session.out << fmt::format("Created {} in {}: {}, {}.\n", info.name, connection.place,
                             count_of(static_cast<std::int64_t>(params), "parameter"),
                             sampler_words(info.spec));
  session.out << "Next:\n";
  if (info.spec.contains("experiment"))
    session.out << fmt::format("  study work {} --worker {}\n", info.name,
                               example_worker(info.spec));
  else
    session.out << fmt::format("  study ask {0}\n  study tell {0} 0 VALUE\n", info.name);
  session.out << fmt::format("  study status {} --watch\n", info.name);
  if (info.spec.contains("notify"))
    session.out
        << "Its webhooks are told by `study serve --notify-host HOST` (doc/notifications.md).\n";
  return kDone;
}

int list(const Session& session) {
  const Connection connection = connect(session);
  const std::vector<StudyInfo> studies = connection.api->studies();
  if (session.json) {
    Json array = Json::array();
    for (const StudyInfo& info : studies) array.push_back(to_json(info));
    session.print_json({{"studies", array}});
  } else if (studies.empty()) {
    session.out << fmt::format("No studies in {}. `study create FILE` makes one.\n",
                               connection.place);
  } else {
    session.print_table(study_table(studies));
  }
  return kDone;
}

struct ShowArguments {
  std::string study;
  std::int64_t number = -1;
  bool diff = false;
  bool log = false;
  std::string runs = "runs";
};

int show(const Session& session, const ShowArguments& arguments) {
  const std::string& name = arguments.study;
  if ((arguments.diff || arguments.log) && arguments.number < 0)
    throw Error(ErrorCode::Malformed, "--diff and --log are of one trial: give its NUMBER");
  const Connection connection = connect(session);
  if (arguments.number >= 0) {
    const TrialView trial = connection.api->trial(name, arguments.number);
    if (arguments.diff || arguments.log) {
      show_commits(session, name, trial, arguments.runs, arguments.log, arguments.diff);
      return kDone;
    }
    if (session.json)
      session.print_json(to_json(trial));
    else
      show_trial(session, name, trial);
    return kDone;
  }
  const StudyInfo info = connection.api->study(name);
  if (session.json)
    session.print_json(to_json(info));
  else
    show_study(session, info);
  return kDone;
}

struct StopArguments {
  std::string study;
  std::string reason = "stopped from the command line";
  std::string worker;  // resume: one that is paused
  bool now = false;
  std::string runs = "runs";
};

int stop(const Session& session, const StopArguments& arguments) {
  const std::string& name = arguments.study;
  const Connection connection = connect(session);
  connection.api->stop_study(name, arguments.reason);
  std::vector<std::string> ended;
  if (arguments.now)
    ended = end_fleet(fleet_folder(arguments.runs, name), session.env.interrupted());
  if (session.json) {
    session.print_json(to_json(connection.api->study(name)));
    return kDone;
  }
  session.out << fmt::format(
      "Stopped {}: no more trials are handed out, running ones go on to their end.\n", name);
  if (arguments.now)
    session.out << (ended.empty()
                        ? fmt::format("No workers that `study launch` started run in {}.\n",
                                      (std::filesystem::path(arguments.runs) / name).string())
                        : fmt::format("Ended here at once, their trials given back: {}.\n",
                                      words_of(ended)));
  session.out << fmt::format("`study resume {}` goes on.\n", name);
  return kDone;
}

int resume(const Session& session, const StopArguments& arguments) {
  if (!arguments.worker.empty()) {
    const std::string answer =
        ask_supervisor(fleet_folder(arguments.runs, arguments.study), "resume " + arguments.worker);
    if (session.json)
      session.print_json({{"worker", arguments.worker}, {"answer", answer}});
    else
      session.out << answer << ".\n";
    return kDone;
  }
  const Connection connection = connect(session);
  connection.api->resume_study(arguments.study);
  if (session.json)
    session.print_json(to_json(connection.api->study(arguments.study)));
  else
    session.out << fmt::format("Resumed {}.\n", arguments.study);
  return kDone;
}

int remove(const Session& session, const std::string& name, bool yes) {
  const Connection connection = connect(session);
  if (!yes && session.env.in_is_terminal && session.env.out_is_terminal && !session.json) {
    const StudyInfo info = connection.api->study(name);
    std::int64_t trials = 0;
    for (const auto& [state, count] : info.counts) trials += count;
    session.out << fmt::format("Delete {} with {} for good? [y/N] ", name,
                               count_of(trials, "trial"))
                << std::flush;
    std::string answer;
    std::getline(session.in, answer);
    if (answer != "y" && answer != "Y" && answer != "yes") {
      session.out << "Nothing was deleted.\n";
      return kFailed;
    }
  }
  connection.api->delete_study(name);
  if (session.json)
    session.print_json({{"deleted", name}});
  else
    session.out << fmt::format("Deleted {}.\n", name);
  return kDone;
}

void add_create(CLI::App& root, Session& session) {
  CLI::App& command =
      add_command(root, session,
                  {kGroup, "create", "make a study from a study file (JSON with comments)",
                   "study create study.jsonc\n"
                   "study create - < study.jsonc\n"
                   "study create study.jsonc --server http://127.0.0.1:8642"});
  const auto file = std::make_shared<std::string>();
  command.add_option("FILE", *file, "study file; - for standard input")->required()->type_name("");
  command.callback(
      [&session, file] { session.action = [&session, file] { return create(session, *file); }; });
}

void add_show(CLI::App& root, Session& session) {
  CLI::App& command = add_command(root, session,
                                  {kGroup, "show", "show a study, or one of its trials",
                                   "study show heat_signature\n"
                                   "study show heat_signature 12\n"
                                   "study show heat_signature 12 --diff\n"
                                   "study show heat_signature --json"});
  const auto arguments = std::make_shared<ShowArguments>();
  add_study_name(command, arguments->study);
  add_integer(command, "NUMBER", arguments->number, 0, "number of a trial");
  command.add_flag("--diff", arguments->diff, "what the trial's run changed in its git worktree");
  command.add_flag("--log", arguments->log, "the commits of the trial's branch");
  command.add_option("--runs", arguments->runs, "folder of the runs (default: runs)")
      ->type_name("DIR");
  command.callback([&session, arguments] {
    session.action = [&session, arguments] { return show(session, *arguments); };
  });
}

void add_stop_and_resume(CLI::App& root, Session& session) {
  const auto arguments = std::make_shared<StopArguments>();
  CLI::App& stopping = add_command(root, session,
                                   {kGroup, "stop", "hand out no more trials of a study",
                                    "study stop heat_signature\n"
                                    "study stop heat_signature --reason 'good enough'\n"
                                    "study stop heat_signature --now"});
  add_study_name(stopping, arguments->study);
  stopping.add_option("--reason", arguments->reason, "kept with the study and shown to workers")
      ->type_name("TEXT");
  stopping.add_flag("--now", arguments->now,
                    "also end the workers that `study launch` started here, in the middle of their "
                    "trials, which are given back");
  stopping.add_option("--runs", arguments->runs, "folder of the runs (default: runs)")
      ->type_name("DIR");
  stopping.callback([&session, arguments] {
    session.action = [&session, arguments] { return stop(session, *arguments); };
  });

  CLI::App& resuming = add_command(root, session,
                                   {kGroup, "resume",
                                    "hand out trials of a stopped study again, or have a paused "
                                    "worker go on",
                                    "study resume heat_signature\n"
                                    "study resume heat_signature W1"});
  add_study_name(resuming, arguments->study);
  resuming
      .add_option("WORKER", arguments->worker, "only this launched worker, after `study pause`")
      ->type_name("");
  resuming.add_option("--runs", arguments->runs, "folder of the runs (default: runs)")
      ->type_name("DIR");
  resuming.callback([&session, arguments] {
    session.action = [&session, arguments] { return resume(session, *arguments); };
  });
}

void add_delete(CLI::App& root, Session& session) {
  CLI::App& command = add_command(root, session,
                                  {kGroup, "delete", "delete a study with all its trials",
                                   "study delete old_study\n"
                                   "study delete old_study --yes"});
  const auto name = std::make_shared<std::string>();
  const auto yes = std::make_shared<bool>(false);
  add_study_name(command, *name);
  command.add_flag("-y,--yes", *yes, "do not ask on a terminal");
  command.callback([&session, name, yes] {
    session.action = [&session, name, yes] { return remove(session, *name, *yes); };
  });
}

}  // namespace

void add_study_commands(CLI::App& root, Session& session) {
  add_create(root, session);
  CLI::App& schema =
      add_command(root, session,
                  {kGroup, "schema", "print the JSON Schema of study files, for editors",
                   "study schema > study.schema.json"});
  schema.callback([&session] {
    session.action = [&session] {
      session.out << study_file_schema().dump(2) << '\n';
      return kDone;
    };
  });
  CLI::App& listing = add_command(root, session,
                                  {kGroup, "list", "list the studies",
                                   "study list\n"
                                   "study list --db other.db\n"
                                   "study list --json"});
  listing.callback([&session] { session.action = [&session] { return list(session); }; });
  add_show(root, session);
  add_stop_and_resume(root, session);
  add_delete(root, session);
}

}  // namespace studyhall::cli
