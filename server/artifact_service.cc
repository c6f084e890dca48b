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
  return Error(ErrorCode::NotFound, fmt::format("trial {} of study \"{}\" has no artifact {}",
                                                owner.trial, owner.study, brief(Json(name))));
}

}  // namespace

storage::ArtifactOwner ArtifactService::owner(const std::string& study, std::int64_t trial) {
  static_cast<void>(api_.trial(study, trial));
  return {.study = study, .created = api_.study(study).created, .trial = trial};
}

Artifact ArtifactService::put_artifact(const std::string& study, std::int64_t trial,
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
  store_.put(owner(study, trial), artifact, bytes);
  return artifact;
}

std::vector<Artifact> ArtifactService::artifacts(const std::string& study, std::int64_t trial) {
  return store_.list(owner(study, trial));
}

std::string ArtifactService::artifact(const std::string& study, std::int64_t trial,
                                      const std::string& name) {
  const storage::ArtifactOwner of = owner(study, trial);
  auto bytes = store_.find(of, name);
  if (!bytes) throw no_artifact(of, name);
  return std::move(*bytes);
}

void ArtifactService::delete_artifact(const std::string& study, std::int64_t trial,
                                      const std::string& name) {
  const storage::ArtifactOwner of = owner(study, trial);
  if (!store_.remove(of, name)) throw no_artifact(of, name);
}

}  // namespace studyhall::server
