// What a study and its workers have used of their limits, kept up to date trial by trial.
//
// Tasks spend the same money, turns and tokens, but are none of the trials, failures and running
// trials that a limit bounds.
//
// Amounts are counted in whole units (dollars in millionths), so that the sums do not depend on the
// order of the trials and are the same after a restart.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/study_api.h"
#include "core/study_spec.h"
#include "core/task.h"
#include "core/trial.h"

namespace studyhall::server {

class Budget {
 public:
  // Takes a trial in, and out again before it changes.
  void add(const Trial& trial) { count(trial, 1); }
  void remove(const Trial& trial) { count(trial, -1); }
  void add(const Task& task) { count(task, 1); }
  void remove(const Task& task) { count(task, -1); }
  // The clock of limits.hours starts at a worker's first ask, the study's at the first of all.
  void start(const std::string& worker, Timestamp first_ask);

  // Why a limit of the study, or of `worker`, keeps the next trial from being handed out now;
  // nullopt: none does. Each trial that runs has reserved what it may use at most: its cap
  // (experiment.claude.max_cost_usd, max_turns), else the most that any attempt has used so far,
  // else nothing; so has the next one. Wait: what is reserved may turn out to be enough. Finished:
  // the limit is used up, or what is left of it is less than the next trial reserves.
  [[nodiscard]] std::optional<AskAnswer> closed(const StudySpec& spec, Timestamp now) const {
    return closed(spec, Next::Trial, now);
  }
  [[nodiscard]] std::optional<AskAnswer> closed(const StudySpec& spec, const std::string& worker,
                                                Timestamp now) const {
    return closed(spec, worker, Next::Trial, now);
  }
  // The same for the next task of `worker`, by the limits of hours, money, turns and tokens, the
  // study's and the worker's. A task reserves the most that any attempt at a task has used so far.
  [[nodiscard]] std::optional<AskAnswer> closed_to_tasks(const StudySpec& spec,
                                                         const std::string& worker,
                                                         Timestamp now) const;
  // Of the study, within limits.trials: complete or pruned.
  [[nodiscard]] std::int64_t done() const { return study_.done; }
  // Trials of a worker that run, and that are complete or pruned; when its last trial ended.
  [[nodiscard]] std::int64_t running(const std::string& worker) const {
    return tally(worker).running;
  }
  [[nodiscard]] std::int64_t done(const std::string& worker) const { return tally(worker).done; }
  // Tasks that a worker works on, and whether it works on anything.
  [[nodiscard]] std::int64_t tasks(const std::string& worker) const { return tally(worker).tasks; }
  [[nodiscard]] bool is_busy(const std::string& worker) const {
    return tally(worker).running + tally(worker).tasks > 0;
  }
  [[nodiscard]] std::optional<Timestamp> last_end(const std::string& worker) const {
    return tally(worker).last_end;
  }

  // Of every limit that is set but "running": the study's, then those of the workers by name.
  [[nodiscard]] std::vector<BudgetUse> uses(const StudySpec& spec, Timestamp now) const;

 private:
  struct Amounts {
    std::int64_t micro_usd = 0;
    std::int64_t turns = 0;
    std::int64_t tokens = 0;
  };
  struct Tally {
    std::int64_t done = 0;  // complete or pruned, within the budget
    std::int64_t running = 0;
    std::int64_t tasks = 0;     // that run
    std::int64_t failures = 0;  // of configurations, and declined for good
    Amounts used;
    std::optional<Timestamp> first_ask;
    std::optional<Timestamp> last_end;
  };
  // One limit, in whole units of which `unit` make one of the limit's own.
  struct Line {
    const char* limit = "";
    std::int64_t used = 0;
    std::int64_t running = 0;  // reserved by what runs
    std::int64_t next = 0;     // reserved by the next trial or task
    std::int64_t bound = 0;
    double unit = 1;
  };

  enum class Next { Trial, Task };
  void count(const Trial& trial, int sign);
  void count(const Task& task, int sign);
  void spend(const std::string& worker, const Usage& usage, int sign, Amounts& largest);
  [[nodiscard]] const Tally& tally(const std::string& worker) const;
  [[nodiscard]] Amounts reserve(const StudySpec& spec) const;
  [[nodiscard]] std::vector<Line> lines(const StudySpec& spec, const Limits& limits,
                                        const Tally& tally, Next next, Timestamp now) const;
  [[nodiscard]] std::optional<AskAnswer> closed(const StudySpec& spec, const Limits& limits,
                                                const Tally& tally, const std::string& name,
                                                Next next, Timestamp now) const;
  [[nodiscard]] std::optional<AskAnswer> closed(const StudySpec& spec, Next next,
                                                Timestamp now) const;
  [[nodiscard]] std::optional<AskAnswer> closed(const StudySpec& spec, const std::string& worker,
                                                Next next, Timestamp now) const;

  Tally study_;
  std::unordered_map<std::string, Tally> workers_;
  Amounts largest_;       // used by one attempt at a trial
  Amounts largest_task_;  // used by one attempt at a task
};

}  // namespace studyhall::server
