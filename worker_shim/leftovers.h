// Processes of an earlier run whose supervisor was killed with its worker.
#pragma once

#include <string>

namespace studyhall::worker_shim {

// The environment variable that marks every process of a run.
inline constexpr const char* kRunVariable = "STUDY_RUN";

// Kills every process whose environment has kRunVariable with this value; returns how many. Those
// that cleared their environment are not found. REQUIRES: run_id not empty.
int kill_leftovers(const std::string& run_id);

}  // namespace studyhall::worker_shim
