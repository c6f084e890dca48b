#include <string>

#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/exit_code.h"
#include "server/log_format.h"
#include "server/mcp.h"

namespace studyhall::cli {

namespace {

// Each line is a message; nothing but answers goes to the output.
int talk(const Session& session) {
  server::configure_log(server::LogFormat::Text, "warning");
  const Connection connection = connect(session);
  const server::McpServer mcp(*connection.api);
  for (std::string line; session.out && std::getline(session.in, line);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const server::McpAnswer answer = mcp.answer(line);
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
                   "claude mcp add studyhall -- study mcp --server http://127.0.0.1:8642"});
  command.callback([&session] { session.action = [&session] { return talk(session); }; });
}

}  // namespace studyhall::cli
