// What a worker's agents ask people: asked, left waiting while other work goes on, and taken up
// again with the answer.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "core/study_api.h"
#include "worker_shim/beat.h"
#include "worker_shim/held_job.h"
#include "worker_shim/patience.h"
#include "worker_shim/plan.h"
#include "worker_shim/workspace_keeper.h"

namespace studyhall::worker_shim {

class Questions {
 public:
  // All must outlive this.
  Questions(StudyApi& api, const Plan& plan, HeldJob& held, const WorkspaceKeeper& keeper,
            const Patience& patience, Say say)
      : api_(api),
        plan_(plan),
        held_(held),
        keeper_(keeper),
        patience_(patience),
        say_(std::move(say)) {}

  // Asks what the held job's dialogue has; the job waits for the answer then, and nothing is held.
  // Interrupted before the server answered it stays held, for the next start to ask. Where the
  // lease is lost it is given up. Returns why it cannot be asked at all, and the job stays held;
  // empty: else.
  std::string ask();
  // Whether a job is held again, with its answer, to be run. Looks for answers at most once in
  // kLookEvery; gives up jobs that are no longer this worker's.
  bool take_answered();

  [[nodiscard]] bool any() const { return !held_.entry().waiting.empty(); }
  // "2 questions wait for answers (#3, task 1)"; empty where there are none.
  [[nodiscard]] std::string words() const;

  static constexpr double kLookEvery = 5;  // units of Plan::backoff

 private:
  void give_up(std::size_t waiting, const std::string& why);
  // False: not yet. True: it is held again, or given up.
  bool heed(std::size_t waiting, const Question& question);

  StudyApi& api_;
  const Plan& plan_;
  HeldJob& held_;
  const WorkspaceKeeper& keeper_;
  const Patience& patience_;
  Say say_;
  std::optional<std::chrono::steady_clock::time_point> looked_;
};

}  // namespace studyhall::worker_shim
