// The artifacts of the studies of a remote server.
#pragma once

#include <memory>
#include <string>

#include "client/study_client.h"
#include "core/artifact_api.h"

namespace studyhall::client {

// `url` as for connect(). Every verb throws Error(Unreachable), naming the URL, when no answer
// comes; none is tried again. Throws Error(Invalid) for a URL that is not one.
std::unique_ptr<ArtifactApi> connect_artifacts(const std::string& url,
                                               const ClientOptions& options = {});

}  // namespace studyhall::client
