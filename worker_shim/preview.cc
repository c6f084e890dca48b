#include "worker_shim/preview.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/error.h"
#include "core/study_spec.h"
#include "worker_shim/account.h"
#include "worker_shim/attempt_report.h"
#include "worker_shim/checkout.h"
#include "worker_shim/claude.h"
#include "worker_shim/environment.h"
#include "worker_shim/placeholders.h"
#include "worker_shim/plan.h"
#include "worker_shim/prompt.h"
#include "worker_shim/task_prompt.h"
#include "worker_shim/workspace.h"

namespace studyhall::worker_shim {
namespace {

// As one would type it: arguments with other characters in quotes.
std::string command_line(const std::vector<std::string>& argv) {
  std::string line;
  for (const std::string& argument : argv) {
    const bool plain = !argument.empty() &&
                       argument.find_first_of(" \t\n\"'$`\\*?;&|<>(){}[]#~!") == std::string::npos;
    line += (line.empty() ? "" : " ") + (plain ? argument : dump_json(Json(argument)));
  }
  return line;
}

std::string limits_of(const StageSpec& stage) {
  std::string text;
  const auto add = [&](const std::string& words) { text += (text.empty() ? "" : ", ") + words; };
  if (stage.time_limit_min > 0) add(fmt::format("{} min", stage.time_limit_min));
  if (stage.stall_min > 0) add(fmt::format("stalled after {} min", stage.stall_min));
  if (stage.is_agent()) add(fmt::format("{} turns", stage.max_turns));
  if (stage.max_cost_usd) add(fmt::format("{} USD", *stage.max_cost_usd));
  if (stage.max_tokens) add(fmt::format("{} tokens", *stage.max_tokens));
  return text.empty() ? "no limits of its own" : text;
}

Job example_of(const StudySpec& study) {
  Job example;
  example.number = 0;
  example.params = study.space.to_json(study.space.default_config());
  return example;
}

std::string without_template(const Plan& plan, const AskedTrial& trial) {
  std::string text =
      fmt::format("Trial {} of study {}: run the experiment with exactly these parameters.\n\n{}\n",
                  trial.number, plan.study->name,
                  trial.params.dump(2, ' ', false, Json::error_handler_t::replace));
  if (!trial.insights.empty()) text += "\nWhat others found out:\n\n";
  for (const Insight& insight : trial.insights) text += "- " + insight.text + "\n";
  return text;
}

std::string login_line(const Plan& plan) {
  Environment environment = claude_environment(passed_environment(plan.experiment()),
                                               plan.study_folder / (".home-" + plan.worker), "/tmp",
                                               plan.experiment().claude);
  const Login login = login_of(environment);
  if (!login.present) {
    return fmt::format(
        "login: none. Set ANTHROPIC_API_KEY, or log in once: HOME={} CLAUDE_CONFIG_DIR={} {}",
        environment["HOME"], environment["CLAUDE_CONFIG_DIR"], plan.claude.string());
  }
  const bool is_key = environment.contains("ANTHROPIC_API_KEY");
  return "login: " + login.words + (is_key ? "" : "; on a subscription turns are the cap, not USD");
}

std::string task_line(const Plan& plan) {
  const Plan tasks = task_plan(plan);
  const StageSpec& stage = tasks.experiment().stages.front();
  const std::string prompt =
      stage.prompt == kBuiltInTaskPrompt ? stage.prompt : (plan.dir / stage.prompt).string();
  std::string text = fmt::format(
      "each task{}: {} < {} ({})", plan.role.empty() ? "" : fmt::format(" as {}", plan.role),
      command_line(claude_arguments(tasks.experiment().claude, stage, {"NEW-SESSION"}, {})), prompt,
      limits_of(stage));
  if (plan.accepts) text += fmt::format("; tags: {}", fmt::join(*plan.accepts, ", "));
  return text;
}

}  // namespace

HandPrompt prompt_by_hand(StudyApi& api, const WorkOptions& options, const AskedTrial& trial) {
  const Job job(trial);
  const auto spec = parse_study_spec(api.study(options.study).spec);
  const Plan plan = make_plan(spec, options, PlanFor::Reading);
  std::filesystem::create_directories(plan.study_folder);
  Workspace workspace = make_workspace(plan.study_folder, job.run_name(plan.worker), job.config());
  check_out(plan, workspace);
  const auto& stages = plan.experiment().stages;
  const auto stage = std::find_if(stages.begin(), stages.end(),
                                  [](const StageSpec& one) { return one.is_agent(); });
  if (stage == stages.end()) return {without_template(plan, trial), workspace.place()};
  PromptFacts facts = fetch_prompt_facts(api, plan.study->name, job);
  facts.last_attempt = AttemptReport(plan, job).read().value_or("");
  return {whole_prompt(plan, stage->prompt, job, workspace, facts), workspace.place()};
}

std::vector<std::string> dry_run(StudyApi& api, const WorkOptions& options) {
  const auto spec = parse_study_spec(api.study(options.study).spec);
  const Plan plan = make_plan(spec, options);
  const ExperimentSpec& experiment = plan.experiment();
  const Job example = example_of(*plan.study);
  const Workspace workspace{plan.study_folder / fmt::format("{}-N", plan.worker), {}};
  const auto placeholders = placeholder_values(plan, example, workspace);
  const auto filled = [&](std::vector<std::string> argv) {
    for (std::string& argument : argv) argument = fill_placeholders(argument, placeholders);
    return command_line(argv);
  };
  std::vector<std::string> lines{
      fmt::format("each trial N in {}, here with the default configuration {}",
                  workspace.dir.string(), dump_json(example.params))};
  for (const StageSpec& stage : experiment.stages) {
    const std::string name = experiment.stages.size() > 1 ? "stage " + stage.name : "runs";
    if (stage.is_agent()) {
      lines.push_back(
          fmt::format("{}: {} < {} ({})", name,
                      command_line(claude_arguments(experiment.claude, stage, {"NEW-SESSION"}, {})),
                      (plan.dir / stage.prompt).string(), limits_of(stage)));
    } else {
      lines.push_back(fmt::format("{}: {} ({})", name, filled(stage.command), limits_of(stage)));
    }
  }
  if (plan.want != Want::Trials) lines.push_back(task_line(plan));
  if (plan.time_limit.count() > 0) {
    lines.push_back(fmt::format("all of it within {} min", experiment.time_limit_min));
  }
  if (experiment.agent == AgentKind::Claude) {
    lines.push_back("CLI: " + plan.claude.string());
    lines.push_back(login_line(plan));
  }
  lines.push_back(experiment.score.command.empty()
                      ? "score: " + (experiment.score.file.empty()
                                         ? "the output's last match of " + experiment.score.pattern
                                         : experiment.score.file)
                      : "score: " + filled(experiment.score.command));
  return lines;
}

}  // namespace studyhall::worker_shim
