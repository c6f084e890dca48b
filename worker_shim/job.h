// What a worker holds and runs: a trial, or a task.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/study_api.h"

namespace studyhall::worker_shim {

// A task is seen as a trial without parameters.
struct Job final : AskedTrial {
  Job() = default;
  explicit Job(AskedTrial trial) : AskedTrial(std::move(trial)) {}
  explicit Job(AskedTask task);

  bool is_task = false;
  double priority = 0;  // these three of a task
  std::vector<std::string> tags;
  std::vector<std::int64_t> after;

  // "#3" of a trial, "task 3".
  [[nodiscard]] std::string label() const;
  // The folder's name for a worker's run of it: "W1-3", "W1-task3".
  [[nodiscard]] std::string run_name(const std::string& worker) const;
  // What its run folder has as config.json: parameters, or the task.
  [[nodiscard]] Json config() const;
  // The answer that hands it out, and the first job of such an answer. REQUIRES: it has one.
  [[nodiscard]] AskAnswer as_answer() const;
  static Job from_answer(AskAnswer answer);
};

// The verbs on a job that is held, whichever kind it is.
class JobLease {
 public:
  // `api` must outlive this.
  JobLease(StudyApi& api, std::string study, const Job& job)
      : api_(api),
        study_(std::move(study)),
        number_(job.number),
        is_task_(job.is_task),
        token_(job.lease.token),
        label_(job.label()) {}

  [[nodiscard]] BeatAnswer heartbeat(const std::string& stage = {}) const;
  // REQUIRES: a trial.
  [[nodiscard]] BeatAnswer report(std::int64_t step, double value) const;
  [[nodiscard]] BeatAnswer park(double for_s, const std::string& reason) const;
  void release() const;
  [[nodiscard]] const std::string& label() const { return label_; }
  [[nodiscard]] bool is_task() const { return is_task_; }

 private:
  StudyApi& api_;
  std::string study_;
  std::int64_t number_;
  bool is_task_;
  std::string token_;
  std::string label_;
};

// "W1-task3" or "W1-task3.2" of a folder in runs/STUDY, "W1-3" or "W1-3.2"; false for what is
// neither.
struct RunName {
  std::string worker;
  std::int64_t number = -1;
  bool is_task = false;
};
bool read_run_name(std::string_view folder, RunName& name);

}  // namespace studyhall::worker_shim
