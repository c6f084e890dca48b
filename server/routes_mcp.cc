#include <fmt/format.h>

#include <memory>

#include "core/error.h"
#include "server/mcp.h"
#include "server/routes.h"

namespace studyhall::server {
namespace {

// A message that gets no answer is answered by 202 alone.
Reply take(const McpServer& mcp, const Call& call) {
  QueryReader(call).finish();
  if (!call.protocol_version.empty() && !McpServer::speaks(call.protocol_version)) {
    throw Error(ErrorCode::Malformed, fmt::format("MCP-Protocol-Version {}: not spoken here",
                                                  brief(Json(call.protocol_version))));
  }
  McpAnswer answer = mcp.answer(call.body, call.caller);
  Reply reply;
  reply.inner = std::move(answer.inner);
  reply.status = answer.malformed ? 400 : 200;
  if (!answer.message) {
    reply.status = 202;
    return reply;
  }
  reply.body = std::move(*answer.message);
  return reply;
}

}  // namespace

void add_mcp_route(Router& router, StudyApi& api) {
  router.add("POST", kMcpPath, [mcp = std::make_shared<const McpServer>(api)](const Call& call) {
    return take(*mcp, call);
  });
}

}  // namespace studyhall::server
