// Workers besides those of the study file: in its roles, and the one that does research.
#pragma once

#include <string>
#include <vector>

#include "core/study_spec.h"

namespace studyhall::cli {

struct RoleWorker {
  std::string name;   // "docs", of several "docs-1", "docs-2"
  std::string role;   // of the study file's; of research it need not be there
  std::string every;  // of research: "15m"; else empty
  bool takes_trials = false;
};

// What --roles ("docs=1,executor=2", "docs") and --orchestrator ("15m") mean; `names` are those of
// the other workers. Throws Error(Invalid) for a role that the study file has not, with the nearest
// one, for no number of workers, for a name that is taken, and for no time.
std::vector<RoleWorker> role_workers(const std::string& roles, const std::string& orchestrator,
                                     const StudySpec& spec, const std::vector<std::string>& names);

}  // namespace studyhall::cli
