// The verbs as tools for agents: the Model Context Protocol (modelcontextprotocol.io, revision
// 2025-11-25), whatever carries its messages. doc/mcp.md is for its users.
//
// Tools are routes of the HTTP API under names of their own (server/mcp_tools.h), so that
// arguments, results, messages and rights are the same there and here. No state is kept between
// messages.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/json.h"
#include "core/study_api.h"
#include "server/router.h"

namespace studyhall::server {

struct McpAnswer {
  // JSON-RPC; nullopt: the message was a notification or a response, which get no answer.
  std::optional<Json> message;
  bool malformed = false;          // the answer says that what came is no JSON-RPC request
  std::optional<InnerCall> inner;  // what the message came to
};

// Thread safety: every call may be made from any thread.
class McpServer {
 public:
  // `api` must outlive it.
  explicit McpServer(StudyApi& api);

  // The answer to one message. Never throws what a verb throws: a tool's refusal is a result with
  // "isError", everything else a JSON-RPC error. `caller` may use the tools whose routes its token
  // is good for; null: all.
  [[nodiscard]] McpAnswer answer(const std::string& text, const Caller* caller = nullptr) const;

  // Whether `version` ("2025-11-25") is a revision of the protocol that is spoken here.
  static bool speaks(std::string_view version);

 private:
  Router router_;
};

}  // namespace studyhall::server
