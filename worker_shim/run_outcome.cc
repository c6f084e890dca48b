#include "worker_shim/run_outcome.h"

#include "worker_shim/text.h"

namespace studyhall::worker_shim {

RunOutcome failed(FailReason reason, const std::string& note) {
  RunOutcome outcome;
  outcome.tell.state = TrialState::Fail;
  outcome.tell.reason = reason;
  outcome.tell.note = printable(note, kLongestNote);
  return outcome;
}

RunOutcome given_back(const std::string& words, bool fatal, double pause_units) {
  RunOutcome outcome;
  outcome.verdict = RunVerdict::GiveBack;
  outcome.fatal = fatal;
  outcome.pause_units = pause_units;
  outcome.words = words;
  return outcome;
}

}  // namespace studyhall::worker_shim
