#include "tests/support/git_repo.h"

#include <gtest/gtest.h>
#include <stdio.h>

#include "tests/support/processes.h"

namespace studyhall::testing {

GitRepo::GitRepo(std::filesystem::path folder) : folder_(std::move(folder)) {
  std::filesystem::create_directories(folder_);
  static_cast<void>(git({"init", "--quiet", "--initial-branch=main"}));
}

std::string GitRepo::commit(const std::string& file, const std::string& text) {
  std::filesystem::create_directories((folder_ / file).parent_path());
  spit(folder_ / file, text);
  static_cast<void>(git({"add", "--all"}));
  static_cast<void>(git({"commit", "--quiet", "-m", "changes " + file}));
  return git({"rev-parse", "HEAD"});
}

std::string GitRepo::git(const std::vector<std::string>& arguments) const {
  std::string command = "cd '" + folder_.string() +
                        "' && GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 git -c "
                        "user.name=tester -c user.email=tester@example.invalid";
  for (const std::string& argument : arguments) command += " '" + argument + "'";
  FILE* pipe = popen(command.c_str(), "r");
  std::string text;
  for (int c = 0; (c = fgetc(pipe)) != EOF;) text += static_cast<char>(c);
  EXPECT_EQ(pclose(pipe), 0) << command;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace studyhall::testing
