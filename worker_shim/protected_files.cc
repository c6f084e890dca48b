#include "worker_shim/protected_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <set>

#include "core/error.h"
#include "core/hash.h"
#include "worker_shim/files.h"
#include "worker_shim/glob.h"
#include "worker_shim/worktree.h"

namespace studyhall::worker_shim {
namespace {

constexpr std::size_t kMostListed = 20;
constexpr std::string_view kLinkMode = "120000";
constexpr std::string_view kProgramMode = "100755";

// An entry of a commit's tree.
struct Blob {
  std::string mode;
  std::string id;
};

std::string hash_of(const std::filesystem::path& file) {
  const auto fail = [&](int error) {
    return Error(ErrorCode::Unavailable, fmt::format("cannot read the protected file {}: {}",
                                                     file.string(), system_words(error)));
  };
  const Descriptor in(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat about {};
  if (!in.is_open() || fstat(in.fd(), &about) != 0) throw fail(errno);
  if (!S_ISREG(about.st_mode)) throw fail(EINVAL);
  if (about.st_size == 0) return sha256_hex("");
  const auto size = static_cast<std::size_t>(about.st_size);
  void* bytes = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, in.fd(), 0);
  if (bytes == MAP_FAILED) throw fail(errno);
  std::string hash = sha256_hex({static_cast<const char*>(bytes), size});
  munmap(bytes, size);
  return hash;
}

Error matches_nothing(const std::string& glob, const std::string& where) {
  return Error(ErrorCode::Invalid,
               fmt::format("experiment.protect: \"{}\" matches no file {}", glob, where));
}

// The files of a commit that a glob matches, by path below the workspace's tree.
std::map<std::string, Blob> blobs(const Git& git, const std::string& commit,
                                  const std::string& name, const std::vector<std::string>& globs) {
  std::map<std::string, Blob> found;
  const std::string list = git.run({"ls-tree", "-r", "-z", commit});
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t end = list.find('\0', at);
    const std::string_view entry = std::string_view(list).substr(at, end - at);
    at = end + 1;
    const std::size_t tab = entry.find('\t');  // MODE TYPE ID<tab>PATH
    std::string path(entry.substr(tab + 1));
    if (!name.empty()) path.insert(0, name + "/");
    const std::string_view about = entry.substr(0, tab);
    if (about.find(" blob ") == std::string_view::npos || !any_glob_matches(globs, path)) continue;
    found[path] = {std::string(about.substr(0, about.find(' '))),
                   std::string(about.substr(about.rfind(' ') + 1))};
  }
  return found;
}

// Whether a folder on the way to the file has been replaced by a link, which is removed.
bool cut_links(const std::filesystem::path& tree, const std::string& path) {
  std::filesystem::path at = tree;
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  for (const std::filesystem::path& part : parent) {
    at /= part;
    if (!std::filesystem::is_symlink(at)) continue;
    std::filesystem::remove(at);
    return true;
  }
  return false;
}

class Restorer {
 public:
  Restorer(const Worktree& worktree, const std::filesystem::path& tree, const std::string& worker)
      : worktree_(worktree), tree_(tree), git_(worktree.folder, worker, worktree.git_dir) {}

  void restore(const std::map<std::string, Blob>& wanted, std::vector<std::string>& changed) {
    const std::map<std::string, std::string> present = ids(wanted);
    for (const auto& [path, blob] : wanted) {
      const auto found = present.find(path);
      if (!cut_links(tree_, path) && found != present.end() && found->second == blob.id) continue;
      write(path, blob);
      changed.push_back(path);
    }
  }

 private:
  // Of the plain files among `wanted` that are there: what git would call their content.
  [[nodiscard]] std::map<std::string, std::string> ids(
      const std::map<std::string, Blob>& wanted) const {
    std::vector<std::string> paths;
    std::string list;
    std::map<std::string, std::string> result;
    for (const auto& [path, blob] : wanted) {
      const auto status = std::filesystem::symlink_status(tree_ / path);
      const bool is_program = (status.permissions() & std::filesystem::perms::owner_exec) !=
                              std::filesystem::perms::none;
      if (blob.mode == kLinkMode) {
        if (std::filesystem::is_symlink(status) && link_is(tree_ / path, blob)) {
          result[path] = blob.id;
        }
      } else if (std::filesystem::is_regular_file(status) &&
                 is_program == (blob.mode == kProgramMode) &&
                 path.find('\n') == std::string::npos) {
        paths.push_back(path);
        list += (tree_ / path).string() + "\n";
      }
    }
    if (paths.empty()) return result;
    const std::filesystem::path file = tree_.parent_path() / ".protected";
    write_file(file, list);
    const std::string found = git_.run({"hash-object", "--no-filters", "--stdin-paths"}, {}, file);
    std::filesystem::remove(file);
    std::size_t at = 0;
    for (const std::string& path : paths) {
      const std::size_t end = found.find('\n', at);
      result[path] = found.substr(at, end - at);
      at = end + 1;
    }
    return result;
  }

