#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "cli/completion_script.h"
#include "cli/exit_code.h"
#include "core/error.h"

namespace studyhall::cli {

void add_completion_command(CLI::App& root, Session& session) {
  CLI::App& command = add_command(root, session,
                                  {"Shell", "completion", "print a completion script for a shell",
                                   "source <(study completion bash)"});
  const auto shell = std::make_shared<std::string>();
  command.add_option("SHELL", *shell, "bash")->required()->type_name("");
  command.callback([&session, shell] {
    session.action = [&session, shell] {
      if (*shell != "bash")
        throw Error(ErrorCode::Unsupported,
                    fmt::format("there is a completion for bash only, not for \"{}\"", *shell));
      session.out << kBashCompletion;
      return kDone;
    };
  });
}

}  // namespace studyhall::cli
