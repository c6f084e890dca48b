// What a study has cost, and how its workers do, from its trials and events.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/study_api.h"

namespace studyhall::cli {

struct CostSum {
  double cost_usd = 0;
  std::int64_t turns = 0;
  std::int64_t tokens = 0;
  double seconds = 0;
  std::int64_t runs = 0;  // attempts that told what they used, or ended their trial

  void add(const Usage& usage);
};

struct WorkerFigures {
  CostSum used;
  std::int64_t done = 0;    // complete or pruned
  std::int64_t failed = 0;  // for good
  std::int64_t sent_back = 0;
  std::int64_t stalls = 0;
  double stalled_s = 0;            // of runs that ended by a stall
  double limited_s = 0;            // parked
  std::optional<Timestamp> first;  // start of its first trial
  std::optional<Timestamp> last;   // end of its last

  // done per hour between `first` and `last`; absent without both.
  [[nodiscard]] std::optional<double> trials_an_hour() const;
  // Of the trials that it ended; absent without any.
  [[nodiscard]] std::optional<double> failure_rate() const;
};

struct Costs {
  CostSum total;
  std::map<std::string, WorkerFigures> workers;
  std::map<std::string, CostSum> days;    // "2026-03-01", UTC, when a run ended (or began)
  std::map<std::string, CostSum> models;  // of the study file at that time; "" for no agent
  std::int64_t improvements = 0;          // times that a trial took the lead
  std::optional<double> per_improvement_usd;
};

// Of trials, and of tasks whose usage is told, all attempts counted.
Costs read_costs(StudyApi& api, const StudyInfo& info);

Json to_json(const Costs& costs);

}  // namespace studyhall::cli
