#include "worker_shim/worker.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <mutex>
#include <optional>
#include <utility>

#include "core/error.h"
#include "core/hash.h"
#include "core/study_spec.h"
#include "worker_shim/artifacts.h"
#include "worker_shim/attempt_report.h"
#include "worker_shim/beat.h"
#include "worker_shim/checkout.h"
#include "worker_shim/cpu_claim.h"
#include "worker_shim/experiment_record.h"
#include "worker_shim/experiment_run.h"
#include "worker_shim/iteration_log.h"
#include "worker_shim/journal.h"
#include "worker_shim/leftovers.h"
#include "worker_shim/patience.h"
#include "worker_shim/plan.h"
#include "worker_shim/protected_files.h"
#include "worker_shim/result_line.h"
#include "worker_shim/text.h"
#include "worker_shim/workspace.h"
#include "worker_shim/workspace_keeper.h"

namespace studyhall::worker_shim {
namespace {

constexpr double kShortestOwnFault = 5;  // units of WorkOptions::backoff
constexpr double kLongestOwnFault = 600;
constexpr double kLongestPause = 3600;
// That one ask waits for a trial; the STOP file is not seen meanwhile.
constexpr std::chrono::duration<double> kAskWait{20};
constexpr std::size_t kLongestNote = 2000;

bool is_lost(const Error& error) {
  return error.code() == ErrorCode::Conflict || error.code() == ErrorCode::NotFound;
}

bool breaks_a_rule(const Error& error) {
  return error.code() == ErrorCode::Invalid || error.code() == ErrorCode::Malformed ||
         error.code() == ErrorCode::TooLarge;
}

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
    journal_.emplace(plan_.study_folder, plan_.worker);
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
    held_ = journal_->load();
    keeper_->settle_all(held_.workspace);
    recover();
    return work_on();
  }

 private:
  // --- Ends ---

