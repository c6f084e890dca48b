// STATE.json and SUMMARY.md of a workspace: what became of its run, for programs and for people.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/json.h"
#include "worker_shim/job.h"
#include "worker_shim/plan.h"
#include "worker_shim/workspace.h"

namespace studyhall::worker_shim {

// The status of a run whose agent waits for a person's answer.
inline constexpr const char* kAsking = "asking";

struct ExperimentRecord {
  std::int64_t number = -1;
  bool is_task = false;
  std::string title;  // of a task
  int attempt = 1;
  Json params;
  std::string status = "running";  // then the state told, "given back", "interrupted", kAsking
  Timestamp started_at;
  std::optional<Timestamp> completed_at;
  std::vector<double> scores;  // [objectives]; empty without a score
  std::map<std::string, double> metrics;
  double seconds = 0;
  std::string note;
  std::string score_kind;  // "attested", "claimed"; empty without a score
};

// Of a job that begins now.
ExperimentRecord record_of(const Job& job, Timestamp now);
// Adds what is told of it.
void describe_result(const Job& job, const TellRequest& tell, ExperimentRecord& record);

// Whether the metrics meet the study's constraints; nullopt while one is not known.
std::optional<bool> in_budget(const StudySpec& study, const std::map<std::string, double>& metrics);

// {"experiment_id", "study", "worker", "trial", "attempt", "status", "started_at", "completed_at",
//  "tuning_runs": [{"run", "config", "score", "time_min", "in_budget", "metrics", "notes"}],
//  "best_in_budget"}; best_in_budget is the run, or null. With several objectives "score" is the
// first one's and "scores" holds all. A task has "task" in place of "trial", its "title", and
// "seconds" and "notes" in place of the runs.
Json state_json(const Plan& plan, const Workspace& workspace, const ExperimentRecord& record);
std::string summary_markdown(const Plan& plan, const Workspace& workspace,
                             const ExperimentRecord& record);

// Writes STATE.json, and once the record is complete SUMMARY.md, above what the experiment itself
// left there. Throws Error(Unavailable).
void write_record(const Plan& plan, const Workspace& workspace, const ExperimentRecord& record);

// Closes the STATE.json of a run that its worker did not live to end; does nothing where there is
// none. Throws Error(Unavailable) or Error(Malformed) naming the file.
void mark_interrupted(const std::filesystem::path& workspace, Timestamp now);

}  // namespace studyhall::worker_shim
