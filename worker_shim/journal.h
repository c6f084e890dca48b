// What a worker must not forget when it dies: the job it holds, and a result not yet told.
//
// One private file per worker (it holds the lease), replaced as a whole at each step.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/study_api.h"
#include "worker_shim/files.h"
#include "worker_shim/job.h"
#include "worker_shim/run_state.h"

namespace studyhall::worker_shim {

// A job whose agent asked a person something: it goes on in `workspace` once that is answered.
struct WaitingJob {
  Job job;
  std::filesystem::path workspace;
  RunState state;  // with the dialogue
  std::int64_t question = 0;
};

struct JournalEntry {
  // Of the ask under way: the same id gets the same job, should its answer have been lost.
  std::string ask_request_id;
  std::optional<Job> job;           // held
  std::string run_id;               // marks the processes of its run
  std::filesystem::path workspace;  // of its run
  RunState state;                   // how far it has come
  // Its result, complete with lease and request id: a trial's, or a task's.
  std::optional<TellRequest> tell;
  std::optional<TaskTell> task_tell;
  std::vector<WaitingJob> waiting;  // besides what is held
};

class Journal {
 public:
  // Takes the worker's lock in `study_folder`, which must exist. Throws Error(Conflict) if another
  // process works as this worker there, Error(Unavailable) if the files cannot be made.
  Journal(const std::filesystem::path& study_folder, const std::string& worker);

  // What an earlier process left. Throws Error(Corrupt) naming the file if it cannot be read.
  [[nodiscard]] JournalEntry load() const;
  // Throws Error(Unavailable) if it cannot be written.
  void save(const JournalEntry& entry) const;

 private:
  std::filesystem::path file_;
  Descriptor lock_;
};

}  // namespace studyhall::worker_shim
