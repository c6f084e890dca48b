// The git program, run without a shell and without what its users have set up for themselves.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "worker_shim/process.h"

namespace studyhall::worker_shim {

// One repository, by any folder in it: the repository's own or one of its worktrees.
//
// No hook, no system or user configuration (but fetch and push, which need what the user has set
// up to reach a remote), no pager, no question to anybody. Commits are by "studyhall AUTHOR".
// Thread safety: may be used from several threads at once.
class Git {
 public:
  // Throws Error(Invalid) naming the folder if git is not installed or it is in no repository.
  // `git_dir`: of a worktree, where the repository keeps what belongs to it, whatever has become of
  // the .git file in its folder; empty: found from the folder.
  Git(std::filesystem::path folder, std::string author, std::filesystem::path git_dir = {});

  // What `git ARGUMENTS` prints. Throws Error(Unavailable) with the command and git's words unless
  // it exits with 0. `input`: a file for its stdin.
  [[nodiscard]] std::string run(const std::vector<std::string>& arguments,
                                const Environment& more = {},
                                const std::filesystem::path& input = {}) const;
  // The same; nullopt instead of the error.
  [[nodiscard]] std::optional<std::string> try_run(const std::vector<std::string>& arguments,
                                                   const Environment& more = {}) const;
  // Throws as run(): `git fetch --all` or `git push REMOTE REF...`, as the user would.
  void fetch() const;
  void push(const std::string& remote, const std::string& branch) const;

  // The full id of the commit that `revision` names; nullopt if there is none.
  [[nodiscard]] std::optional<std::string> commit_id(const std::string& revision) const;
  // The folder that all worktrees of the repository share, absolute.
  [[nodiscard]] std::filesystem::path common_folder() const;
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  struct Result {
    ProcessEnd end;
    std::string out;
    std::string err;
  };
  [[nodiscard]] Result call(const std::vector<std::string>& arguments,
                            const Environment& environment,
                            const std::filesystem::path& input = {}) const;
  [[nodiscard]] Environment environment(const Environment& more) const;
  [[nodiscard]] std::string checked(const std::vector<std::string>& arguments,
                                    const Environment& environment,
                                    const std::filesystem::path& input = {}) const;

  [[nodiscard]] Environment user_environment() const;

  std::filesystem::path folder_;
  std::filesystem::path git_dir_;
  std::filesystem::path program_;
  std::string author_;
};

}  // namespace studyhall::worker_shim
