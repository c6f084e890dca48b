// What an experiment finds in its environment: what the study file passes on, and the job.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "core/study_api.h"
#include "worker_shim/job.h"
#include "worker_shim/plan.h"
#include "worker_shim/process.h"
#include "worker_shim/workspace.h"

namespace studyhall::worker_shim {

// What pass_env names and is set here, overridden by env.
Environment passed_environment(const ExperimentSpec& experiment);

// passed_environment and
//   STUDY_PARAM_<NAME>  each active parameter (variable_name)
//   STUDY_NAME, STUDY_TRIAL (or STUDY_TASK), STUDY_ATTEMPT, STUDY_WORKER, STUDY_SEED (of a trial)
//   STUDY_CONFIG        config.json, STUDY_WORKSPACE its folder, STUDY_DIR the experiment's folder
//   STUDY_INSIGHTS      what others found out, a line each; STUDY_TITLE, STUDY_DESCRIPTION of an
//                       enqueued trial or a task; absent where there is none
//   STUDY_SERVER        where the study is; absent for an embedded database
//   STUDY_STAGE         the stage under way (set for each; not for the score command)
//   STUDY_RUN           `run_id`, which marks every process of the run
Environment job_environment(const Plan& plan, const Job& job, const Workspace& workspace,
                            const std::string& run_id);

// "threshold-1src" -> "STUDY_PARAM_THRESHOLD_1SRC"
std::string variable_name(std::string_view parameter);

// A parameter's value in an argument, a variable or a prompt: strings as they are, else as JSON.
std::string value_text(const Json& value);

// What {name} stands for: each parameter of the study (empty where it is not active), trial,
// worker, seed, config, workspace, dir.
std::map<std::string, std::string> placeholder_values(const Plan& plan, const AskedTrial& trial,
                                                      const Workspace& workspace);

// PATH of `environment`, or the usual places.
std::string search_path(const Environment& environment);

}  // namespace studyhall::worker_shim
