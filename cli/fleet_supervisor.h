// The process that owns the workers of one `study launch`: starts them one after the other, starts
// again those that die, and does what pause, resume, restart and stop ask of it.
//
// Should it be killed, its workers go on; the next launch takes those that live into its care.
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>

#include "cli/fleet_state.h"

namespace studyhall::cli {

struct SupervisorTimes {
  // Before a worker that died is started again, at most.
  std::chrono::milliseconds longest_pause{600'000};
  // A worker that has lived so long has not died in a row.
  std::chrono::milliseconds well_after{600'000};
  // Between SIGTERM and SIGKILL of a worker.
  std::chrono::milliseconds patience{60'000};
};

// Runs the fleet in `folder`, whose fleet.json says what to run, until every worker has ended or
// `interrupted` is set, which stops them as "stop" does. Writes one byte to descriptor `ready` once
// it has the lock and the requests of others reach it, and closes it. Throws Error(Conflict) if
// another supervisor is at it, Error(NotFound) if there is no fleet.json.
void supervise_fleet(const std::filesystem::path& folder, const std::atomic<bool>& interrupted,
                     int ready, const SupervisorTimes& times = {});

}  // namespace studyhall::cli
