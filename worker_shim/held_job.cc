#include "worker_shim/held_job.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/hash.h"
#include "worker_shim/result_line.h"
#include "worker_shim/text.h"

namespace studyhall::worker_shim {
namespace {

bool is_lost(const Error& error) {
  return error.code() == ErrorCode::Conflict || error.code() == ErrorCode::NotFound;
}

bool breaks_a_rule(const Error& error) {
  return error.code() == ErrorCode::Invalid || error.code() == ErrorCode::Malformed ||
         error.code() == ErrorCode::TooLarge;
}

// No configuration is at fault where there is none: what would fail a trial for good hands a task
// to another attempt.
TaskTell task_tell_of(const TellRequest& tell, const Json& result) {
  TaskTell of_task;
  of_task.state = tell.state == TrialState::Complete ? TaskState::Done : TaskState::Failed;
  if (tell.state == TrialState::Fail) of_task.reason = tell.reason;
  if (of_task.reason == FailReason::BadConfig) of_task.reason = FailReason::Declined;
  of_task.cause = tell.cause;
  of_task.result = result;
  of_task.evidence = tell.evidence;
  of_task.note = tell.note;
  of_task.usage = tell.usage;
  of_task.lease = tell.lease;
  of_task.request_id = tell.request_id;
  return of_task;
}

}  // namespace

bool HeldJob::save() {
  try {
    journal_.save(entry_);
    return true;
  } catch (const Error& error) {
    say_(error.what());
    return false;
  }
}

void HeldJob::clear() {
  JournalEntry none;
  none.waiting = std::move(entry_.waiting);
  entry_ = std::move(none);
}

void HeldJob::drop() {
  clear();
  save();
}

void HeldJob::set_aside(std::int64_t question) {
  entry_.waiting.push_back({job(), entry_.workspace, entry_.state, question});
  drop();
}

void HeldJob::take_up(std::size_t waiting, std::string answer) {
  WaitingJob taken = std::move(entry_.waiting[waiting]);
  entry_.waiting.erase(entry_.waiting.begin() + static_cast<std::ptrdiff_t>(waiting));
  clear();
  entry_.job = std::move(taken.job);
  entry_.workspace = std::move(taken.workspace);
  entry_.state = std::move(taken.state);
  entry_.state.dialogue->answer = std::move(answer);
  save();
}

bool HeldJob::is_still_held() const {
  try {
    const JobLease lease(api_, study_, job());
    const auto answer =
        patience_.until_answered("heartbeat", Heed::Nothing, [&] { return lease.heartbeat(); });
    return !answer || !answer->stop;
  } catch (const Error& error) {
    if (!is_lost(error)) throw;
    return false;
  }
}

void HeldJob::set_result(TellRequest tell, const Json& result) {
  tell.lease = job().lease.token;
  tell.request_id = random_token();
  if (job().is_task) {
    entry_.task_tell = task_tell_of(tell, result);
  } else {
    entry_.tell = std::move(tell);
  }
  save();
}

bool HeldJob::is_done() const {
  return entry_.task_tell ? entry_.task_tell->state == TaskState::Done
                          : entry_.tell->state == TrialState::Complete;
}

bool HeldJob::is_infra_fault() const {
  return (entry_.task_tell ? entry_.task_tell->reason : entry_.tell->reason) == FailReason::Infra;
}

const std::string& HeldJob::note() const {
  return entry_.task_tell ? entry_.task_tell->note : entry_.tell->note;
}

std::optional<std::vector<std::string>> HeldJob::call_tell() {
  const Job& job = this->job();
  const auto until_answered = [&](const auto& call) {
    return patience_.until_answered("tell", Heed::Nothing, call);
  };
  if (job.is_task) {
    const TaskTell& told = *entry_.task_tell;
    const auto answer = until_answered([&] { return api_.tell_task(study_, job.number, told); });
    if (!answer) return std::nullopt;
    return task_result_lines(job.number, told, *answer);
  }
  const auto answer = until_answered([&] { return api_.tell(study_, job.number, *entry_.tell); });
  if (!answer) return std::nullopt;
  return result_lines(job.number, *entry_.tell, *answer);
}

HeldJob::Told HeldJob::tell(std::vector<std::string>& lines) {
  try {
    auto answered = call_tell();
    if (!answered) return Told::NotYet;
    lines = std::move(*answered);
    return Told::Yes;
  } catch (const Error& error) {
    if (!is_lost(error) && !breaks_a_rule(error)) throw;
    say_(fmt::format("{}: the result was refused: {}; it stays in {}", label(), error.what(),
                     entry_.workspace.string()));
    if (breaks_a_rule(error)) tell_refusal(error.what(), lines);
    return Told::Refused;
  }
}

// A result that breaks a rule of the server would be refused each time: the job fails instead.
void HeldJob::tell_refusal(const std::string& why, std::vector<std::string>& lines) {
  TellRequest failure;
  failure.state = TrialState::Fail;
  if (!job().is_task) failure.reason = FailReason::BadConfig;
  failure.usage = job().is_task ? entry_.task_tell->usage : entry_.tell->usage;
  failure.note = printable("the server refused the result: " + why, kLongestNote);
  set_result(std::move(failure), nullptr);
  try {
    if (auto answered = call_tell()) lines = std::move(*answered);
  } catch (const Error& error) {
    say_(fmt::format("{}: nor was its failure taken: {}", label(), error.what()));
  }
}

void HeldJob::give_back(const RunOutcome& outcome) {
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
  set_result(std::move(tell), nullptr);
  try {
    if (!call_tell()) return;
  } catch (const Error& error) {
    say_(fmt::format("{}: {}", label(), error.what()));
  }
  drop();
}

void HeldJob::give_back() {
  try {
    const JobLease lease(api_, study_, job());
    const auto released = patience_.until_answered("release", Heed::Nothing, [&] {
      lease.release();
      return true;
    });
    if (!released) {
      say_(fmt::format("{}: not given back; it waits again when its lease runs out", label()));
    }
  } catch (const Error& error) {
    say_(fmt::format("{}: {}", label(), error.what()));
  }
  drop();
}

}  // namespace studyhall::worker_shim
