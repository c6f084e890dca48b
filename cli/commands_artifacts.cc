#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>

#include "cli/artifact_connection.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/queue_arguments.h"
#include "cli/table.h"
#include "cli/text.h"
#include "core/error.h"

namespace studyhall::cli {

namespace {

struct ArtifactArguments {
  std::string study;
  std::string of;  // as parse_work() reads it; with --task the name
  std::string name;
  std::int64_t task = -1;
  std::string output;
  std::string put;
  bool remove = false;
};

std::string read_whole(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in && bytes.empty()) {
    throw Error(ErrorCode::NotFound, fmt::format("{}: cannot be read", file));
  }
  return bytes;
}

// What it says, with nothing that a terminal would obey.
std::string harmless(const std::string& bytes) {
  std::istringstream lines(bytes);
  std::string text;
  for (std::string line; std::getline(lines, line);) text += printable(line) + "\n";
  return text;
}

void list_artifacts(const Session& session, ArtifactApi& api, const std::string& study,
                    const WorkRef& of) {
  const std::vector<Artifact> list = api.artifacts(study, of);
  if (session.json) {
    Json array = Json::array();
    for (const Artifact& one : list) array.push_back(to_json(one));
    return session.print_json({{"artifacts", std::move(array)}});
  }
  if (list.empty()) {
    session.out << fmt::format("Nothing is kept with {}.\n", to_string(of));
    return;
  }
  Table table({{"bytes", Align::Right}, {"kept (UTC)"}, {"type"}, {"name"}});
  for (const Artifact& one : list) {
    table.add({std::to_string(one.bytes), format_time(one.created),
               one.type.empty() ? "-" : printable(one.type), printable(one.name)});
  }
  session.print_table(table);
}

void write_artifact(const Session& session, const ArtifactArguments& arguments,
                    const std::string& bytes) {
  if (arguments.output.empty()) {
    const bool shown = session.env.out_is_terminal;
    session.out << (shown ? harmless(bytes) : bytes);
    return;
  }
  std::ofstream out(arguments.output, std::ios::binary);
  out << bytes;
  out.close();
  if (!out) {
    throw Error(ErrorCode::Unavailable, fmt::format("{}: cannot be written", arguments.output));
  }
}

// With --task N the place of the number is the name's.
WorkRef take_work(ArtifactArguments& arguments) {
  if (arguments.task < 0) {
    if (arguments.of.empty())
      throw Error(ErrorCode::Invalid, "NUMBER or --task is required: whose artifacts");
    return parse_work(arguments.of);
  }
  if (!arguments.name.empty())
    throw Error(ErrorCode::Invalid, fmt::format("{} and --task {}: whose artifacts, one of them",
                                                printable(arguments.of), arguments.task));
  arguments.name = arguments.of;
  return {.is_task = true, .number = arguments.task};
}

int run(const Session& session, ArtifactArguments arguments) {
  const WorkRef of = take_work(arguments);
  if (arguments.name.empty() && (arguments.remove || !arguments.put.empty())) {
    throw Error(ErrorCode::Invalid, "--put and --delete need the NAME of an artifact");
  }
  const Connection connection = connect(session);
  ArtifactConnection artifacts(session, connection);
  if (arguments.name.empty()) {
    list_artifacts(session, *artifacts, arguments.study, of);
  } else if (arguments.remove) {
    artifacts->delete_artifact(arguments.study, of, arguments.name);
  } else if (!arguments.put.empty()) {
    artifacts->put_artifact(arguments.study, of, arguments.name, "application/octet-stream",
                            read_whole(arguments.put));
  } else {
    write_artifact(session, arguments, artifacts->artifact(arguments.study, of, arguments.name));
  }
  return kDone;
}

}  // namespace

void add_artifacts_command(CLI::App& root, Session& session) {
  CLI::App& command =
      add_command(root, session,
                  {"Results", "artifacts",
                   "files kept with a trial or a task: its log, prompt, diff and summary",
                   "study artifacts heat_signature 12\n"
                   "study artifacts heat_signature 12 run.log\n"
                   "study artifacts heat_signature --task 3 SUMMARY.md\n"
                   "study artifacts heat_signature 12 plot.png -o plot.png\n"
                   "study artifacts heat_signature 12 notes.md --put notes.md"});
  const auto arguments = std::make_shared<ArtifactArguments>();
  add_study_name(command, arguments->study);
  command.add_option("NUMBER", arguments->of, "number of the trial; task:3 for a task")
      ->type_name("");
  command.add_option("NAME", arguments->name, "which to print (default: list them)")->type_name("");
  add_integer(command, "--task", arguments->task, 0, "of this task instead of a trial");
  command.add_option("-o,--output", arguments->output, "write it to a file")->type_name("FILE");
  command.add_option("--put", arguments->put, "keep this file under NAME")->type_name("FILE");
  command.add_flag("--delete", arguments->remove, "keep it no more");
  command.callback([&session, arguments] {
    session.action = [&session, arguments] { return run(session, *arguments); };
  });
}

}  // namespace studyhall::cli
