#include <memory>
#include <optional>
#include <utility>

#include "core/error.h"
#include "server/access.h"
#include "server/routes.h"

namespace studyhall::server {
namespace {

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

Reply list(ArtifactApi& kept, const Call& call, const WorkRef& of) {
  Json list = Json::array();
  for (const Artifact& one : kept.artifacts(call.args[0], of)) list.push_back(to_json(one));
  return {.body = {{"artifacts", std::move(list)}}};
}

Reply put(ArtifactApi& kept, const Call& call, const WorkRef& of) {
  return {.body = to_json(
              kept.put_artifact(call.args[0], of, call.args[2], call.content_type, call.body))};
}

Reply get(ArtifactApi& kept, const Call& call, const WorkRef& of) {
  return show(call.args[2], kept.artifact(call.args[0], of, call.args[2]));
}

Reply remove(ArtifactApi& kept, const Call& call, const WorkRef& of) {
  kept.delete_artifact(call.args[0], of, call.args[2]);
  return {.body = {{"deleted", call.args[2]}}};
}

}  // namespace

void add_artifact_routes(Router& router, StudyApi& api, ArtifactApi* artifacts) {
  const auto add = [&](std::string_view method, std::string_view rest,
                       Reply (*route)(ArtifactApi&, const Call&, const WorkRef&)) {
    for (const bool is_task : {false, true}) {
      const std::string of = is_task ? "tasks" : "trials";
      router.add(method, "/api/v1/studies/{study}/" + of + "/{n}/artifacts" + std::string(rest),
                 [&api, artifacts, route, is_task](const Call& call) {
                   QueryReader(call).finish();
                   if (artifacts == nullptr)
                     throw Error(ErrorCode::Unsupported, "no artifacts are kept here");
                   if (call.method != "GET" && call.method != "HEAD")
                     (is_task ? require_own_task : require_own_trial)(api, call, "");
                   return route(*artifacts, call, {is_task, call.number(1)});
                 });
    }
  };
  add("GET", "", list);
  add("PUT", "/{name}", put);
  add("GET", "/{name}", get);
  add("DELETE", "/{name}", remove);
}

}  // namespace studyhall::server
