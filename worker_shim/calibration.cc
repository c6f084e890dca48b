#include "worker_shim/calibration.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "core/error.h"
#include "core/hash.h"
#include "core/study_spec.h"
#include "worker_shim/beat.h"
#include "worker_shim/checkout.h"
#include "worker_shim/cpu_claim.h"
#include "worker_shim/experiment_run.h"
#include "worker_shim/journal.h"
#include "worker_shim/plan.h"
#include "worker_shim/workspace.h"

namespace studyhall::worker_shim {
namespace {

// The study with what only commands need.
std::shared_ptr<const StudySpec> commands_of(const StudySpec& study) {
  auto commands = std::make_shared<StudySpec>(study);
  if (!commands->experiment) return commands;  // make_plan says so
  ExperimentSpec& experiment = *commands->experiment;
  std::erase_if(experiment.stages, [](const StageSpec& stage) { return stage.is_agent(); });
  if (experiment.stages.empty() && experiment.score.command.empty()) {
    throw Error(ErrorCode::Invalid,
                fmt::format("study \"{}\" has prompts only, whose time is not this machine's: "
                            "there is no command to calibrate by",
                            study.name));
  }
  experiment.agent = AgentKind::Command;
  experiment.claude.system_prompt.clear();
  return commands;
}

// As if they had never been.
void remove_worktrees(const Plan& plan, const Workspace& workspace) {
  for (const Worktree& worktree : load_worktrees(workspace.dir)) {
    remove_worktree(worktree, plan.worker);
    static_cast<void>(
        Git(worktree.repo, plan.worker).try_run({"branch", "-D", "--", worktree.branch}));
  }
}

double run_once(const Plan& plan, const Job& job, const WorkOptions& options,
                const std::atomic<bool>& interrupted, std::filesystem::path& folder) {
  Workspace workspace = make_workspace(plan.study_folder, plan.worker + "-calibration", job.params);
  folder = workspace.dir;
  check_out(plan, workspace);
  Beat beat;
  RunHooks hooks;
  hooks.say = options.say;
  const RunOutcome outcome =
      run_experiment(plan, job, workspace, random_token(), {}, beat, interrupted, hooks);
  remove_worktrees(plan, workspace);
  if (interrupted) throw Error(ErrorCode::Unavailable, "calibration was interrupted");
  if (outcome.tell.state != TrialState::Complete) {
    throw Error(ErrorCode::Invalid,
                fmt::format("the default configuration {} gives no score, so its time says "
                            "nothing: {} (in {})",
                            dump_json(job.params), outcome.tell.note, workspace.dir.string()));
  }
  return outcome.tell.usage.seconds.value_or(0) / 60;
}

}  // namespace

double Calibration::median() const {
  std::vector<double> sorted = minutes;
  std::sort(sorted.begin(), sorted.end());
  const std::size_t half = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

Calibration calibrate(StudyApi& api, const WorkOptions& options, int runs,
                      const std::atomic<bool>& interrupted) {
  const auto study = parse_study_spec(api.study(options.study).spec);
  const Plan plan = make_plan(commands_of(*study), options);
  std::filesystem::create_directories(plan.study_folder);
  const Journal journal(plan.study_folder, plan.worker);
  const CpuClaim claim(machine_folder(),
                       fmt::format("worker {} of study \"{}\"", plan.worker, plan.study->name),
                       plan.resources.cpus);
  Job job;
  job.number = 0;
  job.params = plan.study->space.to_json(plan.study->space.default_config());
  Calibration calibration;
  for (int run = 1; run <= runs; ++run) {
    calibration.minutes.push_back(run_once(plan, job, options, interrupted, calibration.workspace));
    if (options.say) {
      options.say(fmt::format("run {} of {}: {:.3g} min", run, runs, calibration.minutes.back()));
    }
  }
  return calibration;
}

}  // namespace studyhall::worker_shim
