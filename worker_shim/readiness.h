// Whether this machine could run a worker's trials, found out without running one.
#pragma once

#include <string>
#include <vector>

#include "core/study_api.h"
#include "worker_shim/worker.h"

namespace studyhall::worker_shim {

struct Readiness {
  std::vector<std::string> lines;     // what would be run, as dry_run() says it; empty: cannot be
  std::vector<std::string> problems;  // that would keep every trial from running
  std::vector<std::string> warnings;
  std::vector<int> cpus;  // that its runs are pinned to; empty: to none
};

// Study, prompts, programs and repositories as work() checks them at its start; the Claude Code CLI
// is started with --version in the environment that agents get (NODE_OPTIONS that node refuses end
// it), and their login looked for; uncommitted changes and little room on the disk are warnings.
// Takes no trial, makes no folder. Throws as api.study().
Readiness check_readiness(StudyApi& api, const WorkOptions& options);

}  // namespace studyhall::worker_shim
