#include "worker_shim/run_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "core/error.h"
#include "worker_shim/experiment_record.h"
#include "worker_shim/files.h"
#include "worker_shim/job.h"

namespace studyhall::worker_shim {
namespace {

constexpr std::size_t kLongestState = 16'000'000;
constexpr auto kRecord =
    std::to_array<std::string_view>({"config.json", "STATE.json", "SUMMARY.md", "worktrees.json"});

std::uintmax_t bytes_in(const std::filesystem::path& folder) {
  std::uintmax_t bytes = 0;
  std::error_code error;
  std::filesystem::recursive_directory_iterator it(
      folder, std::filesystem::directory_options::skip_permission_denied, error);
  for (; !error && it != std::filesystem::recursive_directory_iterator(); it.increment(error)) {
    std::error_code gone;
    if (!it->is_regular_file(gone) || it->is_symlink(gone)) continue;
    const std::uintmax_t size = it->file_size(gone);
    if (!gone) bytes += size;
  }
  return bytes;
}

// Whether a worker of that name works in the run folder now.
bool is_alive(const std::filesystem::path& study_folder, const std::string& worker) {
  const std::filesystem::path file = study_folder / ("." + worker + ".lock");
  const Descriptor lock(open(file.c_str(), O_RDONLY | O_CLOEXEC));
  return lock.is_open() && flock(lock.fd(), LOCK_SH | LOCK_NB) != 0;
}

void read_state(WorkspaceInfo& info) {
  info.status = "unknown";
  try {
    const auto text = read_file(info.dir / "STATE.json", kLongestState);
    if (!text) return;
    const Json state = parse_json(*text, "STATE.json");
    info.status = state.value("status", "unknown");
    info.pruned = state.contains("pruned_at");
  } catch (const Error&) {
    return;  // one that a run has spoilt says nothing
  } catch (const nlohmann::json::exception&) {
    return;
  }
}

bool is_record(const std::filesystem::path& file, const std::string& score_file) {
  if (!std::filesystem::is_regular_file(std::filesystem::symlink_status(file))) return false;
  const std::string name = file.filename().string();
  if (name == score_file || file.extension() == ".log" || file.extension() == ".jsonl") return true;
  if (name.starts_with("prompt") && file.extension() == ".md") return true;
  return std::find(kRecord.begin(), kRecord.end(), name) != kRecord.end();
}

// As it is now. A folder without a state whose worker lives is being made.
void read_standing(WorkspaceInfo& info) {
  read_state(info);
  const bool may_run = info.status == "running" || info.status == "unknown";
  info.running = may_run && is_alive(info.dir.parent_path(), info.worker);
  if (info.status == "running" && !info.running) info.status = "interrupted";
}

// Held while workspaces are removed, so that the workers of a study do so one after the other.
Descriptor pruning_lock(const std::vector<WorkspaceInfo>& workspaces) {
  if (workspaces.empty()) return {};
  const std::filesystem::path file = workspaces.front().dir.parent_path() / ".prune.lock";
  Descriptor lock(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (lock.is_open()) flock(lock.fd(), LOCK_EX);
  return lock;
}

void mark_pruned(const std::filesystem::path& dir) {
  const std::filesystem::path file = dir / "STATE.json";
  const auto text = read_file(file, kLongestState);
  Json state = text ? parse_json(*text, file.string()) : Json{{"status", "unknown"}};
  state["pruned_at"] = format_utc(SystemClock().now());
  write_file(file, state.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

void remove_all_but_record(const WorkspaceInfo& workspace, const std::string& score_file) {
  for (const Worktree& worktree : load_worktrees(workspace.dir)) {
    remove_worktree(worktree, workspace.worker);
  }
  for (const auto& entry : std::filesystem::directory_iterator(workspace.dir)) {
    if (!is_record(entry.path(), score_file)) std::filesystem::remove_all(entry.path());
  }
  mark_pruned(workspace.dir);
}

bool holds_what_no_branch_has(const WorkspaceInfo& workspace) {
  const auto worktrees = load_worktrees(workspace.dir);
  return std::any_of(worktrees.begin(), worktrees.end(), [&](const Worktree& worktree) {
    return has_uncommitted(worktree, workspace.worker);
  });
}

// Why it stays; empty: it may go.
std::string reason_to_keep(const WorkspaceInfo& workspace, const PruneRule& rule, bool too_much) {
  if (workspace.running || rule.in_use.contains(workspace.dir)) return "running";
  if (workspace.status == kAsking) return "waits for an answer";
  const bool may_stay = rule.keep != KeepPolicy::None;
  if (may_stay && !workspace.is_task && rule.best.contains(workspace.number)) return "leads";
  if (may_stay && workspace.is_task && !too_much) return "of a task";
  if (!rule.force && holds_what_no_branch_has(workspace)) return "has changes that no branch holds";
  return "";
}

}  // namespace

std::vector<WorkspaceInfo> list_workspaces(const std::filesystem::path& study_folder) {
  std::vector<WorkspaceInfo> workspaces;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(study_folder, none)) {
    WorkspaceInfo info;
    RunName name;
    if (!entry.is_directory(none) || !read_run_name(entry.path().filename().string(), name)) {
      continue;
    }
    info.worker = name.worker;
    info.number = name.number;
    info.is_task = name.is_task;
    info.dir = std::filesystem::absolute(entry.path()).lexically_normal();
    read_standing(info);
    info.bytes = bytes_in(info.dir);
    try {
      const auto worktrees = load_worktrees(info.dir);
      if (!worktrees.empty()) info.branch = worktrees.front().branch;
    } catch (const Error&) {
      info.branch = "unknown";
    }
    info.changed = std::filesystem::last_write_time(info.dir / "STATE.json", none);
    if (none) info.changed = entry.last_write_time(none);
    workspaces.push_back(std::move(info));
  }
  std::sort(workspaces.begin(), workspaces.end(), [](const auto& a, const auto& b) {
    return std::tie(a.changed, a.dir) < std::tie(b.changed, b.dir);
  });
  return workspaces;
}

std::set<std::int64_t> leading_trials(StudyApi& api, const std::string& study) {
  const bool several = api.study(study).front_size.has_value();
  std::set<std::int64_t> numbers;
  for (const BestRow& row : api.best(study, several ? 0 : 1)) numbers.insert(row.number);
  return numbers;
}

std::uintmax_t total_bytes(const std::vector<WorkspaceInfo>& workspaces) {
  std::uintmax_t bytes = 0;
  for (const WorkspaceInfo& workspace : workspaces) bytes += workspace.bytes;
  return bytes;
}

std::vector<PruneVerdict> prune(const std::vector<WorkspaceInfo>& workspaces, const PruneRule& rule,
                                const std::string& score_file, bool dry) {
  std::vector<PruneVerdict> verdicts;
  const Descriptor lock = dry ? Descriptor() : pruning_lock(workspaces);
  std::uintmax_t left = total_bytes(workspaces);
  for (WorkspaceInfo workspace : workspaces) {
    read_standing(workspace);  // which others may have changed since it was listed
    PruneVerdict verdict;
    const bool too_much = rule.max_bytes && left > *rule.max_bytes;
    if (workspace.pruned) {
      verdict.why = "pruned before";
    } else if (rule.keep == KeepPolicy::All && !too_much) {
      verdict.why = workspace.running ? "running" : "all are kept";
    } else {
      try {
        verdict.why = reason_to_keep(workspace, rule, too_much);
        if (verdict.why.empty()) {
          verdict.removed = true;
          verdict.why = too_much ? "disk limit" : "does not lead";
          if (rule.keep == KeepPolicy::None && !too_much) verdict.why = "none is kept";
          if (!dry) remove_all_but_record(workspace, score_file);
          left -= std::min(left, workspace.bytes);
        }
      } catch (const std::exception& error) {
        verdict = {false, fmt::format("cannot be removed: {}", error.what())};
      }
    }
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

}  // namespace studyhall::worker_shim
