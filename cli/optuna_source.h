// The trials of a study in a database of Optuna's (or of ours) as records to import.
#pragma once

#include <filesystem>
#include <string>

#include "cli/import_source.h"

namespace studyhall::cli {

// {"number", "state", "params", "value" | "values", "user_attrs", "constraints", "intermediate":
// {"STEP": value}, "started", "completed", "title", "note"} of each trial. User attributes that are
// no numbers stand in the note as well, a line each. `study` may be empty where there is one.
// Throws Error(Invalid) naming the studies where it must be named, and what storage/optuna_study.h
// throws.
Source read_optuna_study(const std::filesystem::path& file, const std::string& study);

}  // namespace studyhall::cli
