#include "worker_shim/file_guard.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "worker_shim/checkout.h"
#include "worker_shim/protected_files.h"

namespace studyhall::worker_shim {

std::optional<RunOutcome> guard_files(RunContext& run) {
  const ExperimentSpec& experiment = run.experiment();
  if (experiment.protect.empty()) return std::nullopt;
  const std::vector<std::string> altered = altered_files(run.plan);
  if (!altered.empty()) {
    const bool by_an_agent = experiment.agent == AgentKind::Claude;
    return failed(by_an_agent ? FailReason::Declined : FailReason::BadConfig,
                  fmt::format("no score is taken: the run changed what it may not: {}",
                              fmt::join(altered, "; ")));
  }
  if (run.workspace.tree.empty()) return std::nullopt;
  static_cast<void>(commit_run(run.plan, run.workspace,
                               fmt::format("{}: as the run left it", run.workspace.name())));
  const std::vector<std::string> restored = restore_files(run.plan, run.workspace);
  if (!restored.empty()) {
    run.state.notes.push_back(
        fmt::format("protected files were changed by the run and put back before scoring: {}",
                    fmt::join(restored, ", ")));
  }
  return std::nullopt;
}

}  // namespace studyhall::worker_shim
