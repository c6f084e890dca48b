#include "core/experiment_version.h"

#include "core/hash.h"

namespace studyhall {

namespace {

// What a run finds in its workspace when it begins.
nlohmann::json start_of_runs(const nlohmann::json& workspace) {
  nlohmann::json start = {{"kind", workspace.value("kind", "directory")}};
  if (workspace.contains("base_commit")) start["base_commit"] = workspace["base_commit"];
  const auto repos = workspace.find("repos");
  if (repos == workspace.end()) return start;
  for (const auto& [name, repo] : repos->items()) {
    start["repos"][name] = repo.value("base_commit", "");
  }
  return start;
}

}  // namespace

std::string experiment_version(const Json& experiment) {
  nlohmann::json what = nlohmann::json::parse(dump_json(experiment));  // members sorted
  for (const char* name :
       {"dir", "time_limit_min", "stall_min", "retries", "cpus", "memory_gb", "gpus", "pass_env",
        "nice", "max_output_mb", "max_disk_gb", "reference_min", "task_prompt"}) {
    what.erase(name);
  }
  if (what.contains("stages")) {
    for (nlohmann::json& stage : what["stages"]) {
      stage.erase("time_limit_min");
      stage.erase("stall_min");
    }
  }
  if (what.contains("workspace")) what["workspace"] = start_of_runs(what["workspace"]);
  return sha256_hex(what.dump());
}

}  // namespace studyhall
