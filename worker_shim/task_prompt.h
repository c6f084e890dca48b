// What an agent is asked that gets a task.
#pragma once

#include <string>
#include <string_view>

#include "worker_shim/plan.h"

namespace studyhall::worker_shim {

// Stands for the file of the built-in template, which asks for what the task says and brings the
// project's context, what others found out and what to leave behind.
inline constexpr std::string_view kBuiltInTaskPrompt = "the built-in prompt of tasks";
std::string_view built_in_task_prompt();

// The plan by which a worker's tasks run: one stage, "task", with the prompt, model and web of its
// role, else of the experiment; no score.
Plan task_plan(const Plan& plan);

}  // namespace studyhall::worker_shim
