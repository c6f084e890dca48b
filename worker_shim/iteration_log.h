// What came of a study's runs, in files beside them: for people and for agents of later runs.
//
//   results.jsonl       a line for each result that was told, in the order of the study's events
//   ITERATION_LOG.md    the same for people, the newest last; of at most kLogLines lines, older
//                       entries are in ITERATION_LOG.1.md (the oldest), ITERATION_LOG.2.md, ...
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "core/study_api.h"

namespace studyhall::worker_shim {

inline constexpr std::size_t kLogLines = 500;

// Brings the files in `study_folder` up to the study's last event. They are made from the events
// alone: where they are missing or cut off they are made again. Several processes may do so at
// once. Throws what the study throws, and Error(Unavailable) if they cannot be written.
void update_iteration_log(StudyApi& api, const std::string& study,
                          const std::filesystem::path& study_folder);

// "### [W1] Experiment: W1-12 | Score: 0.91 @ 57.1 min" and what else is known, of a line of
// results.jsonl.
std::string iteration_entry(const Json& result);

}  // namespace studyhall::worker_shim
