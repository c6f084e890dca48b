// The web page. Its addresses are all the same file: which view is meant is the page's own matter.
#include <algorithm>

#include "core/error.h"
#include "server/dashboard_files.h"
#include "server/routes.h"

namespace studyhall::server {
namespace {

// Nothing but what this server sends, and no script or style written into a page.
constexpr const char* kPagePolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

Reply send(const DashboardFile& file) {
  Reply reply;
  reply.content_type = file.type;
  reply.file = PackedFile{.gzip = file.gzip, .etag = file.etag};
  return reply;
}

const DashboardFile& find(std::string_view path) {
  const auto files = dashboard_files();
  if (files.empty()) {
    throw Error(ErrorCode::Unsupported,
                "this build has no web page (STUDYHALL_DASHBOARD=OFF); the API is at /api/v1");
  }
  const auto found = std::ranges::find(files, path, &DashboardFile::path);
  if (found == files.end()) {
    throw Error(ErrorCode::NotFound, "no such path: /" + std::string(path));
  }
  return *found;
}

Reply page(const Call&) {
  Reply reply = send(find("index.html"));
  reply.headers["Content-Security-Policy"] = kPagePolicy;
  reply.headers["Cache-Control"] = "no-cache";
  return reply;
}

// The names of assets have a hash of what is in them.
Reply asset(const Call& call) {
  QueryReader(call).finish();
  Reply reply = send(find("assets/" + call.args[0]));
  reply.headers["Cache-Control"] = "public, max-age=31536000, immutable";
  return reply;
}

}  // namespace

void add_dashboard_routes(Router& router) {
  router.add("GET", "/", page);
  router.add("GET", "/studies/{study}", page);
  router.add("GET", "/studies/{study}/{view}", page);
  router.add("GET", "/assets/{file}", asset);
}

}  // namespace studyhall::server
