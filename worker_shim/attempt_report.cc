#include "worker_shim/attempt_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.h"
#include "worker_shim/environment.h"
#include "worker_shim/files.h"
#include "worker_shim/process.h"
#include "worker_shim/text.h"
#include "worker_shim/worktree.h"

namespace studyhall::worker_shim {
namespace {

constexpr std::size_t kLongestReport = 100'000;
constexpr std::size_t kLongestPart = 1500;
constexpr std::size_t kMostFiles = 20;
constexpr std::chrono::seconds kGitLimit{20};

// Files of a workspace that are the worker's own.
bool is_own_file(const std::string& name) {
  constexpr auto kOwn = std::to_array<std::string_view>(
      {"config.json", "run.log", "score.log", "events.jsonl", "STATE.json"});
  return std::find(kOwn.begin(), kOwn.end(), name) != kOwn.end() || name.starts_with("prompt.") ||
         name.starts_with("system_prompt.");
}

// What git says in the folder; empty if it says nothing.
std::string git(const Plan& plan, const std::filesystem::path& folder,
                const std::vector<std::string>& arguments) {
  const Environment environment = passed_environment(plan.experiment());
  const auto program = find_program("git", search_path(environment), "/");
  if (!program) return "";
  ProcessSpec spec;
  spec.program = *program;
  spec.argv = {"git", "--no-optional-locks", "-c", "core.fsmonitor=false"};
  spec.argv.insert(spec.argv.end(), arguments.begin(), arguments.end());
  spec.environment = environment;
  spec.environment["GIT_CONFIG_NOSYSTEM"] = "1";
  spec.directory = folder;
  spec.limit = kGitLimit;
  std::string out;
  ProcessHooks hooks;
  hooks.output = [&](Stream stream, std::string_view bytes) {
    if (stream == Stream::Out && out.size() < kLongestPart) out += bytes;
  };
  const ProcessEnd end = run_process(spec, hooks);
  return end.kind == EndKind::Exited && end.code == 0 ? printable(out, kLongestPart) : "";
}

std::string list_files(const Workspace& workspace) {
  std::vector<std::pair<std::filesystem::file_time_type, std::string>> files;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(workspace.place(), error), end;
       !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    const std::string name = entry->path().filename().string();
    if (is_own_file(name)) continue;
    files.emplace_back(entry->last_write_time(ignored),
                       entry->is_directory(ignored)
                           ? name + "/"
                           : fmt::format("{} ({} bytes)", name, entry->file_size(ignored)));
  }
  std::sort(files.rbegin(), files.rend());
  std::string text;
  for (std::size_t i = 0; i < std::min(files.size(), kMostFiles); ++i) {
    text += files[i].second + "\n";
  }
  return printable(text, kLongestPart);
}

std::string end_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return "";
  const auto size = static_cast<std::size_t>(file.tellg());
  const std::size_t length = std::min(size, kLongestPart);
  file.seekg(static_cast<std::streamoff>(size - length));
  std::string text(length, '\0');
  file.read(text.data(), static_cast<std::streamsize>(length));
  if (length < size) text.erase(0, text.find('\n') + 1);
  return printable(text, kLongestPart);
}

void add_part(std::string& text, const std::string& title, const std::string& part) {
  if (part.empty()) return;
  text += fmt::format("\n{}:\n\n{}{}", title, part, part.ends_with('\n') ? "" : "\n");
}

std::vector<Worktree> worktrees_of(const Workspace& workspace) {
  try {
    return load_worktrees(workspace.dir);
  } catch (const Error&) {
    return {};
  }
}

// What the attempt itself did there: nothing of what its base had before.
void add_work(std::string& text, const Plan& plan, const Worktree& worktree) {
  const std::string range = worktree.base + "..HEAD";
  const std::string commits = git(plan, worktree.folder, {"log", "--oneline", "-n", "40", range});
  const std::string where = worktree.name.empty() ? "" : " in " + worktree.name;
  text += fmt::format("\nIts branch{} is {}; what it leaves uncommitted is committed there too.\n",
                      where, worktree.branch);
  if (commits.empty()) {
    text += fmt::format("It committed nothing{}.\n", where);
  } else {
    add_part(text, fmt::format("Its commits{}, newest first", where), commits);
    add_part(text, fmt::format("Files that these change{}", where),
             git(plan, worktree.folder, {"diff", "--stat=100", worktree.base, "HEAD"}));
  }
  add_part(text, fmt::format("Changed and not committed{}", where),
           git(plan, worktree.folder, {"status", "--short"}));
}

}  // namespace

AttemptReport::AttemptReport(const Plan& plan, const Job& job)
    : plan_(plan),
      file_(plan.study_folder /
            fmt::format(".attempt-{}{}.md", job.is_task ? "task" : "", job.number)) {}

void AttemptReport::write(const Workspace& workspace, const std::string& why,
                          const std::string& last_words) const {
  std::string text =
      fmt::format("It ran in {}.\nIt ended: {}\n", workspace.place().string(), printable(why, 500));
  const std::vector<Worktree> worktrees = worktrees_of(workspace);
  std::error_code error;
  for (const Worktree& worktree : worktrees) add_work(text, plan_, worktree);
  if (worktrees.empty() && std::filesystem::exists(workspace.place() / ".git", error)) {
    const auto& place = workspace.place();
    add_part(text, "Latest commits", git(plan_, place, {"log", "--oneline", "-n", "8"}));
    add_part(text, "Changed and not committed", git(plan_, place, {"status", "--short"}));
  } else if (worktrees.empty()) {
    add_part(text, "Files that it left, newest first", list_files(workspace));
  }
  add_part(text, "Its last words", printable(last_words, kLongestPart));
  add_part(text, "End of its log", end_of(workspace.run_log()));
  try {
    write_file(file_, text);
  } catch (const Error&) {
  }
}

void AttemptReport::drop() const {
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
}

std::optional<std::string> AttemptReport::read() const {
  try {
    return read_file(file_, kLongestReport);
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace studyhall::worker_shim
