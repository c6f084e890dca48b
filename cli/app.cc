#include "cli/app.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>
#include <optional>
#include <string_view>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/commands_variants.h"
#include "cli/exit_code.h"
#include "cli/text.h"
#include "core/error.h"
#include "core/space.h"
#include "core/study_api_json.h"

namespace studyhall::cli {

namespace {

// Options that may stand before the command and take the next word.
constexpr std::array<std::string_view, 5> kTakeAWord{"--server", "--db", "--token", "--token-file",
                                                     "--tls-ca"};

constexpr const char* kDescription =
    "Hyperparameter search for experiments that agents run.\n"
    "Without --server the studies are in a file, studies.db by default.";

constexpr const char* kFooter =
    "A first study:\n"
    "  study create study.jsonc\n"
    "  study work my_study --worker W1\n"
    "  study best my_study\n"
    "Exit status: 0 done, 1 failed, 2 wrong use, 3 nothing to hand out, 4 cannot reach the "
    "server.\n"
    "`study COMMAND --help` tells more.";

void add_global_options(CLI::App& app, Session& session) {
  const char* kGroup = "Options of every command";
  app.add_option("--server", session.server, "server to talk to (default: $STUDY_SERVER)")
      ->type_name("URL")
      ->group(kGroup);
  app.add_option("--db", session.db, "database file (default: $STUDY_DB, else studies.db)")
      ->type_name("FILE")
      ->group(kGroup);
  app.add_option("--token-file", session.token_file,
                 "file that holds the server's token (default: $STUDY_TOKEN_FILE; else the token "
                 "itself in $STUDY_TOKEN)")
      ->type_name("FILE")
      ->group(kGroup);
  app.add_option("--token", session.token, "the token itself; others see it in `ps`")
      ->type_name("TOKEN")
      ->group(kGroup);
  app.add_option("--tls-ca", session.tls_ca,
                 "certificates to trust for https, PEM (default: $STUDY_TLS_CA, else the system's)")
      ->type_name("FILE")
      ->group(kGroup);
  app.add_flag("--json", session.json, "print JSON")->group(kGroup);
}

// The first word that is neither an option nor an option's value; "" for none.
std::string command_word(const std::vector<std::string>& args) {
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (std::find(kTakeAWord.begin(), kTakeAWord.end(), args[i]) != kTakeAWord.end())
      ++i;
    else if (!args[i].starts_with('-'))
      return args[i];
  }
  return "";
}

void check_command(const CLI::App& root, const std::string& word) {
  if (word.empty()) return;
  std::vector<std::string> known;
  for (const CLI::App* command : root.get_subcommands({})) known.push_back(command->get_name());
  if (std::find(known.begin(), known.end(), word) != known.end()) return;
  const std::optional<std::string> near = nearest_name(word, known);
  throw Error(ErrorCode::Malformed,
              fmt::format("there is no command \"{}\"{}; `study --help` lists them",
                          printable(word), near ? fmt::format(", did you mean {}?", *near) : ""));
}

// `text` without anything that could steer a terminal, but with its lines.
std::string printable_lines(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    result += printable(text.substr(0, end)) + "\n";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

int report_error(const Session& session, const Error& error) {
  if (session.json) session.print_json(error_json(error));
  session.err << "study: " << printable_lines(error.what());
  return exit_code(error.code());
}

// Of the command that was named, ending in one line end.
std::string help_text(const CLI::App& root) {
  const std::string text = root.help();
  return text.substr(0, text.find_last_not_of('\n') + 1) + '\n';
}

int parse_and_run(CLI::App& root, Session& session, std::vector<std::string> args) {
  try {
    std::reverse(args.begin(), args.end());
    root.parse(std::move(args));
  } catch (const CLI::CallForHelp&) {
    session.out << help_text(root);
    return kDone;
  } catch (const CLI::CallForVersion& version) {
    session.out << version.what() << '\n';
    return kDone;
  } catch (const CLI::ParseError& error) {
    const auto parsed = root.get_subcommands();
    const std::string command = parsed.empty() ? "" : " " + parsed.back()->get_name();
    throw Error(ErrorCode::Malformed,
                fmt::format("{}\nTry `study{} --help`.", error.what(), command));
  }
  if (!session.server.empty() && !session.db.empty())
    throw Error(ErrorCode::Malformed, "--server and --db name two places: give one of them");
  const int status = session.action();
  session.out.flush();
  if (!session.out)
    throw Error(ErrorCode::Unavailable, "the output cannot be written (disk full?)");
  return status;
}

}  // namespace

CLI::App& add_command(CLI::App& root, Session& session, const CommandText& text) {
  CLI::App& command = *root.add_subcommand(text.name, text.description)->group(text.group);
  std::string footer = "Examples:";
  std::string_view rest = text.examples;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    footer += fmt::format("\n  {}", rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  command.footer(footer);
  command.set_version_flag("--version", root.version());
  add_global_options(command, session);
  return command;
}

CLI::Option* add_integer(CLI::App& command, const std::string& name, std::int64_t& target,
                         std::int64_t least, const std::string& description) {
  return command
      .add_option_function<std::string>(
          name,
          [&target, name, least](const std::string& text) {
            try {
              target = parse_integer(text, name, least);
            } catch (const Error& error) {
              throw CLI::ValidationError(error.what());
            }
          },
          description)
      ->type_name("N");
}

CLI::Option* add_study_name(CLI::App& command, std::string& target) {
  return command.add_option("STUDY", target, "name of the study")->required()->type_name("");
}

int run(const std::vector<std::string>& args, std::istream& in, std::ostream& out,
        std::ostream& err, const Environment& env) {
  Session session{in, out, err, env, {}, {}, {}, false, {}, {}, {}, {}};
  session.json = std::find(args.begin(), args.end(), "--json") != args.end();
  try {
    CLI::App root(kDescription, "study");
    root.footer(kFooter);
    root.require_subcommand(1);
    root.set_version_flag("--version", "study " STUDYHALL_VERSION);
    root.get_formatter()->column_width(28);
    add_global_options(root, session);
    add_server_commands(root, session);
    add_mcp_command(root, session);
    add_study_commands(root, session);
    add_trial_commands(root, session);
    add_queue_commands(root, session);
    add_waiting_commands(root, session);
    add_topic_command(root, session);
    add_people_commands(root, session);
    add_task_command(root, session);
    add_result_commands(root, session);
    add_compare_command(root, session);
    add_merge_command(root, session);
    add_import_command(root, session);
    add_artifacts_command(root, session);
    add_work_commands(root, session);
    add_logs_command(root, session);
    add_fleet_commands(root, session);
    add_variants_command(root, session);
    add_calibrate_command(root, session);
    add_workspaces_command(root, session);
    add_watch_commands(root, session);
    add_top_command(root, session);
    add_costs_command(root, session);
    add_wait_command(root, session);
    add_compose_command(root, session);
    add_replay_command(root, session);
    add_token_command(root, session);
    add_upkeep_commands(root, session);
    add_completion_command(root, session);

    if (args.empty()) {
      err << help_text(root);
      return kWrongUse;
    }
    const std::string word = command_word(args);
    check_command(root, word);
    const bool takes_numbers = word == "tell" || word == "report";
    return parse_and_run(root, session,
                         takes_numbers ? protect_negative_numbers(args, word) : args);
  } catch (const Error& error) {
    return report_error(session, error);
  } catch (const std::exception& error) {
    return report_error(session, Error(ErrorCode::Internal, error.what()));
  }
}

}  // namespace studyhall::cli
