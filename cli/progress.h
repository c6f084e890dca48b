// How a study stands, on one screen.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/fleet_view.h"
#include "cli/table.h"
#include "core/clock.h"
#include "core/study_api.h"

namespace studyhall::cli {

struct Status {
  StudyInfo info;
  std::optional<BestRow> best;  // of a feasible configuration; absent with several objectives
  std::vector<TrialView> running;
  std::vector<WorkerInfo> quarantined;       // workers that get no trials now
  std::vector<TrialView> waiting;            // the first few
  std::vector<Question> questions;           // that wait for an answer
  std::map<std::string, LocalWorker> local;  // workers of this machine, by name
  std::map<std::string, double> cost_usd;    // told so far, by worker
};

// Reads it through `api`, and what this machine has in RUNS/STUDY; at most `kMostRunning` running
// trials. Costs only where the study has at most `kMostTallied` trials, as they are summed here.
Status read_status(StudyApi& api, const std::string& study, const std::filesystem::path& runs);
inline constexpr int kMostTallied = 5'000;
inline constexpr int kMostRunning = 10'000;

// Trials that count against limits.trials, and those still to come of the study's limit.
std::int64_t trials_done(const StudyInfo& info);
std::optional<std::int64_t> trials_left(const StudyInfo& info);

// `width` columns: done, running, and the rest of `total`.
std::string progress_bar(std::int64_t done, std::int64_t running, std::int64_t total,
                         std::size_t width);

// Lines of at most `width` columns, each ending in LF; escape codes only with `colour`.
std::string status_screen(const Status& status, Timestamp now, std::size_t width, bool colour);
// The same in one line, without the LF: "12/45 done, 3 running, best 1.0832 (trial 7)".
std::string status_line(const Status& status);
Json status_json(const Status& status, Timestamp now);

}  // namespace studyhall::cli
