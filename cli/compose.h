// Files that run a fleet of workers in containers.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"

namespace studyhall::cli {

struct ContainerWorker {
  std::string name;
  std::vector<int> cpus{};            // pinned to; empty: none
  std::optional<double> memory_gb{};  // limit
  std::string role{};                 // that it has; empty: none
  std::string research_every{};  // it does research in its role; empty: it runs what it is given
};

struct ContainerPlan {
  std::string study;
  std::string image;
  std::string server_url;            // workers go there; empty: the file has a server of its own
  std::string database;              // of that server, absolute
  std::string token_file;            // holds the workers' token, absolute; empty: none is asked for
  std::string experiment;            // folder of the experiment's files, absolute
  std::vector<std::string> repos{};  // of the runs' worktrees, absolute
  std::vector<ContainerWorker> workers{};
  std::string gpus;  // "all" or a count; empty: none
};

// docker compose: a server unless there is one, a worker each with an own volume for its runs and
// one for its agent's login, processors and memory.
Json compose_file(const ContainerPlan& plan);
// Kubernetes: a Secret with `token`, and for each worker a PersistentVolumeClaim and a Job. Names
// are lower case there.
std::vector<Json> kubernetes_manifests(const ContainerPlan& plan, const std::string& token);

// Block style; every text in quotes.
std::string to_yaml(const Json& value);

}  // namespace studyhall::cli
