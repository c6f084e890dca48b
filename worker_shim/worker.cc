#include "worker_shim/worker.h"

#include <fmt/format.h>

#include <mutex>
#include <optional>
#include <utility>

#include "core/error.h"
#include "core/hash.h"
#include "core/study_spec.h"
#include "worker_shim/artifacts.h"
#include "worker_shim/attempt_report.h"
#include "worker_shim/checkout.h"
#include "worker_shim/cpu_claim.h"
#include "worker_shim/experiment_record.h"
#include "worker_shim/held_job.h"
#include "worker_shim/iteration_log.h"
#include "worker_shim/job_run.h"
#include "worker_shim/leftovers.h"
#include "worker_shim/patience.h"
#include "worker_shim/plan.h"
#include "worker_shim/questions.h"
#include "worker_shim/research.h"
#include "worker_shim/task_prompt.h"
#include "worker_shim/workspace_keeper.h"

namespace studyhall::worker_shim {
namespace {

constexpr double kShortestOwnFault = 5;  // units of WorkOptions::backoff
constexpr double kLongestOwnFault = 600;
constexpr double kLongestPause = 3600;
// That one ask waits for something to do; the STOP file is not seen meanwhile.
constexpr std::chrono::duration<double> kAskWait{20};

class Worker {
 public:
  Worker(StudyApi& api, const Clock& clock, const WorkOptions& options,
         const std::atomic<bool>& interrupted)
      : api_(api),
        clock_(clock),
        options_(options),
        interrupted_(interrupted),
        patience_(options.backoff, interrupted, [this](const std::string& line) { say(line); }) {}

  WorkSummary run() {
    check_names();
    const auto info = patience_.until_answered("study", Heed::Nothing,
                                               [&] { return api_.study(options_.study); });
    if (!info) return end(WorkEnd::Stopped, "interrupted");
    plan_ = make_plan(parse_study_spec(info->spec), options_);
    make_study_folder();
    if (options_.research) {
      research_.emplace(api_, plan_.study->name, plan_.worker, plan_.role, *options_.research);
    }
    journal_.emplace(plan_.study_folder, plan_.worker);
    held_.emplace(api_, plan_.study->name, *journal_, patience_,
                  [this](const std::string& line) { say(line); });
    patience_.watch({plan_.study_folder / "STOP", stop_file_of(plan_.study_folder, plan_.worker)});
    if (const auto stop_file = patience_.stop_file()) {
      say(fmt::format("{} is still there from before: not starting; remove it to work on",
                      stop_file->string()));
      return end(WorkEnd::Stopped, stop_file->string());
    }
    claim_ = CpuClaim(machine_folder(),
                      fmt::format("worker {} of study \"{}\"", plan_.worker, plan_.study->name),
                      plan_.resources.cpus);
    greet();
    keeper_.emplace(api_, plan_, clock_, [this](const std::string& line) { say(line); });
    questions_.emplace(api_, plan_, *held_, *keeper_, patience_,
                       [this](const std::string& line) { say(line); });
    held_->load();
    keeper_->settle_all(held_->entry().workspace);
    recover();
    return work_on();
  }

 private:
  // --- Ends ---

  WorkSummary work_on() {
    for (;;) {
      if (interrupted_) return end(WorkEnd::Stopped, "interrupted");
      if (is_enough()) return end(WorkEnd::Done, fmt::format("{} runs", runs_));
      if (const auto file = patience_.stop_file()) return end(WorkEnd::Stopped, file->string());
      if (const std::string full = keeper_->no_room(); !full.empty()) {
        return end(WorkEnd::Stopped, full);
      }
      if (questions_->take_answered()) {
        run_job();
        continue;
      }
      if (is_enough_with_answers()) {
        wait_for_answers();
        continue;
      }
      begin_round();
      if (research_ && research_->is_over() && !questions_->any()) {
        return end(WorkEnd::Finished, "the study is over");
      }
      const std::optional<AskAnswer> answer = ask();
      if (!answer) continue;
      if (answer->status != AskStatus::Trials && questions_->any()) {
        wait_for_answers();
        continue;
      }
      switch (answer->status) {
        case AskStatus::Trials:
          run_job();
          break;
        case AskStatus::Wait:
          if (!asked_long_) {
            patience_.wait(std::chrono::duration<double>(answer->retry_after_s), Heed::StopFile);
          }
          break;
        case AskStatus::Exhausted:
          return end(WorkEnd::Finished, answer->reason.empty()
                                            ? "every configuration was handed out"
                                            : answer->reason);
        case AskStatus::Finished:
          return end(WorkEnd::Finished, answer->reason);
      }
    }
  }

  WorkSummary end(WorkEnd how, const std::string& reason) {
    if (const std::string words = questions_ ? questions_->words() : ""; !words.empty()) {
      say(words + "; the next start of this worker goes on with them");
    }
    summary_.end = how;
    summary_.reason = reason;
    return summary_;
  }

