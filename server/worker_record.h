// What a study remembers of a worker, beside the trials that it ran.
//
// A worker whose attempts fail three times in a row through its own fault (a crash, a stall, a lost
// lease) is quarantined: it gets no trial for ten minutes, then one as a probe. If that fails too
// the next wait is twice as long, at most a day; any attempt that works ends the quarantine.
#pragma once

#include <optional>
#include <string>

#include "core/clock.h"
#include "storage/storage.h"

namespace studyhall::server {

inline constexpr const char* kWorkerFact = "worker";

struct WorkerRecord {
  std::string name;  // empty: those who asked without a name, who are never quarantined
  Timestamp first_ask;
  int failures = 0;     // of its own, in a row
  int quarantines = 0;  // in a row
  std::optional<Timestamp> quarantined_until;
  std::optional<Timestamp> last_failure;

  // An attempt failed by its fault. Returns whether a quarantine begins.
  bool fail(Timestamp now);
  // An attempt worked, or a person released it. Returns whether that changes anything.
  bool clear();
};
storage::Fact to_fact(const WorkerRecord& worker);
// Throws Error(Corrupt) for a fact that to_fact() did not make.
WorkerRecord worker_from_fact(const storage::Fact& fact);

}  // namespace studyhall::server
