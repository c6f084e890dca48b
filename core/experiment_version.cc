#include "core/experiment_version.h"

#include "core/hash.h"

namespace studyhall {

std::string experiment_version(const Json& experiment) {
  nlohmann::json what = nlohmann::json::parse(dump_json(experiment));  // members sorted
  for (const char* name : {"dir", "time_limit_min", "stall_min", "retries", "cpus", "memory_gb",
                           "gpus", "pass_env", "max_output_mb", "max_disk_gb"}) {
    what.erase(name);
  }
  if (what.contains("stages")) {
    for (nlohmann::json& stage : what["stages"]) {
      stage.erase("time_limit_min");
      stage.erase("stall_min");
    }
  }
  if (what.contains("workspace")) what["workspace"].erase("keep");
  return sha256_hex(what.dump());
}

}  // namespace studyhall