  [[nodiscard]] bool is_enough() const { return is_enough(runs_); }
  // What has begun and waits for answers counted in.
  [[nodiscard]] bool is_enough_with_answers() const {
    return is_enough(runs_ + static_cast<int>(held_->entry().waiting.size()));
  }
  [[nodiscard]] bool is_enough(int runs) const {
    return (options_.once && runs >= 1) || (options_.max_trials > 0 && runs >= options_.max_trials);
  }

  void wait_for_answers() {
    patience_.wait(Questions::kLookEvery * std::chrono::duration<double>(options_.backoff),
                   Heed::StopFile);
  }

  // --- Start ---

  void check_names() const {
    for (const auto& [what, name] :
         {std::pair("worker", options_.worker), std::pair("study", options_.study)}) {
      if (is_valid_name(name)) continue;
      throw Error(ErrorCode::Invalid,
                  fmt::format("{} {}: expected 1 to 64 of A-Z a-z 0-9 . _ -, not beginning with "
                              "'.' or '-'",
                              what, brief(Json(name))));
    }
  }

  void make_study_folder() const {
    std::error_code error;
    std::filesystem::create_directories(plan_.study_folder, error);
    if (error) {
      throw Error(ErrorCode::Unavailable,
                  fmt::format("{}: cannot make the folder: {}", plan_.study_folder.string(),
                              error.message()));
    }
  }

  void greet() {
    const auto& workers = plan_.study->workers;
    if (!workers.empty() && !workers.contains(plan_.worker)) {
      say(fmt::format("the study file names no worker {}: it gets the whole space", plan_.worker));
    }
    for (const std::string& hint : hints(plan_)) say(hint);
  }

  void recover() {
    if (held_->is_empty()) return;
    JournalEntry& held = held_->entry();
    const std::string label = held_->label();
    if (!held.run_id.empty()) {
      if (const int killed = kill_leftovers(held.run_id); killed > 0) {
        say(fmt::format("{}: ended {} processes that an earlier run had left", label, killed));
      }
    }
    if (held_->has_result()) {
      say(fmt::format("{}: an earlier run left a result that was not told yet", label));
      tell_held();
      return;
    }
    try {
      mark_interrupted(held.workspace, clock_.now());
    } catch (const Error& error) {
      say(error.what());
    }
    if (!held_->is_still_held()) {
      say(fmt::format("{}: an earlier run left it unfinished, and its lease is gone: given up",
                      label));
      keeper_->settle(held.workspace);
      held_->drop();
      return;
    }
    if (interrupted_) return;
    if (held.state.dialogue && held.state.dialogue->answer.empty()) {
      JobRun run = job_run();
      run.reopen();
      run.ask(held.state);
      ask_person(run);
      return;
    }
    if (!can_go_on()) held.state = {};
    if (plan_.experiment().agent == AgentKind::Claude) {
      AttemptReport(plan_, held_->job())
          .write(reopen(held.workspace), "its worker was ended in the middle of it", "");
    }
    if (!held.state.is_begun()) keeper_->settle(held.workspace);
    say(fmt::format("{}: an earlier run left it unfinished: {}", label,
                    held.state.is_begun() ? "going on with it" : "running it again"));
    run_job();
  }

  // The stages that were done may have been edited away, their folder removed.
  [[nodiscard]] bool can_go_on() const {
    const JournalEntry& held = held_->entry();
    std::error_code error;
    return (held_->job().is_task || held.state.stages_done < plan_.experiment().stages.size()) &&
           std::filesystem::is_directory(held.workspace, error);
  }

  // --- One job ---

  void begin_round() {
    if (!research_) return;
    const auto began = patience_.until_answered("research", Heed::StopFile, [&] {
      return research_->begin_if_due(std::chrono::steady_clock::now());
    });
    if (began && !began->empty()) say(*began);
  }

  // nullopt: try again, or end. With Trials the job is held.
  std::optional<AskAnswer> ask() {
    JournalEntry& held = held_->entry();
    const bool repeated = !held.ask_request_id.empty();  // an earlier process's, not answered
    if (!repeated) {
      held_->clear();
      held.ask_request_id = random_token();
      if (!held_->save()) {
        own_fault("its journal cannot be written");
        held.ask_request_id.clear();
        return std::nullopt;
      }
    }
    AskRequest request;
    request.worker = plan_.worker;
    request.lease_s = std::chrono::duration<double>(options_.lease).count();
    request.request_id = held.ask_request_id;
    // Answers to questions are seen between asks.
    request.wait_s = questions_->any() ? kAskWait.count() / 4 : kAskWait.count();
    request.want = plan_.want;
    request.accepts = plan_.accepts;
    const auto asked_at = std::chrono::steady_clock::now();
    auto answer = patience_.until_answered("ask", Heed::StopFile,
                                           [&] { return api_.ask(plan_.study->name, request); });
    if (!answer) return std::nullopt;
    asked_long_ = std::chrono::steady_clock::now() - asked_at > kAskWait / 2;
    held.ask_request_id.clear();
    if (answer->status == AskStatus::Trials) {
      if (answer->trials.empty() && answer->tasks.empty()) {
        throw Error(ErrorCode::Internal, "ask answered with nothing to do and nothing to wait for");
      }
      held.job = Job::from_answer(*answer);
      if (repeated && !held_->is_still_held()) {
        held_->drop();
        return std::nullopt;
      }
    }
    return answer;
  }

