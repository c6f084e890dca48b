#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/exit_code.h"
#include "cli/proposer.h"
#include "server/log_format.h"
#include "server/mcp.h"

namespace studyhall::cli {

namespace {

struct Arguments {
  std::string author;
  std::int64_t quota = 5;
};

// Each line is a message; nothing but answers goes to the output.
int talk(const Session& session, const Arguments& arguments) {
  server::configure_log(server::LogFormat::Text, "warning");
  const Connection connection = connect(session);
  const server::McpServer mcp(*connection.api);
  std::optional<Proposer> proposer;
  if (!arguments.author.empty()) {
    proposer.emplace(mcp, arguments.author,
                     static_cast<int>(std::min<std::int64_t>(arguments.quota, 1'000'000)));
  }
  for (std::string line; session.out && std::getline(session.in, line);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const server::McpAnswer answer = proposer ? proposer->answer(line) : mcp.answer(line);
    if (!answer.message) continue;
    session.print_json(*answer.message);
    session.out.flush();
  }
  return kDone;
}

}  // namespace

void add_mcp_command(CLI::App& root, Session& session) {
  CLI::App& command =
      add_command(root, session,
                  {"Server", "mcp", "tools for agents over stdin and stdout (MCP)",
                   "claude mcp add studyhall -- study mcp --db /home/ann/studies.db\n"
                   "claude mcp add studyhall -- study mcp --server http://127.0.0.1:8642\n"
                   "study mcp --propose-as scout --quota 4"});
  const auto arguments = std::make_shared<Arguments>();
  command
      .add_option("--propose-as", arguments->author,
                  "only to look and to propose, all in this name: nothing is handed out or told")
      ->type_name("NAME");
  add_integer(command, "--quota", arguments->quota, 0,
              "with --propose-as: trials and tasks at most (default: 5)");
  command.callback([&session, arguments] {
    session.action = [&session, arguments] { return talk(session, *arguments); };
  });
}

}  // namespace studyhall::cli
