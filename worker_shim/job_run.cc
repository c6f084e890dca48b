#include "worker_shim/job_run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.h"
#include "core/hash.h"
#include "worker_shim/beat.h"
#include "worker_shim/checkout.h"
#include "worker_shim/experiment_run.h"
#include "worker_shim/protected_files.h"
#include "worker_shim/result_line.h"

namespace studyhall::worker_shim {

void JobRun::begin() {
  JournalEntry& held = held_.entry();
  held.run_id = random_token();
  if (!job_.is_task) check_files();
  workspace_ = held.state.is_begun() ? worker_shim::reopen(held.workspace) : keeper_.make(job_);
  held.workspace = workspace_.dir;
  held_.save_or_throw();
  record_ = record_of(job_, clock_.now());
  keep();
  say_(start_line(job_, workspace_.name()));
}

void JobRun::reopen() {
  workspace_ = worker_shim::reopen(held_.entry().workspace);
  record_ = record_of(job_, clock_.now());
}

RunOutcome JobRun::run(const Plan& plan, std::chrono::milliseconds beat_every,
                       const std::atomic<bool>& interrupted) {
  Beat beat(JobLease(api_, plan_.study->name, job_), beat_every, say_);
  RunHooks hooks;
  hooks.say = say_;
  hooks.prompt_facts = [&] { return fetch_prompt_facts(api_, plan_.study->name, job_); };
  hooks.stage_done = [this](const RunState& state) {
    held_.entry().state = state;
    held_.save();
  };
  const JournalEntry& held = held_.entry();
  RunOutcome outcome =
      run_experiment(plan, job_, workspace_, held.run_id, held.state, beat, interrupted, hooks);
  record_.seconds = outcome.tell.usage.seconds.value_or(0);
  return outcome;
}

void JobRun::finish(RunOutcome outcome) {
  record_.completed_at = clock_.now();
  describe_result(job_, outcome.tell, record_);
  keeper_.close(workspace_, commit_words(job_, outcome.tell), outcome.tell.evidence);
  keep();
  held_.set_result(std::move(outcome.tell), outcome.result);
}

void JobRun::give_back(RunOutcome& outcome) {
  record_.completed_at = clock_.now();
  record_.status = "given back";
  record_.note = outcome.words;
  keeper_.close(workspace_, "given back: " + outcome.words, outcome.tell.evidence);
  keep();
  say_(fmt::format("{}: given back: {}", job_.label(), outcome.words));
  held_.give_back(outcome);
}

void JobRun::ask(RunState state) {
  record_.status = kAsking;
  record_.note = state.dialogue->question;
  keep();
  held_.entry().state = std::move(state);
  held_.save();
}

// What a person changed since the last trial.
void JobRun::check_files() const {
  const std::vector<std::string> altered = altered_files(plan_);
  if (altered.empty()) return;
  throw Error(ErrorCode::Invalid,
              fmt::format("protected files are not what study \"{}\" expects, so no score would "
                          "count: {}; put them back, or take them in with `study edit`",
                          plan_.study->name, fmt::join(altered, "; ")));
}

void JobRun::keep() {
  try {
    write_record(plan_, workspace_, record_);
  } catch (const Error& error) {
    say_(error.what());
  }
}

}  // namespace studyhall::worker_shim
