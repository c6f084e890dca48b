// What every process of one run shares: where it runs, what it is given, and when it must end.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/study_api.h"
#include "worker_shim/beat.h"
#include "worker_shim/job.h"
#include "worker_shim/machine_load.h"
#include "worker_shim/output_log.h"
#include "worker_shim/plan.h"
#include "worker_shim/process.h"
#include "worker_shim/prompt.h"
#include "worker_shim/run_outcome.h"
#include "worker_shim/run_state.h"
#include "worker_shim/watchdog.h"
#include "worker_shim/workspace.h"

namespace studyhall::worker_shim {

// How long a process may take; words say whose limit it is.
struct TimeLimit {
  std::chrono::milliseconds time{0};  // 0: none
  std::string words;                  // "time limit of 5 min"
};

class RunContext {
 public:
  // All that is referred to must outlive this.
  RunContext(const Plan& its_plan, const Job& its_job, const Workspace& folder,
             const std::string& run_id, Beat& its_beat, const std::atomic<bool>& stop_flag,
             RunState from);

  // The worker was interrupted, or the server said to prune or stop.
  [[nodiscard]] bool should_stop() const;
  // The outcome that should_stop() makes; nullopt while it is false.
  [[nodiscard]] std::optional<RunOutcome> stopped() const;

  // argv with everything filled in, and the program it starts. Throws Error(Unavailable) if there
  // is no such program.
  [[nodiscard]] ProcessSpec process_for(const std::vector<std::string>& command,
                                        const Environment& variables) const;
  // Of a stage: its own, or what is left of the experiment's, whichever ends first.
  [[nodiscard]] TimeLimit limit_for(const StageSpec& stage) const;
  // Runs the process within the worker's processors and memory, counting its time and noting what
  // could not be killed.
  ProcessEnd run(const ProcessSpec& spec, const ProcessHooks& hooks);
  // The worker's own reasons come before everything that a program did when it was told to end.
  // REQUIRES: `end` is what run() returned last.
  [[nodiscard]] std::optional<RunOutcome> ended_by_worker(const ProcessEnd& end,
                                                          const TimeLimit& limit) const;

  // Of a stage: stall, output and disk.
  [[nodiscard]] WatchLimits watch_limits(const StageSpec& stage) const;

  [[nodiscard]] const ExperimentSpec& experiment() const { return plan.experiment(); }
  [[nodiscard]] bool is_pipeline() const { return experiment().stages.size() > 1; }
  // "stage run: " in a pipeline, else nothing.
  [[nodiscard]] std::string stage_words(const StageSpec& stage) const;

  const Plan& plan;
  const Job& job;
  const Workspace& workspace;
  Beat& beat;
  const std::atomic<bool>& interrupted;
  const Environment environment;
  const std::map<std::string, std::string> placeholders;
  RunState state;
  std::function<void(const std::string& line)> say = [](const std::string&) {};
  // Fetched for each prompt.
  std::function<PromptFacts()> prompt_facts = [] { return PromptFacts(); };
  // Of the agent that ran last: what the next attempt at this trial should know.
  bool agent_ran = false;
  bool starts_clean = false;  // nothing of it
  std::string last_words;

 private:
  // Why a program that took too long here may be quick enough elsewhere; empty: it may not.
  [[nodiscard]] std::string excuse() const;

  std::optional<MachineLoad> load_;  // during what run() ran last
};

std::chrono::milliseconds minutes_of(double count);

// How a run ends that its watchdog ended; `reason` where it did too much.
RunOutcome bitten(Bite bite, const std::string& words, FailReason reason);

// "exit code 3; last output:\n..."
std::string with_log(const std::string& words, const OutputLog& log);
// How it ended, and whether its output could be written.
std::string trouble(const ProcessEnd& end, const OutputLog& log);
// The machine is at fault, not the program: it could not start, or its output not be written.
bool is_machine_fault(const ProcessEnd& end, const OutputLog& log);

}  // namespace studyhall::worker_shim
