// All workspaces of a study in the folder of its runs: which there are, and which may go.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/study_api.h"
#include "core/workspace_spec.h"
#include "worker_shim/worktree.h"

namespace studyhall::worker_shim {

struct WorkspaceInfo {
  std::filesystem::path dir;  // absolute
  std::string worker;
  std::int64_t number = -1;  // of the trial or task
  bool is_task = false;
  std::string status;                       // STATE.json's; "unknown" without one
  std::uintmax_t bytes = 0;                 // of the files in it
  bool running = false;                     // its worker lives and is at it
  bool pruned = false;                      // only the record is left
  std::string branch;                       // of its (first) worktree
  std::filesystem::file_time_type changed;  // its STATE.json
};

// Those in runs/STUDY, by the time of their last change, oldest first. None if there is no such
// folder.
std::vector<WorkspaceInfo> list_workspaces(const std::filesystem::path& study_folder);
std::uintmax_t total_bytes(const std::vector<WorkspaceInfo>& workspaces);

// The trials whose workspaces "keep": "best" keeps: the first of the leaderboard and the best
// single result, or with several objectives the Pareto front.
std::set<std::int64_t> leading_trials(StudyApi& api, const std::string& study);

struct PruneRule {
  KeepPolicy keep = KeepPolicy::All;
  std::set<std::int64_t> best{};              // trials that lead
  std::optional<std::uintmax_t> max_bytes{};  // of all together; the oldest go first
  std::set<std::filesystem::path> in_use{};   // never touched
  bool force = false;                         // also what no branch holds
};

struct PruneVerdict {
  bool removed = false;
  std::string why;  // it stays, or is gone
};

// Removes what the rule does not keep: all but the record of a run (config.json, STATE.json,
// SUMMARY.md, worktrees.json, *.log, *.jsonl, prompts, `score_file`), with its worktrees; branches
// stay. Those of tasks, which never lead, stay like the best. Kept whatever the rule says: a run
// under way, and a worktree with changes that no branch holds unless forced. The leading ones give
// way to `max_bytes` never. A verdict for each; what cannot be removed stays, saying why. `dry`:
// says what would be done.
std::vector<PruneVerdict> prune(const std::vector<WorkspaceInfo>& workspaces, const PruneRule& rule,
                                const std::string& score_file, bool dry = false);

}  // namespace studyhall::worker_shim
