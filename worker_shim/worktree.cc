#include "worker_shim/worktree.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>

#include "core/error.h"
#include "core/hash.h"
#include "worker_shim/files.h"

namespace studyhall::worker_shim {
namespace {

constexpr std::size_t kLongestList = 1'000'000;

std::string line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::filesystem::path list_file(const std::filesystem::path& workspace) {
  return workspace / "worktrees.json";
}

// Held while worktrees are added to or removed from a repository: git looks through those of all
// others then, and one that is half made is an error to it.
class RepositoryLock {
 public:
  explicit RepositoryLock(const Git& git) {
    const std::filesystem::path file = git.common_folder() / "studyhall.lock";
    lock_ = Descriptor(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
    int result = lock_.is_open() ? 0 : -1;
    while (lock_.is_open() && (result = flock(lock_.fd(), LOCK_EX)) < 0 && errno == EINTR) {
    }
    if (result == 0) return;
    throw Error(ErrorCode::Unavailable,
                fmt::format("cannot lock {}: {}", file.string(), system_words(errno)));
  }

 private:
  Descriptor lock_;
};

// An index beside the worktree's own, which a run may have left locked or broken.
class OwnIndex {
 public:
  explicit OwnIndex(const Worktree& worktree)
      : file_(worktree.folder.parent_path() / (".index-" + random_token())) {}
  ~OwnIndex() {
    std::error_code ignored;
    std::filesystem::remove(file_, ignored);
    std::filesystem::path lock = file_;
    lock += ".lock";
    std::filesystem::remove(lock, ignored);
  }
  OwnIndex(const OwnIndex&) = delete;
  OwnIndex& operator=(const OwnIndex&) = delete;
  [[nodiscard]] Environment environment() const { return {{"GIT_INDEX_FILE", file_.string()}}; }

 private:
  std::filesystem::path file_;
};

struct Snapshot {
  std::string parent;
  std::string tree;
  bool changed = false;  // the tree is not the parent's
};

Snapshot take_snapshot(const Git& git, const Worktree& worktree) {
  Snapshot snapshot;
  snapshot.parent = git.commit_id("HEAD").value_or(worktree.base);
  const OwnIndex index(worktree);
  static_cast<void>(git.run({"read-tree", snapshot.parent}, index.environment()));
  static_cast<void>(git.run({"add", "--all", "--", "."}, index.environment()));
  snapshot.tree = line(git.run({"write-tree"}, index.environment()));
  snapshot.changed = snapshot.tree != line(git.run({"rev-parse", snapshot.parent + "^{tree}"}));
  return snapshot;
}

}  // namespace

std::string branch_name(std::string_view study, std::string_view workspace) {
  const auto component = [](std::string_view name) {
    std::string result(name);
    if (name.find("..") != std::string_view::npos || name.ends_with(".") ||
        name.ends_with(".lock")) {
      std::replace(result.begin(), result.end(), '.', '-');
    }
    return result;
  };
  return fmt::format("study/{}/{}", component(study), component(workspace));
}

Worktree add_worktree(const Git& git, std::string name, const std::filesystem::path& folder,
                      const std::string& base, const std::string& branch) {
  Worktree worktree{std::move(name), folder, git.folder(), {}, base, branch};
  const RepositoryLock lock(git);
  for (int n = 2; git.commit_id("refs/heads/" + worktree.branch); ++n) {
    worktree.branch = fmt::format("{}-{}", branch, n);
  }
  static_cast<void>(
      git.run({"worktree", "add", "--quiet", "--no-track", "--lock", "--reason",
               "a trial runs here", "-b", worktree.branch, "--", folder.string(), base}));
  worktree.git_dir = line(Git(folder, "").run({"rev-parse", "--absolute-git-dir"}));
  return worktree;
}

std::string commit_worktree(const Worktree& worktree, const std::string& author,
                            const std::string& message) {
  const Git git(worktree.folder, author, worktree.git_dir);
  const Snapshot snapshot = take_snapshot(git, worktree);
  std::string commit = snapshot.parent;
  if (snapshot.changed) {
    commit = line(git.run({"commit-tree", "-p", snapshot.parent, "-m", message, snapshot.tree}));
  }
  static_cast<void>(
      git.run({"update-ref", "-m", "studyhall", "refs/heads/" + worktree.branch, commit}));
  // The worktree's own index, for who looks there with git afterwards.
  static_cast<void>(git.try_run({"reset", "--quiet", "--mixed", commit}));
  return commit;
}

bool has_uncommitted(const Worktree& worktree, const std::string& author) {
  if (!std::filesystem::exists(worktree.folder) || !std::filesystem::exists(worktree.git_dir)) {
    return false;
  }
  const Git git(worktree.folder, author, worktree.git_dir);
  const Snapshot snapshot = take_snapshot(git, worktree);
  if (snapshot.changed) return true;
  // Commits of a run that left its branch.
  return git.run({"for-each-ref", "--contains", snapshot.parent, "--count=1", "refs/heads"})
      .empty();
}

void remove_worktree(const Worktree& worktree, const std::string& author) {
  const bool repo_is_there = std::filesystem::is_directory(worktree.repo);
  if (repo_is_there) {
    const Git git(worktree.repo, author);
    const RepositoryLock lock(git);
    if (git.try_run({"worktree", "remove", "--force", "--force", "--", worktree.folder.string()})) {
      return;
    }
    static_cast<void>(git.try_run({"worktree", "unlock", "--", worktree.folder.string()}));
    std::filesystem::remove_all(worktree.folder);
    static_cast<void>(git.run({"worktree", "prune"}));
    return;
  }
  std::filesystem::remove_all(worktree.folder);
}

std::string worktree_diff(const Git& git, const std::string& base, const std::string& commit) {
  return git.run({"diff", "--no-color", "--no-ext-diff", "--no-textconv", base, commit});
}

std::string worktree_log(const Git& git, const std::string& base, const std::string& commit) {
  return git.run({"log", "--no-color", "--no-ext-diff", "--stat", base + ".." + commit});
}

void save_worktrees(const std::filesystem::path& workspace,
                    const std::vector<Worktree>& worktrees) {
  Json list = Json::array();
  for (const Worktree& worktree : worktrees) {
    list.push_back({{"name", worktree.name},
                    {"folder", worktree.folder.string()},
                    {"repo", worktree.repo.string()},
                    {"git_dir", worktree.git_dir.string()},
                    {"base", worktree.base},
                    {"branch", worktree.branch}});
  }
  write_file(list_file(workspace), list.dump(2) + "\n");
}

std::vector<Worktree> load_worktrees(const std::filesystem::path& workspace) {
  const std::filesystem::path file = list_file(workspace);
  const auto text = read_file(file, kLongestList);
  if (!text) return {};
  std::vector<Worktree> worktrees;
  try {
    for (const Json& item : parse_json(*text, file.string())) {
      worktrees.push_back({item.at("name"), item.at("folder").get<std::string>(),
                           item.at("repo").get<std::string>(),
                           item.at("git_dir").get<std::string>(), item.at("base"),
                           item.at("branch")});
    }
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorCode::Malformed, fmt::format("{}: {}", file.string(), error.what()));
  }
  return worktrees;
}

}  // namespace studyhall::worker_shim
