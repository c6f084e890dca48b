// The tools of server/mcp.h: what agents are told about them, and the route that each one is.
#pragma once

#include <string>
#include <string_view>

#include "core/json.h"
#include "server/router.h"

namespace studyhall::server {

// [{"name", "title", "description", "inputSchema", "annotations"}]: server/mcp_tools.json.
const Json& mcp_tools();

struct RouteCall {
  Call call;
  std::string target;  // the path, percent-encoded
};

// Whether there is a tool of that name.
bool has_mcp_tool(std::string_view name);
// The call of the HTTP API that the tool `name` with `arguments`, an object, stands for: "study"
// and "number" go into the path, the others into the query or the body. Null arguments of a tool
// that reads are absent ones. Throws Error(Malformed) for a path that is not whole. REQUIRES:
// has_mcp_tool(name).
RouteCall mcp_tool_call(std::string_view name, const Json& arguments);

}  // namespace studyhall::server
