// What a study file says of files, resolved on the machine where it is created or edited.
#pragma once

#include "core/json.h"

namespace studyhall::cli {

// Fills in what every worker's files will be held against: "base_commit" of each repository of a
// worktree workspace (fetched before, if "fetch" says so), and with plain folders "protected", the
// SHA-256 of each file that "protect" names. A base_commit that is given stays. `experiment` need
// not be a sound one: what is not understood is left for the study to refuse. REQUIRES: "dir", if
// it is there, is absolute. Throws Error(Invalid) naming a repository, revision or file that is not
// there.
void resolve_experiment_files(Json& experiment);

// The same for an edit: adds to `patch` (of a study file) what it changes. `file` is the study's.
void resolve_edited_files(const Json& file, Json& patch);

}  // namespace studyhall::cli
