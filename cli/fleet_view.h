// What this machine knows of a study's workers and their runs, which no server does.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "cli/fleet_state.h"
#include "core/json.h"

namespace studyhall::cli {

struct LocalWorker {
  std::optional<FleetWorker> launched{};  // absent: not by `study launch`
  bool lives = false;                     // a process works under this name
  std::int64_t trial = -1;                // that it holds; -1: none
  std::int64_t task = -1;                 // that it holds; -1: none
  std::string stage;                      // under way: "implement (1 of 3)"; empty: none
  std::optional<double> cost_usd{};       // of the trial's stages that are done
  bool untold = false;                    // the trial has ended and its result is to be told
};

// The workers whose files are in RUNS/STUDY, by name; `spec` is the resolved study file. What
// cannot be read is left out.
std::map<std::string, LocalWorker> local_workers(const std::filesystem::path& runs,
                                                 const std::string& study, const Json& spec);

}  // namespace studyhall::cli
