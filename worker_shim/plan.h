// Everything about a worker's runs that is the same for all its trials, checked before the first.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/study_spec.h"
#include "worker_shim/process.h"
#include "worker_shim/worker.h"

namespace studyhall::worker_shim {

struct Plan {
  std::shared_ptr<const StudySpec> study;  // with an experiment
  std::string worker;
  std::string role;  // of the study's; empty: none
  Want want = Want::Trials;
  std::optional<std::vector<std::string>>
      accepts;  // what asks say; absent: as the study file has it
  std::string server_url;
  std::filesystem::path dir;                  // the experiment's folder, absolute
  std::filesystem::path study_folder;         // runs/STUDY, absolute
  std::filesystem::path claude;               // the CLI, of a claude experiment
  std::vector<std::string> required_metrics;  // by the study's constraints
  ResourceSpec resources;                     // of its runs
  std::optional<double> time_ratio;           // WorkerSpec::time_ratio
  Environment worker_environment;             // over the experiment's
  ReadProcessors read_processors;             // WorkOptions::read_processors
  std::chrono::milliseconds time_limit{0};    // of all stages, and again of the score command
  std::chrono::milliseconds grace{5000};
  std::chrono::milliseconds backoff{1000};        // unit of waits
  std::chrono::system_clock::time_point began{};  // this worker

  [[nodiscard]] const ExperimentSpec& experiment() const { return *study->experiment; }
};

enum class PlanFor {
  Running,
  Reading,  // programs need not be there
};

// Throws Error(Invalid) with everything that would keep every trial from running or being scored:
// no experiment in the study, an unknown role, tasks without agents, the experiment's folder, a
// program or the prompt not found, two parameters with one name in the environment.
Plan make_plan(std::shared_ptr<const StudySpec> study, const WorkOptions& options,
               PlanFor what = PlanFor::Running);

// Arguments that name a file of the experiment's folder but, run in the workspace, will not find
// it: a hint for each, to be shown and not to stop anything.
std::vector<std::string> hints(const Plan& plan);

}  // namespace studyhall::worker_shim
