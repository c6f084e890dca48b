// Data files of this folder, built into the program.
#pragma once

namespace studyhall::server {

extern const char* const kOpenApiJson;   // server/openapi.json
extern const char* const kMcpToolsJson;  // server/mcp_tools.json

}  // namespace studyhall::server
