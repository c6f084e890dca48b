#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>

#include "cli/artifact_connection.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/text.h"
#include "core/error.h"

namespace studyhall::cli {

namespace {

struct ArtifactArguments {
  std::string study;
  std::int64_t number = -1;
  std::string name;
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

void list_artifacts(const Session& session, ArtifactApi& api, const ArtifactArguments& arguments) {
  const std::vector<Artifact> list = api.artifacts(arguments.study, arguments.number);
  if (session.json) {
    Json array = Json::array();
    for (const Artifact& one : list) array.push_back(to_json(one));
    return session.print_json({{"artifacts", std::move(array)}});
  }
  if (list.empty()) session.out << "Nothing is kept with this trial.\n";
  for (const Artifact& one : list) {
    session.out << fmt::format("{:>9}  {}  {}\n", one.bytes, format_time(one.created),
                               printable(one.name));
  }
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

int run(const Session& session, const ArtifactArguments& arguments) {
  if (arguments.name.empty() && (arguments.remove || !arguments.put.empty())) {
    throw Error(ErrorCode::Invalid, "--put and --delete need the NAME of an artifact");
  }
  const Connection connection = connect(session);
  ArtifactConnection artifacts(session, connection);
  if (arguments.name.empty()) {
    list_artifacts(session, *artifacts, arguments);
  } else if (arguments.remove) {
    artifacts->delete_artifact(arguments.study, arguments.number, arguments.name);
  } else if (!arguments.put.empty()) {
    artifacts->put_artifact(arguments.study, arguments.number, arguments.name,
                            "application/octet-stream", read_whole(arguments.put));
  } else {
    write_artifact(session, arguments,
                   artifacts->artifact(arguments.study, arguments.number, arguments.name));
  }
  return kDone;
}

}  // namespace

void add_artifacts_command(CLI::App& root, Session& session) {
  CLI::App& command =
      add_command(root, session,
                  {"Results", "artifacts", "files kept with a trial: its log, prompt and summary",
                   "study artifacts heat_signature 12\n"
                   "study artifacts heat_signature 12 run.log\n"
                   "study artifacts heat_signature 12 plot.png -o plot.png\n"
                   "study artifacts heat_signature 12 notes.md --put notes.md"});
  const auto arguments = std::make_shared<ArtifactArguments>();
  add_study_name(command, arguments->study);
  add_integer(command, "NUMBER", arguments->number, 0, "number of the trial")->required();
  command.add_option("NAME", arguments->name, "which to print (default: list them)")->type_name("");
  command.add_option("-o,--output", arguments->output, "write it to a file")->type_name("FILE");
  command.add_option("--put", arguments->put, "keep this file under NAME")->type_name("FILE");
  command.add_flag("--delete", arguments->remove, "keep it no more");
  command.callback([&session, arguments] {
    session.action = [&session, arguments] { return run(session, *arguments); };
  });
}

}  // namespace studyhall::cli
