#include <fmt/format.h>

#include <iostream>
#include <memory>

#include "cli/commands_variants.h"
#include "cli/comparison.h"
#include "cli/connect.h"
#include "cli/exit_code.h"
#include "cli/replace_file.h"
#include "cli/spawn.h"
#include "core/error.h"

namespace studyhall::cli {

namespace {

constexpr std::int64_t kMostRuns = 30;

struct Arguments {
  std::string study;
  std::string format;
  std::string file;
  std::string with;
  std::string runs = "runs";
  std::int64_t top = kMostRuns;
};

std::string text_of(const Session& session, const Arguments& arguments,
                    const Comparison& comparison) {
  const std::string format = !arguments.format.empty()           ? arguments.format
                             : session.json                      ? "json"
                             : arguments.file.ends_with(".html") ? "html"
                             : arguments.file.ends_with(".json") ? "json"
                                                                 : "md";
  if (format == "md") return markdown_of(comparison);
  if (format == "html") return page_of(comparison);
  if (format == "json") return dump_json(to_json(comparison)) + "\n";
  throw Error(ErrorCode::Invalid,
              fmt::format("--format: \"{}\" is not one of md, html, json", format));
}

int compare(const Session& session, const Arguments& arguments) {
  const Connection connection = connect(session);
  const Comparison comparison = compare_runs(*connection.api, arguments.study, arguments.runs,
                                             static_cast<std::size_t>(arguments.top));
  if (!arguments.with.empty()) {
    const ProgramAnswer answer = run_shell(arguments.with, dump_json(to_json(comparison)) + "\n");
    session.out << answer.out;
    session.err << answer.err;
    if (answer.status == 0) return kDone;
    throw Error(ErrorCode::Unavailable,
                fmt::format("--with: {} ended with {}", arguments.with, answer.status));
  }
  const std::string text = text_of(session, arguments, comparison);
  if (arguments.file.empty() || arguments.file == "-") {
    session.out << text;
    return kDone;
  }
  ReplaceFile file(arguments.file);
  file.write(text);
  file.commit();
  session.err << fmt::format("Wrote {}.\n", arguments.file);
  return kDone;
}

}  // namespace

void add_compare_command(CLI::App& root, Session& session) {
  CLI::App& command =
      add_command(root, session,
                  {"Results", "compare",
                   "configurations side by side: results, figures, what each changed; failures too",
                   "study compare variants\n"
                   "study compare variants -o comparison.html\n"
                   "study compare heat_signature --top 5 --with 'python3 judge.py'"});
  const auto arguments = std::make_shared<Arguments>();
  add_study_name(command, arguments->study);
  command.add_option("--format", arguments->format, "md (default), html or json; else by the FILE")
      ->type_name("F");
  command.add_option("-o,--output,--out", arguments->file, "file (default: standard output)")
      ->type_name("FILE");
  command
      .add_option("--with", arguments->with,
                  "command line that reads the comparison as JSON and prints what it makes of it")
      ->type_name("CMD");
  add_integer(command, "--top", arguments->top, 0,
              fmt::format("at most so many, best first (default: {}; 0: all)", kMostRuns));
  command.add_option("--runs", arguments->runs, "folder of the workers' runs here (default: runs)")
      ->type_name("DIR");
  command.callback([&session, arguments] {
    session.action = [&session, arguments] { return compare(session, *arguments); };
  });
}

}  // namespace studyhall::cli
