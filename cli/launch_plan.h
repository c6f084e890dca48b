// What `study launch` would start on this machine, and whether it can.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/study_api.h"
#include "worker_shim/core_layout.h"
#include "worker_shim/worker.h"

namespace studyhall::cli {

struct LaunchRequest {
  std::string
      workers;  // "3", or names: "W1,W3"; empty: those of the study file, else one; "0": none
  std::string roles{};         // "docs=1,executor=2": workers besides (cli/role_workers.h)
  std::string orchestrator{};  // "15m": one that does research so often; empty: none
  double stagger_s = 30;       // between two starts
  std::int64_t cores = 0;      // processors for each worker's runs; 0: as the study file says
  std::optional<std::int64_t> reserve{};  // left to the system; default: 1 in 8, at least 1
  worker_shim::WorkOptions work;          // of each worker but for its name
};

struct PlannedWorker {
  std::string name;
  double start_s = 0;         // after the launch
  std::vector<int> cpus{};    // given by the launch
  std::vector<int> pinned{};  // its runs': those, or the study file's; empty: none
  std::string role{};         // that it has; empty: none
  std::string every{};        // of one that does research; empty: others
  bool takes_trials = true;   // and shares the processors that the launch gives
};

struct LaunchPlan {
  std::vector<PlannedWorker> workers;
  std::vector<std::string> lines;  // what each trial would run
  // By role, what is otherwise for its workers.
  std::map<std::string, std::vector<std::string>> lines_of_roles{};
  std::string cores;                  // how processors are shared out, for people
  std::vector<std::string> problems;  // that keep it from being launched
  std::vector<std::string> warnings;
};

// `names` as LaunchRequest::workers for that study file. Throws Error(Invalid).
std::vector<std::string> worker_names(const std::string& text, const Json& spec);

// Checks everything (worker_shim/readiness.h) for every worker, and shares out `machine`. Throws
// what the study's verbs throw, and Error(Invalid) for names.
LaunchPlan plan_launch(StudyApi& api, const LaunchRequest& request,
                       const std::vector<worker_shim::Core>& machine);

Json to_json(const LaunchPlan& plan);

}  // namespace studyhall::cli
