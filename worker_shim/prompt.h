// What an agent is asked, from a Mustache template.
#pragma once

#include <string>

#include "core/study_api.h"
#include "worker_shim/plan.h"
#include "worker_shim/workspace.h"

namespace studyhall::worker_shim {

// Reads `prompt_file` (relative to the experiment's folder) and fills in, without HTML escaping:
//   {{config.NAME}}      a parameter, "false" included; nothing, and false as a section, where it
//                        is not active
//   {{config_json}}      all active ones as JSON
//   {{#params}}..{{/params}}  a list of {{name}} and {{value}}, in the study file's order
//   {{#insights}}..{{/insights}}  a list of {{text}} and {{author}}: what others found out
//   {{title}} {{description}}  of an enqueued trial; empty, and false as sections, for others
//   {{study}} {{worker}} {{trial}} {{attempt}} {{seed}} {{workspace}} {{dir}} {{score_file}}
//
// Throws Error(Invalid) naming the file: not there, not a template, or a name that is none of
// these.
std::string render_prompt(const Plan& plan, const std::string& prompt_file, const AskedTrial& trial,
                          const Workspace& workspace);

}  // namespace studyhall::worker_shim
