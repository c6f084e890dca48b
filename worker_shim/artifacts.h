// What is kept with a trial or a task of the files of its run.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "core/artifact_api.h"
#include "worker_shim/plan.h"

namespace studyhall::worker_shim {

// Keeps the ends of run.log and events.jsonl, and prompt.md, SUMMARY.md and the file with the score
// where they are there and not too large, of the run in the folder `dir`; of git worktrees also
// diff.patch, from the base to the branch, cut where it is too large. What cannot be kept is said
// in one line: a run is never lost for it. Null keeps nothing.
void keep_artifacts(ArtifactApi* artifacts, const Plan& plan, const WorkRef& of,
                    const std::filesystem::path& dir,
                    const std::function<void(const std::string& line)>& say);

}  // namespace studyhall::worker_shim
