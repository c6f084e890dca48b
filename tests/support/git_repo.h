// A git repository of a test's own.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace studyhall::testing {

class GitRepo {
 public:
  // Makes a repository with a branch "main" and no commit in `folder`.
  explicit GitRepo(std::filesystem::path folder);

  // Writes the file and commits everything; returns the commit's id.
  std::string commit(const std::string& file, const std::string& text);
  // What `git ARGUMENTS` prints, without its last line end; a failed expectation unless it exits
  // with 0.
  [[nodiscard]] std::string git(const std::vector<std::string>& arguments) const;
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

}  // namespace studyhall::testing
