#include <fmt/format.h>

#include "core/error.h"
#include "server/routes.h"

namespace studyhall::server {
namespace {

struct Absent {
  std::string_view method;
  std::string_view pattern;
  std::string_view what;
};

constexpr Absent kAbsent[] = {
    {"GET", "/api/v1/openapi.json", "the OpenAPI description"},
    {"POST", "/mcp", "the MCP endpoint"},
};

}  // namespace

void add_unsupported_routes(Router& router) {
  for (const Absent& absent : kAbsent) {
    router.add(absent.method, absent.pattern, [&absent](const Call&) -> Reply {
      throw Error(ErrorCode::Unsupported, fmt::format("{} {}: this build does not have {}",
                                                      absent.method, absent.pattern, absent.what));
    });
  }
}

}  // namespace studyhall::server
