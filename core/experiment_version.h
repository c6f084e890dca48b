// Which runs may be compared as repeated measurements of one thing.
#pragma once

#include <string>

#include "core/json.h"

namespace studyhall {

// SHA-256 of what in a resolved "experiment" decides a score: all of it but where, how long and
// how often it runs (dir, time_limit_min and stall_min, of stages too, reference_min,
// max_output_mb, max_disk_gb, retries, cpus, memory_gb, gpus, nice, pass_env, and of the workspace
// all but its kind and base commits). Files are known by their names, protected ones by their
// hashes, those of a repository by the base commit: another prompt or program that changes under
// its name does not change the version. The order of members does not matter.
std::string experiment_version(const Json& experiment);

}  // namespace studyhall