  WorkSummary work_on() {
    for (;;) {
      if (interrupted_) return end(WorkEnd::Stopped, "interrupted");
      if (is_enough()) return end(WorkEnd::Done, fmt::format("{} trials", trials_));
      if (const auto file = patience_.stop_file()) return end(WorkEnd::Stopped, file->string());
      if (const std::string full = keeper_->no_room(); !full.empty()) {
        return end(WorkEnd::Stopped, full);
      }
      const std::optional<AskAnswer> answer = ask();
      if (!answer) continue;
      switch (answer->status) {
        case AskStatus::Trials:
          run_trial();
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
    summary_.end = how;
    summary_.reason = reason;
    return summary_;
  }

  [[nodiscard]] bool is_enough() const {
    return (options_.once && trials_ >= 1) ||
           (options_.max_trials > 0 && trials_ >= options_.max_trials);
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
    if (!held_.trial) return;
    const std::int64_t number = held_.trial->number;
    if (!held_.run_id.empty()) {
      if (const int killed = kill_leftovers(held_.run_id); killed > 0) {
        say(fmt::format("#{}: ended {} processes that an earlier run had left", number, killed));
      }
    }
    if (held_.tell) {
      say(fmt::format("#{}: an earlier run left a result that was not told yet", number));
      tell_held();
      return;
    }
    try {
      mark_interrupted(held_.workspace, clock_.now());
    } catch (const Error& error) {
      say(error.what());
    }
    if (!still_held()) {
      say(fmt::format("#{}: an earlier run left it unfinished, and its lease is gone: given up",
                      number));
      keeper_->settle(held_.workspace);
      drop();
      return;
    }
    if (!held_.trial || interrupted_) return;
    if (!can_go_on()) held_.state = {};
    if (plan_.experiment().agent == AgentKind::Claude) {
      AttemptReport(plan_, number)
          .write(reopen(held_.workspace), "its worker was ended in the middle of it", "");
    }
    if (held_.state.stages_done == 0) keeper_->settle(held_.workspace);
    say(fmt::format("#{}: an earlier run left it unfinished: {}", number,
                    held_.state.stages_done > 0 ? "going on with it" : "running it again"));
    run_trial();
  }

  // The stages that were done may have been edited away, their folder removed.
  [[nodiscard]] bool can_go_on() const {
    std::error_code error;
    return held_.state.stages_done < plan_.experiment().stages.size() &&
           std::filesystem::is_directory(held_.workspace, error);
  }

  [[nodiscard]] bool still_held() {
    try {
      const auto answer = patience_.until_answered("heartbeat", Heed::Nothing, [&] {
        return api_.heartbeat(plan_.study->name, held_.trial->number, held_.trial->lease.token);
      });
      return !answer || !answer->stop;
    } catch (const Error& error) {
      if (!is_lost(error)) throw;
      return false;
    }
  }

  // --- One trial ---

  // nullopt: try again, or end. With Trials the trial is held.
  std::optional<AskAnswer> ask() {
    const bool repeated = !held_.ask_request_id.empty();  // an earlier process's, not answered
    if (!repeated) {
      held_ = {};
      held_.ask_request_id = random_token();
      if (!save()) {
        own_fault("its journal cannot be written");
        held_.ask_request_id.clear();
        return std::nullopt;
      }
    }
    AskRequest request;
    request.worker = plan_.worker;
    request.lease_s = std::chrono::duration<double>(options_.lease).count();
    request.request_id = held_.ask_request_id;
    request.wait_s = kAskWait.count();
    const auto asked_at = std::chrono::steady_clock::now();
    auto answer = patience_.until_answered("ask", Heed::StopFile,
                                           [&] { return api_.ask(plan_.study->name, request); });
    if (!answer) return std::nullopt;
    asked_long_ = std::chrono::steady_clock::now() - asked_at > kAskWait / 2;
    held_.ask_request_id.clear();
    if (answer->status == AskStatus::Trials) {
      if (answer->trials.empty()) {
        throw Error(ErrorCode::Internal, "ask answered with no trial and nothing to wait for");
      }
      held_.trial = answer->trials.front();
      if (repeated && !still_held()) {
        drop();
        return std::nullopt;
      }
    }
    return answer;
  }

  void run_trial() {
    const AskedTrial trial = *held_.trial;
    const bool goes_on = held_.state.stages_done > 0;
    held_.run_id = random_token();
    Workspace workspace;
    try {
      check_files();
      workspace = goes_on ? reopen(held_.workspace) : keeper_->make(trial);
      held_.workspace = workspace.dir;
      journal_->save(held_);
    } catch (const Error& error) {
      give_back();
      if (error.code() == ErrorCode::Invalid) throw;
      own_fault(error.what());
      return;
    }
    ExperimentRecord record;
    record.number = trial.number;
    record.attempt = trial.attempt;
    record.params = trial.params;
    record.started_at = clock_.now();
    keep(workspace, record);
    say(fmt::format("#{}: {}{} {} in {}", trial.number, to_string(trial.purpose),
                    trial.attempt > 1 ? fmt::format(", attempt {}", trial.attempt) : "",
                    dump_json(trial.params), workspace.name()));

    Beat beat(api_, plan_.study->name, trial.number, trial.lease.token, options_.beat_every,
              [this](const std::string& line) { say(line); });
    RunHooks hooks;
    hooks.say = [this](const std::string& line) { say(line); };
    hooks.prompt_facts = [&] { return fetch_prompt_facts(api_, plan_.study->name, trial); };
    hooks.stage_done = [this](const RunState& state) {
      held_.state = state;
      save();
    };
    RunOutcome outcome = run_experiment(plan_, trial, workspace, held_.run_id, held_.state, beat,
                                        interrupted_, hooks);
    beat.finish();

    record.completed_at = clock_.now();
    record.seconds = outcome.tell.usage.seconds.value_or(0);
    if (outcome.verdict == RunVerdict::GiveBack) {
      record.status = "given back";
      record.note = outcome.words;
      keeper_->close(workspace, "given back: " + outcome.words, outcome.tell.evidence);
      keep(workspace, record);
      say(fmt::format("#{}: given back: {}", trial.number, outcome.words));
      give_back(outcome);
      if (outcome.fatal) throw Error(ErrorCode::Invalid, outcome.words);
      patience_.back_off(outcome.pause_units, pauses_++, kLongestPause, "pause");
      return;
    }
    pauses_ = 0;
    describe_result(outcome.tell, record);
    keeper_->close(workspace, commit_words(outcome.tell), outcome.tell.evidence);
    keep(workspace, record);
    held_.tell = std::move(outcome.tell);
    held_.tell->lease = trial.lease.token;
    held_.tell->request_id = random_token();
    save();
    tell_held();
    log_results();
    keeper_->prune();
  }

  void log_results() {
    try {
      update_iteration_log(api_, plan_.study->name, plan_.study_folder);
    } catch (const Error& error) {
      // The next result brings the files up to date as well.
      say(fmt::format("ITERATION_LOG.md is not brought up to date: {}", error.what()));
    }
  }

  // What a person changed since the last trial.
  void check_files() const {
    const std::vector<std::string> altered = altered_files(plan_);
    if (altered.empty()) return;
    throw Error(ErrorCode::Invalid,
                fmt::format("protected files are not what study \"{}\" expects, so no score would "
                            "count: {}; put them back, or take them in with `study edit`",
                            plan_.study->name, fmt::join(altered, "; ")));
  }

  // The first line of the commit.
  [[nodiscard]] std::string commit_words(const TellRequest& tell) const {
    std::string words(to_string(tell.state));
    if (tell.reason) words += fmt::format(" ({})", to_string(*tell.reason));
    for (const double value : tell.values) words += fmt::format(" {}", value);
    return fmt::format("{}\n\n{}", words, dump_json(held_.trial->params));
  }

  static void describe_result(const TellRequest& tell, ExperimentRecord& record) {
    record.status = std::string(to_string(tell.state));
    record.note = tell.note;
    record.metrics = tell.metrics;
    record.scores = tell.values;
    if (tell.evidence.is_object()) record.score_kind = tell.evidence.value("kind", "");
  }

  void keep(const Workspace& workspace, const ExperimentRecord& record) {
    try {
      write_record(plan_, workspace, record);
    } catch (const Error& error) {
      say(error.what());
    }
  }

  // Until it is answered or the worker interrupted; then the journal keeps it.
  void tell_held() {
    const std::int64_t number = held_.trial->number;
    try {
      const auto answer = patience_.until_answered(
          "tell", Heed::Nothing, [&] { return api_.tell(plan_.study->name, number, *held_.tell); });
      if (!answer) {
        say(fmt::format("#{}: its result is not told; the next start of worker {} tells it", number,
                        plan_.worker));
        return;
      }
      count(*answer);
    } catch (const Error& error) {
      if (!is_lost(error) && !breaks_a_rule(error)) throw;
      say(fmt::format("#{}: the result was refused: {}; it stays in {}", number, error.what(),
                      held_.workspace.string()));
      if (breaks_a_rule(error)) tell_refused(error.what());
    }
    keep_artifacts(options_.artifacts, plan_, number, held_.workspace,
                   [this](const std::string& line) { say(line); });
    ++trials_;
    const bool at_fault = held_.tell->reason == FailReason::Infra;
    const std::string note = held_.tell->note;
    drop();
    if (at_fault) {
      own_fault(note);
    } else {
      own_faults_ = 0;
    }
  }

  // A result that breaks a rule of the server would be refused each time: the trial fails instead.
  void tell_refused(const std::string& why) {
    const TellRequest refused = *held_.tell;
    held_.tell = TellRequest{};
    held_.tell->state = TrialState::Fail;
    held_.tell->reason = FailReason::BadConfig;
    held_.tell->usage = refused.usage;
    held_.tell->note = printable("the server refused the result: " + why, kLongestNote);
    held_.tell->lease = refused.lease;
    held_.tell->request_id = random_token();
    save();
    try {
      const auto answer = patience_.until_answered("tell", Heed::Nothing, [&] {
        return api_.tell(plan_.study->name, held_.trial->number, *held_.tell);
      });
      if (answer) count(*answer);
    } catch (const Error& error) {
      say(fmt::format("#{}: nor was its failure taken: {}", held_.trial->number, error.what()));
    }
  }

  void count(const TellAnswer& answer) {
    const TellRequest& told = *held_.tell;
    summary_.completed += told.state == TrialState::Complete ? 1 : 0;
    summary_.pruned += told.state == TrialState::Pruned ? 1 : 0;
    summary_.failed += told.state == TrialState::Fail ? 1 : 0;
    for (const std::string& line : result_lines(held_.trial->number, told, answer)) say(line);
  }

  // With what the attempt has used, which counts though nothing came of it.
  void give_back(const RunOutcome& outcome) {
    const Usage& usage = outcome.tell.usage;
    if (usage.cost_usd.value_or(0) <= 0 && usage.tokens.value_or(0) <= 0) {
      give_back();
      return;
    }
    TellRequest tell;
    tell.state = TrialState::Fail;
    tell.reason = FailReason::Infra;
    tell.cause = outcome.cause;
    tell.usage = usage;
    tell.note = printable(outcome.words, kLongestNote);
    tell.evidence = outcome.tell.evidence;
    tell.lease = held_.trial->lease.token;
    tell.request_id = random_token();
    held_.tell = std::move(tell);
    save();
    try {
      const auto answer = patience_.until_answered("tell", Heed::Nothing, [&] {
        return api_.tell(plan_.study->name, held_.trial->number, *held_.tell);
      });
      if (!answer) return;
    } catch (const Error& error) {
      say(fmt::format("#{}: {}", held_.trial->number, error.what()));
    }
    drop();
  }

  void give_back() {
    try {
      const auto released = patience_.until_answered("release", Heed::Nothing, [&] {
        api_.release(plan_.study->name, held_.trial->number, held_.trial->lease.token);
        return true;
      });
      if (!released) {
        say(fmt::format("#{}: not given back; it waits again when its lease runs out",
                        held_.trial->number));
      }
    } catch (const Error& error) {
      say(fmt::format("#{}: {}", held_.trial->number, error.what()));
    }
    drop();
  }

  void drop() {
    held_ = {};
    save();
  }

  bool save() {
    try {
      journal_->save(held_);
      return true;
    } catch (const Error& error) {
      say(error.what());
      return false;
    }
  }

  // A failure of this worker's own making would meet the next trial too.
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
  std::optional<Journal> journal_;
  std::optional<WorkspaceKeeper> keeper_;
  CpuClaim claim_;
  JournalEntry held_;
  WorkSummary summary_;
  int trials_ = 0;
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
