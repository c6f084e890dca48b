#include "worker_shim/environment.h"

#include <algorithm>
#include <cstdlib>

#include "worker_shim/leftovers.h"

namespace studyhall::worker_shim {

namespace {

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

}  // namespace

Environment passed_environment(const ExperimentSpec& experiment) {
  Environment environment;
  for (const std::string& name : experiment.pass_env) {
    if (const char* value = std::getenv(name.c_str())) environment[name] = value;
  }
  for (const auto& [name, value] : experiment.env) environment[name] = value;
  return environment;
}

Environment job_environment(const Plan& plan, const Job& job, const Workspace& workspace,
                            const std::string& run_id) {
  Environment environment = passed_environment(plan.experiment());
  for (const auto& [name, value] : plan.worker_environment) environment[name] = value;
  for (const auto& [name, value] : job.params.items()) {
    environment[variable_name(name)] = value_text(value);
  }
  environment["STUDY_NAME"] = plan.study->name;
  environment[job.is_task ? "STUDY_TASK" : "STUDY_TRIAL"] = std::to_string(job.number);
  environment["STUDY_ATTEMPT"] = std::to_string(job.attempt);
  environment["STUDY_WORKER"] = plan.worker;
  if (!job.is_task) environment["STUDY_SEED"] = std::to_string(job.seed);
  environment["STUDY_CONFIG"] = workspace.config().string();
  environment["STUDY_WORKSPACE"] = workspace.place().string();
  environment["STUDY_DIR"] = plan.dir.string();
  std::string insights;
  for (const Insight& insight : job.insights) insights += one_line(insight.text) + "\n";
  const auto set = [&](const char* name, const std::string& text) {
    if (!text.empty()) environment[name] = text;
  };
  set("STUDY_INSIGHTS", insights);
  set("STUDY_TITLE", job.title);
  set("STUDY_DESCRIPTION", job.description);
  if (!plan.server_url.empty()) environment["STUDY_SERVER"] = plan.server_url;
  environment[kRunVariable] = run_id;
  return environment;
}

std::string variable_name(std::string_view parameter) {
  std::string name = "STUDY_PARAM_";
  for (const char c : parameter) {
    if (c >= 'a' && c <= 'z') {
      name += static_cast<char>(c - 'a' + 'A');
    } else {
      name += (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '_';
    }
  }
  return name;
}

std::string value_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : dump_json(value);
}

std::map<std::string, std::string> placeholder_values(const Plan& plan, const AskedTrial& trial,
                                                      const Workspace& workspace) {
  std::map<std::string, std::string> values{
      {"trial", std::to_string(trial.number)},   {"worker", plan.worker},
      {"seed", std::to_string(trial.seed)},      {"config", workspace.config().string()},
      {"workspace", workspace.place().string()}, {"dir", plan.dir.string()}};
  for (const Parameter& parameter : plan.study->space.params()) values[parameter.name] = "";
  for (const auto& [name, value] : trial.params.items()) values[name] = value_text(value);
  return values;
}

std::string search_path(const Environment& environment) {
  const auto path = environment.find("PATH");
  return path == environment.end() ? "/usr/local/bin:/usr/bin:/bin" : path->second;
}

}  // namespace studyhall::worker_shim
