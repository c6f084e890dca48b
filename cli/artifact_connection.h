// Where a command finds the artifacts of studies.
#pragma once

#include <memory>

#include "cli/connect.h"
#include "cli/session.h"
#include "core/artifact_api.h"
#include "storage/artifact_store.h"

namespace studyhall::cli {

class ArtifactConnection {
 public:
  // Of the studies of `connection`, which must outlive it, as must the session: the server that was
  // named, else the file beside the database, whether or not a server holds that.
  ArtifactConnection(const Session& session, const Connection& connection);

  ArtifactApi& operator*() { return *api_; }
  ArtifactApi* operator->() { return api_.get(); }

 private:
  std::unique_ptr<storage::ArtifactStore> store_;
  std::unique_ptr<ArtifactApi> api_;
};

}  // namespace studyhall::cli
