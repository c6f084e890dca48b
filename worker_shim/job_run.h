// One run of the job that a worker holds: its folder, its processes, its record.
#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "core/clock.h"
#include "core/study_api.h"
#include "worker_shim/experiment_record.h"
#include "worker_shim/held_job.h"
#include "worker_shim/plan.h"
#include "worker_shim/run_outcome.h"
#include "worker_shim/workspace_keeper.h"

namespace studyhall::worker_shim {

class JobRun {
 public:
  // All must outlive this. REQUIRES: a job is held.
  JobRun(StudyApi& api, const Clock& clock, const Plan& plan, HeldJob& held,
         const WorkspaceKeeper& keeper, Say say)
      : api_(api),
        clock_(clock),
        plan_(plan),
        held_(held),
        keeper_(keeper),
        say_(std::move(say)),
        job_(held.job()) {}

  // Makes its folder, or finds that of a run that is gone on with. Throws Error(Unavailable), or
  // Error(Invalid) where no run of the study can count.
  void begin();
  // A run that has ended: only finish() may follow.
  void reopen();
  // Its stages by `plan`, one after the other. REQUIRES: begin().
  RunOutcome run(const Plan& plan, std::chrono::milliseconds beat_every,
                 const std::atomic<bool>& interrupted);

  // How it ended, for its record and its branch; the held job's result, or state, is set.
  void finish(RunOutcome outcome);
  void give_back(RunOutcome& outcome);
  void ask(RunState state);

 private:
  void check_files() const;
  void keep();

  StudyApi& api_;
  const Clock& clock_;
  const Plan& plan_;
  HeldJob& held_;
  const WorkspaceKeeper& keeper_;
  Say say_;
  const Job job_;
  Workspace workspace_;
  ExperimentRecord record_;
};

}  // namespace studyhall::worker_shim
