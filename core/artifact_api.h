// Files that are kept with a trial or a task: the log of its run, its prompt, what the agent wrote.
// They are not part of the study: nothing follows from them, and there may be none.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/json.h"
#include "core/queue.h"

namespace studyhall {

inline constexpr std::size_t kMostArtifactBytes = 4'000'000;
// Of one trial or task.
inline constexpr std::size_t kMostArtifactBytesOfOne = 20'000'000;
inline constexpr std::size_t kMostArtifactsOfOne = 50;

struct Artifact {
  std::string name;
  std::string type;  // as it was said to be: "text/plain"; empty: not said
  std::string sha256;
  Timestamp created;
  std::size_t bytes = 0;
};

// Thread safety: every verb may be called from any thread.
// Errors: an unknown study, trial, task or artifact throws Error(NotFound); a name or type that is
// none, or one artifact too many, Error(Invalid); one that is too large Error(TooLarge); a database
// that cannot be written Error(Unavailable).
class ArtifactApi {
 public:
  virtual ~ArtifactApi() = default;

  // Takes the place of one of the same name. A name is 1 to 64 letters, digits, '.', '_' and '-',
  // not beginning with '.' or '-': no path.
  virtual Artifact put_artifact(const std::string& study, const WorkRef& of,
                                const std::string& name, const std::string& type,
                                std::string_view bytes) = 0;
  // By name.
  virtual std::vector<Artifact> artifacts(const std::string& study, const WorkRef& of) = 0;
  virtual std::string artifact(const std::string& study, const WorkRef& of,
                               const std::string& name) = 0;
  virtual void delete_artifact(const std::string& study, const WorkRef& of,
                               const std::string& name) = 0;
};

Json to_json(const Artifact& artifact);
// Throws Error(Malformed).
Artifact artifact_from_json(const Json& json);

}  // namespace studyhall