  [[nodiscard]] bool link_is(const std::filesystem::path& link, const Blob& blob) const {
    return std::filesystem::read_symlink(link).string() == git_.run({"cat-file", "blob", blob.id});
  }

  void write(const std::string& path, const Blob& blob) const {
    const std::filesystem::path file = tree_ / path;
    std::filesystem::remove_all(file);
    std::filesystem::create_directories(file.parent_path());
    const std::string content = git_.run({"cat-file", "blob", blob.id});
    if (blob.mode == kLinkMode) {
      std::filesystem::create_symlink(content, file);
    } else {
      write_file(file, content, blob.mode == kProgramMode ? 0755 : 0644);
    }
  }

  const Worktree& worktree_;
  const std::filesystem::path& tree_;
  const Git git_;
};

}  // namespace

std::map<std::string, std::string> protected_hashes(const std::filesystem::path& folder,
                                                    const std::vector<std::string>& globs) {
  std::map<std::string, std::string> hashes;
  for (const std::string& glob : globs) {
    const std::vector<std::string> files = files_matching(folder, {glob});
    if (files.empty()) throw matches_nothing(glob, "in " + folder.string());
    for (const std::string& file : files) hashes[file] = hash_of(folder / file);
  }
  return hashes;
}

void check_protected_in_repos(const std::filesystem::path& dir, const std::vector<RepoSpec>& repos,
                              const std::vector<std::string>& globs) {
  for (const std::string& glob : globs) {
    bool found = false;
    for (const RepoSpec& repo : repos) {
      const Git git((dir / repo.path).lexically_normal(), "");
      found = found || !blobs(git, repo.commit, repo.name, {glob}).empty();
    }
    if (!found) throw matches_nothing(glob, "of the base commit");
  }
}

std::vector<std::string> altered_files(const Plan& plan) {
  std::vector<std::string> words;
  const ExperimentSpec& experiment = plan.experiment();
  if (experiment.workspace.kind == WorkspaceKind::Worktree) return words;
  for (const auto& [file, expected] : experiment.protected_files) {
    if (!std::filesystem::exists(plan.dir / file)) {
      words.push_back(fmt::format("{} is gone, expected SHA-256 {}", file, expected));
      continue;
    }
    const std::string found = hash_of(plan.dir / file);
    if (found != expected) {
      words.push_back(fmt::format("{} has SHA-256 {}, expected {}", file, found, expected));
    }
  }
  for (const std::string& file : files_matching(plan.dir, experiment.protect)) {
    if (experiment.protected_files.contains(file)) continue;
    words.push_back(fmt::format("{} is new, with SHA-256 {}", file, hash_of(plan.dir / file)));
  }
  return words;
}

std::vector<std::string> restore_files(const Plan& plan, const Workspace& workspace) {
  std::vector<std::string> changed;
  const std::vector<std::string>& globs = plan.experiment().protect;
  if (globs.empty() || workspace.tree.empty()) return changed;
  std::set<std::string> known;
  for (const Worktree& worktree : load_worktrees(workspace.dir)) {
    const Git git(worktree.repo, plan.worker);
    const auto wanted = blobs(git, worktree.base, worktree.name, globs);
    Restorer(worktree, workspace.tree, plan.worker).restore(wanted, changed);
    for (const auto& [path, blob] : wanted) known.insert(path);
  }
  for (const std::string& file : files_matching(workspace.tree, globs)) {
    if (known.contains(file)) continue;
    std::filesystem::remove(workspace.tree / file);
    changed.push_back(file);
  }
  return changed;
}

Json protected_evidence(const Plan& plan, const Workspace& workspace) {
  std::map<std::string, std::string> hashes = plan.experiment().protected_files;
  if (!workspace.tree.empty()) {
    hashes.clear();
    for (const Worktree& worktree : load_worktrees(workspace.dir)) {
      const Git git(worktree.repo, plan.worker);
      for (const auto& [path, blob] :
           blobs(git, worktree.base, worktree.name, plan.experiment().protect)) {
        hashes[path] = blob.id;
      }
    }
  }
  std::string all;
  for (const auto& [file, hash] : hashes) all += file + '\0' + hash + '\n';
  Json evidence = {{"files", hashes.size()}, {"sha256", sha256_hex(all)}};
  if (hashes.size() <= kMostListed) evidence["hashes"] = hashes;
  return evidence;
}

}  // namespace studyhall::worker_shim
