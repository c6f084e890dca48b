#include "core/artifact_api.h"

#include "core/error.h"

namespace studyhall {

Json to_json(const Artifact& artifact) {
  return {{"name", artifact.name},
          {"type", artifact.type},
          {"bytes", artifact.bytes},
          {"sha256", artifact.sha256},
          {"created", format_utc(artifact.created)}};
}

Artifact artifact_from_json(const Json& json) {
  try {
    Artifact artifact;
    artifact.name = json.at("name").get<std::string>();
    artifact.type = json.at("type").get<std::string>();
    artifact.bytes = json.at("bytes").get<std::size_t>();
    artifact.sha256 = json.at("sha256").get<std::string>();
    const auto created = parse_utc(json.at("created").get<std::string>());
    if (!created) throw Error(ErrorCode::Malformed, "artifact: /created: expected a time");
    artifact.created = *created;
    return artifact;
  } catch (const Json::exception& fault) {
    throw Error(ErrorCode::Malformed, std::string("artifact: ") + fault.what());
  }
}

}  // namespace studyhall
