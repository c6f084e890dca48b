// How a run ended, and what that means for its trial or task.
#pragma once

#include <string>

#include "core/study_api.h"
#include "worker_shim/run_state.h"

namespace studyhall::worker_shim {

//   a finite score, every metric that a constraint needs        complete
//   the beat's answer said prune                                 pruned
//   the worker was interrupted, the beat's answer said stop,     failed, cancelled
//     or someone else ended the experiment (SIGTERM, SIGINT, SIGHUP)
//   time limit, exit code, signal (SIGKILL: perhaps memory),     failed, config
//     no score or a bad one, all of a plain command
//   the program cannot start, its supervisor was killed, the     failed, infra
//     workspace cannot be written (disk full)
//   an agent ended without leaving a score, or with a score that failed, declined
//     only it vouches for and that is none; used up its turns or cost; refused; a command after it
//     failed by its exit code
//   a score command of an agent's trial ran and found no number  failed, config
//   rate limit, API overloaded or unreachable                    given back, after a pause
//   an agent left QUESTION.md                                    asks a person, and goes on later
//   key or login refused, a model or flag that cannot work       given back, the worker ends
//
// What a stage measured counts, whatever becomes of an agent that only had to write about it.
enum class RunVerdict { Tell, GiveBack, Ask };

struct RunOutcome {
  RunVerdict verdict = RunVerdict::Tell;
  // State, values, reason, metrics, usage, evidence and note. Of a task Complete is done, and Fail
  // without a reason for good.
  TellRequest tell;
  Json result;             // of a task that is done
  RunState state;          // asks: from where it goes on, with the dialogue
  bool fatal = false;      // given back: no trial can run here
  double pause_units = 0;  // given back: units of WorkOptions::backoff to wait before the next ask
  std::string words;       // given back: why
  FaultCause cause = FaultCause::ServerError;  // given back: the same for the study
};

RunOutcome failed(FailReason reason, const std::string& note);
RunOutcome given_back(const std::string& words, bool fatal, double pause_units);

// What a note may be long.
inline constexpr std::size_t kLongestNote = 2000;

}  // namespace studyhall::worker_shim
