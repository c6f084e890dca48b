// A study is a function of its events: made again from them alone, and compared with what is
// stored.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "server/replayed_study.h"
#include "storage/storage.h"

namespace studyhall::server {

struct ReplayReport {
  std::string study;
  std::int64_t events = 0;
  std::int64_t trials = 0;
  std::int64_t tasks = 0;
  SuggestionCount suggestions;
  std::int64_t prunings = 0;  // decisions of the pruner that were made again
  std::int64_t requests = 0;  // answers kept for a request id that were found
  // Trials that another program has written to since: they have no event before the next verb that
  // writes, and were not compared.
  std::int64_t unseen = 0;
  std::int64_t difference_count = 0;
  std::vector<Difference> differences;  // the first 100
  // The events after this one could not be applied; 0: all were. The last difference tells why.
  std::int64_t broken_off = 0;

  [[nodiscard]] bool equal() const { return difference_count == 0; }
};

// Reads the study's events in their order, makes it again from them, draws every suggestion again,
// and compares: trials, tasks, leases, workers, insights, leader, pin and budgets with the tables,
// answers with the requests they were given for. `progress` is told how many of how many events are
// done.
//
// Throws Error(NotFound) for an unknown study, Error(Unsupported) for one without a study file or
// with events of an earlier build that lack what is needed, Error(Unavailable) for a study that
// others keep changing meanwhile.
ReplayReport replay(storage::Storage& storage, const std::string& study,
                    const std::function<void(std::int64_t done, std::int64_t of)>& progress = {});

}  // namespace studyhall::server
