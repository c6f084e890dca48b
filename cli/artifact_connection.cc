#include "cli/artifact_connection.h"

#include "client/artifact_client.h"
#include "server/artifact_service.h"

namespace studyhall::cli {

ArtifactConnection::ArtifactConnection(const Session& session, const Connection& connection) {
  if (connection.file.empty()) {
    api_ = client::connect_artifacts(connection.server_url, client_options(session));
    return;
  }
  store_ = std::make_unique<storage::ArtifactStore>(storage::artifact_file(connection.file));
  api_ = std::make_unique<server::ArtifactService>(*connection.api, *store_, session.clock);
}

}  // namespace studyhall::cli
