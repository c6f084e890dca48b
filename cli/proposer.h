// What an agent that only proposes may do with the tools of study mcp: look, add insights, and
// propose trials and tasks up to a quota, all in one name.
#pragma once

#include <string>

#include "server/mcp.h"

namespace studyhall::cli {

class Proposer {
 public:
  // `mcp` must outlive it. `quota`: trials and tasks in all.
  Proposer(const server::McpServer& mcp, std::string author, int quota)
      : mcp_(mcp), author_(std::move(author)), quota_(quota) {}

  // As McpServer::answer() has it. Tools that hand out, tell or stop are not listed and are
  // refused, and so is what would go over the quota: a result with "isError" that says so.
  server::McpAnswer answer(const std::string& text);

 private:
  // How many trials and tasks the call would add.
  static int wanted(const Json& params);
  // How many it has added.
  static int added(const Json& params, const Json& answer);

  const server::McpServer& mcp_;
  const std::string author_;
  const int quota_;
  int used_ = 0;
};

}  // namespace studyhall::cli
