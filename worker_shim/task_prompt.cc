#include "worker_shim/task_prompt.h"

#include <memory>

namespace studyhall::worker_shim {
namespace {

constexpr std::string_view kTemplate = R"(# Task {{task}} of {{study}}: {{title}}

{{#description}}
{{description}}
{{/description}}
{{^description}}
There is no description: the title says it all. Take it in the plainest sense.
{{/description}}

You are worker {{worker}}, and this is attempt {{attempt}}. You work alone: nobody watches or answers while you are at it.
Your folder is {{workspace}}. Change nothing outside of it.
{{#any_before}}

## What was done before it

{{#before}}
- Task {{number}}, {{title}}{{#branch}} (branch {{branch}}){{/branch}}: {{summary}}
{{/before}}
{{/any_before}}
{{#any_context}}

## The project

{{#context.language}}
- Language: {{context.language}}
{{/context.language}}
{{#context.build}}
- Build: `{{context.build}}`
{{/context.build}}
{{#context.test}}
- Test: `{{context.test}}`
{{/context.test}}
{{#context.rules}}
- Rule: {{.}}
{{/context.rules}}
{{#context.key_files}}
- Read first: {{.}}
{{/context.key_files}}
{{/any_context}}
{{#any_insights}}

## What others found out

{{#insights}}
- {{text}}
{{/insights}}
{{/any_insights}}

## When it is done

- Everything that the task asks for holds, and you have seen it hold: run it, do not only read it.
{{#context.build}}
- `{{context.build}}` ends without an error.
{{/context.build}}
{{#context.test}}
- `{{context.test}}` passes; what is new has a test where such things have tests.
{{/context.test}}
- Nothing else has changed: no files left lying about, no edits that the task does not need.

## What to leave behind

{{leave_behind}}

## Questions

{{how_to_ask}}
{{#last_attempt}}

## The last attempt at this task

{{last_attempt}}
{{/last_attempt}}
)";

}  // namespace

std::string_view built_in_task_prompt() { return kTemplate; }

Plan task_plan(const Plan& plan) {
  auto study = std::make_shared<StudySpec>(*plan.study);
  ExperimentSpec& experiment = *study->experiment;
  ClaudeSpec& claude = experiment.claude;
  std::string prompt = experiment.task_prompt;
  if (!plan.role.empty()) {
    const RoleSpec& role = study->roles.at(plan.role);
    if (!role.prompt.empty()) prompt = role.prompt;
    if (!role.model.empty()) claude.model = role.model;
    claude.allow_web = role.allow_web.value_or(claude.allow_web);
  }
  StageSpec stage;
  stage.name = "task";
  stage.prompt = prompt.empty() ? kBuiltInTaskPrompt : prompt;
  stage.stall_min = experiment.stall_min.value_or(kDefaultStallMin);
  stage.max_turns = claude.max_turns;
  stage.max_cost_usd = claude.max_cost_usd;
  stage.max_tokens = claude.max_tokens;
  experiment.stages = {stage};
  experiment.score = {};
  experiment.protect.clear();
  Plan tasks = plan;
  tasks.study = std::move(study);
  tasks.required_metrics.clear();
  return tasks;
}

}  // namespace studyhall::worker_shim
