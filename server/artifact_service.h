// The artifacts of a study over the studies and the file that keeps them.
#pragma once

#include "core/artifact_api.h"
#include "core/clock.h"
#include "core/study_api.h"
#include "storage/artifact_store.h"

namespace studyhall::server {

class ArtifactService final : public ArtifactApi {
 public:
  // All must outlive it.
  ArtifactService(StudyApi& api, storage::ArtifactStore& store, const Clock& clock)
      : api_(api), store_(store), clock_(clock) {}

  Artifact put_artifact(const std::string& study, const WorkRef& of, const std::string& name,
                        const std::string& type, std::string_view bytes) override;
  std::vector<Artifact> artifacts(const std::string& study, const WorkRef& of) override;
  std::string artifact(const std::string& study, const WorkRef& of,
                       const std::string& name) override;
  void delete_artifact(const std::string& study, const WorkRef& of,
                       const std::string& name) override;

 private:
  storage::ArtifactOwner owner(const std::string& study, const WorkRef& of);

  StudyApi& api_;
  storage::ArtifactStore& store_;
  const Clock& clock_;
};

}  // namespace studyhall::server
