// What an agent is asked, from a Mustache template.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/study_api.h"
#include "worker_shim/job.h"
#include "worker_shim/plan.h"
#include "worker_shim/workspace.h"

namespace studyhall::worker_shim {

// A task that was done before this one, and what came of it.
struct DoneBefore {
  std::int64_t number = -1;
  std::string title;
  std::string summary;
  std::string branch;  // empty: none
};

// A trial of the same topic that has ended.
struct TopicResult {
  std::int64_t number = -1;
  std::string state;
  std::string value;  // empty: none
  std::string note;
};

// What the study and the job's past add to a prompt.
struct PromptFacts {
  std::string last_attempt;
  std::vector<BestRow> best;  // the leaderboard's top
  Json pin_params;            // null: none
  std::vector<BudgetUse> budget;
  std::vector<DoneBefore> before;  // of a task
  std::vector<TopicResult> topic;  // of a trial of a topic
};

// Of the study as it is now; what the server does not answer is left out.
PromptFacts fetch_prompt_facts(StudyApi& api, const std::string& study, const Job& job);

// Reads `prompt_file` (relative to the experiment's folder) and fills in, without HTML escaping:
//   {{config.NAME}}      a parameter, "false" included; nothing, and false as a section, where it
//                        is not active
//   {{config_json}}      all active ones as JSON
//   {{#params}}..{{/params}}  a list of {{name}} and {{value}}, in the study file's order
//   {{#insights}}..{{/insights}}  a list of {{text}} and {{author}}: what others found out
//   {{title}} {{description}}  of an enqueued trial or a task; empty, and false as sections, for
//                        others
//   {{#focus}}..{{/focus}}  what this worker moves: {{name}}, {{low}} and {{high}} of numbers;
//   empty
//                        without a focus
//   {{#best}}..{{/best}} the leaderboard's top: {{rank}} {{number}} {{value}} {{mean}} {{config}}
//   {{#leader}} {{#pin}}  sections with {{number}} and {{config}}, the leader's with {{value}} too;
//                        false while there is none
//   {{#budget}}..{{/budget}}  a list of {{limit}}, {{left}} and {{bound}}
//   {{context.language}} {{context.build}} {{context.test}}, {{#context.rules}}{{.}}..,
//   {{#context.key_files}}{{.}}..
//   {{#before}}..{{/before}}  of a task: {{number}}, {{title}}, {{summary}} and {{branch}} of each
//                        task that had to be done before it
//   {{#tags}}{{.}}..     of a task
//   {{#topic}}..{{/topic}}  of a trial of a topic: {{name}}, {{family}}, {{hypothesis}},
//   {{success}},
//                        {{index}} and {{of}}, {{#results}}..{{/results}} with {{number}},
//                        {{state}},
//                        {{value}} and {{note}} of its earlier trials; false for others
//   {{#any_insights}} {{#any_context}} {{#any_before}}  whether there are any, for headings
//   {{leave_behind}}     what the agent must leave, in words
//   {{how_to_ask}}       how the agent may ask a person, in words
//   {{last_attempt}}     what the last attempt at this trial did; empty, and false, for the first
//   {{study}} {{worker}} {{role}} {{trial}} {{task}} {{attempt}} {{seed}} {{workspace}} {{dir}}
//   {{score_file}}       trial and seed, or task: empty, and false, where the job is the other
//
// A task's `prompt_file` may be kBuiltInTaskPrompt (worker_shim/task_prompt.h). Throws
// Error(Invalid) naming the file: not there, not a template, or a name that is none of these.
std::string render_prompt(const Plan& plan, const std::string& prompt_file, const Job& job,
                          const Workspace& workspace, const PromptFacts& facts);

// render_prompt and, where the template does not use them, the topic and the account of the last
// attempt.
std::string whole_prompt(const Plan& plan, const std::string& prompt_file, const Job& job,
                         const Workspace& workspace, const PromptFacts& facts);

}  // namespace studyhall::worker_shim
