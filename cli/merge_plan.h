// Which branches of a study's trials and tasks are finished, and in which order they land.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "cli/trial_commits.h"
#include "core/study_api.h"

namespace studyhall::cli {

// A trial or task with work on a branch.
struct FinishedWork {
  bool is_task = false;
  std::int64_t number = -1;
  std::string title;
  std::vector<RunCommits> commits;  // one for each repository
  std::vector<std::string> tags;
  double priority = 0;
  // Positions of those in the plan that it depends on, directly or through others without a branch.
  std::vector<std::size_t> after{};

  [[nodiscard]] std::string name() const;  // "trial 3", "task 0"
};

// Complete trials whose evidence has branches; tasks that are done and whose evidence or result
// does, or names a "branch" or "commit" (with "repo", else `repo`). What is depended on comes
// first, else trials before tasks, by number. `only`: names as FinishedWork has them; empty: all.
// Throws Error(NotFound) for one of `only` that has no finished branch.
std::vector<FinishedWork> plan_merge(StudyApi& api, const std::string& study,
                                     const std::string& repo, const std::set<std::string>& only);

}  // namespace studyhall::cli
