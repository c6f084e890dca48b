#include "worker_shim/artifacts.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <vector>

#include "core/error.h"
#include "core/study_spec.h"
#include "worker_shim/checkout.h"
#include "worker_shim/files.h"

namespace studyhall::worker_shim {
namespace {

constexpr std::size_t kLogBytes = 262'144;
constexpr std::size_t kFileBytes = 1'000'000;

// The last `most` bytes of a regular file, from the beginning of a line; nullopt if there is none.
// An experiment may have left anything there: links are not followed, and nothing is waited for.
std::optional<std::string> end_of(const std::filesystem::path& file, std::size_t most) {
  const Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat status {};
  if (!opened.is_open() || ::fstat(opened.fd(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return std::nullopt;
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  const std::size_t from = size > most ? size - most : 0;
  std::string text(size - from, '\0');
  const ssize_t n = ::pread(opened.fd(), text.data(), text.size(), static_cast<off_t>(from));
  if (n < 0) return std::nullopt;
  text.resize(static_cast<std::size_t>(n));
  if (from == 0) return text;
  return fmt::format("[{} bytes before]\n", from) + text.substr(text.find('\n') + 1);
}

// From base to branch, of each worktree; empty where nothing has changed.
std::string diff_of(const Plan& plan, const std::filesystem::path& dir) {
  std::string diff;
  for (const Worktree& worktree : load_worktrees(dir)) {
    const Git git(worktree.repo, plan.worker);
    const std::string one = worktree_diff(git, worktree.base, "refs/heads/" + worktree.branch);
    if (one.empty()) continue;
    if (!worktree.name.empty()) diff += fmt::format("# {}\n", worktree.name);
    diff += one;
  }
  if (diff.size() <= kFileBytes) return diff;
  const std::size_t whole = diff.size();
  diff.resize(diff.rfind('\n', kFileBytes) + 1);
  return diff + fmt::format("# cut: {} of {} bytes\n", diff.size(), whole);
}

// What was asked, and what came of it. A task's SUMMARY.md and result.json may lie in its worktree
// as well; the one in the run's folder, put last, is the one that stays.
std::vector<std::filesystem::path> written_files(const Plan& plan, const Workspace& workspace,
                                                 const WorkRef& of) {
  if (of.is_task) {
    return {workspace.prompt(), workspace.place() / "SUMMARY.md", workspace.dir / "SUMMARY.md",
            workspace.place() / "result.json", workspace.dir / "result.json"};
  }
  std::vector<std::filesystem::path> files{workspace.prompt(), workspace.dir / "SUMMARY.md"};
  const std::string score = plan.experiment().score.file;
  if (!score.empty()) files.push_back(workspace.place() / score);
  return files;
}

}  // namespace

void keep_artifacts(ArtifactApi* artifacts, const Plan& plan, const WorkRef& of,
                    const std::filesystem::path& dir,
                    const std::function<void(const std::string& line)>& say) {
  if (artifacts == nullptr) return;
  try {
    const Workspace workspace = reopen(dir);
    const auto keep = [&](const std::filesystem::path& file, const std::string& type,
                          const std::optional<std::string>& bytes) {
      const std::string name = file.filename().string();
      if (!bytes || bytes->empty() || !is_valid_name(name)) return;
      artifacts->put_artifact(plan.study->name, of, name, type, *bytes);
    };
    for (const std::filesystem::path& log : {workspace.run_log(), workspace.events()}) {
      keep(log, "text/plain", end_of(log, kLogBytes));
    }
    if (const std::string diff = diff_of(plan, dir); !diff.empty()) {
      artifacts->put_artifact(plan.study->name, of, "diff.patch", "text/x-diff", diff);
    }
    for (const std::filesystem::path& file : written_files(plan, workspace, of)) {
      const auto bytes = end_of(file, kFileBytes + 1);
      if (!bytes || bytes->size() > kFileBytes) continue;
      keep(file, file.extension() == ".md" ? "text/markdown" : "application/json", bytes);
    }
  } catch (const std::exception& error) {
    say(fmt::format("{}: files of its run are not kept: {}", to_string(of), error.what()));
  }
}

}  // namespace studyhall::worker_shim
