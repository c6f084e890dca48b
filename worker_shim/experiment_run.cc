#include "worker_shim/experiment_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "core/error.h"
#include "worker_shim/attempt_report.h"
#include "worker_shim/run_context.h"
#include "worker_shim/scoring.h"
#include "worker_shim/stage_agent.h"
#include "worker_shim/stage_command.h"
#include "worker_shim/task_result.h"

namespace studyhall::worker_shim {
namespace {

// Whether only agents are left, which could but write about what was measured.
bool is_measured(const RunContext& run) {
  const auto& stages = run.experiment().stages;
  return run.experiment().score.command.empty() && has_measured(run) &&
         std::all_of(stages.begin() + static_cast<std::ptrdiff_t>(run.state.stages_done),
                     stages.end(), [](const StageSpec& stage) { return stage.is_agent(); });
}

RunOutcome run_pipeline(RunContext& run, const RunHooks& hooks) {
  const auto& stages = run.experiment().stages;
  while (run.state.stages_done < stages.size()) {
    const StageSpec& stage = stages[run.state.stages_done];
    if (run.is_pipeline()) {
      run.say(fmt::format("{}: stage {} of {}: {}", run.job.label(), run.state.stages_done + 1,
                          stages.size(), stage.name));
    }
    run.beat.set_stage(stage.name);
    auto outcome = stage.is_agent() ? run_agent_stage(run, stage) : run_command_stage(run, stage);
    if (outcome) {
      const bool may_be_ignored = outcome->verdict != RunVerdict::Ask && !run.should_stop() &&
                                  !outcome->fatal && is_measured(run);
      if (!may_be_ignored) return *outcome;
      run.state.notes.push_back(outcome->verdict == RunVerdict::Tell ? outcome->tell.note
                                                                     : outcome->words);
    }
    ++run.state.stages_done;
    if (hooks.stage_done && run.state.stages_done < stages.size()) hooks.stage_done(run.state);
  }
  if (!run.experiment().score.command.empty()) run.beat.set_stage("score");
  return run.job.is_task ? find_task_result(run) : find_score(run);
}

// A job that is run again is told what this attempt did, unless it should begin afresh.
void keep_report(const RunContext& run, const AttemptReport& report, const RunOutcome& outcome) {
  if (run.experiment().agent != AgentKind::Claude) return;
  const bool is_run_again = outcome.verdict == RunVerdict::GiveBack ||
                            (outcome.tell.state == TrialState::Fail && outcome.tell.reason &&
                             (run.job.is_task || outcome.tell.reason != FailReason::BadConfig));
  if (is_run_again && run.agent_ran && !run.starts_clean) {
    report.write(run.workspace,
                 outcome.verdict == RunVerdict::GiveBack ? outcome.words : outcome.tell.note,
                 run.last_words);
  } else if (!is_run_again || run.agent_ran) {
    report.drop();
  }
}

}  // namespace

RunOutcome run_experiment(const Plan& plan, const Job& job, const Workspace& workspace,
                          const std::string& run_id, RunState state, Beat& beat,
                          const std::atomic<bool>& interrupted, const RunHooks& hooks) {
  RunContext run(plan, job, workspace, run_id, beat, interrupted, std::move(state));
  const AttemptReport report(plan, job);
  if (hooks.say) run.say = hooks.say;
  run.prompt_facts = [&] {
    PromptFacts facts = hooks.prompt_facts ? hooks.prompt_facts() : PromptFacts();
    facts.last_attempt = report.read().value_or("");
    return facts;
  };
  RunOutcome outcome;
  try {
    outcome = run_pipeline(run, hooks);
  } catch (const Error& error) {
    outcome = failed(FailReason::Infra, error.what());
  } catch (const std::filesystem::filesystem_error& error) {
    outcome = failed(FailReason::Infra, error.what());
  }
  outcome.tell.usage = run.state.usage;
  if (outcome.verdict == RunVerdict::Ask) {
    outcome.state = std::move(run.state);
    return outcome;
  }
  keep_report(run, report, outcome);
  return outcome;
}

}  // namespace studyhall::worker_shim
