// Tasks that a planner wrote down as Markdown files:
//
//   # Task: Implement Validator Registration
//
//   **Component**: alpha-chain
//   **Priority**: High
//   **Depends On**: task_consensus_base, Governance votes
//
//   ## Description
//   ...
//   ## Acceptance Criteria
//   ...
//
// A file's id is its name without ".md". Dependencies are ids or titles of other files, or titles
// and numbers of tasks that the study has.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/study_api.h"

namespace studyhall::cli {

struct PlannedTask {
  std::string file;
  std::string id;
  TaskRequest request;                    // `after`: the study's own tasks that it waits for
  std::vector<std::string> depends_on{};  // as the file has them
  std::vector<std::size_t> after{};       // positions of other planned tasks
  std::vector<std::string> notes{};     // what of the file is no part of a task, and where it went
  std::vector<std::string> problems{};  // why it cannot be added; empty: it can
};

// `tags`: those that workers of the study accept; a component that is none of them stays in the
// description, as no worker would be given the task.
PlannedTask parse_planned_task(const std::string& file, const std::string& text,
                               const std::set<std::string>& tags);

// Finds what each depends on, among the files and the study's tasks, and orders the files so that
// what is depended on comes first. What cannot be found, what stands in a circle, and what depends
// on a task with problems gets a problem of its own.
std::vector<PlannedTask> resolve_planned_tasks(std::vector<PlannedTask> tasks,
                                               const std::vector<TaskView>& known);

// Tags that any worker of the study file accepts.
std::set<std::string> accepted_tags(const Json& spec);

}  // namespace studyhall::cli
