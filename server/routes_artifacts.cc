#include <memory>
#include <optional>
#include <utility>

#include "core/error.h"
#include "server/access.h"
#include "server/routes.h"

namespace studyhall::server {
namespace {

constexpr std::string_view kList = "/api/v1/studies/{study}/trials/{n}/artifacts";
constexpr std::string_view kOne = "/api/v1/studies/{study}/trials/{n}/artifacts/{name}";

bool is_utf8(const std::string& text) {
  try {
    Json(text).dump();
    return true;
  } catch (const Json::exception&) {
    return false;
  }
}

// What is read in a browser is shown as text or not at all: anybody may have written it.
Reply show(const std::string& name, std::string bytes) {
  Reply reply;
  if (is_utf8(bytes)) {
    reply.content_type = "text/plain; charset=utf-8";
  } else {
    reply.content_type = "application/octet-stream";
    reply.headers["Content-Disposition"] = "attachment; filename=\"" + name + "\"";
  }
  reply.pages = [text = std::make_shared<std::optional<std::string>>(std::move(bytes))] {
    return std::exchange(*text, std::nullopt);
  };
  return reply;
}

}  // namespace

void add_artifact_routes(Router& router, StudyApi& api, ArtifactApi* artifacts) {
  const auto add = [&](std::string_view method, std::string_view pattern,
                       Reply (*route)(ArtifactApi&, const Call&)) {
    router.add(method, pattern, [&api, artifacts, route](const Call& call) {
      QueryReader(call).finish();
      if (artifacts == nullptr) throw Error(ErrorCode::Unsupported, "no artifacts are kept here");
      if (call.method != "GET" && call.method != "HEAD") require_own_trial(api, call, "");
      return route(*artifacts, call);
    });
  };
  add("GET", kList, [](ArtifactApi& kept, const Call& call) {
    Json list = Json::array();
    for (const Artifact& one : kept.artifacts(call.args[0], call.number(1))) {
      list.push_back(to_json(one));
    }
    return Reply{.body = {{"artifacts", std::move(list)}}};
  });
  add("PUT", kOne, [](ArtifactApi& kept, const Call& call) {
    return Reply{.body = to_json(kept.put_artifact(call.args[0], call.number(1), call.args[2],
                                                   call.content_type, call.body))};
  });
  add("GET", kOne, [](ArtifactApi& kept, const Call& call) {
    return show(call.args[2], kept.artifact(call.args[0], call.number(1), call.args[2]));
  });
  add("DELETE", kOne, [](ArtifactApi& kept, const Call& call) {
    kept.delete_artifact(call.args[0], call.number(1), call.args[2]);
    return Reply{.body = {{"deleted", call.args[2]}}};
  });
}

}  // namespace studyhall::server