  JobRun job_run() {
    return {api_, clock_, plan_, *held_, *keeper_, [this](const std::string& line) { say(line); }};
  }

  void run_job() {
    JobRun run = job_run();
    try {
      run.begin();
    } catch (const Error& error) {
      held_->give_back();
      if (error.code() == ErrorCode::Invalid) throw;
      own_fault(error.what());
      return;
    }
    Plan plan = held_->job().is_task ? task_plan(plan_) : plan_;
    if (research_) research_->equip(plan);
    RunOutcome outcome = run.run(plan, options_.beat_every, interrupted_);
    if (research_) research_->end(std::chrono::steady_clock::now());
    switch (outcome.verdict) {
      case RunVerdict::Ask:
        run.ask(std::move(outcome.state));
        ask_person(run);
        return;
      case RunVerdict::GiveBack:
        run.give_back(outcome);
        if (outcome.fatal) throw Error(ErrorCode::Invalid, outcome.words);
        patience_.back_off(outcome.pause_units, pauses_++, kLongestPause, "pause");
        return;
      case RunVerdict::Tell:
        break;
    }
    pauses_ = 0;
    finish(run, std::move(outcome));
  }

  void finish(JobRun& run, RunOutcome outcome) {
    const bool is_task = held_->job().is_task;
    run.finish(std::move(outcome));
    tell_held();
    if (!is_task) log_results();
    keeper_->prune();
  }

  // REQUIRES: what is held has a question.
  void ask_person(JobRun& run) {
    const std::string problem = questions_->ask();
    if (problem.empty()) return;
    RunOutcome outcome = failed(FailReason::Declined, "its question cannot be asked: " + problem);
    outcome.tell.usage = held_->entry().state.usage;
    finish(run, std::move(outcome));
  }

  void log_results() {
    try {
      update_iteration_log(api_, plan_.study->name, plan_.study_folder);
    } catch (const Error& error) {
      // The next result brings the files up to date as well.
      say(fmt::format("ITERATION_LOG.md is not brought up to date: {}", error.what()));
    }
  }

  // Until it is answered or the worker interrupted; then the journal keeps it.
  void tell_held() {
    std::vector<std::string> lines;
    const HeldJob::Told told = held_->tell(lines);
    const Job job = held_->job();
    if (told == HeldJob::Told::NotYet) {
      say(fmt::format("{}: its result is not told; the next start of worker {} tells it",
                      job.label(), plan_.worker));
      return;
    }
    if (!lines.empty()) count(job);
    for (const std::string& line : lines) say(line);
    keep_artifacts(options_.artifacts, plan_, {job.is_task, job.number}, held_->entry().workspace,
                   [this](const std::string& line) { say(line); });
    ++runs_;
    const bool at_fault = held_->is_infra_fault();
    const std::string note = held_->note();
    held_->drop();
    if (at_fault) {
      own_fault(note);
    } else {
      own_faults_ = 0;
    }
  }

  void count(const Job& job) {
    if (job.is_task) {
      ++(held_->is_done() ? summary_.tasks_done : summary_.tasks_failed);
      return;
    }
    const TrialState state = held_->entry().tell->state;
    summary_.completed += state == TrialState::Complete ? 1 : 0;
    summary_.pruned += state == TrialState::Pruned ? 1 : 0;
    summary_.failed += state == TrialState::Fail ? 1 : 0;
  }

  // A failure of this worker's own making would meet the next job too.
  void own_fault(const std::string& what) {
    ++own_faults_;
    if (is_enough() || interrupted_) return;
    patience_.back_off(kShortestOwnFault, own_faults_ - 1, kLongestOwnFault,
                       fmt::format("{} failures in a row that are this worker's own ({})",
                                   own_faults_, what.substr(0, what.find('\n'))));
  }

  void say(const std::string& line) {
    const std::lock_guard lock(say_mutex_);
    if (options_.say) options_.say(line);
  }

  StudyApi& api_;
  const Clock& clock_;
  const WorkOptions& options_;
  const std::atomic<bool>& interrupted_;
  Patience patience_;
  Plan plan_;
  std::optional<ResearchRounds> research_;
  std::optional<Journal> journal_;
  std::optional<HeldJob> held_;
  std::optional<WorkspaceKeeper> keeper_;
  std::optional<Questions> questions_;
  CpuClaim claim_;
  WorkSummary summary_;
  int runs_ = 0;
  int own_faults_ = 0;
  int pauses_ = 0;
  bool asked_long_ = false;  // the last ask waited already
  std::mutex say_mutex_;
};

}  // namespace

std::filesystem::path stop_file_of(const std::filesystem::path& study_folder,
                                   const std::string& worker) {
  return study_folder / ("STOP." + worker);
}

WorkSummary work(StudyApi& api, const Clock& clock, const WorkOptions& options,
                 const std::atomic<bool>& interrupted) {
  return Worker(api, clock, options, interrupted).run();
}

}  // namespace studyhall::worker_shim
