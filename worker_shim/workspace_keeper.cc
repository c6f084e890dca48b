#include "worker_shim/workspace_keeper.h"

#include <fmt/format.h>

#include "core/error.h"
#include "worker_shim/checkout.h"
#include "worker_shim/experiment_record.h"
#include "worker_shim/run_folder.h"
#include "worker_shim/text.h"

namespace studyhall::worker_shim {
namespace {

constexpr double kGigabyte = 1 << 30;
constexpr std::size_t kLongestMessage = 2000;

}  // namespace

Workspace WorkspaceKeeper::make(const Job& job) const {
  Workspace workspace =
      make_workspace(plan_.study_folder, job.run_name(plan_.worker), job.config());
  check_out(plan_, workspace, bases_of(job));
  return workspace;
}

// A topic's trials go on from each other.
Bases WorkspaceKeeper::bases_of(const Job& job) const {
  if (!job.topic || job.topic->after < 0) return {};
  try {
    return bases_after(api_.trial(plan_.study->name, job.topic->after).record.evidence);
  } catch (const Error& error) {
    say_(fmt::format("{}: begins at the study's base, as trial {} cannot be read: {}", job.label(),
                     job.topic->after, error.what()));
    return {};
  }
}

void WorkspaceKeeper::close(const Workspace& workspace, const std::string& words,
                            Json& evidence) const {
  try {
    const Json git =
        commit_run(plan_, workspace, printable(workspace.name() + ": " + words, kLongestMessage));
    if (git.is_null()) return;
    evidence["git"] = git;
    close_run(plan_, workspace);
  } catch (const Error& error) {
    say_(fmt::format("{}: {}", workspace.name(), error.what()));
  } catch (const std::filesystem::filesystem_error& error) {
    say_(fmt::format("{}: {}", workspace.name(), error.what()));
  }
}

void WorkspaceKeeper::settle(const std::filesystem::path& workspace) const {
  if (workspace.empty() || !std::filesystem::exists(workspace)) return;
  try {
    mark_interrupted(workspace, clock_.now());
    Json evidence;
    close(reopen(workspace), "interrupted", evidence);
  } catch (const Error& error) {
    say_(error.what());
  }
}

void WorkspaceKeeper::settle_all(const std::filesystem::path& held) const {
  for (const WorkspaceInfo& workspace : list_workspaces(plan_.study_folder)) {
    if (workspace.status != "running" || workspace.worker != plan_.worker) continue;
    if (workspace.dir == held) continue;
    say_(fmt::format("{}: an earlier run left it open: closed", workspace.dir.filename().string()));
    settle(workspace.dir);
  }
}

std::optional<std::uintmax_t> WorkspaceKeeper::max_bytes() const {
  const auto& limit = plan_.experiment().workspace.max_total_gb;
  if (!limit) return std::nullopt;
  return static_cast<std::uintmax_t>(*limit * kGigabyte);
}

void WorkspaceKeeper::prune() const {
  PruneRule rule;
  rule.keep = plan_.experiment().workspace.keep;
  rule.max_bytes = max_bytes();
  if (rule.keep == KeepPolicy::All && !rule.max_bytes) return;
  try {
    rule.best = leading_trials(api_, plan_.study->name);
    const auto workspaces = list_workspaces(plan_.study_folder);
    const auto verdicts =
        worker_shim::prune(workspaces, rule, plan_.experiment().score.file, false);
    for (std::size_t i = 0; i < workspaces.size(); ++i) {
      if (verdicts[i].why.starts_with("cannot be removed")) {
        say_(fmt::format("{}: {}", workspaces[i].dir.filename().string(), verdicts[i].why));
      }
    }
  } catch (const Error& error) {
    // The next trial's end comes to it again.
    say_(fmt::format("workspaces are not pruned now: {}", error.what()));
  }
}

std::string WorkspaceKeeper::no_room() const {
  const auto most = max_bytes();
  if (!most) return "";
  const std::uintmax_t bytes = total_bytes(list_workspaces(plan_.study_folder));
  if (bytes <= *most) return "";
  return fmt::format(
      "disk limit: {} holds {:.3g} GB, experiment.workspace.max_total_gb is {}; `study workspaces "
      "{}` lists what is kept and why",
      plan_.study_folder.string(), static_cast<double>(bytes) / kGigabyte,
      plan_.experiment().workspace.max_total_gb.value_or(0), plan_.study->name);
}

}  // namespace studyhall::worker_shim
