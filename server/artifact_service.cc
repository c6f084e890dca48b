#include "server/artifact_service.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/hash.h"
#include "core/study_spec.h"

namespace studyhall::server {
namespace {

constexpr std::size_t kLongestType = 100;

void check_name(const std::string& name) {
  if (is_valid_name(name)) return;
  throw Error(ErrorCode::Invalid,
              fmt::format("artifact {}: expected 1 to 64 letters, digits, '.', '_' and '-', not "
                          "beginning with '.' or '-'",
                          brief(Json(name))));
}

bool is_visible(char c) { return c >= ' ' && c <= '~'; }

Error no_artifact(const storage::ArtifactOwner& owner, const std::string& name) {
  return Error(ErrorCode::NotFound,
               fmt::format("{} of study \"{}\" has no artifact {}", to_string(owner.work),
                           owner.study, brief(Json(name))));
}

}  // namespace

storage::ArtifactOwner ArtifactService::owner(const std::string& study, const WorkRef& of) {
  if (of.is_task) {
    static_cast<void>(api_.task(study, of.number));
  } else {
    static_cast<void>(api_.trial(study, of.number));
  }
  return {.study = study, .created = api_.study(study).created, .work = of};
}

Artifact ArtifactService::put_artifact(const std::string& study, const WorkRef& of,
                                       const std::string& name, const std::string& type,
                                       std::string_view bytes) {
  check_name(name);
  if (type.size() > kLongestType || !std::ranges::all_of(type, is_visible)) {
    throw Error(ErrorCode::Invalid, fmt::format("artifact {}: {} is no type of content", name,
                                                brief(Json(type.substr(0, kLongestType)))));
  }
  if (bytes.size() > kMostArtifactBytes) {
    throw Error(ErrorCode::TooLarge, fmt::format("artifact {}: {} bytes, at most {} are kept", name,
                                                 bytes.size(), kMostArtifactBytes));
  }
  Artifact artifact{.name = name,
                    .type = type,
                    .sha256 = sha256_hex(bytes),
                    .created = clock_.now(),
                    .bytes = bytes.size()};
  store_.put(owner(study, of), artifact, bytes);
  return artifact;
}

std::vector<Artifact> ArtifactService::artifacts(const std::string& study, const WorkRef& of) {
  return store_.list(owner(study, of));
}

std::string ArtifactService::artifact(const std::string& study, const WorkRef& of,
                                      const std::string& name) {
  const storage::ArtifactOwner whose = owner(study, of);
  auto bytes = store_.find(whose, name);
  if (!bytes) throw no_artifact(whose, name);
  return std::move(*bytes);
}

void ArtifactService::delete_artifact(const std::string& study, const WorkRef& of,
                                      const std::string& name) {
  const storage::ArtifactOwner whose = owner(study, of);
  if (!store_.remove(whose, name)) throw no_artifact(whose, name);
}

}  // namespace studyhall::server
