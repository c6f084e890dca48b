// What a worker must not forget when it dies: the trial it holds, and a result not yet told.
//
// One private file per worker (it holds the lease), replaced as a whole at each step.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/study_api.h"
#include "worker_shim/files.h"
#include "worker_shim/run_state.h"

namespace studyhall::worker_shim {

struct JournalEntry {
  // Of the ask under way: the same id gets the same trial, should its answer have been lost.
  std::string ask_request_id;
  std::optional<AskedTrial> trial;  // held
  std::string run_id;               // marks the processes of its run
  std::filesystem::path workspace;  // of its run
  RunState state;                   // how far it has come
  std::optional<TellRequest> tell;  // its result, complete with lease and request id
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
