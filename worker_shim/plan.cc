#include "worker_shim/plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <system_error>

#include "core/error.h"
#include "worker_shim/checkout.h"
#include "worker_shim/claude.h"
#include "worker_shim/environment.h"
#include "worker_shim/placeholders.h"
#include "worker_shim/prompt.h"
#include "worker_shim/protected_files.h"
#include "worker_shim/task_prompt.h"

namespace studyhall::worker_shim {
namespace {

std::filesystem::path absolute_folder(const std::filesystem::path& path) {
  return std::filesystem::absolute(path).lexically_normal();
}

void check_program(const Plan& plan, const std::vector<std::string>& command,
                   const std::string& path, std::vector<Problem>& problems) {
  const std::string name = fill_placeholders(command.front(), {{"dir", plan.dir.string()}});
  // Which program a parameter chooses is not known yet.
  if (name.find('{') != std::string::npos) return;
  Environment environment = passed_environment(plan.experiment());
  for (const auto& [key, value] : plan.worker_environment) environment[key] = value;
  if (find_program(name, search_path(environment), plan.dir)) return;
  std::string hint;
  if (name.find('/') == std::string::npos && std::filesystem::exists(plan.dir / name)) {
    hint = fmt::format("; the experiment's folder has one: write \"./{}\"", name);
  }
  const std::string where =
      name.find('/') == std::string::npos
          ? fmt::format("no program of that name on PATH ({})", search_path(environment))
          : fmt::format("no program that may be executed at {}", (plan.dir / name).string());
  problems.push_back({path, fmt::format("{}: {}{}", brief(Json(name)), where, hint)});
}

// Where a stage's `member` stands in the study file.
std::string stage_path(const Plan& plan, std::size_t stage, const std::string& member) {
  if (!plan.study->resolved["experiment"].contains("stages")) return "/experiment/" + member;
  return fmt::format("/experiment/stages/{}/{}", stage, member);
}

void find_cli(Plan& plan, std::vector<Problem>& problems) {
  try {
    plan.claude = find_claude(plan.experiment());
  } catch (const Error& error) {
    problems.push_back({"/experiment/agent", error.what()});
  }
}

void check_prompt(const Plan& plan, const std::string& prompt_file, const std::string& path,
                  std::vector<Problem>& problems) {
  try {
    Job example;
    example.number = 0;
    example.params = plan.study->space.to_json(plan.study->space.default_config());
    render_prompt(plan, prompt_file, example, Workspace{plan.study_folder / "example", {}}, {});
  } catch (const Error& error) {
    problems.push_back({path, error.what()});
  }
}

void check_stages(Plan& plan, std::vector<Problem>& problems) {
  const ExperimentSpec& experiment = plan.experiment();
  if (experiment.agent == AgentKind::Claude) find_cli(plan, problems);
  if (!experiment.claude.system_prompt.empty()) {
    check_prompt(plan, experiment.claude.system_prompt, "/experiment/claude/system_prompt",
                 problems);
  }
  for (std::size_t i = 0; i < experiment.stages.size(); ++i) {
    const StageSpec& stage = experiment.stages[i];
    if (stage.is_agent()) {
      check_prompt(plan, stage.prompt, stage_path(plan, i, "prompt"), problems);
    } else {
      check_program(plan, stage.command, stage_path(plan, i, "command/0"), problems);
    }
  }
}

// Of tasks: the one that is looked for in vain is named where the study file has it.
void check_task_prompt(const Plan& plan, std::vector<Problem>& problems) {
  const bool of_role = !plan.role.empty() && !plan.study->roles.at(plan.role).prompt.empty();
  check_prompt(plan, task_plan(plan).experiment().stages.front().prompt,
               of_role ? "/roles/" + plan.role + "/prompt" : "/experiment/task_prompt", problems);
}

// The study with the role in which a worker does research: tasks of the role's own name.
std::shared_ptr<const StudySpec> with_research_role(const StudySpec& study,
                                                    const std::string& role) {
  auto with = std::make_shared<StudySpec>(study);
  const bool is_new = !with->roles.contains(role);
  RoleSpec& research = with->roles[role];
  if (is_new) research.allow_web = true;
  research.want = Want::Tasks;
  research.accepts.push_back(role);
  std::sort(research.accepts.begin(), research.accepts.end());
  return with;
}

// What this worker takes, by its options and role.
void choose_work(Plan& plan, const WorkOptions& options) {
  const bool has_agents = plan.experiment().agent == AgentKind::Claude;
  const auto& study = *plan.study;
  plan.want = has_agents ? Want::Any : Want::Trials;
  plan.role = options.role;
  if (!plan.role.empty()) {
    const auto role = study.roles.find(plan.role);
    if (role == study.roles.end()) {
      std::vector<std::string> names;
      for (const auto& [name, spec] : study.roles) names.push_back(name);
      throw Error(ErrorCode::Invalid,
                  fmt::format("study \"{}\" has no role {}{}", study.name, brief(Json(plan.role)),
                              names.empty() ? ": its file has no \"roles\""
                                            : fmt::format("; it has {}", fmt::join(names, ", "))));
    }
    plan.want = role->second.want;
    plan.accepts = role->second.accepts;
    if (const auto own = study.workers.find(plan.worker); own != study.workers.end()) {
      plan.accepts->insert(plan.accepts->end(), own->second.accepts.begin(),
                           own->second.accepts.end());
      std::sort(plan.accepts->begin(), plan.accepts->end());
      plan.accepts->erase(std::unique(plan.accepts->begin(), plan.accepts->end()),
                          plan.accepts->end());
    }
  }
  plan.want = options.want.value_or(plan.want);
  if (plan.want != Want::Trials && !has_agents) {
    throw Error(ErrorCode::Invalid,
                fmt::format("tasks are run by agents, and experiment.agent of study \"{}\" is "
                            "\"command\"; take its trials, and its tasks by `study task ask`",
                            study.name));
  }
}

void check_variables(const Plan& plan, std::vector<Problem>& problems) {
  std::map<std::string, std::string> seen;
  for (const Parameter& parameter : plan.study->space.params()) {
    const std::string variable = variable_name(parameter.name);
    const auto [other, is_new] = seen.emplace(variable, parameter.name);
    if (!is_new) {
      problems.push_back({"/params/" + parameter.name,
                          fmt::format("{} would be both {} and {} in the experiment's environment",
                                      variable, other->second, parameter.name)});
    }
    for (const Json& choice : parameter.choices) {
      if (!choice.is_string() || choice.get<std::string>().find('\0') == std::string::npos)
        continue;
      problems.push_back(
          {"/params/" + parameter.name + "/choices",
           fmt::format("{} has a NUL character, which no argument can hold", brief(choice))});
    }
  }
}

}  // namespace

Plan make_plan(std::shared_ptr<const StudySpec> study, const WorkOptions& options, PlanFor what) {
  if (!study->experiment) {
    throw Error(ErrorCode::Invalid,
                fmt::format("study \"{}\" has no \"experiment\": it says nothing of how to run a "
                            "trial; use study ask and study tell",
                            study->name));
  }
  Plan plan;
  plan.study = options.research ? with_research_role(*study, options.role) : std::move(study);
  plan.worker = options.worker;
  choose_work(plan, options);
  plan.server_url = options.server_url;
  plan.grace = options.grace;
  plan.backoff = options.backoff;
  plan.read_processors = options.read_processors;
  plan.began = std::chrono::system_clock::now();
  const ExperimentSpec& experiment = plan.experiment();
  plan.dir = absolute_folder(options.experiment_dir.empty() ? std::filesystem::path(experiment.dir)
                                                            : options.experiment_dir);
  plan.study_folder = absolute_folder(options.runs) / plan.study->name;
  plan.time_limit =
      std::chrono::milliseconds(std::llround(std::ceil(experiment.time_limit_min * 60'000)));
  for (const MetricConstraint& constraint : plan.study->constraints) {
    plan.required_metrics.push_back(constraint.metric);
  }

  if (const auto own = plan.study->workers.find(plan.worker); own != plan.study->workers.end()) {
    plan.worker_environment = own->second.env;
    plan.resources = combined(experiment.resources, own->second.resources);
    plan.time_ratio = own->second.time_ratio;
  } else {
    plan.resources = experiment.resources;
  }
  if (!options.cpus.empty()) plan.resources.cpus = options.cpus;
  if (plan.resources.gpus && !plan.worker_environment.contains("CUDA_VISIBLE_DEVICES")) {
    plan.worker_environment["CUDA_VISIBLE_DEVICES"] =
        fmt::format("{}", fmt::join(*plan.resources.gpus, ","));
  }

  if (what == PlanFor::Reading) return plan;
  std::vector<Problem> problems;
  if (std::error_code error; !std::filesystem::is_directory(plan.dir, error)) {
    problems.push_back({"/experiment/dir", fmt::format("{} is not a folder on this machine; --dir "
                                                       "says where it is",
                                                       plan.dir.string())});
  } else {
    check_stages(plan, problems);
    if (plan.want != Want::Trials) check_task_prompt(plan, problems);
    check_repos(plan, problems);
    for (const std::string& words : altered_files(plan)) {
      problems.push_back({"/experiment/protect", words + "; `study edit` takes in a new one"});
    }
  }
  if (!experiment.score.command.empty() && problems.empty()) {
    check_program(plan, experiment.score.command, "/experiment/score/command/0", problems);
  }
  check_variables(plan, problems);
  if (!problems.empty()) {
    throw Error::from_problems(
        ErrorCode::Invalid,
        fmt::format("worker {} cannot run study \"{}\"", plan.worker, plan.study->name), problems);
  }
  return plan;
}

std::vector<std::string> hints(const Plan& plan) {
  std::vector<std::string> result;
  std::vector<const std::vector<std::string>*> commands;
  for (const StageSpec& stage : plan.experiment().stages) commands.push_back(&stage.command);
  commands.push_back(&plan.experiment().score.command);
  for (const auto* command : commands) {
    for (std::size_t i = 1; i < command->size(); ++i) {
      const std::string& argument = (*command)[i];
      if (argument.empty() || argument.front() == '-' || argument.front() == '/') continue;
      std::error_code error;
      if (!std::filesystem::is_regular_file(plan.dir / argument, error)) continue;
      result.push_back(fmt::format(
          "note: {} lies in {}, but {} runs in the trial's own folder; write {{dir}}/{} to name it",
          argument, plan.dir.string(), command->front(), argument));
    }
  }
  return result;
}

}  // namespace studyhall::worker_shim
